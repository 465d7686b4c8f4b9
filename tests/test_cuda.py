"""Tensors on a GPU, as a learner meets them: getting there and back, errors, modules, optimizers, files.

The GPU is the one that NumPy plays (`fake_cupy.py`). That all operations give there what they give on the CPU is found
out in `test_cuda_cases.py`.
"""

import copy
import io
import subprocess
import sys
import warnings

import fake_cupy
import numpy as np
import pytest

import tensorkit as torch
from tensorkit import array_modules, graph, nn
from tensorkit.ops import REGISTRY, placing


@pytest.fixture
def gpu():
    with fake_cupy.in_use():
        yield fake_cupy.cupy
    torch.set_default_device(None)


def on_cuda(tensor):
    return tensor.is_cuda and type(tensor._array) is fake_cupy.ndarray


# Without a GPU


@pytest.mark.parametrize(
    "work",
    [
        lambda: torch.ones(2).to("cuda"),
        lambda: torch.ones(2).cuda(),
        lambda: torch.ones(2, device="cuda"),
        lambda: torch.tensor([1.0], device=torch.device("cuda:0")),
        lambda: torch.randn(2, device="cuda"),
        lambda: nn.Linear(2, 1).to("cuda"),
        lambda: nn.Linear(2, 1).cuda(),
        lambda: nn.Linear(2, 1, device="cuda"),
        lambda: torch.set_default_device("cuda"),
        lambda: torch.cuda.synchronize(),
        lambda: torch.cuda.get_device_name(),
    ],
)
def test_without_a_gpu_pytorchs_error(work):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(AssertionError) as error:
        work()
    assert str(error.value) == "Torch not compiled with CUDA enabled"


def test_without_a_gpu_there_is_none():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert (torch.cuda.device_count(), torch.cuda.memory_allocated(), torch.cuda.is_initialized()) == (0, 0, False)
    assert torch.accelerator.current_accelerator() is None


def test_cupy_is_imported_when_a_gpu_is_asked_for_and_not_before():
    program = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "cupy":
            print("asked for CuPy")
sys.meta_path.insert(0, Finder())
import tensorkit as torch
x = torch.ones(3, requires_grad=True)
(x * 2).sum().backward()
torch.nn.Linear(2, 1)(torch.ones(1, 2)).sum().backward()
torch.device("cuda"), x.device, x.cpu(), x.to("cpu"), torch.cuda.memory_allocated()
print("now")
torch.cuda.is_available()
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["now", "asked for CuPy"]


def test_the_stand_in_leaves_nothing_behind():
    before = REGISTRY["sin"].forward
    with fake_cupy.in_use():
        assert REGISTRY["sin"].forward is not before and array_modules.np.zeros is not np.zeros
    assert REGISTRY["sin"].forward is before and array_modules.np.zeros is np.zeros and array_modules.cupy is None


# There and back


def test_there_and_back(gpu):
    x = torch.tensor([1.0, 2.0])
    there = x.to("cuda")
    assert on_cuda(there)
    assert (there.device, there.get_device(), there.is_cpu) == (torch.device("cuda", 0), 0, False)
    assert there.to("cuda:0") is there.cuda() is there
    back = there.cpu()
    assert back.is_cpu and back.get_device() == -1 and back.tolist() == [1.0, 2.0]
    assert (
        on_cuda(x.to(there)) and on_cuda(x.to("cuda", torch.float64)) and x.to("cuda", torch.int64).dtype == torch.int64
    )
    assert on_cuda(x.to(0)) and on_cuda(x.cuda(0))


def test_what_torch_cuda_tells(gpu):
    assert torch.cuda.is_available() and torch.cuda.device_count() == 1 and torch.cuda.current_device() == 0
    assert torch.cuda.get_device_name() == torch.cuda.get_device_name("cuda:0") == "NumPy in disguise"
    assert torch.cuda.get_device_capability(0) == (0, 0)
    assert torch.accelerator.current_accelerator() == torch.device("cuda")
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    assert torch.cuda.memory_allocated() <= torch.cuda.memory_reserved()
    with torch.cuda.device(0):
        assert torch.cuda.current_device() == 0


