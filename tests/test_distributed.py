"""Several processes on this machine: the same answers as PyTorch's, the same training as in one process, clear ends.

What PyTorch answers to the calls in `tests/distributed/` is recorded by `tests/distributed/record.py` (with gloo, which
PyTorch brings; the texts of its errors name the backend). Skipped where there is no MPI.
"""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import tensorkit as torch
from tensorkit.distributed.run import more_than_cores, mpiexec

HERE = Path(__file__).resolve().parent
RECORDED = json.loads((HERE / "cases" / "distributed.json").read_text(encoding="utf-8"))


#: Open MPI refuses to run as root, which a container mostly is, unless both are set.
AS_ROOT = ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")


def missing():
    """What is not here that these tests need, or nothing."""
    if not torch.distributed.is_available():
        return "mpi4py is not installed"
    try:
        mpiexec()
    except FileNotFoundError as error:
        return str(error)
    return ""


needs_mpi = pytest.mark.skipif(bool(missing()), reason=f"no MPI: {missing()}")


def start(processes, *arguments, timeout=60):
    """Run a script on so many processes."""
    command = [mpiexec(), "-n", str(processes), sys.executable, *map(str, arguments)]
    environment = more_than_cores() | dict.fromkeys(AS_ROOT, "1")
    environment.pop("PYTHONUNBUFFERED", None)  # so that processes write whole lines
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, env=environment)


@pytest.fixture
def on(tmp_path):
    """Run code on so many processes, each with `dist`, `rank`, `world`; a process that ends with an error ends all."""

    def run(processes, code, init='dist.init_process_group("mpi")'):
        script = tmp_path / "script.py"
        script.write_text(
            "import tensorkit as torch\nimport tensorkit.distributed as dist\n"
            "from tensorkit.nn.parallel import DistributedDataParallel as DDP\n"
            f"{init}\nrank, world = dist.get_rank(), dist.get_world_size()\n" + textwrap.dedent(code)
        )
        return start(processes, script)

    return run


