"""Networks to real PyTorch and back: the same architecture, rebuilt by class name, with copies of the weights.

What a layer was made with is read in `arguments.py`; here the tree of modules is rebuilt and filled.  Tensors alone are
converted in `tensors.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import hint
from .arguments import ARGUMENTS, arguments_of
from .tensors import pytorch, tensor_from_torch, tensor_to_torch

#: What needs no conversion.
_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic, np.ndarray, range, slice)


class _Library:
    """One side of the border: its modules, and how a tensor gets to it."""

    def __init__(self, root: Any, convert: Callable[[Any], Any]) -> None:
        self.root, self.nn, self.convert = root, root.nn, convert

    def class_named(self, name: str) -> type | None:
        """The layer class of that name."""
        inner = getattr(getattr(self.nn, "modules", None), "linear", None)  # PyTorch keeps one class there alone
        found = getattr(self.nn, name, None) or getattr(inner, name, None)
        return found if inspect.isclass(found) and issubclass(found, self.nn.Module) else None

    def function_named(self, name: str) -> Any:
        return getattr(self.nn.functional, name, None) or getattr(self.root, name, None)


class _Conversion:
    """One tree of modules on its way; what occurs twice in it (shared layers, tied weights) is converted once."""

    def __init__(self, source: _Library, target: _Library, classes: Mapping[type, Any], name: str) -> None:
        self.source, self.target, self.classes, self.name = source, target, classes, name
        self.done: dict[int, Any] = {}
        self.built: list[tuple[Any, Any, str]] = []

    def run(self, root: Any) -> Any:
        """The whole tree first, then its values: some constructors draw the weights of the parts they are given."""
        made = self.module(root)
        for module, same, path in self.built:
            self._fill(module, same, path)
            same.training = module.training
        return made

    def module(self, module: Any, path: str = "") -> Any:
        """The other library's module, with parts like this one's."""
        if id(module) in self.done:
            return self.done[id(module)]
        made = self._built(module, path)
        self.done[id(module)] = made
        for name, child in module._modules.items():
            if child is None:
                made.register_module(name, None)
            else:
                setattr(made, name, self.module(child, f"{path}.{name}".lstrip(".")))
        self.built.append((module, made, path))
        return made

    def _built(self, module: Any, path: str) -> Any:
        kind = type(module)
        if kind in self.classes:
            wanted = self.classes[kind]
            return self._like(module, wanted, path) if inspect.isclass(wanted) else wanted(module)
        name = self._known_name(kind)
        if name is None:
            raise self._unknown(kind, path)
        if any(getattr(type(each), "__name__", "").startswith("Uninitialized") for each in module._parameters.values()):
            raise RuntimeError(
                f"{self.name}(): {_at(path)}the {kind.__name__} has no weights yet: call it once on an input first"
            )
        arguments = {key: self.value(each, path) for key, each in arguments_of(name, module).items()}
        return self.target.class_named(name)(**arguments)

    def _known_name(self, kind: type) -> str | None:
        """The library's class that `kind` is, or is derived from without a `forward` of its own."""
        for base in kind.__mro__:
            name = base.__name__
            if self.source.class_named(name) is base:
                same = base is kind or (kind.forward is base.forward and name != "Module")
                return name if same and name in ARGUMENTS and self.target.class_named(name) else None
        return None

    def _unknown(self, kind: type, path: str) -> TypeError:
        there = "PyTorch" if self.name == "to_torch" else "tensorkit"
        error = TypeError(
            f"{self.name}(): {_at(path)}{kind.__name__} has a forward of its own, which cannot be rebuilt in {there} "
            f"by its class name. Write the same class for {there} and name it: "
            f"{self.name}(model, classes={{{kind.__name__}: The{kind.__name__}Of{there.capitalize()}}})"
        )
        return hint(
            error,
            "or carry the weights alone: torch.save(model.state_dict(), 'weights.safetensors') in tensorkit, "
            "load_state_dict(safetensors.torch.load_file('weights.safetensors')) in PyTorch.",
        )

    def _like(self, module: Any, wanted: type, path: str) -> Any:
        """A module of the user's own class `wanted`, whose attributes are those of `module`; its `__init__` doesn't
        run, for nobody knows with which arguments."""
        made = wanted.__new__(wanted)
        self.target.nn.Module.__init__(made)
        own = set(vars(made))
        for name, value in vars(module).items():
            if name not in own and name not in ("_hooks", "_state_hooks"):
                setattr(made, name, self.value(value, path))
        for name, buffer in module._buffers.items():
            persistent = name not in module._non_persistent_buffers_set
            made.register_buffer(name, None if buffer is None else self.tensor(buffer), persistent=persistent)
        for name, parameter in module._parameters.items():
            if parameter is None:
                made.register_parameter(name, None)
        return made

    def _fill(self, module: Any, made: Any, path: str) -> None:
        """Parameters and buffers, name by name."""
        is_own = type(module) in self.classes
        for kind in ("_parameters", "_buffers"):
            given, present = getattr(module, kind), getattr(made, kind)
            names = {name for name, value in given.items() if value is not None}
            unlike = names ^ {name for name, value in present.items() if value is not None}
            if unlike and not (is_own and kind == "_parameters" and names >= unlike):
                raise RuntimeError(
                    f"{self.name}(): {_at(path)}{type(module).__name__} and its counterpart have not the same "
                    f"{kind[1:]}: {', '.join(sorted(unlike))}. Remove what was added to it (such as weight_norm) first"
                )
            for name in sorted(names, key=list(given).index):
                setattr(made, name, self.tensor(given[name]))

    def tensor(self, tensor: Any) -> Any:
        """A copy; a parameter stays one."""
        if id(tensor) not in self.done:
            made = self.target.convert(tensor.detach().clone())
            if isinstance(tensor, self.source.nn.Parameter):
                made = self.target.nn.Parameter(made, requires_grad=tensor.requires_grad)
            self.done[id(tensor)] = made
        return self.done[id(tensor)]

    def value(self, value: Any, path: str) -> Any:
        """An argument or attribute: plain data as it is, what belongs to the library as the other library has it."""
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, self.source.nn.Module):
            return self.module(value, path)
        if isinstance(value, self.source.root.Tensor):
            return self.tensor(value)
        if isinstance(value, dict):
            return {key: self.value(each, path) for key, each in value.items()}
        if isinstance(value, (list, tuple, set)):
            found = [self.value(each, path) for each in value]
            return type(value)(*found) if hasattr(value, "_fields") else type(value)(found)
        name = getattr(value, "__name__", str(value).rpartition(".")[2])
        same = self.target.function_named(name)
        if same is not None and self.source.function_named(name) is not None:
            return same
        raise TypeError(
            f"{self.name}(): {_at(path)}{value!r} is neither plain data nor a function that both libraries have"
        )