def test_a_gpu_that_is_not_there(gpu):
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.ones(2).to("cuda:3")


def test_gradients_flow_between_devices(gpu):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    there = x.to("cuda")
    assert there.grad_fn.name() == "ToCopyBackward0"
    (there * there).sum().cpu().backward()
    assert x.grad.is_cpu and x.grad.tolist() == [2.0, 4.0]


def test_a_number_of_the_cpu_goes_with_tensors_of_the_gpu(gpu):
    x, number = torch.tensor([1.0, 2.0], device="cuda", requires_grad=True), torch.tensor(3.0, requires_grad=True)
    for factor in (number, number.detach().view(()).requires_grad_()):
        y = (x * factor).sum() + factor
        y.backward()
        assert on_cuda(y) and factor.grad.is_cpu and factor.grad.item() == 4.0
    assert x.grad.tolist() == [6.0, 6.0]


def test_how_it_is_printed(gpu):
    x = torch.tensor([1.0, 2.0], device="cuda")
    assert repr(x) == "tensor([1., 2.], device='cuda:0')"
    assert repr(x.long()) == "tensor([1, 2], device='cuda:0')"
    assert repr(x.double()) == "tensor([1., 2.], device='cuda:0', dtype=torch.float64)"
    assert repr(x.clone().requires_grad_()) == "tensor([1., 2.], device='cuda:0', requires_grad=True)"
    assert (
        repr(torch.arange(2000, device="cuda")) == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999], device='cuda:0')"
    )
    assert f"{x.sum():.1f}" == "3.0" and str(x.sum()) == "tensor(3., device='cuda:0')"


def test_what_is_printed_is_all_that_is_copied(gpu, monkeypatch):
    copied = []
    numbers = fake_cupy.ndarray.tolist
    monkeypatch.setattr(fake_cupy.ndarray, "tolist", lambda array: copied.append(array.size) or numbers(array))
    repr(torch.zeros(500, 500, device="cuda"))
    assert copied == [36]


def test_numpy_is_told_to_ask_for_a_copy(gpu):
    x = torch.ones(2, device="cuda")
    text = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
    for work in (x.numpy, lambda: np.asarray(x), lambda: np.sin(x)):
        with pytest.raises(TypeError) as error:
            work()
        assert str(error.value) == text
    assert x.numpy(force=True).tolist() == [1.0, 1.0]
    assert x.tolist() == [1.0, 1.0] and x.sum().item() == 2.0 and float(x.sum()) == 2.0 and bool(x[0])


# Making tensors there


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: torch.tensor([[1.0, 2.0]], **k),
        lambda **k: torch.zeros(2, 3, **k),
        lambda **k: torch.ones(2, **k),
        lambda **k: torch.empty(2, **k),
        lambda **k: torch.full((2,), 7, **k),
        lambda **k: torch.eye(2, **k),
        lambda **k: torch.arange(4, **k),
        lambda **k: torch.linspace(0, 1, 5, **k),
        lambda **k: torch.logspace(0, 1, 5, **k),
        lambda **k: torch.rand(3, **k),
        lambda **k: torch.randn(3, **k),
        lambda **k: torch.randint(5, (3,), **k),
        lambda **k: torch.randperm(5, **k),
        lambda **k: torch.normal(0.0, 1.0, (3,), **k),
        lambda **k: torch.as_tensor([1, 2], **k),
        lambda **k: torch.as_tensor(np.ones(2), **k),
        lambda **k: torch.asarray([1, 2], **k),
        lambda **k: torch.scalar_tensor(2.0, **k),
        lambda **k: torch.empty_strided((2, 3), (1, 2), **k),
        lambda **k: torch.tril_indices(3, 3, **k),
    ],
)
def test_factories_make_the_same_there(gpu, make):
    torch.manual_seed(1)
    here = make()
    for there in (lambda: make(device="cuda"), lambda: make(device=torch.device("cuda:0")), lambda: _as_default(make)):
        torch.manual_seed(1)
        made = there()
        assert on_cuda(made) and made.dtype is here.dtype and made.tolist() == here.tolist()


