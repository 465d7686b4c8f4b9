"""What a module's state is, and how one is loaded: the work behind `Module.state_dict` and `load_state_dict`.

A state is an ordered dictionary from dotted names to tensors, which share their memory with the module's.
Writing it to a file is `tensorkit.serialization`'s work.
"""

from collections import OrderedDict, namedtuple

from ..ops.assign import copy_
from ..tape import no_grad
from ..tensor import Tensor
from .parameter import Parameter

EXTRA = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def save(module, destination, prefix: str, keep_vars: bool):
    """Put the state of `module` and its children into `destination` (a new dictionary if None)."""
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = {"version": module._version}
    for hook in _hooks(module, "save_pre"):
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in _hooks(module, "save_post"):
        hook(module, destination, prefix, {"version": module._version})
    return destination


def save_own(module, destination, prefix: str, keep_vars: bool) -> None:
    """Put the parameters and buffers of `module` itself into `destination`."""
    for name, each in own_state(module).items():
        destination[prefix + name] = each if keep_vars else each.detach()
    if hasattr(module, "get_extra_state"):
        destination[prefix + EXTRA] = module.get_extra_state()


def own_state(module) -> dict:
    """The parameters and persistent buffers of `module` itself that are there."""
    transient = module._non_persistent_buffers_set
    found = {name: each for name, each in module._parameters.items() if each is not None}
    found |= {name: each for name, each in module._buffers.items() if each is not None and name not in transient}
    return found


def _hooks(module, kind: str) -> list:
    return list(module._state_hooks[kind].values()) if module._state_hooks else []


def load(module, state_dict, strict: bool, assign: bool) -> _IncompatibleKeys:
    """Copy the tensors of `state_dict` into the module's; what `Module.load_state_dict` does."""
    if not hasattr(state_dict, "keys") or not hasattr(state_dict, "__getitem__"):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    missing: list = []
    unexpected: list = []
    problems: list = []
    metadata = getattr(state_dict, "_metadata", {})
    state_dict = OrderedDict(state_dict)
    if metadata:
        state_dict._metadata = metadata

    def descend(part, prefix: str) -> None:
        own = dict(metadata.get(prefix[:-1], {}))
        if assign:
            own["assign_to_params_buffers"] = True
        part._load_from_state_dict(state_dict, prefix, own, True, missing, unexpected, problems)
        for name, child in part._modules.items():
            if child is not None:
                descend(child, f"{prefix}{name}.")
        keys = _IncompatibleKeys(missing, unexpected)
        for hook in _hooks(part, "load_post"):
            if hook(part, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values, if incompatible_keys need to be modified, it should be done inplace."
                )

    descend(module, "")
    if strict:
        if unexpected:
            problems.insert(0, f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        if missing:
            problems.insert(0, f"Missing key(s) in state_dict: {_quoted(missing)}. ")
    if problems:
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:\n\t" + "\n\t".join(problems))
    return _IncompatibleKeys(missing, unexpected)


def _quoted(keys: list) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def load_own(module, state_dict, prefix, metadata, strict, missing, unexpected, problems) -> None:
    """Copy what `state_dict` holds for `module` itself, and note what is missing, unexpected or does not fit."""
    for hook in _hooks(module, "load_pre"):
        hook(module, state_dict, prefix, metadata, strict, missing, unexpected, problems)
    local = own_state(module)
    for name, own in local.items():
        key = prefix + name
        if key not in state_dict:
            if strict:
                missing.append(key)
            continue
        given = state_dict[key]
        problem = _load_one(module, name, own, key, given, metadata.get("assign_to_params_buffers", False))
        if problem:
            problems.append(problem)
    if hasattr(module, "set_extra_state"):
        if prefix + EXTRA in state_dict:
            module.set_extra_state(state_dict[prefix + EXTRA])
        elif strict:
            missing.append(prefix + EXTRA)
    if strict:
        for key in state_dict:
            if key.startswith(prefix) and key != prefix + EXTRA:
                name, dot, _ = key[len(prefix) :].partition(".")
                if name not in (module._modules if dot else local):
                    unexpected.append(key)


def _load_one(module, name: str, own, key: str, given, assign: bool) -> str | None:
    """Copy (or assign) one tensor; the sentence about it if that cannot be done."""
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(given)}"
        )
    uninitialized = getattr(type(own), "uninitialized", False)
    if not uninitialized:
        if own._array.ndim == 0 and given._array.shape == (1,):
            given = given[0]
        if given._array.shape != own._array.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, the shape in "
                f"current model is {own.shape}."
            )
    try:
        with no_grad():
            if assign:
                if isinstance(own, Parameter) and not isinstance(given, Parameter):
                    given = Parameter(given, requires_grad=own._requires_grad)
                setattr(module, name, given)
            else:
                copy_(own, given)
    except Exception as error:
        return (
            f'While copying the parameter named "{key}", whose dimensions in the model are {own.size()} and whose '
            f"dimensions in the checkpoint are {given.size()}, an exception occurred : {error.args}."
        )
    return None
