"""Spectral normalisation: a weight divided by its largest singular value, which power iteration follows.

Here: the older form, which recomputes `module.weight` before each forward pass, and the iteration that it shares with
the newer one (`parametrizations.spectral_norm`).

Source: Miyato et al., 2018, https://arxiv.org/abs/1802.05957
"""

from ...ops.assign import copy_
from ...tape import no_grad
from ...tensor import Tensor
from ..functional import normalize
from ..module import Module
from .weight_norm import find_hook, without_hook


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """The weight with `dim` first and all other dimensions as one."""
    order = [dim, *(each for each in range(weight.ndim) if each != dim)]
    return weight.permute(*order).reshape(weight.shape[dim], -1)


def iterate(matrix: Tensor, u: Tensor, v: Tensor, times: int, eps: float, u_first: bool) -> None:
    """Bring `u` and `v` nearer to the singular vectors of the largest singular value, in place."""
    with no_grad():
        for _ in range(times):
            if u_first:
                copy_(u, normalize(matrix.mv(v), dim=0, eps=eps))
            copy_(v, normalize(matrix.t().mv(u), dim=0, eps=eps))
            if not u_first:
                copy_(u, normalize(matrix.mv(v), dim=0, eps=eps))


def start(matrix: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Two unit vectors to begin with, drawn at random."""
    rows, columns = matrix.shape
    u, v = matrix.new_empty(rows).normal_(0, 1), matrix.new_empty(columns).normal_(0, 1)
    return normalize(u, dim=0, eps=eps), normalize(v, dim=0, eps=eps)


def check_iterations(count: int) -> None:
    """ValueError unless `count` is positive."""
    if count <= 0:
        raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={count}")


class SpectralNorm:
    """The hook that `spectral_norm` puts before a module's forward pass."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float):
        check_iterations(n_power_iterations)
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def compute_weight(self, module: Module, iterating: bool) -> Tensor:
        """The weight over its largest singular value; `iterating` makes the estimate of that better first."""
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = as_matrix(weight, self.dim)
        if iterating:
            iterate(matrix.detach(), u, v, self.n_power_iterations, self.eps, u_first=False)
            u, v = u.clone(), v.clone()
        return weight / u.dot(matrix.mv(v))

    def __call__(self, module: Module, inputs: tuple) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a module's weight by its largest singular value before each forward pass; returns the module.

    n_power_iterations  how often the estimate is made better in each pass of training mode
    dim                 the dimension of the outputs; default 0, and 1 for transposed convolutions

    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(3, 2), n_power_iterations=20)
    >>> _ = layer(torch.zeros(1, 3))
    >>> torch.linalg.matrix_norm(layer.weight.detach(), 2).round(decimals=2)
    tensor(1.)

    Raises RuntimeError the second time, ValueError without iterations.
    """
    hook = SpectralNorm(name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    if find_hook(module, SpectralNorm, name):
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    with no_grad():
        u, v = start(as_matrix(weight, hook.dim), eps)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again; ValueError where it is none of `spectral_norm`'s.

    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(3, 2))
    >>> sorted(torch.nn.utils.remove_spectral_norm(layer).state_dict())
    ['bias', 'weight']
    """
    return without_hook(module, SpectralNorm, "spectral_norm", name, ("u", "v", "orig"), iterating=False)


def output_dim(module: Module) -> int:
    """The dimension of a weight that counts outputs: the second one in transposed convolutions."""
    from ..conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d

    return int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))
