"""`torch.onnx.export`: what onnxruntime makes of an exported model is what the model makes, at other sizes too.

Without the packages onnx and onnxruntime (extra `onnx`) most of this is skipped; `.ci/run` installs them.
"""

import io
import sys

import numpy as np
import pytest

import tensorkit as torch
from tensorkit import nn
from tensorkit.nn import functional as F
from tensorkit.onnx import OnnxExporterError, UnsupportedOperatorError, recording
from tensorkit.onnx.numbers import Axis, Size, solve
from tensorkit.onnx.translations import TRANSLATIONS


@pytest.fixture
def onnx():
    return pytest.importorskip("onnx", reason="the onnx package is not installed")


@pytest.fixture
def compare(onnx):
    """Export a model, check the file, run it by onnxruntime on the inputs and on others, compare."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    runtime.set_default_logger_severity(3)

    def run(model, *inputs, others=(), **options):
        torch.manual_seed(0)
        program = torch.onnx.export(model, inputs, **options)
        onnx.checker.check_model(program.model_proto, full_check=True)
        session = runtime.InferenceSession(program.model_proto.SerializeToString())
        model.eval()
        for given in (inputs, *others):
            arrays = [tensor.numpy() for tensor in recording.tensors_in(list(given))]
            found = session.run(None, {i.name: a for i, a in zip(session.get_inputs(), arrays, strict=True)})
            with torch.no_grad():
                wanted = recording.tensors_in(model(*given))
            for one, two in zip(found, wanted, strict=True):
                assert one.dtype == two.numpy().dtype
                np.testing.assert_allclose(one, two.numpy(), rtol=1e-5, atol=1e-5)
        return program

    return run


class Lambda(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


class Bag(nn.Module):
    """A classifier of padded sentences: the mean of the embeddings of the words that are there."""

    def __init__(self):
        super().__init__()
        self.table, self.last = nn.Embedding(20, 6, padding_idx=0), nn.Linear(6, 3)

    def forward(self, ids):
        there = (ids != 0).unsqueeze(-1).float()
        return self.last((self.table(ids) * there).sum(1) / there.sum(1).clamp(min=1))


class Columns(nn.Module):
    """Two columns of categories, each with its table, and a number."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(5, 3), nn.Embedding(7, 2)])

    def forward(self, c, x):
        return torch.cat([self.tables[0](c[:, 0]), self.tables[1](c[:, 1] + 1), x], 1)


class WithToken(nn.Module):
    """A transformer whose sequence is one longer than its input."""

    def __init__(self):
        super().__init__()
        self.token, self.place = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 4, 8))
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(8))

    def forward(self, x):
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.place
        return self.encoder(x)[:, 0]


def networks():
    """Name, network, example inputs, other inputs, dynamic axes."""
    r, ids = torch.randn, torch.randint
    batch, both = {"input": {0: "batch"}}, {"src": {0: "batch", 1: "length"}}
    mlp = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True), nn.Linear(4, 2), nn.Softmax(-1))
    lenet = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 10), nn.LogSoftmax(1))  # fmt: skip
    norm = nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.LeakyReLU(0.1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Dropout(), nn.Linear(4, 2))  # fmt: skip
    norm(r(6, 1, 8, 8))
    auto = nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid())  # fmt: skip
    decode = nn.Sequential(
        nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.Upsample(scale_factor=2),
        nn.Upsample(scale_factor=2, mode="bilinear"), nn.ReflectionPad2d(1), nn.ZeroPad2d(1))  # fmt: skip
    return {
        "mlp": (mlp, (r(2, 3),), [(r(7, 3),), (r(1, 3),)], batch),
        "linear on sequences": (nn.Linear(3, 4), (r(2, 5, 3),), [(r(7, 2, 3),)], {"input": {0: "b", 1: "t"}}),
        "lenet": (lenet, (r(2, 1, 28, 28),), [(r(5, 1, 28, 28),)], batch),
        "batch norm": (norm, (r(2, 1, 8, 8),), [(r(5, 1, 8, 8),)], batch),
        "autoencoder": (auto, (r(2, 1, 8, 8),), [(r(3, 1, 12, 8),)], {"input": {0: "b", 2: "h", 3: "w"}}),
        "upsampling": (decode, (r(2, 4, 3, 3),), [(r(5, 4, 3, 3),)], batch),
        "encoder layer": (nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True), (r(2, 3, 8),),
                          [(r(5, 4, 8),)], both),
        "encoder with token": (WithToken(), (r(2, 3, 8),), [(r(5, 3, 8),)], {"x": {0: "batch"}}),
        "embedding": (Bag(), (ids(0, 20, (2, 5)),), [(ids(0, 20, (4, 7)),)], {"ids": {0: "b", 1: "t"}}),
        "columns": (Columns(), (ids(0, 5, (300, 2)), r(300, 2)), [(ids(0, 5, (4, 2)), r(4, 2))], {"c": [0], "x": [0]}),
    }  # fmt: skip