def said(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(done.stdout.splitlines())


# PyTorch's answers


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What both processes answer to the calls, by rank."""
    folder = tmp_path_factory.mktemp("answers")
    done = start(2, "-W", "ignore", HERE / "distributed" / "calls.py", "tensorkit", "mpi", folder)
    assert done.returncode == 0, done.stderr
    return [json.loads((folder / f"{rank}.json").read_text(encoding="utf-8")) for rank in range(2)]


@needs_mpi
@pytest.mark.parametrize("rank", [0, 1])
def test_every_call_answers_as_in_pytorch(answers, rank):
    expected = json.loads(json.dumps(RECORDED["calls"][rank]).replace("ProcessGroupGloo", "ProcessGroupMPI"))
    assert list(answers[rank]) == list(expected)
    differing = {
        name: (answers[rank][name], wanted) for name, wanted in expected.items() if answers[rank][name] != wanted
    }
    assert differing == {}


@needs_mpi
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_training_gives_the_losses_of_one_process_and_those_of_pytorch(processes):
    done = start(processes, HERE / "distributed" / "train.py", "tensorkit", "mpi")
    assert [json.loads(line) for line in said(done)] == [RECORDED["train on two"]]
    assert RECORDED["train on two"] == RECORDED["train on one"]


def test_the_training_in_one_process_needs_no_mpi():
    command = [sys.executable, str(HERE / "distributed" / "train.py"), "tensorkit", "alone"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == RECORDED["train on one"]


# On four processes


@needs_mpi
def test_collectives_on_four_processes(on):
    code = """
        x = torch.arange(3) + rank
        dist.all_reduce(x)
        found = [torch.zeros(2) for _ in range(world)]
        dist.all_gather(found, torch.full((2,), float(rank)))
        piece = torch.zeros(1, dtype=torch.int64)
        dist.scatter(piece, list(torch.arange(4).split(1)) if rank == 3 else None, src=3)
        swapped = torch.zeros(4)
        dist.all_to_all_single(swapped, torch.arange(4.) + 10 * rank)
        total = torch.zeros(2)
        dist.reduce_scatter_tensor(total, torch.arange(8.))
        print(rank, x.tolist(), [t[0].item() for t in found], piece.item(), swapped.tolist(), total.tolist())
    """
    assert said(on(4, code)) == [
        f"{rank} [6, 10, 14] [0.0, 1.0, 2.0, 3.0] {rank} {[rank + 10.0 * other for other in range(4)]} "
        f"{[8.0 * rank, 8.0 * rank + 4]}"
        for rank in range(4)
    ]


@needs_mpi
def test_groups_work_beside_each_other(on):
    code = """
        low, high = dist.new_group([0, 1]), dist.new_group([2, 3])
        mine = low if rank < 2 else high
        x = torch.tensor([float(rank)])
        dist.all_reduce(x, group=mine)
        y = torch.tensor([float(rank)])
        dist.broadcast(y, src=1 if rank < 2 else 3, group=mine)
        print(rank, dist.get_rank(mine), x.item(), y.item(), dist.get_process_group_ranks(mine))
    """
    assert said(on(4, code)) == ["0 0 1.0 1.0 [0, 1]", "1 1 1.0 1.0 [0, 1]", "2 0 5.0 3.0 [2, 3]", "3 1 5.0 3.0 [2, 3]"]


@needs_mpi
def test_what_is_no_contiguous_piece_of_memory_is_filled_in_its_own_places(on):
    # gloo takes the memory from the first element on: it changes the elements between
    code = """
        x = torch.arange(6.)
        dist.all_reduce(x[::2])
        y = torch.zeros(2, 2)
        dist.broadcast(y.t(), 0) if rank else dist.broadcast(torch.tensor([[1., 2.], [3., 4.]]), 0)
        print(rank, x.tolist(), y.tolist() if rank else "")
    """
    both = "[0.0, 1.0, 4.0, 3.0, 8.0, 5.0]"
    assert said(on(2, code)) == [f"0 {both} ", f"1 {both} [[1.0, 3.0], [2.0, 4.0]]"]


@needs_mpi
def test_every_dtype_is_added_up(on):
    code = """
        for name in "uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128 bool".split():
            x = torch.tensor([rank + 1, 0]).to(getattr(torch, name))
            dist.all_reduce(x)
            if rank == 0:
                print(name, x.dtype, x.tolist())
    """
    lines = dict(line.split(" ", 1) for line in said(on(4, code)))
    assert lines["bool"] == "torch.bool [True, False]"
    assert lines["int16"] == "torch.int16 [10, 0]"
    assert lines["float16"] == "torch.float16 [10.0, 0.0]"
    assert lines["complex64"] == "torch.complex64 [(10+0j), 0j]"
    assert len(lines) == 11


@needs_mpi
def test_a_write_by_a_collective_is_seen_by_the_backward_pass(on):
    code = """
        x = torch.ones(2, requires_grad=True)
        y = x * 1
        z = (y * y).sum()
        dist.all_reduce(y.detach())
        try:
            z.backward()
        except RuntimeError as error:
            print("modified by an inplace operation" in str(error))
    """
    assert said(on(2, code)) == ["True", "True"]


@needs_mpi
def test_only_what_json_holds_goes_between_processes_and_the_reason_is_told(on):
    code = """
        for value in ({1: 2}, (1, 2), torch.ones(2), {"a": [print]}):
            try:
                dist.all_gather_object([None] * world, value)
            except TypeError as error:
                assert "tensorkit reads no pickles" in str(error)
                print(str(error).split("keys), ")[1].split(":")[0])
    """
    types = [
        "and not Tensor",
        "and not a dictionary with other keys",
        "and not builtin_function_or_method",
        "and not tuple",
    ]
    assert said(on(2, code)) == sorted(2 * types)


@needs_mpi
def test_the_sampler_takes_rank_and_size_from_the_group(on):
    code = """
        sampler = torch.utils.data.DistributedSampler(range(8), shuffle=False)
        print(rank, list(sampler))
    """
    assert said(on(4, code)) == ["0 [0, 4]", "1 [1, 5]", "2 [2, 6]", "3 [3, 7]"]


@needs_mpi
def test_a_message_of_another_length_is_an_error(on):
    code = """
        if rank == 0:
            dist.send(torch.ones(2), 1)
        else:
            try:
                dist.recv(torch.ones(3), 0)
            except RuntimeError as error:
                print(error)
    """
    assert said(on(2, code)) == ["recv: 8 bytes have come for a tensor of 12 bytes"]


# DistributedDataParallel


@needs_mpi
def test_weights_and_buffers_are_those_of_rank_0_and_the_names_are_pytorchs(on):
    code = """
        torch.manual_seed(rank)
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
        net[1].running_mean.fill_(rank + 1.)
        model = DDP(net)
        first = [torch.zeros(2, 2) for _ in range(world)]
        dist.all_gather(first, model.module[0].weight.detach())
        print(all(torch.equal(first[0], other) for other in first), net[1].running_mean.tolist())
        if rank == 0:
            print(list(model.state_dict())[0], model.module is net)
            print(repr(model).splitlines()[:2])
    """
    assert said(on(4, code)) == [
        *4 * ["True [1.0, 1.0]"],
        "['DistributedDataParallel(', '  (module): Sequential(']",
        "module.0.weight True",
    ]


@needs_mpi
def test_gradients_are_sent_while_the_backward_pass_goes_on(on):
    code = """
        net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh(), torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
        model = DDP(net, bucket_cap_mb=1e-5)
        sent = []
        summed = model.reducer._summed
        model.reducer._summed = lambda numbers: sent.append("sent") or summed(numbers)
        hidden = net[0](torch.ones(1, 4))
        net[0].register_forward_hook(
            lambda module, given, out: out.register_hook(lambda g: sent.append("first layer")) and None
        )
        model(torch.ones(1, 4)).sum().backward()
        print(len(model.reducer.buckets), sent.index("first layer"), len(sent))
    """
    buckets, before, together = map(int, set(said(on(2, code))).pop().split())
    assert buckets == 6 and before == 4 and together == 7


@needs_mpi
def test_no_sync_adds_up_at_home_and_the_next_pass_sends_the_sum(on):
    code = """
        model = DDP(torch.nn.Linear(2, 1))
        x = torch.ones(1, 2) * (rank + 1)
        with model.no_sync():
            model(x).sum().backward()
        at_home = model.module.weight.grad.tolist()
        model(x).sum().backward()
        print(rank, at_home, model.module.weight.grad.tolist())
    """
    assert said(on(2, code)) == ["0 [[1.0, 1.0]] [[3.0, 3.0]]", "1 [[2.0, 2.0]] [[3.0, 3.0]]"]


@needs_mpi
def test_parameters_that_get_no_gradient(on):
    code = """
        class Either(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.parts = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(3)])

            def forward(self, x, which):
                return {"y": [self.parts[which](x)]}

        def step(model):
            model(torch.ones(1, 2), rank)["y"][0].sum().backward()
            grads = [part.bias.grad for part in model.module.parts]
            return [g if g is None else g.tolist() for g in grads]

        print(step(DDP(Either(), find_unused_parameters=True)))
        model = DDP(Either())
        step(model)
        try:
            step(model)
        except RuntimeError as error:
            print(str(error)[:94], str(error).splitlines()[3])
    """
    unfinished = "Expected to have finished reduction in the prior iteration before starting a new one. This err"
    indices = "Parameter indices which did not receive grad for rank"
    assert said(on(2, code)) == [
        f"{unfinished} {indices} 0: 2 3 4 5",
        f"{unfinished} {indices} 1: 0 1 4 5",
        *2 * ["[[0.5, 0.5], [0.5, 0.5], None]"],
    ]


@needs_mpi
def test_networks_that_differ_are_refused_on_every_process(on):
    code = """
        try:
            DDP(torch.nn.Linear(2 + (rank == 1), 2))
        except RuntimeError as error:
            print(error)
    """
    text = "[1]: params[0] in this process with sizes [2, 3] appears not to match sizes of the same param in process 0."
    assert said(on(2, code)) == [text, text]


@needs_mpi
def test_running_means_are_those_of_rank_0_again_in_each_forward_pass(on):
    code = """
        model = DDP(torch.nn.BatchNorm1d(1))
        for step in range(2):
            model(torch.tensor([[0.], [10. * (rank + 1)]]))
        print(round(model.module.running_mean.item(), 4))
    """
    # 0.1 of 5 and 0.9 of that, then 0.1 of the process's own mean
    assert said(on(2, code)) == ["0.95", "1.45"]


# A rank that ends


@needs_mpi
def test_an_exception_on_one_rank_ends_the_job_with_its_traceback(on):
    done = on(4, 'if rank == 2:\n    raise ValueError("no data")\ndist.all_reduce(torch.ones(2))')
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr and "ValueError: no data" in done.stderr
    assert "rank 2 of 4 ended with ValueError: all ranks are stopped" in done.stderr


@needs_mpi
def test_a_killed_rank_ends_the_job(on):
    begin = time.monotonic()
    done = on(4, "import os, signal\nif rank == 1:\n    os.kill(os.getpid(), signal.SIGKILL)\ndist.barrier()")
    assert done.returncode != 0
    assert "signal 9" in done.stdout + done.stderr
    assert time.monotonic() - begin < 30


@needs_mpi
def test_a_rank_that_ends_before_the_others_is_named(on):
    done = on(2, "import sys\nif rank == 1:\n    sys.exit(3)\ndist.all_reduce(torch.ones(2))")
    assert done.returncode != 0
    assert "RuntimeError: all_reduce on rank 0 waits for rank 1, which has ended" in done.stderr
    assert "Hint: every rank makes the same calls in the same order" in done.stderr


@needs_mpi
def test_waiting_ends_after_the_timeout(on):
    begin = time.monotonic()
    init = 'from datetime import timedelta\ndist.init_process_group("mpi", timeout=timedelta(seconds=1))'
    done = on(2, "import time\nif rank == 0:\n    dist.all_reduce(torch.ones(2))\ntime.sleep(25)", init)
    assert done.returncode == 1
    assert "RuntimeError: Timed out waiting 1000ms for all_reduce operation to complete" in done.stderr
    assert time.monotonic() - begin < 20


# Without MPI


def test_importing_loads_no_mpi():
    code = (
        "import sys, tensorkit.distributed, tensorkit.nn.parallel.distributed\n"
        "tensorkit.distributed.is_available()\n"
        "print([name for name in sys.modules if name.startswith('mpi4py')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_mpi4py_the_error_is_pytorchs_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(RuntimeError, match="^Distributed package doesn't have MPI built in.") as caught:
        torch.distributed.init_process_group("mpi")
    assert "pip install mpi4py mpich" in caught.value.__notes__[0]


def test_a_tensor_on_a_gpu_is_refused():
    from tensorkit.distributed.mpi import packed

    with pytest.raises(
        RuntimeError, match="^CUDA tensor detected and the MPI used doesn't have CUDA-aware MPI support"
    ):
        packed(SimpleNamespace(device=torch.device("cuda")))


@pytest.mark.parametrize(
    ("backend", "kind", "text"),
    [
        ("gloo", RuntimeError, "Distributed package doesn't have Gloo built in"),
        ("nccl", RuntimeError, "Distributed package doesn't have NCCL built in"),
        ("nonsense", ValueError, "Unknown c10d backend type NONSENSE"),
        (3, ValueError, "Backend constructor parameter must be string-ish"),
    ],
)
def test_other_backends_are_refused(backend, kind, text):
    with pytest.raises(kind) as caught:
        torch.distributed.init_process_group(backend)
    assert str(caught.value) == text
    assert not torch.distributed.is_initialized()


def test_the_launcher_says_what_is_missing(monkeypatch, capsys):
    from tensorkit.distributed import run

    monkeypatch.setattr(run.shutil, "which", lambda *name, **where: None)
    assert run.main(["--nproc-per-node", "2", "train.py"]) == 1
    assert capsys.readouterr().err == "there is no mpiexec here: pip install mpi4py mpich\n"


@needs_mpi
def test_code_from_a_notebook_runs_on_several_processes():
    from tensorkit.distributed.run import on_processes

    start = "    import tensorkit.distributed as dist\n    dist.init_process_group('mpi')\n"
    assert on_processes(f"{start}    if dist.get_rank() == 1:\n        print('two')", 2) == "two\n"
    with pytest.raises(RuntimeError, match="ZeroDivisionError: division by zero"):
        on_processes(f"{start}    1 / dist.get_rank()", 2)


@needs_mpi
def test_the_launcher_starts_a_script_on_several_processes():
    command = [sys.executable, "-m", "tensorkit.distributed.run", "--nproc-per-node", "2"]
    script = [str(HERE / "distributed" / "train.py"), "tensorkit", "mpi"]
    done = subprocess.run([*command, *script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == RECORDED["train on two"]


# The page about it


def blocks(language):
    """The pieces of code in docs/distributed.md."""
    page = (HERE.parent / "docs" / "distributed.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@needs_mpi
def test_the_script_of_the_page_prints_the_same_on_one_and_on_four_processes(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(next(block for block in blocks("python") if "DistributedDataParallel(" in block))
    losses = [start(processes, script).stdout.splitlines() for processes in (1, 4)]
    assert losses[0] == losses[1] and len(losses[0]) == 5


@needs_mpi
def test_what_page_and_lesson_say_about_notebooks_works_there(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipyparallel")
    lesson = nbformat.read(HERE.parent / "lessons" / "16_distributed.ipynb", as_version=4)
    begin = next(n for n, piece in enumerate(blocks("python")) if "ipyparallel" in piece)
    pieces = blocks("python")[begin : begin + 2]
    assert [any(piece in cell.source for cell in lesson.cells) for piece in pieces] == [True, True]
    cells = [nbformat.v4.new_code_cell(piece) for piece in [*pieces, "_ = engines.shutdown(hub=True)"]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    path = f"{Path(mpiexec()).parent}{os.pathsep}{os.environ['PATH']}"
    folder = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources=folder).execute(
        env={**os.environ, "PATH": path, "IPYTHONDIR": str(tmp_path)}
    )
    assert str(notebook.cells[1].outputs).count("tensor([6., 6.])") == 4
