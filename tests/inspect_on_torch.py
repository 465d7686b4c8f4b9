"""Build the same graphs by PyTorch and by tensorkit and compare what the inspectors say: `tests/inspect_on_torch.py`.

Needs a Python with `torch` 2.13, beside what the tests need. Each graph of `inspected.py` is built by both libraries,
by PyTorch inside of `record()` and once more without. Compared are the graph's nodes and edges (values, gradients,
rules, contributions, the axes summed over), the steps, the leaves, the finite differences, every `why`, every view of a
tensor; then what magics and widgets say in an IPython shell. Without `record()` some values are unknown; what is known
must be the same. Names as arguments choose graphs; `--record` writes what PyTorch says for the suite that runs without
it. Exits 0 when all agree, 1 else, 2 without PyTorch.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from inspected import CELLS, GRAPHS, differences, inspected, left_out_overwritten, printed, save  # noqa: E402

AGAIN = re.compile(r" ?\d+ values? that PyTorch does not keep (was|were) computed again from the leaves\.")
NODE = ("shape", "dtype", "requires_grad", "value", "gradient", "stored_grad", "op", "grad_fn", "version")
USE = ("slot", "rule", "contribution", "summed")


def without_constants(shown: dict) -> list[tuple[str, dict]]:
    """The records of a graph that are not of constants: which is unknown without `record()` is none that is shared."""
    nodes = [node for node in shown["nodes"] if node["kind"] != "constant"]
    place = {node["id"]: number for number, node in enumerate(nodes)}
    uses = [edge for edge in shown["edges"] if edge["source"] in place]
    told = [(f"{number}", {key: node[key] for key in NODE}) for number, node in enumerate(nodes)]
    return told + [
        (f"{place[edge['source']]}-{place[edge['target']]}", {key: edge[key] for key in USE}) for edge in uses
    ]


def known_differences(ours: dict, bare: dict, way: str) -> tuple[list[str], int]:
    """Where what is known without `record()` differs, and how many values and gradients are unknown."""
    mine, other = without_constants(ours), without_constants(bare)
    if [place for place, _ in mine] != [place for place, _ in other]:
        return [f"{way}: another graph without record()"], 0
    found, unknown = [], 0
    for (place, a), (_, b) in zip(mine, other, strict=True):
        for key in a:
            if b[key] is None and a[key] is not None and key in ("value", "gradient", "contribution"):
                unknown += 1
            else:
                found += differences(a[key], b[key], f"{way} without record().{place}.{key}")
    return found, unknown


def compare(name: str, torch, tensorkit) -> tuple[list[str], list[str], int, dict]:
    """The differences of one graph, recorded and not recorded; the unknown values of the latter; PyTorch's answer."""
    from tensorkit.graph import record

    ours = inspected(GRAPHS[name](tensorkit))
    with record():
        names = GRAPHS[name](torch)
    theirs = inspected(names)
    bare = inspected(GRAPHS[name](torch))
    left_out_overwritten(ours, theirs)
    known, unknown = known_differences(ours["graph"], bare["graph"], name)
    return differences(ours, theirs, name), known, unknown, theirs


def compare_cells(torch, tensorkit) -> list[str]:
    """Where a cell of magics or widgets says something else on PyTorch; what is computed again may say so."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    ours, theirs = printed(shell, tensorkit), printed(shell, torch)
    for said in theirs:
        said[:] = [text for line in said if (text := AGAIN.sub("", line)) or not line]
    found = []
    for cell, mine, other in zip(CELLS, ours, theirs, strict=True):
        title = " ".join(cell.splitlines()[-1].split())
        lines = differences(mine, other, title)
        print(f"{title[:68]:70}{len(other):4} lines  {'equal' if not lines else f'{len(lines)} differ'}", flush=True)
        found += lines
    return found


def side_effects(torch) -> list[str]:
    """What looking must not do: call hooks, write gradients, free a graph; and what can be looked at besides."""
    from tensorkit.graph import check, record, summarize, trace, walk, why

    called: list = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.register_hook(called.append)
    x.register_post_accumulate_grad_hook(called.append)
    f = (y * y).sum()
    f.grad_fn.register_hook(lambda *gradients: called.append(gradients))
    names = {"x": x, "y": y, "f": f, "meta": torch.ones(2, device="meta"), "sparse": torch.eye(2).to_sparse()}
    shown = trace(f, names)
    walk(f, names), check(f, names), why(x, names)
    problems = ["a hook was called"] * bool(called) + ["a gradient was written"] * (x.grad is not None)
    f.backward()
    problems += ["the hooks are gone"] * (len(called) != 3)
    problems += ["another gradient"] * (shown.leaves[0].gradient.array.tolist() != x.grad.tolist())
    kinds = [torch.bfloat16, torch.float16, torch.float64, torch.complex64, torch.float8_e4m3fn, torch.bool]
    shown = [summarize(torch.ones(3).to(kind)).shot.shape for kind in kinds]
    problems += ["a type can't be shown"] * (shown != [(3,)] * len(kinds))
    with record():
        h = torch.nn.functional.interpolate(x[None, None], scale_factor=2.0, mode="linear").sum()
    problems += ["an operation that is not ours is not checked"] * (not check(h, {"x": x}).agree)
    h = torch.compile(lambda x: (x * x).sum(), backend="aot_eager")(x)
    problems += ["a compiled function has no gradient"] * (trace(h, {"x": x}).leaves[0].gradient is None)
    try:
        summarize(names["meta"])
        problems.append("a tensor without numbers was shown")
    except TypeError:
        pass
    print(f"looking leaves everything as it is: {'no: ' + ', '.join(problems) if problems else 'yes'}")
    return problems


def main(arguments: list[str]) -> int:
    """Print a table of the graphs and every difference; returns the exit status."""
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed for this Python: pip install torch==2.13.0", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    import torch

    import tensorkit

    chosen = [name for name in arguments if not name.startswith("-")] or list(GRAPHS)
    answers, lines = {}, []
    print(f"{'graph':28}{'nodes':>7}{'uses':>7}{'texts':>7}  recorded  not recorded")
    for name in chosen:
        found, known, unknown, answers[name] = compare(name, torch, tensorkit)
        shown = answers[name]["graph"]
        texts = sum(len(each) for key, each in answers[name].items() if key != "graph")
        state = "equal" if not found else f"{len(found)} differ"
        rest = f"equal, {unknown} unknown" if not known else f"{len(known)} differ"
        print(f"{name:28}{len(shown['nodes']):7}{len(shown['edges']):7}{texts:7}  {state:9} {rest}", flush=True)
        lines += [*found, *known]
    if chosen == list(GRAPHS):
        lines += compare_cells(torch, tensorkit) + side_effects(torch)
    if "--record" in arguments:
        save(answers)
    print(*lines[:200], sep="\n")
    print(f"{len(chosen)} graphs, {len(lines)} differences")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