def _as_default(make):
    with torch.device("cuda"):
        return make()


def test_like_another_tensor(gpu):
    x, here = torch.tensor([[1.0, 2.0]], device="cuda"), torch.ones(1, 2)
    made = [torch.zeros_like(x), torch.ones_like(x), torch.empty_like(x), torch.full_like(x, 3.0), torch.rand_like(x),
            torch.randn_like(x), torch.randint_like(x, 4), x.new_zeros(2), x.new_ones(2), x.new_full((2,), 1.0),
            x.new_empty(2), x.new_tensor([1.0]), x.clone(), copy.deepcopy(x), torch.bernoulli(x / 2),
            torch.multinomial(x[0], 1)]  # fmt: skip
    assert all(map(on_cuda, made))
    assert torch.zeros_like(x, device="cpu").is_cpu
    with torch.device("cuda"):
        assert torch.zeros_like(here).is_cpu and here.new_ones(2).is_cpu


def test_drawing_in_place_takes_the_numbers_of_the_cpu(gpu):
    torch.manual_seed(3)
    here = torch.empty(3, 4).normal_()
    torch.manual_seed(3)
    x = torch.empty(3, 4, device="cuda")
    assert x.normal_().tolist() == here.tolist() and x._version == 1


def test_the_default_device(gpu):
    torch.set_default_device("cuda")
    assert torch.get_default_device() == torch.device("cuda", 0)
    assert on_cuda(torch.ones(2)) and on_cuda(torch.tensor(1.0)) and on_cuda(nn.Linear(2, 1).weight)
    with torch.device("cpu"):
        assert torch.ones(2).is_cpu
    assert on_cuda(torch.ones(2))
    torch.set_default_device(None)
    assert torch.ones(2).is_cpu and torch.get_default_device() == torch.device("cpu")


# Errors


def message(work):
    with pytest.raises(RuntimeError) as error:
        work()
    return str(error.value)


@pytest.mark.parametrize(
    "work",
    [
        lambda x, y: x + y,
        lambda x, y: y * x,
        lambda x, y: torch.where(x > 0, x, y),
        lambda x, y: torch.lerp(x, y, 0.5),
        lambda x, y: x.add_(y),
        lambda x, y: nn.functional.mse_loss(x, y),
    ],
)
def test_tensors_of_two_devices(gpu, work):
    x, y = torch.ones(2, 2, device="cuda"), torch.ones(2, 2)
    assert message(lambda: work(x, y)) == (
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
    )


def test_tensors_of_two_devices_where_pytorch_names_the_argument(gpu):
    x, y = torch.ones(2, 2, device="cuda"), torch.ones(2, 2)
    start = "Expected all tensors to be on the same device, but got "
    assert message(lambda: x @ y) == (
        f"{start}mat2 is on cpu, different from other tensors on cuda:0 (when checking argument in method "
        "wrapper_CUDA_mm)"
    )
    assert message(lambda: nn.Linear(2, 1)(x)) == (
        f"{start}mat1 is on cuda:0, different from other tensors on cpu (when checking argument in method "
        "wrapper_CUDA_addmm)"
    )
    assert message(lambda: torch.cat([x, y])) == (
        f"{start}tensors is on cpu, different from other tensors on cuda:0 (when checking argument in method "
        "wrapper_CUDA_cat)"
    )


