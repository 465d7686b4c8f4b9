"""Layers and losses: gradients against differences of values, and what recorded cases cannot say.

That values, gradients, texts and first weights are PyTorch's is recorded: `cases/programs/nn_*.txt`, replayed by
`test_cases.py`.
"""

import copy
import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import tensorkit as torch
from tensorkit import nn
from tensorkit.autograd import gradcheck, gradgradcheck
from tensorkit.nn import functional as F


def doubles(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64, requires_grad=True)


IMAGES = {
    "conv": lambda: nn.Conv2d(4, 2, 3, stride=2, padding=1),
    "conv in groups": lambda: nn.Conv2d(4, 4, (2, 3), dilation=(2, 1), groups=2),
    "conv, same size": lambda: nn.Conv2d(4, 2, 3, padding="same", padding_mode="reflect"),
    "transposed conv": lambda: nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1),
    "max pool": lambda: nn.MaxPool2d(2),
    "max pool, overlapping": lambda: nn.MaxPool2d(3, 1, padding=1),
    "mean pool": lambda: nn.AvgPool2d(3, 2, padding=1, ceil_mode=True, count_include_pad=False),
    "adaptive mean pool": lambda: nn.AdaptiveAvgPool2d((3, 2)),
    "adaptive max pool": lambda: nn.AdaptiveMaxPool2d((3, 2)),
    "batch norm": lambda: nn.BatchNorm2d(4),
    "batch norm, evaluating": lambda: nn.BatchNorm2d(4).eval(),
    "instance norm": lambda: nn.InstanceNorm2d(4, affine=True),
    "layer norm": lambda: nn.LayerNorm((4, 4)),
    "group norm": lambda: nn.GroupNorm(2, 4),
    "rms norm": lambda: nn.RMSNorm(4),
    "bilinear": lambda: nn.Upsample(scale_factor=1.5, mode="bilinear"),
    "bicubic": lambda: nn.Upsample(size=(5, 3), mode="bicubic"),
    "nearest": lambda: nn.Upsample(size=(3, 7)),
    "reflection": lambda: nn.ReflectionPad2d((1, 2, 0, 3)),
    "circular": lambda: nn.CircularPad2d(1),
    "shuffle": lambda: nn.PixelShuffle(2),
    "unfold": lambda: nn.Unfold(2, stride=2),
    "prelu": lambda: nn.PReLU(4),
    "linear": lambda: nn.Linear(4, 3),
}


@pytest.mark.parametrize("name", IMAGES)
def test_gradients_of_layers_are_the_slopes_of_their_values(name):
    layer = IMAGES[name]().double()
    for parameter in layer.parameters():  # other than the first values of weights 1 and biases 0
        parameter.data += torch.rand(parameter.shape, dtype=torch.float64)
    x, parameters = doubles(2, 4, 4, 4), list(layer.parameters())
    assert gradcheck(lambda x, *_: layer(x), (x, *parameters))
    assert gradgradcheck(lambda x, *_: layer(x), (x, *parameters))


ACTIVATIONS = ["celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu",
               "logsigmoid", "mish", "relu", "relu6", "selu", "silu", "softplus", "softshrink", "softsign",
               "tanhshrink"]  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_of_activations(name):
    x = (doubles(3, 4) * 2).detach().requires_grad_()
    assert gradcheck(getattr(F, name), (x,))
    if name == "hardsigmoid":  # as in PyTorch
        with pytest.raises(RuntimeError, match="derivative for aten::hardsigmoid_backward is not implemented"):
            gradgradcheck(getattr(F, name), (x,))
    else:
        assert gradgradcheck(getattr(F, name), (x,))