@pytest.mark.parametrize("opset", [17, 18, 21])
@pytest.mark.parametrize("name", networks())
def test_a_network_gives_the_same_at_every_batch_size(name, opset, compare):
    torch.manual_seed(0)
    model, inputs, others, axes = networks()[name]
    compare(model, *inputs, others=others, dynamic_axes=axes, opset_version=opset)


@pytest.mark.parametrize("name", networks())
def test_a_network_gives_the_same_without_dynamic_axes(name, compare):
    model, inputs, _, _ = networks()[name]
    compare(model, *inputs)


@pytest.mark.parametrize("options", [dict(), dict(num_layers=2, bidirectional=True, batch_first=True)])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers(kind, options, compare):
    layer = getattr(nn, kind)(3, 4, bias=bool(options), **options)
    compare(layer, torch.randn(2, 5, 3), others=[(torch.randn(7, 5, 3),)], dynamic_axes={"input": {0: "first"}})


def test_a_recurrent_layer_takes_its_states_as_inputs(compare):
    states = (torch.randn(1, 2, 4), torch.randn(1, 2, 4))
    program = compare(nn.LSTM(3, 4), torch.randn(5, 2, 3), states, output_names=["out", "h", "c"])
    assert [each.name for each in program.model_proto.graph.input] == ["input", "hx_0", "hx_1"]


ELEMENTWISE = {
    "numbers": lambda x: (1 - x) / 2 + 3 * x**2 - 1 / (x + 9) + 2**x,
    "alpha": lambda x: torch.add(x, x, alpha=2) - torch.sub(x, x.exp(), alpha=3) + torch.rsub(x, x * x, alpha=2),
    "exponentials": lambda x: x.exp() + (x.abs() + 1).log() + x.tanh() + x.sigmoid() + x.expm1() + x.exp2(),
    "roots and logs": lambda x: (x.abs() + 1).sqrt() + (x.abs() + 1).rsqrt() + (x.abs() + 1).log2() + x.abs().log1p(),
    "angles": lambda x: x.sin() + x.cos() + x.atan() + x.sinh() + x.cosh() + (x / 9).asin() + x.erf() + x.erfc(),
    "rounding": lambda x: x.floor() + x.ceil() + x.round() + x.sign() + x.neg() + (x + 9).reciprocal(),
    "clamp": lambda x: x.clamp(-0.5, 0.5) + x.clamp(min=0) + x.clamp(max=x * 2),
    "where": lambda x: torch.where(x > 0.1, x, 0.0) + x.masked_fill((x < 0) | (x == 1), -1.0) + (x != 0) * x,
    "comparison": lambda x: ((x >= 0) & ~(x <= 0.5), x > x.mean()),
    "extremes": lambda x: torch.maximum(x, x * 2) + torch.minimum(x, -x) + torch.addcmul(x, x, x, value=2),
    "types": lambda x: (x.to(torch.float64) + 1, (x > 0).int() + 1, (x > 0).float().long().sum(1)),
    "gates": lambda x: F.glu(x) + F.relu6(x)[:, :3] + F.hardtanh(x)[:, :3] + F.silu(x)[:, :3] + F.mish(x)[:, :3],
    "rectifiers": lambda x: F.elu(x, 0.7) + F.selu(x) + F.celu(x, 0.7) + F.leaky_relu(x, 0.2) + F.softplus(x, 2),
    "prelu": lambda x: F.prelu(x, torch.full((6,), 0.3)) + F.prelu(x, torch.full((1,), 0.2)) + F.threshold(x, 0.1, 5.0),
    "hard": lambda x: F.hardsigmoid(x) + F.hardswish(x) + F.hardshrink(x) + F.softshrink(x) + F.logsigmoid(x),
    "gelu": lambda x: F.gelu(x) + F.gelu(x, approximate="tanh") + F.softsign(x) + F.tanhshrink(x),
    "in place": lambda x: (x * 1).add_(1).mul_(2).relu_(),
}
SHAPES = {
    "reshape": lambda x: (x.view(2, -1), x.reshape(-1, 6), x.flatten(), x.unflatten(2, (2, 3)), x.squeeze(0)),
    "turns": lambda x: (x.permute(2, 0, 1), x.transpose(1, -1), x.mT, x.movedim(0, 1), x.flip(1), x.unsqueeze(-1)),
    "slices": lambda x: (x[0], x[:, 1:3], x[..., -1], x[:, ::2], x[:, None], x[0, 1], x[:, -2:], x[None, ..., 2:4, 1]),
    "picks": lambda x: (x[:, [0, 2]], x.select(1, 2), x.narrow(1, 0, 2), x.index_select(2, torch.tensor([1, 1]))),
    "pieces": lambda x: (*x.chunk(2, 1), *x.split([1, 3], 1), *x.unbind(1)),
    "joins": lambda x: (torch.cat([x, x], 1), torch.stack([x, x], 1), x.repeat(2, 1, 2, 1), x.expand(3, 2, 4, 6)),
    "triangles": lambda x: (x.tril(), x.triu(1), F.pad(x, (1, 2)), F.pad(x, (1, 1), mode="reflect")),
    "gather": lambda x: x.gather(1, torch.tensor([[[0, 1], [1, 0]]]).expand(2, 2, 2)),
    "sums": lambda x: (x.sum(), x.sum(1), x.mean((1, 2), True), x.prod(1), x.logsumexp(1), x.cumsum(1), x.norm(dim=1)),
    "extremes": lambda x: (x.max(), x.amax(1), x.amin((0, 2)), x.max(1).values, x.min(1, True).values),
    "spreads": lambda x: (x.std(1), x.var(2, correction=0), x.softmax(1), F.log_softmax(x, -1), F.normalize(x)),
    "truth": lambda x: ((x > 0).any(1), (x > -9).all(), (x > 0).sum(1)),
    "products": lambda x: (x @ x.mT, torch.einsum("bij,bkj->bik", x, x), torch.mv(x[0], x[0, 0]),
                           torch.baddbmm(x, x, x.mT @ x, beta=2, alpha=3)),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
}  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_operations_on_each_element(name, compare):
    x = torch.randn(2, 6)
    compare(Lambda(ELEMENTWISE[name]), x, others=[(torch.randn(5, 6),)], dynamic_axes={"input_0": {0: "batch"}})