def test_indices_may_come_from_the_cpu_and_not_the_other_way(gpu):
    x = torch.arange(4.0, device="cuda")
    assert x[torch.tensor([1, 2])].tolist() == [1.0, 2.0] and x[torch.tensor([True, False, False, True])].sum() == 3
    assert message(lambda: torch.arange(4.0)[torch.tensor([1], device="cuda")]) == (
        "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
    )


def test_errors_are_those_of_the_cpu(gpu):
    x = torch.ones(2, 3, device="cuda")
    assert message(lambda: x + torch.ones(4, device="cuda")) == message(lambda: torch.ones(2, 3) + torch.ones(4))
    assert message(lambda: x @ x) == message(lambda: torch.ones(2, 3) @ torch.ones(2, 3))
    with pytest.raises(IndexError, match="out of range"):
        x.sum(5)


# What cannot run there


def test_what_cupy_lacks_runs_on_the_host_and_says_so_once(gpu):
    x = torch.tensor([1.0, 3.0, 2.0], device="cuda", requires_grad=True)
    with pytest.warns(UserWarning, match="^cummax: CuPy cannot do this on the GPU, so tensorkit does it on the CPU"):
        values, indices = x.cummax(0)
    assert on_cuda(values) and on_cuda(indices) and values.tolist() == [1.0, 3.0, 3.0]
    values.sum().backward()
    assert on_cuda(x.grad) and x.grad.tolist() == [1.0, 2.0, 0.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x.cummax(0)


def test_an_operation_that_cupy_turns_out_to_lack(gpu, monkeypatch):
    def missing(*args, **kwargs):
        raise NotImplementedError("not in this CuPy")

    x = torch.tensor([[2.0, 1.0]], device="cuda")
    monkeypatch.setitem(vars(gpu), "amax", missing)
    with pytest.warns(UserWarning, match="^log_softmax: CuPy cannot"):
        found = x.log_softmax(1)
    assert on_cuda(found) and torch.allclose(found.cpu(), x.cpu().log_softmax(1))


def test_operations_that_run_on_the_host_are_listed_in_the_docs():
    from pathlib import Path

    page = (Path(__file__).parent.parent / "docs" / "gpu.md").read_text(encoding="utf-8")
    table = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert table == placing.ON_HOST | placing.PARTLY_ON_HOST.keys()


# Writing, views, history


def test_views_and_writes(gpu):
    x = torch.arange(6.0, device="cuda").reshape(2, 3)
    row = x[1]
    row += 10
    assert x[1].tolist() == [13.0, 14.0, 15.0] and x._version == 1 and row._is_view()
    x[0] = torch.zeros(3)
    x[:, 1] = 7
    x[x > 13.5] = -1.0
    assert x.tolist() == [[0.0, 7.0, 0.0], [13.0, 7.0, -1.0]]
    assert x.t().data_ptr() == x.data_ptr() and x[1].storage_offset() == 3 and x.t().stride() == (1, 3)
    out = torch.empty(3, device="cuda")
    torch.add(x[0], 1, out=out)
    assert out.tolist() == [1.0, 8.0, 1.0]
    x.copy_(torch.ones(2, 3))
    assert on_cuda(x) and x.sum() == 6


def test_a_saved_tensor_that_was_written_to(gpu):
    x = torch.ones(2, device="cuda", requires_grad=True)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        y.sum().backward()


def test_hooks_retained_gradients_and_second_derivatives(gpu):
    x = torch.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    seen = []
    x.register_hook(lambda g: seen.append(g.device.type) or 2 * g)
    y = x**3
    y.retain_grad()
    y.sum().backward()
    assert seen == ["cuda"] and x.grad.tolist() == [6.0, 24.0] and on_cuda(y.grad)
    (x * 1.0).sum().backward()
    assert x.grad.tolist() == [8.0, 26.0]  # added up, through the hook
    z = torch.tensor([2.0], device="cuda", requires_grad=True)
    (slope,) = torch.autograd.grad((z**3).sum(), z, create_graph=True)
    assert torch.autograd.grad(slope.sum(), z)[0].tolist() == [12.0]
    assert torch.autograd.gradcheck(torch.tanh, torch.ones(2, dtype=torch.float64, device="cuda", requires_grad=True))


def test_a_hook_makes_its_tensors_on_the_cpu(gpu):
    made = []
    x = torch.ones(2, device="cuda", requires_grad=True)
    x.register_hook(lambda g: made.append(torch.zeros(2)))
    x.sum().backward()
    assert made[0].is_cpu


def test_the_inspectors_look_at_copies(gpu):
    def seen(device):
        torch.manual_seed(0)
        x = torch.randn(3, device=device, requires_grad=True)
        w = torch.randn(3, device=device, requires_grad=True)
        y = (x * w).exp().sum() + x[0]
        return [repr(look(y)) for look in (graph.trace, graph.walk, graph.check, graph.leaf_table)] + [
            repr(graph.summarize(x)), repr(graph.histogram(w)), repr(graph.why(w))
        ]  # fmt: skip

    assert seen("cuda") == seen("cpu")


# Networks


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2),
        nn.Linear(27, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 4),
    )  # fmt: skip


