"""How each differentiable operation is called in `test_gradients.py`: a function of tensors, and float64 arrays.

The arrays stay away from kinks and ties, where a numeric derivative means nothing.
"""

import warnings

import gradient_samples_linalg
import numpy as np

import tensorkit as torch
from tensorkit.ops.declare import REGISTRY

#: Tracked, as in PyTorch, but without a derivative.
NO_DERIVATIVE = {
    "geqrf",
    "ldl_factor_ex",
    "ldl_solve",
    "floor_divide",
    "hardsigmoid_slope",
    "heaviside",
    "remainder_of_number",
    "distinct",
    "distinct_slices",
    "distinct_runs",
    "nextafter",
    "scatter_combined",
}

#: Their second derivatives are not implemented, or are distributions.
SMOOTH_ONCE = {"hardsigmoid"}


def some(*shape, low=-2.0, high=2.0, seed=0):
    """Distinct numbers in [low, high], none of them near a whole number or a half."""
    rng = np.random.default_rng(seed + sum(shape))
    values = rng.permutation(np.linspace(low, high, int(np.prod(shape)) + 2)[1:-1]) + 0.0137
    near = np.abs(values * 2 - np.round(values * 2)) < 0.06
    return (values + 0.07 * near).reshape(shape)


def positive(*shape, seed=0):
    return some(*shape, low=0.3, high=2.2, seed=seed)


def unit(*shape, seed=0):
    return some(*shape, low=-0.9, high=0.85, seed=seed)


X, Y, V = some(2, 3), positive(2, 3, seed=5), some(3, seed=2)
CUBE = some(2, 3, 4)
INDEX = torch.tensor([2, 0, 2])
PLACES = torch.tensor([[2, 0, 1], [1, 1, 0]])
MASK = torch.tensor([[True, False, True], [False, True, False]])


def one(function, *arrays):
    return [(function, list(arrays))]


def method(name, *args, **kwargs):
    return lambda x, *others: getattr(x, name)(*others, *args, **kwargs)


def inplace(write):
    """`write(y)` on a computed copy of the tensor, which is then the result."""

    def function(x, *others):
        y = x * 1
        write(y, *others)
        return y

    return function


def stays(x):
    """A tensor moved to where it is: what moves it on a machine with a GPU."""
    place = x.get_device() if x.is_cuda else None
    return REGISTRY["to_device"].function(x, place, place)


def _with_real_part(numbers, part):
    """Complex numbers whose real part was overwritten."""
    numbers.real = part
    return numbers


