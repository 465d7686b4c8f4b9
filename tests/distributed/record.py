"""Keep PyTorch's answers: `python tests/distributed/record.py`, in an environment with PyTorch 2.13.

Runs `calls.py` and `train.py` on two processes under gloo, which comes with PyTorch (MPI does not), and `train.py` on
one; writes what they print to `tests/cases/distributed.json`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ANSWERS = HERE.parent / "cases" / "distributed.json"


def answers(script: str, processes: int) -> list[dict]:
    """What the processes wrote, by rank, or what the first of them printed."""
    with tempfile.TemporaryDirectory() as folder:
        ranks = [["gloo", folder, str(rank)] for rank in range(processes)] if processes > 1 else [["alone"]]
        started = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", str(HERE / script), "torch", *how],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for how in ranks
        ]
        said = [process.communicate(timeout=120)[0] for process in started]
        written = [path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("*.json"))]
    return [json.loads(each) for each in written or said[:1]]


def main() -> None:
    recorded = {
        "calls": answers("calls.py", 2),
        "train on two": answers("train.py", 2)[0],
        "train on one": answers("train.py", 1)[0],
    }
    ANSWERS.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{ANSWERS.name}: {sum(len(each) for each in recorded['calls'])} answers, {recorded['train on two']}")


if __name__ == "__main__":
    main()
