"""To real PyTorch and back. What needs PyTorch itself is skipped without it; `tests/exchange_with_torch.py` tries all
module classes."""

import inspect
import sys

import numpy as np
import pytest

import tensorkit
from tensorkit import nn
from tensorkit.interop import from_torch, to_torch
from tensorkit.interop.arguments import ARGUMENTS, arguments_of

#: Arguments that say nothing that another one doesn't, or that only `__init__` needs.
UNREAD = set(
    "args kwargs others device dtype size_average reduce _weight _freeze min_value max_value modules "
    "process_group".split()
)
OTHERWISE = {"Transformer"}  # made from its two parts


@pytest.fixture
def real():
    """PyTorch itself."""
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def classes() -> dict[str, type]:
    kinds = {name: value for name, value in vars(nn).items() if inspect.isclass(value) and issubclass(value, nn.Module)}
    return {name: kind for name, kind in kinds.items() if not name.startswith("Lazy") and name.isidentifier()}


def test_every_layer_class_has_its_row():
    bases = {"RNNBase", "RNNCellBase", "DataParallel"}
    assert set(classes()) - bases <= set(ARGUMENTS)


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - OTHERWISE - {"LazyLinear"}))
def test_a_row_names_the_constructor_arguments(name):
    wanted = [each for each in inspect.signature(classes()[name].__init__).parameters if each != "self"]
    assert set(ARGUMENTS[name]) == set(wanted) - UNREAD


def test_arguments_are_read_off_a_layer():
    layer = nn.Conv2d(1, 2, (3, 1), padding=1, bias=False)
    assert nn.Conv2d(**arguments_of("Conv2d", layer)).extra_repr() == layer.extra_repr()
    encoder = nn.TransformerEncoderLayer(4, 2, 8, 0.3, "gelu", 1e-3, True, True, False)
    assert repr(nn.TransformerEncoderLayer(**arguments_of("TransformerEncoderLayer", encoder))) == repr(encoder)


@pytest.mark.parametrize("convert", [to_torch, from_torch])
@pytest.mark.parametrize("value", [tensorkit.ones(2), nn.Linear(2, 3)], ids=["tensor", "module"])
def test_without_pytorch_the_error_says_what_to_install(convert, value, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="PyTorch is not installed here: pip install torch"):
        convert(value)


def test_where_tensorkit_stands_in_for_pytorch_there_is_nothing_to_convert_to(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", tensorkit)
    with pytest.raises(ImportError, match="tensorkit is|tensorkit here"):
        to_torch(tensorkit.ones(2))


@pytest.mark.parametrize(
    "dtype", "float16 bfloat16 float32 float64 uint8 int8 int16 int32 int64 bool complex64 complex128".split()
)
def test_memory_is_shared_both_ways_in_every_dtype(real, dtype):
    ours = tensorkit.zeros(2, 3, dtype=getattr(tensorkit, dtype))
    theirs = to_torch(ours)
    assert theirs.dtype is getattr(real, dtype)
    theirs[0, 1] = 1
    assert ours[0, 1] == 1
    back = from_torch(theirs)
    assert back.dtype is ours.dtype
    back[1, 2] = 1
    assert theirs[1, 2] == 1 and ours[1, 2] == 1


def test_memory_is_shared_for_scalars_views_and_empty_tensors(real):
    scalar = tensorkit.tensor(3.0)
    to_torch(scalar).add_(1)
    assert scalar == 4
    turned = tensorkit.arange(6.0).reshape(2, 3).t()
    theirs = to_torch(turned)
    assert theirs.stride() == turned.stride() == (1, 3)
    theirs[2, 0] = 9
    assert turned[2, 0] == 9
    number = real.tensor(1.0)
    ours = from_torch(number)
    number.add_(1)
    assert ours == 2
    spread = from_torch(real.arange(10.0)[1::3])
    assert spread.tolist() == [1, 4, 7] and spread.stride() == (3,)
    assert to_torch(tensorkit.zeros(0, 3)).shape == (0, 3)


def test_what_pytorch_puts_off_is_carried_out(real):
    assert from_torch(real.tensor([1 + 2j]).conj()).tolist() == [1 - 2j]


def test_requires_grad_goes_along_and_a_history_does_not(real):
    leaf = tensorkit.ones(2, requires_grad=True)
    assert to_torch(leaf).requires_grad and from_torch(to_torch(leaf)).requires_grad
    with pytest.raises(RuntimeError, match="tensor with a history.*detach"):
        to_torch(leaf * 2)
    assert from_torch(to_torch(leaf) * 2).is_leaf


def test_dlpack_shares_memory_too(real):
    ours = tensorkit.arange(4.0)
    real.from_dlpack(ours)[0] = 9
    assert ours[0] == 9
    theirs = real.arange(4.0)
    tensorkit.utils.dlpack.from_dlpack(theirs)[1] = 8
    assert theirs[1] == 8


def test_anything_else_is_refused(real):
    with pytest.raises(TypeError, match="must be a tensorkit Tensor or Module, not numpy.ndarray"):
        to_torch(np.zeros(2))
    with pytest.raises(TypeError, match="must be a PyTorch Tensor or Module, not list"):
        from_torch([1])
    with pytest.raises(TypeError, match="dense tensor on CPU or GPU"):
        from_torch(real.eye(2).to_sparse())


def test_a_network_is_rebuilt_with_weights_and_modes(real):
    tied = nn.Linear(3, 3)
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), tied, nn.Sequential(nn.Dropout(0.3), tied)).double()
    net[0].weight.requires_grad_(False)
    net[1].eval()
    theirs = to_torch(net)
    assert type(theirs) is real.nn.Sequential and repr(theirs) == repr(net)
    assert theirs[2] is theirs[3][1] and not theirs[0].weight.requires_grad
    assert not theirs[1].training and theirs[0].training and theirs[0].weight.dtype is real.float64
    theirs.eval(), net.eval()
    x = tensorkit.randn(4, 2, dtype=tensorkit.float64)
    np.testing.assert_allclose(theirs(to_torch(x)).detach().numpy(), net(x).detach().numpy(), rtol=1e-12)


