"""Threads and processes: sums are exact, modes are each thread's own, streams go on in a child."""

import os
import threading

import pytest

import tensorkit as torch


def in_threads(count, work):
    errors = []

    def run(number):
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 (to be shown by the main thread)
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


@pytest.mark.parametrize("shape", [(), (3,)])
def test_gradients_of_sixteen_threads_add_up_exactly(shape):
    w = torch.ones(shape, requires_grad=True)
    in_threads(16, lambda _: [(w * 1.0).sum().backward() for _ in range(50)])
    assert (w.grad == 16 * 50).all()


def test_one_graph_walked_by_many_threads():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).exp().sum()
    expected = torch.autograd.grad(y, x, retain_graph=True)[0]
    found = [None] * 8

    def walk(number):
        found[number] = torch.autograd.grad(y, x, retain_graph=True)[0]

    in_threads(8, walk)
    assert all((each == expected).all() for each in found)


def test_grad_modes_are_apart():
    barrier = threading.Barrier(16)

    def work(number):
        for _ in range(20):
            with torch.set_grad_enabled(number % 2 == 0):
                barrier.wait()
                assert torch.is_grad_enabled() == (number % 2 == 0)
        assert torch.is_grad_enabled()

    in_threads(16, work)


def test_inference_mode_of_one_thread_does_not_mark_anothers_tensors():
    barrier = threading.Barrier(2)
    made = [None, None]

    def work(number):
        with torch.inference_mode(number == 0):
            barrier.wait()
            made[number] = torch.ones(2) * 2
            barrier.wait()

    in_threads(2, work)
    assert made[0].is_inference() and not made[1].is_inference()


def test_generators_of_threads_are_reproducible():
    drawn = [None] * 8

    def draw(number):
        generator = torch.Generator().manual_seed(7)
        drawn[number] = torch.cat([torch.rand(10, generator=generator) for _ in range(20)])

    in_threads(8, draw)
    assert all((each == drawn[0]).all() for each in drawn)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_process_continues_the_stream():
    torch.manual_seed(3)
    torch.rand(5)
    expected = torch.rand(4).tolist()
    torch.manual_seed(3)
    torch.rand(5)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, repr(torch.rand(4).tolist()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    assert os.read(reader, 10_000).decode() == repr(expected)
    os.close(reader)
