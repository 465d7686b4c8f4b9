"""Data: the batches that PyTorch hands out from the same seed, samplers, collation, workers, errors."""

import json
import os
import signal
import sys
import time
import warnings

import numpy as np
import pytest
from cases import training_cases as cases

import tensorkit as torch
from tensorkit.utils import data
from tensorkit.utils.data import dataset as datasets

ANSWERS = json.loads(cases.ANSWERS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", cases.ORDERS)
def test_batches_are_those_of_pytorch(line):
    assert json.loads(json.dumps(cases.order(line, torch))) == ANSWERS["orders"][line]


def test_lines_and_answers_belong_together():
    assert list(ANSWERS["orders"]) == cases.ORDERS


@pytest.mark.parametrize("line", [line for line in cases.MISTAKES if "D." in line])
def test_mistakes_raise_the_errors_of_pytorch(line):
    assert cases.mistake(line, torch) == ANSWERS["mistakes"][line]


def rows(n=10):
    return data.TensorDataset(torch.arange(n), torch.arange(n).float().view(n, 1) / 2)


def test_an_epoch_over_tensors_takes_rows_in_one_gather_per_batch(monkeypatch):
    def one_by_one(*_):
        raise AssertionError("a row was asked for")

    monkeypatch.setattr(data.TensorDataset, "__getitem__", one_by_one)
    loader = data.DataLoader(rows(), batch_size=4, shuffle=True)
    assert sorted(number for x, _ in loader for number in x.tolist()) == list(range(10))
    part, _ = data.random_split(rows(), [6, 4])
    assert [len(x) for x, _ in data.DataLoader(part, batch_size=4)] == [4, 2]


def test_a_subclass_with_rows_of_its_own_is_asked_for_them():
    class Doubled(data.TensorDataset):
        def __getitem__(self, index):
            return super().__getitem__(index)[0] * 2

    (batch,) = data.DataLoader(Doubled(torch.arange(3)), batch_size=3)
    assert batch.tolist() == [0, 2, 4]
    assert datasets.batch_of(Doubled(torch.arange(3)), [0]) is None


def test_rows_that_are_not_there_are_an_index_error():
    with pytest.raises(IndexError, match="index 7 is out of bounds for dimension 0 with size 3"):
        list(data.DataLoader(rows(3), sampler=[0, 7], batch_size=2))


def test_a_batch_has_memory_of_its_own():
    source = rows(4)
    (x, _) = next(iter(data.DataLoader(source, batch_size=4)))
    x += 100
    assert source.tensors[0].tolist() == [0, 1, 2, 3]


def test_rows_that_require_grad_keep_their_history():
    w = torch.ones(4, requires_grad=True)
    (batch,) = next(iter(data.DataLoader(data.TensorDataset(w), batch_size=4)))
    batch.sum().backward()
    assert w.grad.tolist() == [1, 1, 1, 1]


def test_a_loader_can_be_walked_through_again_and_stopped_early():
    loader = data.DataLoader(rows(), batch_size=4)
    first = [x.tolist() for x, _ in loader]
    for _ in loader:
        break
    assert [x.tolist() for x, _ in loader] == first
    one, other = iter(loader), iter(loader)
    next(one)
    assert next(one)[0].tolist() == [4, 5, 6, 7] and next(other)[0].tolist() == [0, 1, 2, 3]


def test_settings_of_a_loader_stand():
    loader = data.DataLoader(rows(), batch_size=4)
    with pytest.raises(ValueError, match="dataset attribute should not be set after DataLoader is initialized"):
        loader.dataset = []
    loader.collate_fn = len
    assert list(loader) == [4, 4, 2]


def test_pinned_arguments_are_accepted_with_pytorch_s_warnings():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        list(data.DataLoader(rows(), pin_memory=True, pin_memory_device="cuda"))
    assert [str(each.message)[:30] for each in said] == [
        "pin_memory_device is deprecate",
        "'pin_memory' argument is set a",
    ]


def test_a_stream_longer_than_announced_warns():
    class Stream(data.IterableDataset):
        def __len__(self):
            return 2

        def __iter__(self):
            return iter(range(4))

    loader = data.DataLoader(Stream(), batch_size=1)
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="was reported to be 2"):
        list(loader)


def test_an_empty_split_warns():
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        data.random_split(range(3), [0.9, 0.1])


def test_a_subset_that_changes_rows_must_change_them_together():
    class Half(data.Subset):
        def __getitem__(self, index):
            return 0

    with pytest.raises(NotImplementedError, match="Half overrides __getitem__ but not __getitems__"):
        Half(range(3), [0])


