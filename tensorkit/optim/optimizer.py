"""`Optimizer`: what all optimizers share — parameter groups, the state kept per parameter, saving it, and hooks.

A subclass defines `step`.  Those that treat each parameter on its own build on `rules.PerParameter`.

Source: https://pytorch.org/docs/stable/optim.html
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import wraps
from itertools import chain
from typing import Any
from warnings import warn

from ..array_modules import np
from ..hooks import RemovableHandle
from ..ops.inplace import zero_
from ..tensor import Tensor, wrap


class _Required:
    """The default of an option that every parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()

_before_any: dict = {}
_after_any: dict = {}


def register_optimizer_step_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of any optimizer."""
    return RemovableHandle(_before_any, hook)


def register_optimizer_step_post_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of any optimizer."""
    return RemovableHandle(_after_any, hook)


def _observed(step):
    """`step` with its hooks around it; the optimizer remembers that it was called, which schedulers ask about."""

    @wraps(step)
    def call(self, *args, **kwargs):
        self._opt_called = True
        if not (_before_any or _after_any or self._step_hooks):
            return step(self, *args, **kwargs)
        for hook in [*_before_any.values(), *self._hooks_for("before")]:
            changed = hook(self, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
                args, kwargs = changed
        result = step(self, *args, **kwargs)
        for hook in [*self._hooks_for("after"), *_after_any.values()]:
            hook(self, args, kwargs)
        return result

    call.observed = True  # type: ignore[attr-defined]
    return call


class Optimizer:
    """The base of every optimizer: it holds parameters in groups, each with its own options.

    params    tensors, or (name, tensor) pairs, or dictionaries: {"params": tensors, "lr": …} for each group
    defaults  the options of a group that does not give its own

    param_groups  a list of dictionaries; changing `group["lr"]` changes the next step
    state         per parameter, what the optimizer remembers of its past

    Raises TypeError for params that are no tensors, ValueError for none at all.

    >>> import tensorkit as torch
    >>> class Descent(torch.optim.Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...     @torch.no_grad()
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p -= group["lr"] * p.grad
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Descent([w], lr=0.25).step()
    >>> w
    tensor([0.5000], requires_grad=True)

    Source: https://pytorch.org/docs/stable/optim.html#torch.optim.Optimizer
    """

    _opt_called: bool
    _scheduled: bool

    def __init__(self, params: Iterable, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._step_hooks: dict[str, dict] = {}
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + params.type()
            )
        self.state: defaultdict = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            error = ValueError("optimizer got an empty parameter list")
            error.add_note(
                "Hint: model.parameters() is a generator, which is empty once it was walked through; and "
                "a layer counts only if it is assigned to an attribute of the module."
            )
            raise error
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _observed(cls.__dict__["step"])  # type: ignore[method-assign]

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__.setdefault("_step_hooks", {})
        for each in self.state.values():
            if isinstance(each, dict) and isinstance(each.get("step"), (int, float)):
                each["step"] = wrap(np.float32(each["step"]))  # files of older releases hold a plain number

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    def step(self, closure: Callable | None = None):
        """Change the parameters once, by their gradients.

        closure  a function that computes the loss and its gradients anew; its result is returned
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: set them to None, or to zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                gradient = p._grad
                if gradient is not None:
                    if set_to_none:
                        p._grad = None
                    else:
                        if gradient._node is not None:
                            gradient.detach_()
                        gradient._requires_grad = False
                        zero_(gradient)

    # Parameter groups

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize more parameters, as a group with options of its own: layers that are unfrozen later, say."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        given = [given] if isinstance(given, Tensor) else list(given)
        names = [each[0] for each in given if isinstance(each, tuple)]
        params = [each[1] if isinstance(each, tuple) else each for each in given]
        param_group["params"] = params
        if names:
            if len(names) != len(params):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for p in params:
            self._check_param(p)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will "
                "cause an error; see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        known: set = set()
        for group in self.param_groups:
            known.update(group["params"])
            if ("param_names" in param_group) != ("param_names" in group):
                now = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{now} to the optimizer"
                )
        if not known.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def _check_param(self, p) -> None:
        if not isinstance(p, Tensor):
            from ..nn.module import typename

            raise TypeError("optimizer can only optimize Tensors, but one of the params is " + typename(p))
        if not (p.is_leaf or p.retains_grad or self.defaults.get("differentiable")):
            raise ValueError("can't optimize a non-leaf Tensor")

    # State

    def state_dict(self) -> dict[str, Any]:
        """The state and the options as plain dictionaries and tensors, with a number for each parameter.

        Returns {"state": {number: …}, "param_groups": [{…, "params": [numbers]}]}; the tensors are the optimizer's own.
        """
        for hook in self._hooks_for("before state_dict"):
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            packed = {key: value for key, value in group.items() if key != "params"}
            for number, p in enumerate(group["params"], start):
                numbers.setdefault(id(p), number)
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            start += len(packed["params"])
            groups.append(packed)
        state = {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        result = {"state": state, "param_groups": groups}
        for hook in self._hooks_for("after state_dict"):
            changed = hook(self, result)
            result = result if changed is None else changed
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state that `state_dict` gave, here or in PyTorch, for the same parameters in the same order.

        Raises ValueError where the groups differ in number or size.
        """
        state_dict = state_dict.copy()
        for hook in self._hooks_for("before load_state_dict"):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for own, saved in zip(self.param_groups, saved_groups, strict=True):
            if len(own["params"]) != len(saved["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
                )
        numbers = chain.from_iterable(saved["params"] for saved in saved_groups)
        params = dict(zip(numbers, chain.from_iterable(own["params"] for own in self.param_groups), strict=True))
        state: defaultdict = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = _fitted(value, params[key])
            else:
                state[key] = value
        for own, saved in zip(self.param_groups, saved_groups, strict=True):
            saved["params"] = own["params"]
            if "param_names" in own:
                saved.setdefault("param_names", own["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for hook in self._hooks_for("after load_state_dict"):
            hook(self)

    # Hooks

    def _hooks_for(self, when: str) -> list:
        return list(self._step_hooks.get(when, {}).values())

    def _hook(self, when: str, hook: Callable, first: bool = False) -> RemovableHandle:
        return RemovableHandle(self._step_hooks.setdefault(when, {}), hook, first=first)

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return other (args, kwargs)."""
        return self._hook("before", hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return self._hook("after", hook)

    def register_state_dict_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict`."""
        return self._hook("before state_dict", hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict`; it may return another one."""
        return self._hook("after state_dict", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before `load_state_dict`; it may return another one."""
        return self._hook("before load_state_dict", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after `load_state_dict`."""
        return self._hook("after load_state_dict", hook, prepend)


def _fitted(value, p: Tensor, key=None):
    """A loaded value of a parameter's state, its tensors like that parameter (but for the count of steps)."""
    if isinstance(value, Tensor):
        if key == "step":
            return value
        return value.to(p.device, p.dtype) if p.dtype.is_floating_point else value.to(p.device)
    if isinstance(value, dict):
        return {name: _fitted(each, p, name) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_fitted(each, p) for each in value)
    return value
