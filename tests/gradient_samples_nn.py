"""How the operations of neural networks are called in `test_gradients.py`, by way of `torch.nn.functional`."""

import gradient_samples_behind
import numpy as np

import tensorkit as torch
from tensorkit.nn.utils.weight_norm import weight_of

F = torch.nn.functional
_rng = np.random.default_rng(11)

X = np.array([[-1.7, -0.63, 0.42], [1.31, 2.17, -0.18]])
Y = np.array([[0.35, 1.22, -0.91], [0.76, -1.43, 2.05]])
UNIT = np.array([[0.21, 0.64, 0.83], [0.37, 0.52, 0.91]])
IMAGE, SIGNAL = _rng.normal(size=(1, 2, 4, 4)), _rng.normal(size=(2, 3, 6))
KERNEL, BIAS = _rng.normal(size=(3, 2, 2, 2)), _rng.normal(size=3)
CLASSES, SHARES = torch.tensor([2, 0]), torch.tensor([0.5, 1.5, 2.0], dtype=torch.float64)
SIGNS = torch.tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]], dtype=torch.float64)
TARGETS = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)


def one(function, *arrays):
    return [(function, list(arrays))]


def fractional(x):
    halves = torch.full((1, 2, 2), 0.5, dtype=torch.float64)
    return F.fractional_max_pool2d(x, 2, 3, _random_samples=halves)


#: Differentiable operations without a sample: their derivatives are not checked against numbers here.
#: `test_gradients.py` holds the list to be exact, so it only shrinks.
UNCHECKED = {"huber_of_two_dtypes"}  # it refuses to go back, as PyTorch does

SAMPLES = {
    **{
        name: one(getattr(F, name), X)
        for name in [
            "celu",
            "elu",
            "gelu",
            "hardshrink",
            "hardsigmoid",
            "hardswish",
            "hardtanh",
            "leaky_relu",
            "mish",
            "silu",
            "softplus",
            "softshrink",
        ]
    },
    "log_sigmoid": one(F.logsigmoid, X),
    "threshold": one(lambda x: F.threshold(x, 0.1, 2.0), X),
    "p_norm": one(F.pairwise_distance, X, Y),
    "glu": one(lambda x: F.glu(x, 2), SIGNAL),
    "chosen": one(fractional, IMAGE),
    "spread": one(gradient_samples_behind.slopes(fractional), IMAGE),
    "scaled": [
        (lambda v, g, dim=dim: weight_of(v, g, dim), [KERNEL, lengths])
        for dim, lengths in [
            (0, np.array([0.5, -1.5, 2.0]).reshape(3, 1, 1, 1)),
            (3, np.array([0.5, -1.5]).reshape(1, 1, 1, 2)),
        ]
    ],
    "prelu": one(F.prelu, X, np.array([0.3])),
    "pdist": one(F.pdist, X) + one(lambda x: F.pdist(x, 3.0), SIGNAL[0]),
    "affine_grid_generator": one(lambda t: F.affine_grid(t, (1, 1, 2, 3), align_corners=False), X[None]),
    "grid_sampler": [
        (lambda x, grid, mode=mode: F.grid_sample(x, grid, mode, "zeros", True), [IMAGE, 0.6 * np.tanh(IMAGE[..., :2])])
        for mode in ("bilinear", "bicubic")
    ],
    "mse": one(F.mse_loss, X, Y),
    "huber": one(F.huber_loss, X, Y),
    "smooth_l1": one(F.smooth_l1_loss, X, Y),
    "soft_margin": one(F.soft_margin_loss, X, Y),
    "binary_cross_entropy": [
        (lambda x: F.binary_cross_entropy(x, TARGETS), [UNIT]),
        (lambda x, y: F.binary_cross_entropy(x, y, SHARES, reduction="none"), [UNIT, UNIT[::-1]]),
    ],
    "logits_cross_entropy": [
        (lambda x: F.binary_cross_entropy_with_logits(x, TARGETS), [X]),
        (lambda x, y: F.binary_cross_entropy_with_logits(x, y, SHARES, pos_weight=SHARES + 1), [X, UNIT]),
    ],
    "nll": one(lambda x: F.nll_loss(x, CLASSES), X),
    "multi_margin": one(lambda x: F.multi_margin_loss(x, CLASSES), X),
    "convolution": one(F.conv2d, IMAGE, KERNEL, BIAS),
    "transposed_convolution": one(F.conv_transpose2d, IMAGE, _rng.normal(size=(2, 3, 2, 2)), BIAS),
    "avg_pool": one(lambda x: F.avg_pool2d(x, 2), IMAGE),
    "max_pool": one(lambda x: F.max_pool2d(x, 2), IMAGE),
    "adaptive_max_pool": one(lambda x: F.adaptive_max_pool2d(x, 2), IMAGE),
    "im2col": one(lambda x: F.unfold(x, 2), IMAGE),
    "col2im": one(lambda x: F.fold(F.unfold(x, 2), (4, 4), 2), IMAGE),
    "constant_pad": one(lambda x: F.pad(x, (1, 2)), X),
    "pixel_shuffle": one(lambda x: F.pixel_shuffle(x, 2), _rng.normal(size=(1, 4, 2, 2))),
    "pixel_unshuffle": one(lambda x: F.pixel_unshuffle(x, 2), IMAGE),
    "normalize": [
        (lambda x: F.batch_norm(x, None, None, training=True), [SIGNAL]),
        (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [SIGNAL, BIAS + 2, BIAS]),
        (lambda x, w, b: F.layer_norm(x, (3, 6), w, b), [SIGNAL, SIGNAL[0] + 2, SIGNAL[1]]),
    ],
    "normalize_groups": [
        (lambda x: F.group_norm(x, 3), [SIGNAL]),
        (lambda x, w, b: F.group_norm(x, 2, w, b), [_rng.normal(size=(2, 4, 3)), *_rng.normal(size=(2, 4))]),
    ],
    "resample": one(lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear"), IMAGE),
    "lookup": one(lambda w: F.embedding(torch.tensor([0, 1, 0]), w), X),
    **gradient_samples_behind.SAMPLES,
}
