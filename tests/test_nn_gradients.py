"""Every module's gradients against differences of its values: by its input, and by its parameters.

The table names each class of `torch.nn`; one that is new fails until it has a row. Second derivatives, and functions
with rarer arguments: `test_nn.py` and `test_gradients.py`.
"""

import numpy as np
import pytest

import tensorkit as torch
from tensorkit import nn
from tensorkit.autograd import gradcheck

#: Nothing of their own is computed: containers and bases.
NO_COMPUTATION = {
    "Container", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "RNNBase", "RNNCellBase",
    "UninitializedBuffer", "UninitializedParameter",
}  # fmt: skip

SEQUENCE, IMAGE, VOLUME = (2, 3, 6), (2, 4, 4, 6), (1, 4, 4, 4, 4)
CLASSES = torch.tensor([2, 0, 1])


def numbers(*shape, seed=0):
    """Numbers that are apart from each other and from 0, so that no difference steps over an edge."""
    count = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(count)
    return torch.tensor((order - count / 2 + 0.3) * (3 / count)).reshape(shape)


CHANCES, SIGNS = numbers(3, 4, seed=1).softmax(1), torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
OTHER = numbers(3, 4, seed=2)

ONE = {  # how a module is made, and the shape of its input
    **{
        name: (lambda m: m(), (3, 4))
        for name in """CELU ELU GELU Hardsigmoid Hardswish Hardtanh Identity LeakyReLU
       LogSigmoid Mish PReLU
       ReLU ReLU6 SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink RReLU AlphaDropout
       Dropout Hardshrink GLU Flatten""".split()
    },
    **{name: (lambda m: m(1), (3, 4)) for name in "LogSoftmax Softmax Softmin".split()},
    "Threshold": (lambda m: m(0.1, 2.0), (3, 4)),
    "Softmax2d": (lambda m: m(), IMAGE),
    "Unflatten": (lambda m: m(1, (2, 2)), (3, 4)),
    "Linear": (lambda m: m(4, 2), (3, 4)),
    "NonDynamicallyQuantizableLinear": (lambda m: m(4, 2), (3, 4)),
    "LazyLinear": (lambda m: m(2), (3, 4)),
    "Sequential": (lambda m: m(nn.Linear(4, 2), nn.Tanh()), (3, 4)),
    "DataParallel": (lambda m: m(nn.Linear(4, 2)), (3, 4)),
    "ChannelShuffle": (lambda m: m(2), IMAGE),
    "PixelShuffle": (lambda m: m(2), IMAGE),
    "PixelUnshuffle": (lambda m: m(2), IMAGE),
    "Upsample": (lambda m: m(scale_factor=2), IMAGE),
    "UpsamplingBilinear2d": (lambda m: m(scale_factor=2), IMAGE),
    "UpsamplingNearest2d": (lambda m: m(scale_factor=2), IMAGE),
    "Fold": (lambda m: m((2, 3), 2), (1, 8, 2)),
    "Unfold": (lambda m: m(2), IMAGE),
    "Dropout1d": (lambda m: m(), SEQUENCE),
    "Dropout2d": (lambda m: m(), IMAGE),
    "Dropout3d": (lambda m: m(), VOLUME),
    "FeatureAlphaDropout": (lambda m: m(), IMAGE),
    "GroupNorm": (lambda m: m(2, 4), IMAGE),
    "LayerNorm": (lambda m: m(6), IMAGE),
    "RMSNorm": (lambda m: m(6), IMAGE),
    "LocalResponseNorm": (lambda m: m(2), IMAGE),
    "SyncBatchNorm": (lambda m: m(4), IMAGE),
    "FractionalMaxPool2d": (lambda m: m(2, 2), IMAGE),
    "FractionalMaxPool3d": (lambda m: m(2, 2), VOLUME),
    "RNN": (lambda m: m(6, 2), SEQUENCE),
    "LSTM": (lambda m: m(6, 2), SEQUENCE),
    "GRU": (lambda m: m(6, 2), SEQUENCE),
    "RNNCell": (lambda m: m(4, 2), (3, 4)),
    "LSTMCell": (lambda m: m(4, 2), (3, 4)),
    "GRUCell": (lambda m: m(4, 2), (3, 4)),
    "TransformerEncoderLayer": (lambda m: m(4, 2, 5, dropout=0.0), (3, 2, 4)),
    "TransformerEncoder": (lambda m: m(nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0), 1), (3, 2, 4)),
}
for n, shape in enumerate((SEQUENCE, IMAGE, VOLUME), 1):
    channels = shape[1]
    ONE |= {
        **{
            f"{name}{n}d": (lambda m: m(2), shape)
            for name in ("MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool")
        },
        **{
            f"{name}{n}d": (lambda m: m(1), shape)
            for name in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
        },
        f"ConstantPad{n}d": (lambda m: m(1, 2.5), shape),
        f"LPPool{n}d": (lambda m: m(2, 2), shape),
        f"Conv{n}d": (lambda m, c=channels: m(c, 2, 2), shape),
        f"LazyConv{n}d": (lambda m: m(2, 2), shape),
        f"ConvTranspose{n}d": (lambda m, c=channels: m(c, 2, 2), shape),
        f"LazyConvTranspose{n}d": (lambda m: m(2, 2), shape),
        f"BatchNorm{n}d": (lambda m, c=channels: m(c), shape),
        f"LazyBatchNorm{n}d": (lambda m: m(), shape),
        f"InstanceNorm{n}d": (lambda m, c=channels: m(c, affine=True), shape),
        f"LazyInstanceNorm{n}d": (lambda m: m(affine=True), shape),
    }