CLASSES, CHANCES = torch.tensor([2, 0, 1]), torch.rand(3, 4, dtype=torch.float64)
LOSSES = {
    "mse": lambda x: F.mse_loss(x, CHANCES),
    "smooth l1": lambda x: F.smooth_l1_loss(x, CHANCES, beta=0.7),
    "huber": lambda x: F.huber_loss(x, CHANCES, delta=0.7),
    "cross entropy": lambda x: F.cross_entropy(x, CLASSES, label_smoothing=0.1),
    "cross entropy, chances": lambda x: F.cross_entropy(x, CHANCES.softmax(1)),
    "binary": lambda x: F.binary_cross_entropy(x.sigmoid(), CHANCES),
    "binary, logits": lambda x: F.binary_cross_entropy_with_logits(x, CHANCES, pos_weight=CHANCES[0] + 0.5),
    "kl": lambda x: F.kl_div(x.log_softmax(1), CHANCES, reduction="batchmean"),
    "soft margin": lambda x: F.soft_margin_loss(x, CHANCES.round() * 2 - 1),
    "cosine": lambda x: F.cosine_embedding_loss(x, CHANCES, torch.tensor([1, -1, 1]), margin=-1.0),
    "ctc": lambda x: F.ctc_loss(x.log_softmax(1)[:, None], torch.tensor([[1, 2]]), (3,), (2,)),
    "gaussian": lambda x: F.gaussian_nll_loss(x, CHANCES, CHANCES + 0.1),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_losses(name):
    x = doubles(3, 4)
    assert gradcheck(LOSSES[name], (x,))
    assert gradgradcheck(LOSSES[name], (x,))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
def test_gradients_through_time(kind, options):
    layer = getattr(nn, kind)(2, 3, **options).double()
    x, parameters = doubles(3, 2, 2), list(layer.parameters())

    def run(x, *_):
        out, last = layer(x)
        return out, (last[0] if isinstance(last, tuple) else last)

    assert gradcheck(run, (x, *parameters))
    if not options:
        assert gradgradcheck(lambda x, *_: layer(x)[0], (x, *parameters))


def test_attention_has_right_gradients():
    layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0).double()
    x, parameters = doubles(3, 2, 4), list(layer.parameters())
    assert gradcheck(lambda x, *_: layer(x), (x, *parameters))


def test_the_core_does_not_import_networks():
    code = "import sys, tensorkit; print([name for name in sys.modules if name.startswith('tensorkit.nn')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_names_that_torch_and_functional_share():
    x = torch.ones(1, 1, 3, 3)
    assert torch.conv2d(x, torch.ones(1, 1, 2, 2)).sum() == F.conv2d(x, torch.ones(1, 1, 2, 2)).sum()


def test_a_network_learns_the_digits_of_a_line():
    torch.manual_seed(0)
    model, x = nn.Linear(1, 1), torch.linspace(-1, 1, 50).reshape(-1, 1)
    for _ in range(200):
        loss = F.mse_loss(model(x), 3 * x + 2)
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= 0.3 * parameter.grad
    assert model.weight.item() == pytest.approx(3, abs=1e-3) and model.bias.item() == pytest.approx(2, abs=1e-3)


def test_modules_go_when_their_last_name_goes():
    model = nn.Sequential(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(18, 1))
    model[0].register_forward_hook(lambda *_: None)
    gone = weakref.ref(model)
    gc.disable()
    try:
        model(torch.ones(2, 1, 4, 4)).sum().backward()
        del model
        assert gone() is None
    finally:
        gc.enable()


def test_infinite_gradients_do_not_leak_through_a_closed_relu():
    x = torch.linspace(-1, 1, 4000, requires_grad=True)
    torch.relu(x).backward(torch.full((4000,), torch.inf))
    assert np.array_equal(x.grad.numpy(), np.where(x.detach().numpy() > 0, np.inf, 0).astype(np.float32))


def test_missing_super_init_gets_a_hint():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"cannot assign module before Module.__init__\(\) call") as caught:
        Forgetful()
    assert caught.value.__notes__ == ["Hint: call super().__init__() first thing in the module's __init__."]


def test_max_pool_hands_on_nan():
    x = torch.tensor([[1.0, float("nan"), 2.0, 3.0]])
    assert F.max_pool1d(x, 2).isnan().tolist() == [[True, False]]


def test_a_copy_of_a_parametrized_module_is_on_its_own():
    layer = nn.utils.parametrize.register_parametrization(nn.Linear(2, 2), "weight", nn.Tanh())
    copied = copy.deepcopy(layer)
    nn.utils.parametrize.remove_parametrizations(copied, "weight")
    assert type(copied) is nn.Linear and torch.equal(copied.weight, layer.weight)
    with torch.no_grad():
        copied.weight += 1
    assert not torch.equal(copied.weight, layer.weight)


@pytest.mark.parametrize("normed", [nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm])
def test_gradients_of_normed_weights(normed):
    layer = normed(nn.Linear(4, 3).double()).eval()
    x, parameters = doubles(2, 4), list(layer.parameters())
    assert gradcheck(lambda x, *_: layer(x), (x, *parameters))
    assert gradgradcheck(lambda x, *_: layer(x), (x, *parameters))