def test_a_module_goes_there_and_back(gpu):
    net = network()
    weight = net[0].weight
    assert net.to("cuda") is net and net[0].weight is weight
    assert all(map(on_cuda, [*net.parameters(), *net.buffers()])) and net[0].weight.is_leaf
    net.cpu()
    assert all(each.is_cpu for each in (*net.parameters(), *net.buffers()))
    assert on_cuda(net.cuda()[0].weight) and on_cuda(net.to(torch.device("cuda:0"), torch.float64)[0].weight)


@pytest.mark.parametrize(
    "optimizer",
    ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "LBFGS"],
)
def test_training_gives_the_losses_of_the_cpu(gpu, optimizer):
    def losses(device):
        net = network().to(device)
        options = {"momentum": 0.9, "nesterov": True} if optimizer == "SGD" else {}
        steps = getattr(torch.optim, optimizer)(net.parameters(), lr=0.01, **options)
        loss_of, found = nn.CrossEntropyLoss(), []
        images, labels = torch.randn(6, 1, 8, 8).to(device), torch.tensor([0, 1, 2, 3, 0, 1]).to(device)
        for _ in range(4):

            def closure():
                steps.zero_grad()
                loss = loss_of(net(images), labels)
                loss.backward()
                return loss

            found.append(steps.step(closure).item())
        assert all(each.device.type == device for each in net.parameters())
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing of this runs on the host
        np.testing.assert_allclose(losses("cuda"), losses("cpu"), rtol=1e-5)


