"""Weight normalisation: a weight as a direction v and a length g, w = g · v / ‖v‖.

Here: the older form, which recomputes `module.weight` before each forward pass, and the arithmetic that it shares with
the newer one (`parametrizations.weight_norm`).

Source: Salimans and Kingma, 2016, https://arxiv.org/abs/1602.07868
"""

from warnings import warn

from ...array_modules import np
from ...ops.declare import behind
from ...ops.reduce import add_up
from ...tape import no_grad
from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter


def norm_except_dim(v: Tensor, dim: int) -> Tensor:
    """The Euclidean norm of `v` over all dimensions but `dim`, which stay with size 1; over all of them for -1."""
    return v.norm() if dim == -1 else v.norm(2, _others(v.ndim, dim), True)


def _others(ndim: int, dim: int) -> tuple[int, ...]:
    return tuple(each for each in range(ndim) if each != dim % ndim)


def _direction(g, v, weight_g, dim):
    """The part of `g` at right angles to `v`, over the length: a longer `v` of the same direction changes nothing."""
    others = _others(v.ndim, dim)
    norm = v.norm(2, others, True)
    unit = v / norm
    return weight_g / norm * (g - unit * (g * unit).sum(others, True))


def _length(g, v, dim):
    others = _others(v.ndim, dim)
    return (g * v / v.norm(2, others, True)).sum(others, True)


@behind(v=_direction, weight_g=_length, node_name="WeightNormInterfaceBackward0")
def scaled(v, weight_g, dim):
    """`v` brought to the lengths `weight_g` along `dim`."""
    return v * (weight_g / np.sqrt(add_up(v * v, _others(v.ndim, dim), True)))


def weight_of(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """The weight of direction `v` and length `g`; `dim` as in `norm_except_dim`.

    >>> import tensorkit as torch
    >>> weight_of(torch.tensor([[3.0, 4.0]]), torch.tensor([[10.0]]), 0)
    tensor([[6., 8.]])
    """
    if dim in (0, v.ndim - 1):
        return scaled(v, g, dim)
    return v * (g / norm_except_dim(v, dim))


class WeightNorm:
    """The hook that `weight_norm` puts before a module's forward pass."""

    def __init__(self, name: str, dim: int | None):
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """The weight that the module's `<name>_g` and `<name>_v` stand for."""
        return weight_of(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)

    def __call__(self, module: Module, inputs: tuple) -> None:
        setattr(module, self.name, self.compute_weight(module))


def find_hook(module: Module, kind: type, name: str):
    """The handle's number and the hook of this kind for the tensor `name`; None where there is none."""
    hooks = module._hooks.forward_pre if module._hooks is not None else {}
    return next(((key, hook) for key, hook in hooks.items() if isinstance(hook, kind) and hook.name == name), None)


def without_hook(module: Module, kind: type, called: str, name: str, parts: tuple[str, ...], **options) -> Module:
    """Make the tensor `name` of a module an ordinary parameter again, and take away its hook and `<name>_<part>`."""
    found = find_hook(module, kind, name)
    if found is None:
        raise ValueError(f"{called} of '{name}' not found in {module}")
    key, hook = found
    with no_grad():
        weight = hook.compute_weight(module, **options)
    for each in (name, *[f"{name}_{part}" for part in parts]):
        delattr(module, each)
    module.register_parameter(name, Parameter(weight.detach()))
    del module._hooks.forward_pre[key]
    return module


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Give `module` parameters `<name>_g` and `<name>_v` in the place of `<name>`, and return it.

    dim  the dimension along which each slice has a length of its own; None for one length

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(3, 2))
    >>> [(name, tuple(each.shape)) for name, each in layer.named_parameters()]
    [('bias', (2,)), ('weight_g', (2, 1)), ('weight_v', (2, 3))]

    PyTorch prefers `parametrizations.weight_norm` and warns (FutureWarning). RuntimeError the second time.
    """
    warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    if find_hook(module, WeightNorm, name):
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    hook = WeightNorm(name, dim)
    weight = getattr(module, name)
    delattr(module, name)
    with no_grad():
        length = norm_except_dim(weight, hook.dim)
    module.register_parameter(f"{name}_g", Parameter(length))
    module.register_parameter(f"{name}_v", Parameter(weight.data))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again; ValueError where it is none of `weight_norm`'s.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(3, 2))
    >>> sorted(torch.nn.utils.remove_weight_norm(layer).state_dict())
    ['bias', 'weight']
    """
    return without_hook(module, WeightNorm, "weight_norm", name, ("g", "v"))