def test_collating_with_functions_of_ones_own():
    assert data.default_collate([("a", 1), ("b", 2)])[0] == ("a", "b")
    joined = data.collate.collate([["a", "b"], ["c", "d"]], collate_fn_map={str: lambda batch, **_: "".join(batch)})
    assert joined == ["ac", "bd"]


def test_shares_of_several_processes():
    shares = [list(data.DistributedSampler(range(10), num_replicas=3, rank=rank, shuffle=False)) for rank in range(3)]
    assert shares == [[0, 3, 6, 9], [1, 4, 7, 0], [2, 5, 8, 1]]
    sampler = data.DistributedSampler(range(10), num_replicas=2, rank=0, drop_last=True)
    first = list(sampler)
    sampler.set_epoch(1)
    assert len(sampler) == 5 and list(sampler) != first
    with pytest.raises(ValueError, match="Invalid rank 2"):
        data.DistributedSampler(range(10), num_replicas=2, rank=2)


# Workers


class Told(data.Dataset):
    def __init__(self, told):
        self.told = told

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return self.told(index)


def test_workers_are_prepared_and_know_who_they_are():
    seen = []

    def prepare(worker):
        seen.append(worker)

    def row(index):
        info = data.get_worker_info()
        return index, info.id, info.num_workers, seen[0]

    loader = data.DataLoader(Told(row), batch_size=2, num_workers=2, worker_init_fn=prepare)
    assert [[each.tolist() for each in batch] for batch in loader] == [
        [[0, 1], [0, 0], [2, 2], [0, 0]], [[2, 3], [1, 1], [2, 2], [1, 1]], [[4, 5], [0, 0], [2, 2], [0, 0]],
    ]  # fmt: skip
    assert seen == [] and data.get_worker_info() is None


def test_an_error_in_a_worker_is_raised_here_with_its_traceback():
    def row(index):
        if index == 3:
            raise KeyError("no such row")
        return index

    with pytest.raises(KeyError, match="Caught KeyError in DataLoader worker process 1") as caught:
        list(data.DataLoader(Told(row), batch_size=2, num_workers=2))
    assert "in row" in str(caught.value)


def test_a_worker_that_dies_is_noticed_at_once():
    def row(index):
        if index == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return index

    began = time.monotonic()
    with pytest.raises(RuntimeError, match=r"DataLoader worker \(pid\(s\) \d+\) exited unexpectedly"):
        list(data.DataLoader(Told(row), batch_size=2, num_workers=2))
    assert time.monotonic() - began < 5


def test_a_worker_that_is_too_slow():
    with pytest.raises(RuntimeError, match="DataLoader timed out after 0.2 seconds"):
        next(iter(data.DataLoader(Told(lambda index: time.sleep(3)), num_workers=1, timeout=0.2)))


def test_leaving_early_ends_the_workers():
    loader = data.DataLoader(rows(100), batch_size=2, num_workers=2)
    epoch = iter(loader)
    next(epoch)
    processes = list(epoch._pool.processes)
    del epoch
    assert not any(process.is_alive() for process in processes)


def test_workers_that_stay_are_the_same_in_the_next_epoch():
    loader = data.DataLoader(Told(lambda index: os.getpid()), num_workers=2, persistent_workers=True)
    first = {batch.item() for batch in loader}
    for _ in loader:
        break
    assert {batch.item() for batch in loader} == first and len(first) == 2
    loader._iterator._close()


def test_large_batches_and_many_row_numbers_do_not_block():
    big = data.TensorDataset(torch.zeros(40000, 20))
    loader = data.DataLoader(big, batch_size=20000, num_workers=2, prefetch_factor=3)
    assert [len(x) for (x,) in loader] == [20000, 20000]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_may_start_from_nothing(method, monkeypatch):
    # IPython's shell, which other tests start in this process, leaves a main module without one.
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)
    loader = data.DataLoader(rows(4), batch_size=2, num_workers=1, multiprocessing_context=method)
    assert [x.tolist() for x, _ in loader] == [[0, 1], [2, 3]]


def test_too_many_workers_warn():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data.DataLoader(rows(), num_workers=1000)
    assert "This DataLoader will create 1000 worker processes in total." in str(said[0].message)


def test_numpy_arrays_in_and_out():
    (batch,) = data.DataLoader([np.ones((2, 2), np.float32)] * 3, batch_size=3)
    assert batch.shape == (3, 2, 2) and batch.dtype == torch.float32
