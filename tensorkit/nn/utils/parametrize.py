"""Parametrizations: a parameter computed from another one by a module, each time it is read.

A module with parametrized tensors has a class of its own, derived from its former one, with a property in the place of
each; what the tensors are computed from lies in its child `parametrizations`.  Ready-made ones: `parametrizations.py`.

Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from ...tape import no_grad
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_found: dict[tuple[int, str], Tensor] = {}
_depth = 0


@contextmanager
def cached() -> Iterator[None]:
    """Within this context a parametrized tensor is computed once, when it is first read."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            _found.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order in which they are applied, and what the first one works on.

    That is `original`, or `original0`, `original1` … where the first one's `right_inverse` gives several tensors.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False):
        modules = list(modules)
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        value = original
        with no_grad():
            for module in reversed(modules):
                if hasattr(module, "right_inverse"):
                    value = module.right_inverse(value)
        if not isinstance(value, (Tensor, list, tuple)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(value).__name__}"
            )
        self.is_tensor = isinstance(value, Tensor)
        if self.is_tensor:
            if value.dtype is not original.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {value.dtype}"
                )
            original.data = value.detach()
            self._hold("original", original, original)
        else:
            self.ntensors = len(value)
            for number, part in enumerate(value):
                if not isinstance(part, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                        f"Got element {number} of the sequence with type {type(part).__name__}."
                    )
                self._hold(f"original{number}", part, original, anew=True)
        if not unsafe:
            _check(self(), original)

    def _hold(self, name: str, tensor: Tensor, original: Tensor, anew: bool = False) -> None:
        """Keep a tensor as a parameter (`anew`: as a new one) if the parametrized one was one, else as a buffer."""
        if not isinstance(original, Parameter):
            self.register_buffer(name, tensor)
        else:
            made = Parameter(tensor.detach(), original.requires_grad) if anew else original
            self.register_parameter(name, made)

    def _originals(self) -> list[Tensor]:
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Write into the originals what the parametrizations make `value` from; RuntimeError where one cannot tell."""
        with no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            if self.is_tensor and not isinstance(value, Tensor):
                raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
            parts = [value] if self.is_tensor else value
            if not isinstance(parts, (list, tuple)):
                raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(parts).__name__}.")
            originals = self._originals()
            if len(parts) != len(originals):
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {len(originals)}. "
                    f"Got a sequence of length {len(parts)}."
                )
            for original, part in zip(originals, parts, strict=True):
                if part.dtype is not original.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {part.dtype} "
                        f"while `original` has dtype {original.dtype}"
                    )
                original.data = part.detach()

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        first, *rest = self
        value = first(*self._originals())
        for module in rest:
            value = module(value)
        return value


def _check(value, original: Tensor) -> None:
    """ValueError unless a parametrization gave a tensor of the shape and dtype of the one in whose place it stands."""
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
    for what in ("dtype", "shape"):
        before, after = getattr(original, what), getattr(value, what)
        if before != after:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is "
                f"enabled.\nunparametrized {what}: {before}\nparametrized {what}: {after}"
            )


@cache
def _class_of(base: type, names: tuple[str, ...]) -> type:
    """The class of a `base` whose tensors of these names are parametrized."""

    def computed(name: str) -> property:
        def read(self):
            if not _depth:
                return self.parametrizations[name]()
            key = (id(self), name)
            if key not in _found:
                _found[key] = self.parametrizations[name]()
            return _found[key]

        return property(read, lambda self, value: self.parametrizations[name].right_inverse(value))

    parts = {name: computed(name) for name in names}
    return type(f"Parametrized{base.__name__}", (base,), {"__module__": __name__, **parts})


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before its first parametrization."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has a parametrized tensor, or this one is."""
    found = module.__dict__.get("_modules", {}).get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let `module.<tensor_name>` be what `parametrization` makes of the tensor that is there now; returns the module.

    parametrization  a module from a tensor to a tensor; its method `right_inverse`, if it has one, goes the other way
    unsafe           allow another shape or dtype

    Raises ValueError where there is no such tensor, or where shape or dtype change.

    >>> import tensorkit as torch
    >>> class Positive(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x.exp()
    >>> layer = register_parametrization(torch.nn.Linear(2, 2), "weight", Positive())
    >>> bool((layer.weight > 0).all()), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        before = getattr(module, tensor_name)
        if not unsafe:
            _check(parametrization(before), before)
        steps = module.parametrizations[tensor_name]
        steps.append(parametrization)
        steps.unsafe |= unsafe
        if hasattr(parametrization, "right_inverse"):
            steps.right_inverse(before.detach())
        return module
    original = module._parameters.get(tensor_name, module._buffers.get(tensor_name))
    if original is None:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    steps = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    base = type_before_parametrizations(module)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = steps
    module.__class__ = _class_of(base, tuple(module.parametrizations))
    return module


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a parametrized tensor an ordinary one again; returns the module.

    leave_parametrized  with the value that it is computed to have now; False: with the value of its original
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    steps = module.parametrizations[tensor_name]
    if not (leave_parametrized or steps.is_tensor):
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    first = steps._originals()[0]
    learned = isinstance(first, Parameter)
    with no_grad():
        value = getattr(module, tensor_name).detach() if leave_parametrized else first.data
    if steps.is_tensor:
        first.data = value
    else:
        first = Parameter(value, first.requires_grad) if learned else value
    base = type_before_parametrizations(module)
    del module.parametrizations[tensor_name]
    left = tuple(module.parametrizations)
    module.__class__ = _class_of(base, left) if left else base
    if not left:
        del module.parametrizations
    (module.register_parameter if learned else module.register_buffer)(tensor_name, first)
    return module