UNPOOLED = [
    torch.tensor([[[1, 2], [0, 3]]]),
    torch.tensor([[[[1, 6], [8, 15]]]]),
    torch.arange(8).reshape(1, 1, 2, 2, 2) * 8,
]

MORE = {  # modules of other inputs: how they are made, and what is computed from a tensor of the shape
    **{
        name: (lambda m: m(), (3, 4), lambda m, x: m(x, OTHER))
        for name in "L1Loss MSELoss SmoothL1Loss HuberLoss".split()
    },
    "CrossEntropyLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, CLASSES)),
    "MultiMarginLoss": (lambda m: m(), (3, 4), lambda m, x: m(1.3 * x, CLASSES)),
    "NLLLoss": (lambda m: m(), (3, 4), lambda m, x: m(x.log_softmax(1), CLASSES)),
    "NLLLoss2d": (lambda m: m(), (2, 3, 2, 2), lambda m, x: m(x, torch.tensor([[[0, 1], [2, 0]]] * 2))),
    "BCELoss": (lambda m: m(), (3, 4), lambda m, x: m(x.sigmoid(), CHANCES)),
    "BCEWithLogitsLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, CHANCES)),
    "KLDivLoss": (lambda m: m(reduction="batchmean"), (3, 4), lambda m, x: m(x.log_softmax(1), CHANCES)),
    "PoissonNLLLoss": (lambda m: m(full=True), (3, 4), lambda m, x: m(x, CHANCES * 5)),
    "GaussianNLLLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, OTHER, x.exp())),
    "HingeEmbeddingLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, SIGNS[:, None].expand(3, 4))),
    "MarginRankingLoss": (lambda m: m(), (3,), lambda m, x: m(x, OTHER[:, 0], SIGNS)),
    "CosineEmbeddingLoss": (lambda m: m(margin=-1.0), (3, 4), lambda m, x: m(x, OTHER, SIGNS)),
    "SoftMarginLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, SIGNS[:, None].expand(3, 4))),
    "MultiLabelMarginLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, torch.tensor([[3, 0, -1, 1]] * 3))),
    "MultiLabelSoftMarginLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, CHANCES.round())),
    "TripletMarginLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, OTHER, CHANCES)),
    "TripletMarginWithDistanceLoss": (lambda m: m(), (3, 4), lambda m, x: m(x, OTHER, CHANCES)),
    "CTCLoss": (lambda m: m(), (3, 1, 4), lambda m, x: m(x.log_softmax(2), torch.tensor([[1, 2]]), (3,), (2,))),
    "CosineSimilarity": (lambda m: m(), (3, 4), lambda m, x: m(x, OTHER)),
    "PairwiseDistance": (lambda m: m(), (3, 4), lambda m, x: m(x, OTHER)),
    "Bilinear": (lambda m: m(4, 4, 2), (3, 4), lambda m, x: m(x, OTHER)),
    "Embedding": (lambda m: m(5, 4), (3, 4), lambda m, x: m(CLASSES) * x),
    "EmbeddingBag": (lambda m: m(5, 4), (3, 4), lambda m, x: m(CLASSES[:, None]) * x),
    "AdaptiveLogSoftmaxWithLoss": (lambda m: m(4, 6, [2]), (3, 4), lambda m, x: m(x, torch.tensor([0, 5, 3])).output),
    "MultiheadAttention": (lambda m: m(4, 2), (3, 2, 4), lambda m, x: m(x, x, x)),
    "TransformerDecoderLayer": (lambda m: m(4, 2, 5, dropout=0.0), (3, 2, 4), lambda m, x: m(x, x.tanh())),
    "TransformerDecoder": (
        lambda m: m(nn.TransformerDecoderLayer(2, 1, 2, dropout=0.0), 1),
        (2, 1, 2),
        lambda m, x: m(x, x.tanh()),
    ),
    "Transformer": (lambda m: m(2, 1, 1, 1, 2, dropout=0.0), (2, 1, 2), lambda m, x: m(x, x.tanh())),
    "MaxUnpool1d": (lambda m: m(2), (1, 2, 2), lambda m, x: m(x, UNPOOLED[0])),
    "MaxUnpool2d": (lambda m: m(2), (1, 1, 2, 2), lambda m, x: m(x, UNPOOLED[1])),
    "MaxUnpool3d": (lambda m: m(2), (1, 1, 2, 2, 2), lambda m, x: m(x, UNPOOLED[2])),
}


def modules():
    found = {name: getattr(nn, name) for name in nn.__all__}
    return sorted(name for name, each in found.items() if isinstance(each, type) and issubclass(each, nn.Module))


def test_every_module_has_a_row():
    assert sorted({*ONE, *MORE, *NO_COMPUTATION & set(modules())}) == modules()


@pytest.mark.filterwarnings("ignore:enable_nested_tensor", "ignore:`NLLLoss2d`")
@pytest.mark.parametrize("name", [name for name in modules() if name not in NO_COMPUTATION])
def test_gradients_of_a_module(name):
    make, shape, compute = (*ONE[name], lambda m, x: m(x)) if name in ONE else MORE[name]
    torch.manual_seed(0)
    module, x = make(getattr(nn, name)).double(), numbers(*shape).requires_grad_()
    if name.startswith("Lazy"):
        compute(module, x.detach())
    for parameter in module.parameters():  # other than the first values: weights 1, biases 0
        parameter.data = parameter.data + 0.3 * torch.rand(parameter.shape, dtype=torch.float64)

    def run(x, *_):
        torch.manual_seed(1)
        result = compute(module, x)
        flat = [result] if isinstance(result, torch.Tensor) else [*result]
        flat = [part for each in flat for part in ([each] if isinstance(each, torch.Tensor) else each or [])]
        return tuple(each for each in flat if each.requires_grad)

    assert gradcheck(run, (x, *module.parameters()))