def _at(path: str) -> str:
    return f"at '{path}': " if path else ""


def _ours(convert: Callable[[Any], Any]) -> _Library:
    from importlib import import_module

    return _Library(import_module(__package__.partition(".")[0]), convert)


def to_torch(value, classes: Mapping[type, Any] | None = None):
    """The PyTorch tensor or module that is like this one.

    value    a tensor: the result shares its memory, and has its shape, strides, dtype and `requires_grad`.
             A module: the result is PyTorch's module with the same architecture, copies of parameters and buffers, and
             the same modes (`training`, `requires_grad`, dtype); shared layers and tied weights stay so
    classes  for modules with a `forward` of your own: your class for tensorkit, and the one for PyTorch (made without
             calling `__init__`, with the same attributes) or a function that gets the module and makes the other

    Raises ImportError where PyTorch isn't installed, TypeError for anything else and for classes that it doesn't know,
    RuntimeError for a tensor with a history (`detach()` it first). Hooks aren't carried over. A tensor with negative
    strides, which PyTorch doesn't have, is copied.

    >>> import tensorkit as torch
    >>> from tensorkit.interop import to_torch
    >>> to_torch(torch.ones(2))  # doctest: +SKIP
    tensor([1., 1.])
    >>> to_torch(torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Tanh()))  # doctest: +SKIP
    Sequential(
      (0): Linear(in_features=2, out_features=1, bias=True)
      (1): Tanh()
    )
    """
    ours = _ours(tensor_from_torch)
    real = pytorch()
    if isinstance(value, ours.nn.Module):
        theirs = _Library(real, tensor_to_torch)
        return _Conversion(ours, theirs, classes or {}, "to_torch").run(value)
    return tensor_to_torch(value)


def from_torch(value, classes: Mapping[type, Any] | None = None):
    """The tensorkit tensor or module that is like this one of PyTorch.

    value    a dense tensor on the CPU: the result is a leaf that shares its memory. A module: as for `to_torch`
    classes  your PyTorch classes with a `forward` of their own, and those for tensorkit

    Raises ImportError where PyTorch isn't installed, TypeError for anything else.

    >>> import torch  # doctest: +SKIP
    >>> from_torch(torch.nn.Linear(2, 1))  # doctest: +SKIP
    Linear(in_features=2, out_features=1, bias=True)
    """
    real = pytorch()
    if isinstance(value, real.nn.Module):
        theirs = _Library(real, tensor_to_torch)
        to_cpu = _ours(lambda tensor: tensor_from_torch(tensor.cpu()))
        return _Conversion(theirs, to_cpu, classes or {}, "from_torch").run(value)
    return tensor_from_torch(value)
