"""Asking for what PyTorch has and tensorkit leaves out: an AttributeError, as `hasattr` needs, with the reason."""

import importlib
import json
from operator import attrgetter
from pathlib import Path

import pytest

import tensorkit as torch
from tensorkit.left_out import REASONS, reason


@pytest.mark.parametrize("name", ["jit", "hub", "distributions", "sparse_coo_tensor", "quantize_per_tensor", "stft"])
def test_a_name_that_is_left_out_says_why(name):
    assert not hasattr(torch, name)
    with pytest.raises(AttributeError) as caught:
        getattr(torch, name)
    assert str(caught.value) == f"module 'torch' has no attribute '{name}'"
    assert caught.value.__notes__ == [reason(name)]
    assert reason(name).startswith("tensorkit leaves this out: ")


#: Names of parts that courses use in passing, here or there, and that belong to GPUs, clusters or compilers.
IN_PASSING = """
    cuda.Event cuda.FloatTensor cuda.amp.autocast autograd.profiler.profile distributed.rpc.api.RRef
    distributions.Categorical distributions.Multinomial distributions.Normal jit.script jit.trace jit.save hub.load
    profiler.profile fx.symbolic_trace sparse.mm multiprocessing.spawn _dynamo.config _inductor.config
    testing.assert_close quantization.quantize_dynamic
""".split()


@pytest.mark.parametrize("path", IN_PASSING)
def test_what_courses_use_in_passing_says_why_it_is_not_there(path):
    with pytest.raises(AttributeError, match="has no attribute") as caught:
        attrgetter(path)(torch)
    assert caught.value.__notes__[0].startswith("tensorkit leaves this out: ")


def test_a_method_that_is_left_out_says_why():
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'to_sparse'") as caught:
        torch.ones(2).to_sparse()
    assert "scipy.sparse" in caught.value.__notes__[0]


def test_an_unknown_name_is_just_unknown():
    with pytest.raises(AttributeError) as caught:
        torch.nonsense  # noqa: B018
    assert not hasattr(caught.value, "__notes__")


def test_nothing_that_is_there_stands_on_the_list():
    there = [name for name in REASONS if "*" not in name and (name in torch.__all__ or hasattr(torch.Tensor, name))]
    assert there == []


def test_in_place_functions_are_the_methods():
    x = torch.tensor([0.0, 1.0])
    assert torch.sin_(x) is x


#: PyTorch's names for networks, training and data (`cases/record_names.py`).
NETWORKS = json.loads((Path(__file__).parent / "cases" / "network_names.json").read_text(encoding="utf-8"))
#: How PyTorch divides work among GPUs, how its checkpoints keep states of GPUs and choose what to keep: needed nowhere.
INSIDE = {
    "gather", "parallel_apply", "replicate", "scatter",
    "CheckpointPolicy", "DefaultDeviceType", "GraphExecGroup", "SAC_IGNORED_OPS", "SelectiveCheckpointContext",
    "check_backward_validity", "create_selective_checkpoint_contexts", "detach_variable", "get_device_states",
    "noop_context_fn", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop", "set_device_states",
}  # fmt: skip


@pytest.mark.parametrize("home", NETWORKS)
def test_every_name_for_networks_is_there_or_says_why_not(home):
    module = importlib.import_module(f"tensorkit.{home}")
    for name in set(NETWORKS[home]) - INSIDE:
        if not hasattr(module, name):
            assert reason(name), f"torch.{home}.{name} is neither there nor among the reasons"


#: PyTorch's names for tensors and their derivatives, by where they stand: "" is `torch` itself.
TENSORS = json.loads((Path(__file__).parent / "cases" / "tensor_names.json").read_text(encoding="utf-8"))
#: Attributes of PyTorch's tensors that are set on objects alone, and the class that modules import.
ELSEWHERE = {"linalg": {"Tensor"}, "special": {"Tensor"}, "nn.functional": {"Tensor"}, "autograd.graph": {"Variable"}}


@pytest.mark.parametrize("home", TENSORS)
def test_every_name_for_tensors_is_there_or_says_why_not(home):
    owner = torch.ones(1, 1) + 0j if home == "Tensor" else attrgetter(home)(torch) if home else torch
    for name in set(TENSORS[home]) - ELSEWHERE.get(home, set()):
        try:
            getattr(owner, name)
        except AttributeError as error:
            told = getattr(error, "__notes__", [""])[0]
            assert told.startswith("tensorkit leaves this out: "), f"nobody says why torch.{home}.{name} is not there"


def test_a_part_of_the_package_says_why_too():
    with pytest.raises(AttributeError, match="module 'torch.nn.functional' has no attribute 'conv_tbc'") as caught:
        torch.nn.functional.conv_tbc  # noqa: B018
    assert "use conv1d on transposed axes" in caught.value.__notes__[0]
