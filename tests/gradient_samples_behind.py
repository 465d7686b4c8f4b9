"""How the operations behind the networks' functions are called in `test_gradients.py`: the reverses of convolutions,
pools and look-ups, which stand in their gradients; recurrent layers; losses by classes.

Where a function's gradient is meant not to be its derivative (rows of padding, rows scaled by how often they occur),
the operation itself is called.
"""

import numpy as np

import tensorkit as torch
import tensorkit.nn.functional
import tensorkit.nn.utils.rnn
from tensorkit.nn import recurrent
from tensorkit.ops import conv, embed, loss, pool

F = torch.nn.functional
_rng = np.random.default_rng(23)

X = np.array([[-1.7, -0.63, 0.42], [1.31, 2.17, -0.18]])
Y = np.array([[0.35, 1.22, -0.91], [0.76, -1.43, 2.05]])
TABLE, ROWS, PLANES = _rng.normal(size=(4, 3)), _rng.normal(size=(5, 3)), _rng.normal(size=(1, 4, 2, 2))
SIGNAL, IMAGE = _rng.normal(size=(2, 4, 7)), _rng.normal(size=(2, 2, 5, 6))
NUMBERS, STARTS = torch.tensor([0, 2, 2, 3, 1]), torch.tensor([0, 2, 2])
CLASSES, SIGNS = torch.tensor([2, 0]), torch.tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]], dtype=torch.float64)
PLACES = np.array([[[3, 0, 3], [1, 1, 2]]])
LARGEST = np.array([[0, 3, -1], [2, 0, 0]])


def one(function, *arrays):
    return [(function, list(arrays))]


def slopes(function):
    """The gradients of the sum of squares of `function`, as something to be differentiated in turn."""

    def gradients(*inputs):
        return torch.autograd.grad((function(*inputs) ** 2).sum(), inputs, create_graph=True)

    return gradients


def bent(function):
    """The gradient of the gradient: there stand the reverses of the reverses."""
    once = slopes(function)
    return slopes(lambda x: once(x)[0])


def bag(**options):
    return lambda weight: F.embedding_bag(NUMBERS, weight, STARTS, **options)


def weighted_bag(weight, shares):
    return F.embedding_bag(NUMBERS, weight, STARTS, mode="sum", per_sample_weights=shares, padding_idx=2)


def convolutions(each):
    """Convolutions with strides that leave a rest, padding, dilation and groups, forwards and backwards."""
    return [
        (each(lambda x, w: F.conv1d(x, w, stride=2, padding=1, groups=2)), [SIGNAL, _rng.normal(size=(6, 2, 3))]),
        (each(lambda x, w: F.conv2d(x, w, stride=(2, 1), dilation=2)), [IMAGE, _rng.normal(size=(3, 2, 2, 2))]),
        (
            each(lambda x, w: F.conv_transpose1d(x, w, stride=3, padding=1, output_padding=2, groups=2)),
            [SIGNAL, _rng.normal(size=(4, 3, 3))],
        ),
    ]


def pools(each):
    return [
        (each(lambda x: F.max_pool2d(x, 2, stride=1)), [IMAGE]),
        (each(lambda x: F.max_pool1d(x, 3, stride=2, padding=1, dilation=2)), [SIGNAL]),
    ]


def means(each):
    return [
        (each(lambda x: F.avg_pool2d(x, 2, stride=1, padding=1)), [IMAGE]),
        (each(lambda x: F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False, padding=1)), [IMAGE]),
        (each(lambda x: F.avg_pool2d(x, (2, 3), divisor_override=5)), [IMAGE]),
    ]


def picks(each):
    return [
        (each(lambda x: F.pad(x, (2, 1), mode="reflect")), [SIGNAL]),
        (each(lambda x: F.pad(x, (1, 2, 1, 0), mode="circular")), [IMAGE]),
        (each(lambda x: F.pad(x, (1, 2, 1, 0), mode="replicate")), [IMAGE]),
        (each(lambda x: F.interpolate(x, scale_factor=1.5, mode="nearest")), [IMAGE]),
    ]


def by_class(each):
    shares = torch.tensor([0.5, 1.5, 2.0], dtype=torch.float64)
    return [
        (each(lambda x: F.nll_loss(x, CLASSES, shares, reduction="none")), [X]),
        (each(lambda x: F.nll_loss(x, CLASSES, shares)), [X]),
        (each(lambda x: F.nll_loss(x, CLASSES, ignore_index=2, reduction="sum")), [X]),
        (each(lambda x: F.nll_loss(x.reshape(1, 3, 2), CLASSES[None])), [X]),
    ]


def soft_targets(x, y):
    return F.cross_entropy(x, y.softmax(1), label_smoothing=0.1)


def frozen_batch_norm(x, weight, bias):
    mean, variance = (torch.tensor([0.3, -0.2], dtype=torch.float64) + shift for shift in (0, 1))
    return F.batch_norm(x, mean, variance, weight, bias)


def random_slopes(x):
    torch.manual_seed(3)
    return F.rrelu(x, training=True)


def packed(x, enforce_sorted=False):
    return torch.nn.utils.rnn.pack_padded_sequence(x, [2, 3, 1], enforce_sorted=enforce_sorted)


def unpacked(x):
    return torch.nn.utils.rnn.pad_packed_sequence(packed(x), padding_value=0.5, total_length=4)[0]


