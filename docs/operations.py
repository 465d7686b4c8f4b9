"""Write `operations.md`, the table of all operations: `python docs/operations.py` (`--check`: only look).

What it says is read from the registry, from the samples that `tests/test_gradients.py` differentiates, and from
`tensorkit/left_out.py`; nothing in the table is written by hand.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
PAGE = Path(__file__).with_suffix(".md")

HEAD = """\
# Operations

Made from the registry by `python docs/operations.py`; a test holds it to what is declared. An operation is one
declaration in `tensorkit/ops/`; how to read one says [`declare.py`](../tensorkit/ops/declare.py).

- **gradient**: for which operands there is a derivative. "flat": it is zero everywhere.
- **checked**: whether the first and second derivatives are compared with numeric ones (`tests/test_gradients.py`); "no"
  means that no sample has been written for it, not that a derivative is known to be wrong.
- **in place**: whether there is a method with an underscore behind its name.
- Names in *italics* stand behind other functions or for derivatives, and are not called directly.
"""


def registry():
    """All operations, those of the networks included."""
    import_module("tensorkit.nn.functional")
    from tensorkit.ops import REGISTRY

    return REGISTRY


def samples():
    """What the gradient tests know: the samples, what has no derivative, what has no second one."""
    return import_module("gradient_samples")


def row(op, names, known, sampled) -> str:
    """One line of the table."""
    from tensorkit.tensor import Tensor

    method = getattr(Tensor, op.name, None)
    public = op.name in names or method is not None
    name = f"`{op.name}`" if public else f"*{op.name}*"
    operands = [operand for operand, rule in zip(op.operands, op.rules, strict=False) if rule is not None]
    flat = bool(operands) and all(rule is None or rule.__name__ == "nothing" for rule in op.rules)
    refused = op.name in known.NO_DERIVATIVE
    gradient = "flat" if flat else "refused" if refused else ", ".join(operands)
    second = "" if not operands or refused else "first" if op.name in known.SMOOTH_ONCE else "yes"
    if operands and not refused and op.name not in sampled:
        second = "no"
    in_place = "yes" if hasattr(Tensor, op.name + "_") else ""
    notes = []
    if op.symbol:
        notes.append(f"`{op.symbol}`")
    if public and method is None:
        notes.append("function only")
    if public and op.name not in names and method is not None:
        notes.append("method only")
    if len(op.outputs) > 1:
        notes.append("gives " + ", ".join(op.outputs))
    said = (op.forward.__doc__ or "").strip().partition("\n")[0]
    return f"| {name} | {gradient} | {second} | {in_place} | {'; '.join(notes)} | {said} |".replace("|  |", "| |")


def page() -> str:
    """The whole page."""
    from tensorkit import left_out
    from tensorkit.ops import FUNCTIONS

    known, families = samples(), {}
    sampled = {*known.SAMPLES, *import_module("gradient_samples_nn").SAMPLES}
    for op in registry().values():
        families.setdefault(op.family, []).append(op)
    parts = [HEAD]
    for family in sorted(families):
        parts.append(
            f"\n## {family}\n\n"
            "| name | gradient | checked | in place | notes | what it does |\n|---|---|---|---|---|---|\n"
        )
        rows = [row(op, FUNCTIONS, known, sampled) for op in sorted(families[family], key=lambda op: op.name)]
        parts.append("\n".join(rows).replace("\\|", "&#124;") + "\n")
    composed = sorted(set(FUNCTIONS) - {op.name for ops in families.values() for op in ops})
    parts.append("\n## Put together from these\n\nThey take their derivatives from what they are made of.\n\n")
    parts.append(", ".join(f"`{name}`" for name in composed if not name.endswith("Tensor")) + "\n")
    parts.append(
        "\n## Left out\n\nAsking for one of these names says why.\n\n"
        "| PyTorch's name | why it is not here |\n|---|---|\n"
    )
    parts.append("".join(f"| `{name}` | {why} |\n" for name, why in sorted(left_out.REASONS.items())))
    return "".join(parts)


def main() -> int:
    wanted = page()
    if "--check" in sys.argv:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted else 1
    PAGE.write_text(wanted, encoding="utf-8")
    print(f"{PAGE.name}: {len(registry())} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
