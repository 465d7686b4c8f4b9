"""Run the recorded cases with every tensor on a GPU: `python tests/cases/replay_on_gpu.py [family …] [--rewrite]`.

Without `--cuda` the GPU is the one that NumPy plays (`tests/fake_cupy.py`); with it, CuPy's.  The programs are those of
`replay.py`: what they make, and the parameters of their modules, is made on the GPU, and they have to give the answers
that PyTorch gave on the CPU.  What the package itself makes on the way gets no such help.
What cannot be the same there is listed in `on_gpu.txt`: `differs` before a case that asks where its tensors are,
shares memory with NumPy or shows the last bit of sums (they have PyTorch's order on the CPU alone), `host` before one
that shows a tensor of the CPU.  `--rewrite` writes the list anew.
"""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import fake_cupy  # noqa: E402

from cases import compare, language, observe, record, replay  # noqa: E402
from tensorkit import storages  # noqa: E402
from tensorkit.device import Default, default  # noqa: E402

LIST = Path(__file__).parent / "on_gpu.txt"
HEADER = """\
# Recorded cases that are not the same with every tensor on a GPU: `differs` (they ask where tensors are, share memory
# with NumPy, or show the last bit of sums, which have PyTorch's order on the CPU alone) and `host` (they show tensors
# of the CPU). `python tests/cases/replay_on_gpu.py --rewrite` made it.
"""


def listed() -> dict[str, set[str]]:
    """The ids of cases that differ, and of those with tensors of the host."""
    lines = [line.split(" ", 1) for line in LIST.read_text(encoding="utf-8").splitlines() if line[:1] not in ("#", "")]
    return {kind: {name for each, name in lines if each == kind} for kind in ("differs", "host")}


def everywhere(answer):
    """An answer without the names of places, and without the line breaks that they cause."""
    if isinstance(answer, dict):
        return {key: everywhere(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [everywhere(each) for each in answer]
    if not isinstance(answer, str):
        return answer
    answer = re.sub(r",\s+device='cuda:0'", "", answer)
    answer = answer.replace("torch.cuda.", "torch.").replace(" (cuda:0)]", "]")
    answer = answer.replace("device(type='cuda', index=0)", "device(type='cpu')").replace("cuda:0", "cpu")
    return re.sub(r"\s+", " ", answer)


#: Frames that hand on what a program asked for, and functions in which modules make their parameters.
HANDING_ON = ("create.py", "alike.py", "allocate.py", "data.py", "drawing.py", "sampling.py", "publish.py", "legacy.py",
              "device.py", "matrices.py")  # fmt: skip
MAKING = ("__init__", "_set_up", "_register_weights", "_scale", "materialize", "__new__", "_make")


class DefaultOfPrograms(Default):
    """A default device that is 'cuda' where a program makes a tensor, or a module its parameters."""

    __slots__ = ()

    @property
    def place(self):
        given = Default.place.__get__(self)
        frame = sys._getframe(1)
        while Path(frame.f_code.co_filename).name in HANDING_ON:
            frame = frame.f_back
        inside = "/tensorkit/" in frame.f_code.co_filename.replace("\\", "/")
        return None if inside and frame.f_code.co_name not in MAKING else given

    @place.setter
    def place(self, wanted):
        Default.place.__set__(self, wanted)


@contextmanager
def on_the_gpu(torch):
    """While it lasts, what programs make is made on 'cuda'."""
    default.__class__ = DefaultOfPrograms
    torch.set_default_device("cuda")
    try:
        yield
    finally:
        torch.set_default_device(None)
        default.__class__ = Default


@contextmanager
def noted(torch):
    """Gathers, while it lasts, the operations that run on the host, and whether a shown tensor is there."""
    from tensorkit.ops import placing

    found: dict = {"on_host": set(), "host": False}
    describe, tell = observe.describe, placing.tell

    def seen(value, torch):
        found["host"] = found["host"] or (isinstance(value, torch.Tensor) and not value.is_cuda)
        return describe(value, torch)

    observe.describe, placing.tell = seen, found["on_host"].add
    try:
        yield found
    finally:
        observe.describe, placing.tell = describe, tell


def run(families, torch, within: float | None = None) -> tuple[dict[str, str], set[str], set[str]]:
    """What differs, by id; the ids of cases that show tensors of the host; the operations that ran there."""
    differing, host = {}, set()
    not_yet = replay.not_yet()
    with noted(torch) as found:
        for family in families:
            entries = record.recorded(family)
            for case in language.cases_of(family):
                if case.id in not_yet:
                    continue
                found["host"] = storages._told = False  # of a warning that comes once per process
                with on_the_gpu(torch):
                    got = observe.run(case, torch)
                wanted = entries[case.id]["answers"]
                limit = case.within if within is None else max(case.within or 0, within)
                what = compare.difference(everywhere(wanted), everywhere(got), limit)
                if what is not None:
                    differing[case.id] = what
                elif found["host"]:
                    host.add(case.id)
    return differing, host, found["on_host"]


def main() -> None:
    import tensorkit as torch

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("families", nargs="*")
    parser.add_argument("--cuda", action="store_true", help="on the GPU that CuPy drives")
    parser.add_argument("--rewrite", action="store_true", help="write on_gpu.txt anew")
    options = parser.parse_args()
    module = None
    if options.cuda:
        import cupy as module
    with fake_cupy.in_use(module):
        differing, host, on_host = run(options.families or language.families(), torch, 1e-4 if options.cuda else None)
    known = listed()["differs"]
    for name, what in differing.items():
        if name not in known:
            print(f"{name}\n    {what[:300]}")
    print(f"{len(differing)} cases differ, {len(host)} show tensors of the host; on the host ran: {sorted(on_host)}")
    if options.rewrite:
        lines = [*(f"differs {name}" for name in sorted(differing)), *(f"host {name}" for name in sorted(host))]
        LIST.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