def recurrence(kind, sizes, reverse=False, biases=True):
    """A layer with inputs of 2 and states of 3 elements, over steps of the given sizes."""
    gates, states = {"LSTM": 4, "GRU": 3}.get(kind, 1), 2 if kind == "LSTM" else 1
    even = len(set(sizes)) == 1
    layer = recurrent.lstm_layer if kind == "LSTM" else recurrent.rnn_layer
    inputs = (len(sizes), sizes[0], 2) if even else (sum(sizes), 2)
    shapes = [inputs, *[(max(sizes), 3)] * states, (3 * gates, 2), (3 * gates, 3), *[(3 * gates,)] * (2 * biases)]
    missing = [None] * (0 if biases else 2)

    def function(*operands):
        return tuple(layer(*operands, *missing, kind, list(sizes), reverse, recurrent.Trace()))

    return function, [_rng.normal(size=shape) for shape in shapes]


def operands_of_each_other(x, w):
    """An LSTM whose cell is made from its input, whose state from its cell, and both weights from one."""
    c = torch.tanh(x[0] * x[1])
    h = torch.sin(c)
    return tuple(recurrent.lstm_layer(x, h, c, w, w, None, None, "LSTM", [2, 2, 2], False, recurrent.Trace()))


SAMPLES = {
    # look-ups
    "bag": [
        *[(bag(mode=mode), [TABLE]) for mode in ("sum", "mean", "max")],
        (weighted_bag, [TABLE, _rng.normal(size=5)]),
        (lambda w: F.embedding_bag(torch.tensor([[0, 3], [1, 1]]), w), [TABLE]),
    ],
    "table_of_rows": [
        (slopes(lambda w: F.embedding(NUMBERS, w)), [TABLE]),
        (lambda x: embed.table_of_rows(x, NUMBERS.numpy(), 4, 2, False), [ROWS]),
        (lambda x: embed.table_of_rows(x, NUMBERS.numpy(), 4, 1, True), [ROWS]),
        (slopes(bag(mode="mean")), [TABLE]),
        (slopes(weighted_bag), [TABLE, _rng.normal(size=5)]),
    ],
    "spread_columns": [(slopes(bag(mode="max")), [TABLE]), (lambda x: embed.spread_columns(x, LARGEST, 4), [X])],
    "columns_at": one(bent(bag(mode="max")), TABLE),
    # convolutions and pools
    "spread_back": convolutions(slopes)[:2],
    "match": convolutions(slopes),
    "sum_of_channels": one(conv.sum_of_channels, IMAGE),
    "spread_choice": pools(slopes),
    "take_choice": pools(bent),
    "spread_means": means(slopes),
    "spread_at": [
        (lambda x: F.max_unpool1d(x, torch.from_numpy(PLACES), 2), [X[None]]),
        (slopes(lambda x: F.adaptive_max_pool1d(x, 3)), [SIGNAL]),
    ],
    "take_at": [
        (lambda x: pool.take_at(x, torch.from_numpy(PLACES), (4,)), [_rng.normal(size=(1, 2, 4))]),
        (bent(lambda x: F.adaptive_max_pool2d(x, (2, 3))), [IMAGE]),
    ],
    # places moved
    "pick": picks(lambda function: function),
    "gather_back": picks(slopes),
    "channel_shuffle": one(lambda x: F.channel_shuffle(x, 2), PLANES),
    "channel_unshuffle": one(slopes(lambda x: F.channel_shuffle(x, 2)), PLANES),
    # losses and the rest
    "put_at_class": by_class(slopes),
    "take_class": [*by_class(bent), (lambda x: loss.take_class(x, CLASSES), [X])],
    "mean_over": one(soft_targets, X, Y),
    "multilabel_margin": [
        (lambda x, how=how: F.multilabel_margin_loss(x, torch.tensor([[2, 0, -1], [1, -1, 0]]), reduction=how), [X])
        for how in ("mean", "sum", "none")
    ],
    "at_least": [
        (lambda x, y: F.margin_ranking_loss(x, y, SIGNS, margin=0.5), [X, Y]),
        (lambda x: F.hinge_embedding_loss(x, SIGNS), [X]),
        (lambda x, y: F.triplet_margin_loss(x, y, x * y), [X, Y]),
        (lambda x, y: F.cosine_embedding_loss(x, y, SIGNS[0, :2]), [X, Y]),
    ],
    "normalize_by": one(frozen_batch_norm, _rng.normal(size=(3, 2, 2)), np.array([0.7, 1.6]), np.array([0.2, -0.4])),
    "rrelu_with_noise": [(F.rrelu, [X]), (random_slopes, [X])],
    # sequences
    "packed": one(lambda x: packed(x).data, _rng.normal(size=(3, 3, 2))),
    "unpacked": [(unpacked, [_rng.normal(size=(3, 3, 2))]), (slopes(lambda x: packed(x).data), [ROWS[:3, :, None]])],
    "rnn_layer": [
        *[recurrence(kind, (2, 2, 2)) for kind in ("RNN_TANH", "RNN_RELU", "GRU")],
        *[recurrence(kind, (3, 2, 2, 1), reverse=True) for kind in ("RNN_TANH", "GRU")],
        recurrence("GRU", (2, 2), biases=False),
    ],
    "lstm_layer": [
        recurrence("LSTM", (2, 2, 2)),
        recurrence("LSTM", (3, 2, 2, 1)),
        recurrence("LSTM", (3, 2, 1), reverse=True),
        recurrence("LSTM", (2, 2), biases=False),
        (operands_of_each_other, [_rng.normal(size=(3, 2, 3)), _rng.normal(size=(12, 3))]),
    ],
}
