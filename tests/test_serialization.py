"""Saving: round trips, files that others read, refusals, damaged files, and saves that are interrupted.

`python tests/test_serialization.py` runs the long form: 100 kills in the middle of a save, 10,000 damaged files.
"""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import pytest
from counting import lines_run

import tensorkit as torch
from tensorkit.serialization import FileFormatError, files, metadata

safetensors_numpy = pytest.importorskip("safetensors.numpy")
MIB = 2**20


def again(value, **options):
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, **options)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -(2**80), 0.1, float("inf"), float("-inf"), 1 + 2j, "text é \ud800", b"\x00\xff", [], {}, (),
        [1, [2.5, (None, "x")]], {"a": 1, 2: "b", (3, "c"): {}, None: [], True: 1.5}, {1, 2}, torch.Size([2, 3]),
        torch.float16, torch.bool, torch.device("cuda:1"), OrderedDict(b=1, a=2), Counter({3: 2}),
        {"tensor": "name", "dict": [["float", "inf"]]}, [{"float": "nan"}], {"__metadata__": 1},
    ],
)  # fmt: skip
def test_values_come_back_as_they_were(value):
    back = again(value)
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64", "complex128"])  # fmt: skip  # noqa: E501
@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0, 3), (3, 4)])
def test_tensors_come_back_as_they_were(dtype, shape):
    tensor = (torch.randn(shape) * 3).to(getattr(torch, dtype))
    back = again(tensor)
    assert back.dtype is tensor.dtype and back.shape == tensor.shape and torch.equal(back, tensor)
    if back.numel():
        back.view(-1)[0] = 1  # its memory is its own


def test_bfloat16():
    pytest.importorskip("ml_dtypes")
    tensor = torch.tensor([1.5, -2.0]).to(torch.bfloat16)
    assert again({"x": tensor})["x"].dtype is torch.bfloat16 and torch.equal(again(tensor), tensor)


def test_nan_is_a_number_too():
    assert str(again([float("nan")])) == "[nan]"


def test_views_transposes_and_gradients():
    base = torch.arange(12.0).view(3, 4)
    back = again([base.t(), base[1], base.requires_grad_(), base[:, 1].detach()])
    assert torch.equal(back[0], torch.arange(12.0).view(3, 4).t())
    assert torch.equal(back[1], torch.arange(4.0, 8.0)) and torch.equal(back[3], torch.tensor([1.0, 5.0, 9.0]))
    assert back[2].requires_grad and back[2].is_leaf and not back[1].requires_grad


def test_parameters_arrays_and_numpy_numbers():
    parameter = torch.nn.Parameter(torch.ones(2))
    back = again([parameter, torch.nn.Parameter(torch.ones(1), requires_grad=False), np.arange(3), np.float32(0.5)])
    assert isinstance(back[0], torch.nn.Parameter) and back[0].requires_grad and not back[1].requires_grad
    assert isinstance(back[2], np.ndarray) and back[2].tolist() == [0, 1, 2] and back[3] == 0.5


def net():
    torch.manual_seed(0)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.randn(3, 2))
            self.register_buffer("count", torch.tensor(7))

        def forward(self, x):
            return x @ self.weight

    return Net()