SAMPLES = {
    # conversions
    "to_copy": one(lambda x: (x.to(torch.complex128) * x.to(torch.complex128)).real, X),
    "to_device": one(lambda x: stays(x) * x, X),
    "clone": one(method("clone"), X),
    "contiguous": one(lambda x: x.T.contiguous(), X),
    "in_format": one(lambda x: x.reshape(1, 2, -1, 1).contiguous(memory_format=torch.channels_last), X),
    "to_copy_in_format": one(
        lambda x: x.reshape(1, 2, -1, 1).to(torch.complex128, memory_format=torch.channels_last).real, X
    ),
    # pointwise
    **{
        name: one(method(name), X)
        for name in [
            "neg",
            "exp",
            "exp2",
            "expm1",
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "tanh",
            "asinh",
            "atan",
            "deg2rad",
            "rad2deg",
            "abs",
            "sign",
            "sgn",
            "floor",
            "ceil",
            "trunc",
            "round",
            "frac",
            "sigmoid",
            "relu",
            "erf",
            "erfc",
            "sinc",
        ]
    },
    **{
        name: one(method(name), Y)
        for name in ["reciprocal", "sqrt", "rsqrt", "log", "log2", "log10", "log1p", "lgamma", "digamma", "i0"]
    },
    **{name: one(method(name), unit(2, 3)) for name in ["asin", "acos", "atanh", "erfinv"]},
    "acosh": one(method("acosh"), Y + 1),
    **{
        name: [(getattr(torch, name), [X, Y]), (getattr(torch, name), [X, positive(3, seed=3)])]
        for name in [
            "add",
            "sub",
            "rsub",
            "mul",
            "div",
            "remainder",
            "fmod",
            "logaddexp",
            "logaddexp2",
            "atan2",
            "hypot",
            "maximum",
            "minimum",
            "fmax",
            "fmin",
            "copysign",
        ]
    },
    "pow": [(torch.pow, [Y, X]), (lambda x: x**3, [X]), (lambda x: 2**x, [X]), (lambda x: x**-1.5, [Y])],
    "div_floor": one(lambda x, y: torch.div(x, y, rounding_mode="floor"), X, Y),
    "div_trunc": one(lambda x, y: torch.div(x, y, rounding_mode="trunc"), X, Y),
    "complex": one(lambda x, y: (torch.complex(x, y) * torch.complex(y, x)).abs(), X, Y),
    "conj": one(lambda x, y: (torch.complex(x, y).conj() * torch.complex(y, x)).imag, X, Y),
    "real": one(lambda x, y: (torch.complex(x, y) ** 2).real, X, Y),
    "imag": one(lambda x, y: (torch.complex(x, y) ** 2).imag, X, Y),
    "view_as_real": one(lambda x, y: torch.view_as_real(torch.complex(x, y)) ** 2, X, Y),
    "view_as_complex": one(lambda x: torch.view_as_complex(x * x).abs(), some(3, 2)),
    "angle": one(method("angle"), X),
    "clamp": [(lambda x: x.clamp(-1.0, 1.0), [X]), (torch.clamp, [X, X - 0.3, X + 0.2])],
    # shape
    "view": one(lambda x: x.view(3, 2), X),
    "copy_reshape": one(lambda x: (x.expand(2, 2, 3) @ x.T) ** 2, X),
    "unsqueeze": one(method("unsqueeze", 1), X),
    "squeeze": one(method("squeeze", 0), some(1, 3)),
    "permute": one(method("permute", 2, 0, 1), CUBE),
    "transpose": one(method("transpose", 0, 2), CUBE),
    "t": one(method("t"), X),
    "expand": one(method("expand", 4, 2, 3), X),
    "as_strided": one(lambda x: torch.as_strided(x, (2, 2), (1, 2)), X),
    "window_into_zeros": one(lambda x: _gradient(lambda y: torch.as_strided(y, (2, 2), (1, 2)) ** 2, x), X),
    "window_of": one(lambda x: _gradient(inplace(lambda y: y[0].mul_(3)), x), X),
    "unfold": one(method("unfold", 1, 2, 1), X),
    "fold_windows": one(lambda x: _gradient(lambda y: y.unfold(1, 2, 1) ** 2, x), X),
    "diagonal": one(method("diagonal", 1), X),
    "scatter_diagonal": one(lambda x: _gradient(lambda y: y.diagonal() ** 2, x), X),
    # joining and taking apart
    "cat": one(lambda x, y: torch.cat([x, y, x], 1), X, Y),
    "stack": one(lambda x, y: torch.stack([x, y], 1), X, Y),
    "split_evenly": one(lambda x: x.split(2, 1)[0], X),
    "split_by_sizes": one(lambda x: x.split([1, 2], 1)[1], X),
    "unbound": one(lambda x: x.unbind(1)[2], X),
    "repeat": one(method("repeat", 2, 2), X),
    "repeat_interleave": one(method("repeat_interleave", 2, 1), X),
    "flip": one(method("flip", (0, 1)), X),
    "roll": one(method("roll", 1, 1), X),
    "rot90": one(method("rot90", 1), X),
    # reductions
    **{
        name: [(method(name), [X]), (method(name, 1), [X]), (method(name, 0, True), [X])]
        for name in ["sum", "mean", "prod", "var", "std", "amax", "amin"]
    },
    "max": [(method("max"), [X]), (lambda x: x.max(1).values, [X])],
    "min": [(method("min"), [X]), (lambda x: x.min(0, True).values, [X])],
    **{name: one(method(name, 1), X) for name in ["cumsum", "cumprod", "logcumsumexp"]},
    "cummax": one(lambda x: x.cummax(1).values, X),
    "cummin": one(lambda x: x.cummin(1).values, X),
    "logsumexp": [(method("logsumexp", 1), [X]), (method("logsumexp", (0, 1), True), [X])],
    "softmax": one(method("softmax", 1), X),
    "log_softmax": one(method("log_softmax", 1), X),
    "nansum": [(method("nansum"), [X]), (method("nansum", 1), [X])],
    **{
        name: [(getattr(torch, name), [X]), (lambda x, name=name: getattr(torch, name)(x, 1), [X])]
        for name in ("var_mean", "std_mean")
    },
    "aminmax": [(torch.aminmax, [X]), (lambda x: torch.aminmax(x, dim=1).max, [X])],
    # writing in place
    "copy_slices": [(inplace(lambda y: y[0].mul_(3)), [X]), (inplace(lambda y: y[:, 1:].copy_(y[:, :2] * 2)), [X])],
    "of_pairs": one(lambda x, y: _with_real_part(torch.complex(x, y) * torch.complex(y, x), x * y).abs(), X, Y),
    "zero": one(inplace(lambda y: y[0].zero_()), X),
    "fill": one(inplace(lambda y, v: y[0].fill_(v[0])), X, V),
    "without_window": one(lambda x: _gradient(inplace(lambda y: y[0].mul_(3)), x), X),
    "mul_scalar": one(lambda x: torch.trapezoid(x, dx=0.7), X),
    "div_scalar": one(torch.trapezoid, X, Y),
    "add_scaled": one(lambda x, y: torch.add(x, y, alpha=1.5), X, Y),
    "sub_scaled": one(lambda x, y: torch.sub(x, y, alpha=1.5), X, V),
    "rsub_scaled": one(lambda x, y: torch.rsub(x, y, alpha=1.5), X, Y),
    "tanh_backward": one(lambda x: _gradient(lambda y: y * y.tanh(), x), X),
    "sigmoid_backward": one(lambda x: _gradient(lambda y: y * y.sigmoid(), x), X),
    "elu_backward": one(lambda x: _gradient(lambda y: y * torch.nn.functional.elu(y, 1.3), x), X),
    "where_positive": one(lambda x: _gradient(lambda y: y * y.relu(), x), X),
    "unrelated": one(inplace(lambda y: y[0].bernoulli_(1.0)), X),
    "copied": one(inplace(lambda y, v: y.copy_(v)), X, V),
    # indexing
    "view_index": one(lambda x: x[1:, None, ::2], X),
    "index_into_zeros": one(lambda x: _gradient(lambda y: y[0, 1:] ** 2, x), X),
    "take_index": [(lambda x: x[:, INDEX], [X]), (lambda x: x[MASK], [X])],
    "add_at_zeros": one(lambda x: _gradient(lambda y: y[:, INDEX] ** 2, x), X),
    "index_put": [
        (lambda x, v: x.index_put((torch.tensor([0, 1, 0]), torch.tensor([0, 1, 2])), v), [X, V]),
        (lambda x, v: x.index_put((torch.tensor([0, 0, 0]), torch.tensor([1, 1, 2])), v, accumulate=True), [X, V]),
    ],
    "index_select_at": one(method("index_select", 1, INDEX), X),
    "index_add_zeros": one(lambda x: _gradient(lambda y: y.index_select(1, INDEX) ** 2, x), X),
    "index_add": one(lambda x, y: x.index_add(1, INDEX, y, alpha=2), X, Y),
    "index_copy": one(lambda x, y: x.index_copy(1, torch.tensor([2, 0]), y[:, :2]), X, Y),
    "index_fill": one(lambda x, v: x.index_fill(1, torch.tensor([0]), v[0]), X, V),
    "gather": one(method("gather", 1, PLACES), X),
    "scatter": one(lambda x, y: x.scatter(1, torch.tensor([[2, 0], [1, 0]]), y[:, :2]), X, Y),
    "scatter_reduce": [
        (lambda x, y, how=how, own=own: x.scatter_reduce(1, PLACES, y, how, include_self=own), [X, Y])
        for how in ("sum", "mean", "prod", "amax", "amin")
        for own in (True, False)
    ],
    "put": [
        (lambda x, v: x.put(torch.tensor([4, 0]), v[:2]), [X, V]),
        (lambda x, v: x.put(torch.tensor([[4, 0, 4]]), v[None], accumulate=True), [X, V]),
    ],
    "block_diag": one(lambda x, v, y: torch.block_diag(x, v, y[:1]), X, V, Y),
    "alias": one(lambda x: x.sum().movedim(0, 0), X),
    "unsafe_view": one(torch.kron, X, Y),
    "cloned_reshape": one(lambda x: x.T.reshape(-1), X),
    "scatter_add": one(lambda x, y: x.scatter_add(1, PLACES, y), X, Y),
    "take": one(lambda x: x.take(torch.tensor([0, 5, 5])), X),
    "where": one(lambda x, y: torch.where(MASK, x, y), X, Y),
    "masked_fill": one(lambda x, v: x.masked_fill(MASK, v[0]), X, V),
    "masked_select": one(method("masked_select", MASK), X),
    "masked_scatter": one(lambda x, v: x.masked_scatter(MASK, v), X, V),
    # products
    "mm": one(lambda x, y: x.mm(y.T), X, Y),
    "bmm": one(lambda x, y: x.bmm(y), CUBE, some(2, 4, 2, seed=1)),
    "mv": one(lambda x, v: x.mv(v), X, V),
    "dot": one(lambda x, v: x[0].dot(v), X, V),
    "addmm": one(lambda x, y, z: torch.addmm(z, x, y, beta=0.5, alpha=2), X, some(3, 2), some(2, seed=4)),
    "addmv": one(lambda x, v, z: torch.addmv(z, x, v, beta=0.5, alpha=2), X, V, some(2, seed=4)),
    "addr": one(lambda x, v, z: torch.addr(x, z, v, beta=0.5, alpha=2), X, V, some(2, seed=4)),
    "baddbmm": one(
        lambda x, y, z: torch.baddbmm(z, x, y, beta=0.5), CUBE, some(2, 4, 2, seed=1), some(2, 3, 2, seed=3)
    ),
    # copies with a part written anew
    "written": [
        (lambda x, v: x.select_scatter(v, 0, 1), [X, V]),
        (lambda x, y: x.slice_scatter(y, 1, 0, 3, 2), [X, some(2, 2, seed=8)]),
    ],
    "diagonal_written": one(torch.diagonal_scatter, X, some(2, seed=3)),
    "window_written": one(lambda x, v: x.as_strided_scatter(v, (3,), (2,), 1), X, V),
    "index_reduce": [
        (lambda x, y, how=how: _index_reduced(x, y, how), [some(4, 3), some(3, 3, seed=6)])
        for how in ("prod", "mean", "amax", "amin")
    ],
    "filled": one(torch.fill, X, np.array(1.5)),
    "conj_physical": one(lambda x: torch.conj_physical(torch.complex(x, x * x)).imag, X),
    # the rest
    "xlogy": one(torch.xlogy, X, Y),
    "logit": one(method("logit"), positive(2, 3) / 3),
    "polygamma": one(lambda x: torch.polygamma(1, x), Y),
    "addcmul": one(lambda x, y, v: torch.addcmul(x, y, v, value=0.5), X, Y, V),
    "addcdiv": one(lambda x, y, v: torch.addcdiv(x, v, y, value=0.5), X, Y, V),
    "lerp": one(torch.lerp, X, Y, positive(2, 3) / 3),
    "nan_to_num": one(method("nan_to_num"), X),
    "ldexp": [(lambda x: torch.ldexp(x, torch.tensor([1, 2, 3])), [X]), (torch.ldexp, [X, Y])],
    "sort": one(lambda x: x.sort(1).values, X),
    "topk": one(lambda x: x.topk(2, 1).values, X),
    "kthvalue": one(lambda x: x.kthvalue(2, 1).values, X),
    "median_of_all": one(method("median"), X),
    "median_along": one(lambda x: x.median(1).values, X),
    "nanmedian_of_all": one(method("nanmedian"), X),
    "nanmedian_along": one(lambda x: x.nanmedian(1).values, X),
    "mode": one(lambda x: x.mode(1).values, X),
    **gradient_samples_linalg.SAMPLES,
}


def _index_reduced(x, source, how):
    with warnings.catch_warnings(action="ignore"):
        return x.index_reduce(0, torch.tensor([2, 0, 2]), source, how)


def _gradient(function, x):
    """The gradient of the sum of `function(x)` with respect to x, as something to be differentiated in turn."""
    (g,) = torch.autograd.grad((function(x) ** 2).sum(), x, create_graph=True)
    return g