@pytest.mark.parametrize("opset", [17, 20])
@pytest.mark.parametrize("name", SHAPES)
def test_operations_on_shapes(name, opset, compare):
    compare(Lambda(SHAPES[name]), torch.randn(2, 4, 6), opset_version=opset)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_convolutions_and_pooling_in_every_dimension(n, compare):
    make = lambda name, *args, **more: getattr(nn, f"{name}{n}d")(*args, **more)  # noqa: E731
    model = nn.Sequential(
        make("Conv", 4, 6, 3, stride=1, padding=2, dilation=2, groups=2), make("MaxPool", 3, 2, 1), nn.ReLU(),
        make("ConvTranspose", 6, 4, 3, stride=2, groups=2, bias=False), make("AvgPool", 2, padding=1),
        make("MaxPool", 2, ceil_mode=True), make("BatchNorm", 4), make("AdaptiveAvgPool", 2),
        make("AdaptiveMaxPool", 1),
    )  # fmt: skip
    compare(model, torch.randn(2, 4, *[9] * n), others=[(torch.randn(3, 4, *[9] * n),)], dynamic_axes={"input": [0]})


def test_parameters_keep_their_names_and_the_file_its_values(onnx, tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    model(torch.randn(5, 2))
    path = tmp_path / "model.onnx"
    program = torch.onnx.export(model, torch.randn(1, 2), path, input_names=["x"], output_names=["y"],
                                dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})  # fmt: skip
    read = onnx.load(path)
    assert read == program.model_proto and read.producer_name == "tensorkit"
    found = {each.name: onnx.numpy_helper.to_array(each) for each in read.graph.initializer}
    state = {name: value.numpy() for name, value in model.state_dict().items() if value.ndim}
    assert found.keys() == state.keys() and all((found[name] == state[name]).all() for name in state)
    shapes = [[d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim]
              for each in (*read.graph.input, *read.graph.output)]  # fmt: skip
    assert shapes == [["batch", 2], ["batch", 3]]
    assert read.graph.input[0].name == "x" and read.graph.output[0].name == "y"
    buffer = io.BytesIO()
    torch.onnx.export(model, (torch.randn(1, 2), {}), buffer)
    assert len(buffer.getvalue()) > 100 and repr(program) == "<ONNXProgram: 2 nodes, 6 weights and constants>"