def test_a_checkpoint_of_model_optimizer_and_scheduler_goes_on(tmp_path):
    def build():
        model = net()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        return model, optimizer, torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4])

    def train(model, optimizer, scheduler, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            (model(torch.ones(4, 3)) ** 2).mean().backward()
            optimizer.step()
            scheduler.step()
        return model.weight.detach()

    straight = train(*build(), 5)
    parts = build()
    train(*parts, 3)
    names = ("model", "optimizer", "scheduler")
    states = {name: part.state_dict() for name, part in zip(names, parts, strict=True)}
    torch.save({"epoch": 3, "loss": 0.25, **states}, tmp_path / "checkpoint.pt")
    checkpoint = torch.load(tmp_path / "checkpoint.pt", map_location="cpu", weights_only=False)
    assert checkpoint["epoch"] == 3 and checkpoint["loss"] == 0.25
    parts = build()
    for name, part in zip(names, parts, strict=True):
        part.load_state_dict(checkpoint[name])
    assert torch.equal(train(*parts, 2), straight)


def test_a_state_dict_is_a_plain_safetensors_file(tmp_path):
    path = str(tmp_path / "model.pth")
    torch.save(net().state_dict(), path)
    arrays = safetensors_numpy.load_file(path)
    assert sorted(arrays) == ["count", "weight"]
    assert np.array_equal(arrays["weight"], net().weight.detach().numpy())
    state = torch.load(path)
    assert list(state) == ["weight", "count"] and isinstance(state, OrderedDict)
    assert str(net().load_state_dict(state)) == "<All keys matched successfully>"


def test_a_safetensors_file_of_others_is_a_dictionary_of_tensors(tmp_path):
    path = tmp_path / "other.safetensors"
    safetensors_numpy.save_file({"b": np.ones((2, 2), np.float32), "a": np.arange(3)}, path, {"format": "np"})
    state = torch.load(path)
    assert {name: tensor.tolist() for name, tensor in state.items()} == {"b": [[1, 1], [1, 1]], "a": [0, 1, 2]}


def test_metadata_is_read_without_the_tensors(tmp_path):
    torch.save(torch.ones(3), tmp_path / "x.pt", metadata={"made by": "a test"})
    assert metadata(tmp_path / "x.pt") == {"made by": "a test"}
    with pytest.raises(TypeError, match="metadata has to be text for text"):
        torch.save(1, tmp_path / "y.pt", metadata={"n": 1})
    with pytest.raises(ValueError, match="the metadata key 'format' is tensorkit's own"):
        torch.save(1, tmp_path / "y.pt", metadata={"format": "x"})


def test_what_cannot_be_saved_is_named_with_its_place_and_nothing_is_written(tmp_path):
    path = tmp_path / "model.pt"
    torch.save({"good": 1}, path)
    with pytest.raises(TypeError, match=r"cannot save a .*Net: checkpoint\['model'\]") as caught:
        torch.save({"model": net()}, path)
    assert "state_dict()" in caught.value.__notes__[0]
    with pytest.raises(TypeError, match=r"checkpoint\['f'\]\[1\]"):
        torch.save({"f": [0, lambda: 0]}, path)
    loop = []
    loop.append({"a": loop})
    with pytest.raises(ValueError, match=r"checkpoint\[0\]\['a'\] holds itself"):
        torch.save(loop, path)
    assert torch.load(path) == {"good": 1} and os.listdir(tmp_path) == ["model.pt"]


PICKLES = {
    "zip": b"PK\x03\x04" + bytes(100), "old": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "plain": b"\x80\x04\x95" + bytes(40),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_are_refused_with_the_way_out(name, tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(PICKLES[name])
    with pytest.raises(FileFormatError, match="pickle format") as caught:
        torch.load(path, weights_only=False)
    assert "safetensors.torch.save_file" in str(caught.value)


def sound_file() -> bytes:
    file = io.BytesIO()
    torch.save(
        {"epoch": 3, "model": OrderedDict(w=torch.randn(3, 2), b=torch.ones(2)), "rates": [0.5, (1, None)]}, file
    )
    return file.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(8, "little") + encoded + body


def structured(structure) -> bytes:
    text = structure if isinstance(structure, str) else json.dumps(structure)
    return safetensors_numpy.save({"t": np.zeros(2, np.float32)}, {"tensorkit.structure": text})


DAMAGED = {
    "empty": b"", "short": b"abc", "text": b"this is no file of numbers at all", "zeros": bytes(64),
    "cut": sound_file()[:-3], "cut in the header": sound_file()[:40], "longer": sound_file() + b"x",
    "huge header": (2**63).to_bytes(8, "little") + b"{}", "numpy": b"\x93NUMPY\x01\x00" + bytes(60),
    "no json": header("{nonsense"), "deep json": header("[" * 100_000), "list": header("[1]"),
    "overlap": header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),  # noqa: E501
    "hole": header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', bytes(8)),
    "outside": header('{"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}}', bytes(8)),
    "overflow": header('{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}'),
    "empty giant": header('{"a":{"dtype":"F32","shape":[0,4611686018427387904,64],"data_offsets":[0,0]}}'),
    "65 dimensions": header('{"a":{"dtype":"F32","shape":[' + ",".join("1" * 65) + '],"data_offsets":[0,4]}}', bytes(4)),  # noqa: E501
    "unknown type": header('{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', b"x"),
    "structure no json": structured("{"), "structure deep": structured("[" * 50_000 + "]" * 50_000),
    "structure empty": structured({}), "structure unknown": structured({"module": "os"}),
    "structure two": structured({"float": "1", "size": []}), "structure no tensor": structured({"tensor": "u"}),
    "structure list as key": structured({"dict": [[[], 1]]}), "structure number": structured({"float": "one"}),
    "structure pair": structured({"dict": [[1]]}), "structure size": structured({"size": ["x"]}),
    "structure device": structured({"device": "nowhere"}), "structure dtype": structured({"dtype": "__class__"}),
    "structure bytes": structured({"bytes": "zz"}), "structure complex": structured({"complex": []}),
    "structure parts": structured({"tensor": "t", "parts": True}), "structure name": structured({"tensor": [1]}),
}  # fmt: skip


def refused(source):
    with pytest.raises(FileFormatError):
        torch.load(source)


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_at_once(name, tmp_path):
    path = tmp_path / "damaged.pt"
    path.write_bytes(DAMAGED[name])
    for source in (path, io.BytesIO(DAMAGED[name])):
        assert lines_run(lambda source=source: refused(source)) < 10_000


def test_a_header_that_lies_makes_nothing_large(tmp_path):
    path = tmp_path / "sparse.pt"
    with open(path, "wb") as file:
        file.write((150_000_000).to_bytes(8, "little") + b"{")
        file.truncate(200_000_000)  # takes no room on the disk
    with pytest.raises(FileFormatError, match="more than the 100000000"):
        torch.load(path)


def mutated(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(len(damaged) if chance.random() < 0.3 else min(len(damaged), 700))
        kind = chance.randrange(4)
        if kind == 0:
            damaged[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            damaged[place] = chance.choice(b'0129{}[]",:-e\x00\xff')
        elif kind == 2:
            del damaged[place : place + chance.choice((1, 2, 50))]
        else:
            damaged[place:place] = bytes(chance.choices(b'09"{}[],', k=chance.choice((1, 3))))
        if not damaged:
            break
    return bytes(damaged)


def damage_files(count: int, seed: int = 0) -> Counter:
    """How many mutated files were read and refused; any other error, or one that takes much work, goes through."""
    chance, content, results = random.Random(seed), sound_file(), Counter()

    def load(damaged: io.BytesIO) -> None:
        try:
            torch.load(damaged)
            results["read"] += 1
        except FileFormatError:
            results["refused"] += 1

    for _ in range(count):
        damaged = io.BytesIO(mutated(content, chance))
        assert lines_run(lambda damaged=damaged: load(damaged)) < 10_000
    return results


def test_mutated_files_are_read_or_refused_and_nothing_else():
    assert damage_files(500)["refused"] > 300


def test_a_mutated_file_takes_little_memory():
    damage_files(5)
    tracemalloc.start()
    try:
        damage_files(100, seed=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * MIB


def peak_memory() -> int:
    """The most memory this process has held so far, in bytes, as the operating system counts it."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def growth(count: int) -> tuple[Counter, float]:
    """Results of that many mutated files, and by how many MiB the process's peak grew; more than 64 is an error."""
    damage_files(100, seed=1)
    before = peak_memory()
    results = damage_files(count)
    grown = (peak_memory() - before) / MIB
    assert grown < 64, f"{grown:.0f} MiB more after {count} damaged files"
    return results, grown


# The file system


def test_paths_of_all_kinds_and_no_folder(tmp_path):
    torch.save(1, str(tmp_path / "a.pt"))
    torch.save(2, tmp_path / "b")
    with open(tmp_path / "c", "wb") as file:
        torch.save(3, file)
    with open(tmp_path / "c", "rb") as file:
        assert [torch.load(tmp_path / "a.pt"), torch.load(str(tmp_path / "b")), torch.load(file)] == [1, 2, 3]
    with pytest.raises(RuntimeError, match="Parent directory .*nowhere does not exist."):
        torch.save(1, tmp_path / "nowhere" / "x.pt")
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "missing.pt")
    with pytest.raises(IsADirectoryError):
        torch.save(1, tmp_path)
    with pytest.raises(TypeError, match="opened in binary mode"):
        torch.load(io.StringIO("x"))


def test_links_are_followed_and_permissions_stay(tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "model.pt", tmp_path / "latest.pt"
    torch.save(1, target)
    os.chmod(target, 0o640)
    link.symlink_to(target)
    torch.save(2, link)
    assert link.is_symlink() and torch.load(target) == 2 and os.stat(target).st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path / "real") == ["model.pt"]


def test_a_device_is_written_to_not_replaced():
    torch.save(1, os.devnull)
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_after_a_failure_the_earlier_file_is_there_and_nothing_else(step, tmp_path, monkeypatch):
    path = tmp_path / "model.pt"
    torch.save("earlier", path)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        torch.save("later", path)
    monkeypatch.undo()
    assert torch.load(path) == "earlier" and os.listdir(tmp_path) == ["model.pt"]


def test_map_location():
    assert torch.equal(again(torch.ones(2), map_location=torch.device("cpu")), torch.ones(2))
    assert torch.equal(again(torch.ones(2), map_location=lambda storage, place: storage), torch.ones(2))
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        again(torch.ones(2), map_location="cuda")


SAVER = """
import sys
import tensorkit as torch
state = {"turn": 0, "w": torch.zeros(500_000)}
torch.save(state, sys.argv[1])
print("ready", flush=True)
while True:
    state["turn"] += 1
    state["w"] += 1
    torch.save(state, sys.argv[1])
"""


def kill_savers(folder: Path, times: int) -> int:
    """Kill a process that saves without end, again and again; how often the file was whole afterwards."""
    path, whole = folder / "model.pt", 0
    for turn in range(times):
        process = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(0.005 + 0.02 * random.Random(turn).random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        state = torch.load(path)
        whole += bool((state["w"] == state["turn"]).all())
    return whole


def test_a_killed_save_leaves_a_whole_file(tmp_path):
    assert kill_savers(tmp_path, 4) == 4


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        print("whole after 100 kills:", kill_savers(Path(folder), 100))
    results, grown = growth(10_000)
    print(
        f"10,000 damaged files: {dict(results)}; peak memory grew by {grown:.1f} MiB to {peak_memory() / MIB:.0f} MiB"
    )