def test_weights_are_copies(real):
    net = nn.Linear(2, 3)
    theirs = to_torch(net)
    theirs.weight.data.zero_()
    assert net.weight.abs().sum() > 0


def test_tied_weights_stay_tied(real):
    net = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 5))
    net[1].weight = net[0].weight
    theirs = to_torch(net)
    assert theirs[1].weight is theirs[0].weight
    back = from_torch(theirs)
    assert back[1].weight is back[0].weight


class Doubled(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.part, self.factor, self.activation = nn.Linear(size, size), 2.0, nn.functional.relu
        self.scale = nn.Parameter(tensorkit.ones(size))
        self.register_buffer("seen", tensorkit.zeros(size), persistent=False)

    def forward(self, x):
        return self.activation(self.part(x)) * self.factor * self.scale + self.seen


class Named(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2, 3), nn.Tanh())


def test_a_class_with_a_forward_of_its_own_needs_its_counterpart(real):
    net = nn.Sequential(Doubled(3))
    with pytest.raises(TypeError, match=r"at '0': Doubled has a forward of its own.*classes=\{Doubled: ") as error:
        to_torch(net)
    assert "state_dict" in error.value.__notes__[0]

    class Theirs(real.nn.Module):
        forward = Doubled.forward

    made = to_torch(net, classes={Doubled: Theirs})
    x = tensorkit.randn(4, 3)
    np.testing.assert_allclose(made(to_torch(x)).detach().numpy(), net(x).detach().numpy(), rtol=1e-5, atol=1e-6)
    assert made[0].activation is real.nn.functional.relu and dict(made.state_dict()).keys() == net.state_dict().keys()
    back = from_torch(made, classes={Theirs: Doubled})
    assert back(x).tolist() == net(x).tolist()


def test_a_counterpart_may_be_made_by_a_function(real):
    def make(module):
        made = real.nn.Module()
        made.part, made.scale = real.nn.Linear(3, 3), real.nn.Parameter(real.zeros(3))
        made.register_buffer("seen", real.ones(3))
        return made

    made = to_torch(Doubled(3), classes={Doubled: make})
    assert made.scale.tolist() == [1, 1, 1] and made.seen.tolist() == [0, 0, 0]


def test_both_stand_in_the_main_namespace():
    assert tensorkit.to_torch is to_torch and tensorkit.from_torch is from_torch


def test_a_class_derived_without_forward_is_what_it_is_derived_from(real):
    made = to_torch(Named())
    assert type(made) is real.nn.Sequential and len(made) == 2


def test_what_was_added_to_a_layer_is_not_lost_silently(real):
    layer = nn.Linear(2, 2)
    layer.extra = nn.Parameter(tensorkit.ones(1))
    with pytest.raises(RuntimeError, match="have not the same parameters: extra"):
        to_torch(layer)


def test_a_layer_that_waits_for_its_first_input_has_nothing_to_convert(real):
    with pytest.raises(RuntimeError, match="LazyLinear has no weights yet: call it once"):
        to_torch(nn.Sequential(nn.LazyLinear(2)))
    layer = nn.LazyLinear(2)
    layer(tensorkit.ones(1, 3))
    assert type(to_torch(layer)) is real.nn.Linear


def test_an_attribute_that_pytorch_cannot_have_is_named(real):
    class Theirs(real.nn.Module):
        pass

    net = Doubled(2)
    net.note = object()
    with pytest.raises(TypeError, match="neither plain data nor a function that both libraries have"):
        to_torch(net, classes={Doubled: Theirs})