def test_the_model_is_left_as_it_was(onnx):
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(), nn.BatchNorm1d(3).eval())
    x = torch.randn(4, 2)
    torch.onnx.export(model, x)
    assert [module.training for module in model] == [True, True, False] and model.training
    assert x._node is None and not x.requires_grad and all(p.grad is None for p in model.parameters())
    assert (x > 0)._node is None and (torch.ones(2, requires_grad=True) > 0).grad_fn is None


def test_frozen_parameters_and_no_grad_change_nothing(compare):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh()).requires_grad_(False)
    with torch.no_grad():
        compare(model, torch.randn(4, 2))


def test_a_tied_weight_is_written_once(onnx):
    table, last = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
    last.weight = table.weight
    program = torch.onnx.export(nn.Sequential(table, last), torch.tensor([[1, 2]]))
    assert [each.name for each in program.model_proto.graph.initializer if list(each.dims) == [7, 4]] == ["0.weight"]


def test_an_operation_without_translation_is_named_with_its_module(onnx):
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(Lambda(lambda x: torch.linalg.inv(x))))
    with pytest.raises(UnsupportedOperatorError, match=r"'inv_ex' in module '1.0' \(Lambda\) cannot be exported"):
        torch.onnx.export(model, torch.randn(2, 2))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x * x.detach(), "by a way that is not recorded"),
        (lambda x: x * x.mean().item(), "by a way that is not recorded"),
        (lambda x: x * 2 if x[0, 0] > 0.5 else x - 1, "other operations for other values"),
        (lambda x: x.argmax(1), "by a way that is not recorded"),
        (lambda x: x.max(1).indices, "by a way that is not recorded"),
        (lambda x: x[:, int(x[0, 0] > x[0, 1])], "argument 'index'|by a way that is not recorded"),
        (lambda x: [], "returns no tensor"),
        (lambda x: x + torch.arange(x.shape[0])[:, None], "by a way that is not recorded"),
        (lambda x: x * x if x.shape[0] == 2 else 1 / 0, r"fails for other inputs than the example \(batch = 4\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_not_baked_in(function, words, onnx):
    x = torch.tensor([[0.9, 0.1, 0.2], [0.3, 0.4, 0.1]])
    with pytest.raises(OnnxExporterError, match=words):
        torch.onnx.export(Lambda(function), x, input_names=["x"], dynamic_axes={"x": {0: "batch"}})


def test_wrong_arguments_are_told(onnx):
    model, x = nn.Linear(2, 3), torch.randn(1, 2)
    with pytest.raises(TypeError, match="'model' must be a tensorkit Module, not function"):
        torch.onnx.export(F.relu, x)
    with pytest.raises(ValueError, match="opset_version must be 17 to 23, but got 9"):
        torch.onnx.export(model, x, opset_version=9)
    with pytest.raises(ValueError, match=r"dynamic_axes names \['z'\], but the inputs are \['input'\]"):
        torch.onnx.export(model, x, dynamic_axes={"z": [0]})
    with pytest.raises(ValueError, match="2 output_names were given for 1 outputs"):
        torch.onnx.export(model, x, output_names=["a", "b"])
    with pytest.raises(ValueError, match="3 input_names were given for 1 inputs"):
        torch.onnx.export(model, x, input_names=["a", "b", "c"])


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match="pip install onnx"):
        torch.onnx.export(nn.Linear(2, 3), torch.randn(1, 2))


def test_every_translation_is_of_an_operation_that_exists():
    torch.ops.later.load_all()
    assert not set(TRANSLATIONS) - set(torch.ops.op.REGISTRY)


def test_sizes_are_solved_for_the_dynamic_axes():
    batch, length = Axis("b", 2, 4, 0, 0), Axis("t", 3, 9, 0, 1)
    assert solve(5, 5, [batch, length]) == 5
    assert solve(12, 72, [batch, length]) == Size((batch, length), 2)
    assert solve(6, 18, [batch, length]) == Size((length,), 2)
    assert solve(4, 10, [batch, length]) == Size((length,), 1, 1, 1)
    with pytest.raises(OnnxExporterError, match="is 4 for the example inputs and 7 for larger ones"):
        solve(4, 7, [batch, length])


def test_recording_notes_whole_numbers_and_truth_values():
    found = recording.run(nn.Identity(), [np.array([1, 2, 3])], lambda inputs: (inputs[0] + 1 > 2).sum())
    assert [node.op.name for node in found.nodes] == ["add", "gt", "sum"]
    assert found.outputs[0].detach().item() == 2
