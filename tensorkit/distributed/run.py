"""Start a script on several processes: `python -m tensorkit.distributed.run --nproc-per-node 4 train.py`.

It calls `mpiexec -n 4 python train.py` with the `mpiexec` that belongs to this Python: the one that a wheel put beside
it, else the one on the PATH.  The name and the option are those of PyTorch's `torchrun`.  For a notebook there is
`on_processes`, which takes the code itself.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path


def mpiexec() -> str:
    """The path of the `mpiexec` that belongs to this Python.

    Raises FileNotFoundError, saying what to install, where there is none.
    """
    beside = Path(sys.executable).parent
    found = shutil.which("mpiexec", path=str(beside)) or shutil.which("mpiexec")
    if found is None:
        raise FileNotFoundError("there is no mpiexec here: pip install mpi4py mpich")
    return found


def more_than_cores() -> dict[str, str]:
    """The environment in which Open MPI, too, starts more processes than the machine has cores; others do so anyway."""
    wanted = {"OMPI_MCA_rmaps_base_oversubscribe": "1", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}
    return {**wanted, **os.environ}


def on_processes(code: str, processes: int = 4) -> str:
    """Run Python code as a script on so many processes; returns what they printed.

    >>> print(on_processes("from mpi4py import MPI; print(MPI.COMM_WORLD.size)", 2))
    2
    2

    Raises RuntimeError with what stood on standard error if one of them failed; FileNotFoundError without MPI.
    """
    program = mpiexec()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(textwrap.dedent(code), encoding="utf-8")
        command = [program, "-n", str(processes), sys.executable, str(script)]
        environment = more_than_cores()
        environment.pop("PYTHONUNBUFFERED", None)  # each process's lines stay in one piece
        environment["PYTHON_COLORS"] = "0"  # what they print is text, also where a notebook's kernel asks for colours
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"mpiexec ended with status {done.returncode}")
    return done.stdout


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status of the job."""
    parser = argparse.ArgumentParser(prog="python -m tensorkit.distributed.run", description=__doc__)
    parser.add_argument(
        "--nproc-per-node", "--nproc_per_node", type=int, default=1, metavar="N", help="how many processes"
    )
    parser.add_argument("script", help="a Python file")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script is given")
    asked = parser.parse_args(argv)
    try:
        program = mpiexec()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    command = [program, "-n", str(asked.nproc_per_node), sys.executable, asked.script, *asked.arguments]
    return subprocess.run(command, check=False, env=more_than_cores()).returncode


if __name__ == "__main__":
    sys.exit(main())
