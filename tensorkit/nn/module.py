"""`Module`: what every layer and every network is — a tree of modules that owns parameters and computes `forward`.

Assigning a `Parameter`, a `Module` or a registered buffer to an attribute makes it part of the module.  Here are that
bookkeeping, modes and the printed form.  Walks over the tree stand in `tree.py`, conversions to other dtypes in
`conversions.py`, saving and loading states in `state.py`, running hooks in `hooks.py`; containers of modules in
`containers.py`.

Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from ..errors import hint
from ..hooks import RemovableHandle
from ..tensor import Tensor
from . import hooks, state
from .conversions import Conversions
from .errors import CALL_SUPER, not_assignable, too_early, typename
from .parameter import Buffer, Parameter
from .tree import Tree

# The hooks of all modules by kind: asking these four costs a quarter of asking what holds them.
_FORWARD, _FORWARD_PRE, _BACKWARD, _BACKWARD_PRE = (getattr(hooks.EVERYWHERE, kind) for kind in hooks.KINDS)


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _absent(module, name: str) -> AttributeError:
    error = AttributeError(f"'{type(module).__name__}' object has no attribute '{name}'", name=name, obj=module)
    return error if "_parameters" in module.__dict__ else hint(error, CALL_SUPER)


class Module(Tree, Conversions):
    """The base of every layer and network: subclass it, build the parts in `__init__`, compute in `forward`.

    >>> import tensorkit as torch
    >>> class Double(torch.nn.Module):
    ...     def forward(self, x):
    ...         return 2 * x
    >>> Double()(torch.ones(2))
    tensor([2., 2.])
    """

    training: bool
    _hooks: hooks.Hooks | None = None
    _state_hooks: dict | None = None
    _version = 1
    dump_patches = False
    forward: Callable[..., Any]

    def __init__(self, *args, **kwargs):
        if kwargs:
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
            )
        if args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
            )
        own = self.__dict__
        own["training"] = True
        own["_parameters"], own["_buffers"], own["_modules"] = {}, {}, {}
        own["_non_persistent_buffers_set"] = set()

    def __call__(self, *args, **kwargs):
        if self._hooks is None and not (_FORWARD or _FORWARD_PRE or _BACKWARD or _BACKWARD_PRE):
            return self.forward(*args, **kwargs)
        return hooks.call(self, args, kwargs)

    def forward(self, *args, **kwargs):  # noqa: F811
        """What the module computes; every subclass defines it.  Call the module itself: that runs its hooks too."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    # Attributes

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for kind in ("_parameters", "_modules", "_buffers"):
            held = own.get(kind)
            if held and name in held:
                return held[name]
        raise _absent(self, name)  # no name here holds the error, whose traceback holds this frame: a cycle

    def __setattr__(self, name: str, value) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in own:
                raise too_early("parameters")
            self._forget(name, keep="_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if "_modules" not in own:
                raise too_early("module")
            if name in self._parameters:
                raise not_assignable(value, "parameter", name, "torch.nn.Parameter")
            self._forget(name, keep="_modules")
            self._modules[name] = value
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise not_assignable(value, "parameter", name, "torch.nn.Parameter")
            self._parameters[name] = None
        elif name in own.get("_modules", ()):
            if value is not None:
                raise not_assignable(value, "child module", name, "torch.nn.Module")
            self._modules[name] = None
        elif isinstance(value, Buffer) or name in own.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise not_assignable(value, "buffer", name, "torch.nn.Buffer, torch.Tensor")
            self.register_buffer(
                name, value, getattr(value, "persistent", name not in self._non_persistent_buffers_set)
            )
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, keep: str) -> None:
        """Take `name` out of everything that could hold it, but for the dictionary `keep`."""
        own = self.__dict__
        own.pop(name, None)
        for kind in ("_parameters", "_buffers", "_modules"):
            if kind != keep:
                own[kind].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        for kind in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(kind, ()):
                del self.__dict__[kind][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self):
        names = {*object.__dir__(self), *self._parameters, *self._buffers, *self._modules}
        return sorted(name for name in names if not name[:1].isdigit())

    def _check_name(self, kind: str, name, holder: dict) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if kind == "module" and hasattr(self, name) and name not in holder:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in holder:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` a parameter of this module under `name`; None keeps the place empty."""
        if "_parameters" not in self.__dict__:
            raise too_early("parameter")
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param._node is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` part of this module's state without being learned, such as a running mean.

        persistent  whether it is part of the `state_dict`
        """
        if "_buffers" not in self.__dict__:
            raise too_early("buffer")
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Make `module` a child of this one under `name`."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._modules[name] = module

    register_module = add_module

    def apply(self, fn: Callable[["Module"], None]) -> "Module":
        """Call `fn` with every module below this one, then with this one: the way to initialise a network's weights."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # Modes and gradients

    def train(self, mode: bool = True) -> "Module":
        """Go into training mode (or out of it), with all modules below: dropout and batch norm behave differently."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> "Module":
        """Go into evaluation mode: `train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> "Module":
        """Ask for the gradients of all parameters, or (False) freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all parameters' gradients: set them to None, or to zeros."""
        for parameter in self.parameters():
            if parameter._grad is not None:
                if set_to_none:
                    parameter._grad = None
                else:
                    parameter._grad.detach_().zero_()

    def compile(self, *args, **kwargs) -> None:
        """Nothing to do here: there is no compiler."""

    # States

    def state_dict(self, *args, destination=None, prefix: str = "", keep_vars: bool = False):
        """Parameters and persistent buffers by their dotted names, as tensors over the same memory.

        keep_vars  hand out the parameters themselves
        """
        if args:
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args) :])
        return state.save(self, destination, prefix, keep_vars)

    def _save_to_state_dict(self, destination, prefix: str, keep_vars: bool) -> None:
        state.save_own(self, destination, prefix, keep_vars)

    def load_state_dict(self, state_dict, strict: bool = True, assign: bool = False):
        """Copy a state into this module's parameters and buffers.

        strict  raise RuntimeError unless the names are exactly those of `state_dict()`
        assign  put the given tensors in the place of the module's own

        Returns the missing and the unexpected keys.
        """
        return state.load(self, state_dict, strict, assign)

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        state.load_own(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)

    def _state_hook(self, kind: str, hook) -> RemovableHandle:
        if self._state_hooks is None:
            self._state_hooks = {"save_pre": {}, "save_post": {}, "load_pre": {}, "load_post": {}}
        return RemovableHandle(self._state_hooks[kind], hook)

    def register_state_dict_pre_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before a state is taken."""
        return self._state_hook("save_pre", hook)

    def register_state_dict_post_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, metadata)` after a state was taken."""
        return self._state_hook("save_post", hook)

    def register_load_state_dict_pre_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, metadata, strict, missing, unexpected, errors)` before loading."""
        return self._state_hook("load_pre", hook)

    def register_load_state_dict_post_hook(self, hook) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after loading; it may change the keys in place."""
        return self._state_hook("load_post", hook)

    # Hooks

    def _own_hooks(self) -> hooks.Hooks:
        if self._hooks is None:
            self._hooks = hooks.Hooks()
        return self._hooks

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; what it returns, if not None, replaces the arguments."""
        return self._own_hooks().add("forward_pre", hook, first=prepend, with_kwargs=with_kwargs)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; what it returns, if not None, replaces the output."""
        return self._own_hooks().add("forward", hook, first=prepend, with_kwargs=with_kwargs, always=always_call)

    def register_full_backward_pre_hook(self, hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients of the module's outputs are known."""
        return self._own_hooks().add("backward_pre", hook, first=prepend)

    def register_full_backward_hook(self, hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the module's inputs are known."""
        return self._backward_hook(hook, prepend, old_style=False)

    def register_backward_hook(self, hook) -> RemovableHandle:
        """The older kind of backward hook, which sees the module's last operation only; prefer the full one."""
        return self._backward_hook(hook, False, old_style=True)

    def _backward_hook(self, hook, first: bool, old_style: bool) -> RemovableHandle:
        own = self._own_hooks()
        if any((number in own.old_style) != old_style for number in own.backward):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only "
                "one of them."
            )
        return own.add("backward", hook, first=first, old_style=old_style)

    # Printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of the printed module, before its children."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): " + _indented(repr(module)) for name, module in self._modules.items()]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        lines += children
        return f"{self._get_name()}(" + ("\n  " + "\n  ".join(lines) + "\n" if lines else "") + ")"


# The methods that stand in modules of their own go by the name of what users know them as.
for _method in (*vars(Tree).values(), *vars(Conversions).values()):
    if isinstance(_method, FunctionType) and not _method.__name__.startswith("__"):
        _method.__qualname__ = f"Module.{_method.__name__}"