@pytest.mark.parametrize("layer", ["RNN", "LSTM", "GRU", "MultiheadAttention", "TransformerEncoderLayer"])
def test_sequences_give_what_they_give_on_the_cpu(gpu, layer):
    def found(device):
        torch.manual_seed(0)
        x = torch.randn(3, 2, 4).to(device)
        if layer == "TransformerEncoderLayer":
            module = nn.TransformerEncoderLayer(4, 2, 8).to(device).eval()
            out = module(x)
        else:
            module = getattr(nn, layer)(4, 2 if layer == "MultiheadAttention" else 5).to(device)
            out = module(*(x,) * (3 if layer == "MultiheadAttention" else 1))[0]
        out.square().sum().backward()
        return [out.tolist(), *(each.grad.tolist() for each in module.parameters())]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for one, other in zip(found("cuda"), found("cpu"), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_an_optimizer_takes_over_a_state_from_the_other_device(gpu):
    def trained(net):
        steps = torch.optim.Adam(net.parameters())
        net(torch.ones(1, 2).to(net.weight.device)).sum().backward()
        steps.step()
        return steps

    there, here = nn.Linear(2, 1).cuda(), nn.Linear(2, 1)
    state, steps = trained(there).state_dict(), torch.optim.Adam(here.parameters())
    steps.load_state_dict(state)
    kept = steps.state[here.weight]
    assert kept["exp_avg"].is_cpu and kept["step"].is_cpu
    steps = torch.optim.Adam(there.parameters())
    steps.load_state_dict(trained(here).state_dict())
    assert on_cuda(steps.state[there.weight]["exp_avg"])


def test_lazy_layers_become_what_they_are_where_they_were_moved(gpu):
    layer = nn.LazyLinear(3).cuda()
    assert on_cuda(layer(torch.ones(2, 4, device="cuda"))) and on_cuda(layer.weight)


def test_types_by_their_old_names(gpu):
    x = torch.ones(2, device="cuda")
    assert (x.type(), x.long().type()) == ("torch.cuda.FloatTensor", "torch.cuda.LongTensor")
    assert x.type("torch.DoubleTensor").is_cpu and on_cuda(x.cpu().type("torch.cuda.IntTensor"))
    assert not isinstance(x, torch.FloatTensor)
    assert "[torch.float32 of size 2 (cuda:0)]" in repr(nn.ParameterList([nn.Parameter(x)]))


def test_a_gradient_on_another_device(gpu):
    x = torch.ones(2, device="cuda", requires_grad=True)
    with pytest.raises(RuntimeError) as error:
        x.grad = torch.ones(2)
    assert str(error.value) == (
        "attempting to assign a gradient with device type 'cpu' to a tensor with device type 'cuda'. Please ensure "
        "that the gradient and the tensor are on the same device"
    )


# Files and other libraries


def saved(obj, **options):
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return torch.load(file, **options)


def test_files_keep_the_place(gpu):
    pytest.importorskip("safetensors")
    obj = {"w": torch.tensor([1.0, 2.0], device="cuda"), "b": torch.ones(1)}
    loaded = saved(obj)
    assert on_cuda(loaded["w"]) and loaded["w"].tolist() == [1.0, 2.0] and loaded["b"].is_cpu
    for there in ("cpu", torch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage):
        assert saved(obj, map_location=there)["w"].is_cpu
    assert on_cuda(saved(obj, map_location="cuda")["b"])
    net = network().cuda()
    net.load_state_dict(saved(net.state_dict(), map_location="cpu"))
    assert on_cuda(net[0].weight)


def test_a_file_from_a_gpu_on_a_machine_without_one():
    pytest.importorskip("safetensors")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    file = io.BytesIO()
    with fake_cupy.in_use():
        torch.save(torch.ones(2, device="cuda"), file)
    file.seek(0)
    with pytest.raises(
        RuntimeError, match="^Attempting to deserialize object on a CUDA device but torch.cuda.is_avail"
    ):
        torch.load(file)
    file.seek(0)
    assert torch.load(file, map_location="cpu").tolist() == [1.0, 1.0]


def test_dlpack_shares_the_memory(gpu):
    x = torch.ones(3, device="cuda")
    assert x.__dlpack_device__() == (2, 0)
    shared = torch.from_dlpack(x._array)
    shared[0] = 5
    assert on_cuda(shared) and x[0] == 5 and shared.data_ptr() == x.data_ptr()


def test_two_threads_make_arrays_each_in_its_own_place(gpu):
    from concurrent.futures import ThreadPoolExecutor

    def work(device):
        x = torch.arange(12.0, device=device).reshape(1, 1, 12).requires_grad_()
        for _ in range(20):
            y = nn.functional.max_pool1d(nn.functional.pad(x, (1, 1)), 2)
            y.sum().backward()
            assert y.device.type == x.grad.device.type == device
        return x.grad.cpu().tolist()

    with ThreadPoolExecutor(4) as pool:
        first, *rest = pool.map(work, ["cpu", "cuda"] * 4)
    assert all(each == first for each in rest)
