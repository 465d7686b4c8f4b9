"""The plain text in which cases are written: how `programs/*.txt` becomes a list of `Case`s.

A family is a file. A case is a small program that ends with the line that holds `=>`; behind the arrow stand the
expressions whose values are recorded, separated by `||`. So a bug report becomes a line in a file:

    x = torch.tensor([1., 2.], requires_grad=True); x.exp().sum().backward() => x.grad || x.exp().grad_fn

Lines above the arrow that do not hold one belong to the same program (a `with` block, a class):

    with torch.no_grad():
        y = x * 2
    => y.requires_grad

`== title ==` starts a group. Its cases may share statements (`given x = torch.ones(3)`), be multiplied (`each op: exp
log` or `each at: 0 || (0, 1)`; `$op` or `${op}` stands for each value in turn) and be compared less tightly (`within
1e-5`). Lines that start with `#` are comments. Programs see `torch`, `np` and `math`.

A case's id is `family/title[values]#n`, n being its place in the group. Running programs is `observe.py`'s work.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Case:
    """One program: `statements` are executed, then each expression of `shows` is evaluated and its value compared."""

    id: str
    statements: str
    shows: tuple[str, ...]
    within: float | None = None

    @property
    def family(self) -> str:
        return self.id.partition("/")[0]

    @property
    def text(self) -> str:
        return f"{self.statements}\n=> {' || '.join(self.shows)}".strip()


def families() -> list[str]:
    """Names of the families, in the order of the alphabet."""
    return sorted(path.stem for path in PROGRAMS.glob("*.txt"))


def cases_of(family: str) -> list[Case]:
    """All cases of the family that `programs/<family>.txt` spells out."""
    text = (PROGRAMS / f"{family}.txt").read_text(encoding="utf-8")
    found = parse(text, family)
    ids = [case.id for case in found]
    twice = {name for name in ids if ids.count(name) > 1} if len(set(ids)) < len(ids) else set()
    if twice:
        raise ValueError(f"{family}.txt names these cases twice: {sorted(twice)}")
    return found


def parse(text: str, family: str) -> list[Case]:
    """The cases in `text`; see the module's docstring for the language."""
    found: list[Case] = []
    title, givens, choices, within, lines, count = "", [], {}, None, [], 0
    for number, line in enumerate(text.splitlines(), 1):
        line = line.rstrip()
        if not lines and (not line or line.startswith("#")):
            continue
        if heading := re.fullmatch(r"== (.+) ==", line):
            if lines:
                raise ValueError(f"{family}.txt, line {number}: the program before this heading has no '=>'")
            title, givens, choices, within, count = heading[1], [], {}, None, 0
        elif not lines and line.startswith("given "):
            givens.append(line.removeprefix("given "))
        elif not lines and line.startswith("each "):
            name, _, values = line.removeprefix("each ").partition(":")
            choices[name.strip()] = [v.strip() for v in values.split("||")] if "||" in values else values.split()
        elif not lines and line.startswith("within "):
            within = float(line.removeprefix("within "))
        elif "=>" not in line:
            lines.append(line)
        else:
            count += 1
            last, _, shows = line.partition("=>")
            program = "\n".join([*givens, *lines, *([last.rstrip()] if last.strip() else [])])
            found += _multiplied(f"{family}/{title}", count, program, shows, choices, within)
            lines = []
    if lines:
        raise ValueError(f"{family}.txt ends inside a program: {lines[0]!r} has no '=>'")
    return found


def _multiplied(name, count, program, shows, choices, within) -> list[Case]:
    used = [c for c in choices if re.search(rf"\$(?:{c}\b|{{{c}}})", f"{program}\n{shows}")]
    made = []
    for values in itertools.product(*(choices[c] for c in used)):
        chosen = dict(zip(used, values, strict=True))

        def fill(text, chosen=chosen):
            return re.sub(r"\$(?:(\w+)|{(\w+)})", lambda m: chosen.get(m[1] or m[2], m[0]), text)

        made.append(
            Case(
                id=name + (f"[{', '.join(values)}]" if values else "") + f"#{count}",
                statements=fill(program),
                shows=tuple(part.strip() for part in fill(shows).split("||") if part.strip()),
                within=within,
            )
        )
    return made
