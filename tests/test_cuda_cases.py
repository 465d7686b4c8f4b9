"""The operation suite once more, with every tensor on a GPU: cases and gradients give what they give on the CPU.

On every machine the GPU is the one that NumPy plays (`fake_cupy.py`), which refuses what CuPy refuses: so no operation
mixes host and GPU. Where CuPy drives a GPU, the same runs on that.
"""

import importlib
import sys

import fake_cupy
import numpy as np
import pytest
from cases import language, replay_on_gpu

import tensorkit as torch
from tensorkit.ops.placing import ON_HOST, PARTLY_ON_HOST

FAMILIES = language.families()
SAMPLE_MODULES = ("gradient_samples_linalg", "gradient_samples_behind", "gradient_samples_nn", "gradient_samples")


def cupy_with_a_gpu():
    found = pytest.importorskip("cupy", reason="CuPy is not installed: pip install 'tensorkit[cuda]'")
    try:
        count = found.cuda.runtime.getDeviceCount()
    except found.cuda.runtime.CUDARuntimeError as error:
        pytest.skip(f"CuPy finds no GPU here: {error}")
    return found if count else pytest.skip("CuPy finds no GPU here")


@pytest.fixture(scope="module", params=["fake", "cuda"])
def gpu(request):
    """CuPy, or what stands for it, while it is in use."""
    module = fake_cupy.cupy if request.param == "fake" else cupy_with_a_gpu()
    with fake_cupy.in_use(module):
        yield module
    torch.set_warn_always(False)


@pytest.fixture(scope="module")
def replayed(gpu):
    """What each family gave: the cases that differ, those with tensors of the host, the operations that ran there."""
    within = None if gpu is fake_cupy.cupy else 1e-4
    return {family: replay_on_gpu.run([family], torch, within) for family in FAMILIES}


def samples_with_constants_on_the_gpu():
    """The samples of `gradient_samples.py`, imported anew, so that the tensors in them are on the GPU."""
    held = {name: sys.modules.pop(name, None) for name in SAMPLE_MODULES}
    torch.set_default_device("cuda")
    try:
        return importlib.import_module("gradient_samples").SAMPLES
    finally:
        torch.set_default_device(None)
        sys.modules.update({name: module for name, module in held.items() if module is not None})


def gradients(function, arrays, device):
    """The values of a sample and its gradients, with and without a history of their own, as arrays of the host."""
    torch.set_default_device(device)
    try:
        found = []
        for create_graph in (False, True):
            torch.manual_seed(0)
            inputs = [torch.tensor(each, device=device).requires_grad_() for each in arrays]
            result = function(*inputs)
            results = [each for each in (result if isinstance(result, tuple) else (result,)) if each.requires_grad]
            total = sum((each * torch.arange(1.0, each.numel() + 1).reshape(each.shape)).sum() for each in results)
            total = total.real if total.is_complex() else total
            shares = torch.autograd.grad(total, inputs, create_graph=create_graph, allow_unused=True)
            found += [total, *(each for each in shares if each is not None)]
        assert all(each.device.type == device for each in found)
        return [each.detach().cpu().numpy() for each in found]
    finally:
        torch.set_default_device(None)


@pytest.mark.parametrize("family", FAMILIES)
def test_recorded_cases_give_the_same_on_a_gpu(replayed, family):
    differing, host, _ = replayed[family]
    listed = replay_on_gpu.listed()
    assert {name: what for name, what in differing.items() if name not in listed["differs"]} == {}
    assert host - listed["host"] == set(), "these give tensors of the host"


def test_the_list_of_cases_that_differ_is_exact(replayed, gpu):
    if gpu is not fake_cupy.cupy:
        pytest.skip("a GPU rounds otherwise: the list is that of the fake one")
    differing = {name for each, _, _ in replayed.values() for name in each}
    host = {name for _, each, _ in replayed.values() for name in each}
    assert replay_on_gpu.listed() == {"differs": differing, "host": host}


def test_the_list_of_operations_that_run_on_the_host_is_exact(replayed, samples):
    ran = {name for _, _, each in replayed.values() for name in each}
    assert ran | samples[1] == ON_HOST | PARTLY_ON_HOST.keys()


@pytest.fixture(scope="module")
def samples(gpu):
    """Samples whose gradients differ, by name and number, and the operations that ran on the host for any of them."""
    import gradient_samples

    different = {}
    there = samples_with_constants_on_the_gpu()
    with replay_on_gpu.noted(torch) as found:
        for name, several in gradient_samples.SAMPLES.items():
            for number, (function, arrays) in enumerate(several):
                wanted = gradients(function, arrays, "cpu")
                try:
                    for one, other in zip(wanted, gradients(there[name][number][0], arrays, "cuda"), strict=True):
                        np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-9)
                except Exception as error:
                    different[name, number] = f"{type(error).__name__}: {error}"
    return different, found["on_host"]


def test_gradients_are_the_same_on_a_gpu(samples):
    assert samples[0] == {}
