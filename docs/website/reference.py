"""The pages of the API reference: a name's call, its docstring, PyTorch's page about it and its code.

A docstring is written to be read in a terminal; `markdown` turns it into what a page needs: examples become
blocks of code, aligned argument lists become tables, everything else stays the sentence it is.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

from catalog import Entry, Page, all_pages
from code_pages import place_of

from tensorkit.ops import arguments

ROOT = Path(__file__).resolve().parents[2]
STABLE = "https://docs.pytorch.org/docs/stable/"

#: Namespaces that PyTorch describes on one page each instead of one page a name.
SHARED_PAGES = {
    "torch.special.": "special.html",
    "torch.nn.init.": "nn.init.html",
    "torch.utils.data.": "data.html",
    "torch.utils.checkpoint.": "checkpoint.html",
    "torch.distributed.": "distributed.html",
    "torch.amp.": "amp.html",
    "torch.serialization.": "notes/serialization.html",
}
#: Names that PyTorch describes elsewhere than under themselves.
OTHER_PAGES = {
    "torch.relu": "generated/torch.nn.functional.relu.html",
    "torch.log_softmax": "generated/torch.nn.functional.log_softmax.html",
    "torch.Tensor": "tensors.html",
    "torch.Size": "size.html",
    "torch.Generator": "generated/torch.Generator.html",
    "torch.device": "tensor_attributes.html#torch.device",
    "torch.dtype": "tensor_attributes.html#torch.dtype",
    "torch.layout": "tensor_attributes.html#torch.layout",
    "torch.memory_format": "tensor_attributes.html#torch.memory_format",
    "torch.finfo": "type_info.html#torch.finfo",
    "torch.iinfo": "type_info.html#torch.iinfo",
}
ARGUMENT = re.compile(r"^([\w*.,=\[\]() /'\"-]*?\S)  +(\S.*)$")
MARKS = re.compile(r"([\\*_<>\[\]$|#~^])")


@cache
def pytorch_names() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("pytorch_names.txt").read_text(encoding="utf-8").split())


def pytorch_page(name: str) -> str | None:
    """The address of PyTorch's own page about a name; None where PyTorch has no such page."""
    if name in OTHER_PAGES:
        return STABLE + OTHER_PAGES[name]
    if name not in pytorch_names():
        return None
    for beginning, page in SHARED_PAGES.items():
        if name.startswith(beginning):
            return f"{STABLE}{page}#{name}"
    return f"{STABLE}generated/{name}.html"


def plain(text: str) -> str:
    """Text in which Markdown sees nothing but text and, between backticks, code."""
    parts = re.split(r"(`+[^`]*`+)", text)
    return "".join(part if part.startswith("`") else MARKS.sub(r"\\\1", part) for part in parts)


def markdown(docstring: str) -> str:
    """A docstring as Markdown."""
    done = []
    for block in re.split(r"\n{2,}", inspect.cleandoc(docstring)):
        lines = block.split("\n")
        example = next((i for i, line in enumerate(lines) if line.lstrip().startswith(">>>")), len(lines))
        if example:
            done.append(_prose(lines[:example]))
        if example < len(lines):
            done.append("```pycon\n" + inspect.cleandoc("\n".join(lines[example:])) + "\n```")
    return "\n\n".join(each for each in done if each).replace("```\n\n```pycon\n", "")


def _prose(lines: list[str]) -> str:
    """A paragraph, an argument list, a list of points or indented code."""
    if lines[0].startswith("Source: "):
        rest = [line for line in (lines[0].removeprefix("Source: "), *lines[1:]) if "pytorch.org/docs" not in line]
        return "Source: " + " ".join(_linked(line.strip()) for line in rest) if rest else ""
    if all(line.startswith("    ") for line in lines):
        return "```python\n" + inspect.cleandoc("\n".join(lines)) + "\n```"
    if ARGUMENT.match(lines[0]) and all(ARGUMENT.match(line) or line[0] == " " for line in lines):
        rows: list[list[str]] = []
        for line in lines:
            found = ARGUMENT.match(line) if line[0] != " " else None
            if found:
                rows.append([found[1], found[2]])
            else:
                rows[-1][1] += " " + line.strip()
        return "| | |\n|---|---|\n" + "\n".join(f"| `{name}` | {plain(said)} |" for name, said in rows)
    marked = [line[:2] + plain(line[2:]) if line.startswith("- ") else plain(line) for line in lines]
    return "\n".join(re.sub(r"^(\s*\d+)\.", r"\1\\.", line) for line in marked)


def _linked(text: str) -> str:
    return re.sub(r"(https?://\S+?)(?=[,;.]?(\s|$))", r"<\1>", plain(text).replace("\\_", "_").replace("\\#", "#"))


@cache
def recorded_calls() -> dict[str, list[str]]:
    """How PyTorch lets each function be called, from the recorded signatures: no types, defaults as an ellipsis."""
    found = {}
    for name, said in arguments.table().items():
        calls = []
        for call in said.split(" | "):
            written = call.strip().removeprefix("(").removesuffix(")").split(", ")
            if call.startswith("("):
                names = [re.sub(r" = .*", "=...", re.sub(r"^.*? (?=\w+( = |$))", "", each)) for each in written]
                calls.append("(" + ", ".join(filter(None, names)) + ")")
        found[name] = list(dict.fromkeys(calls))
    return found


def calls(entry: Entry) -> list[str]:
    """The ways to call a name, `torch.add(input, other, *, alpha=..., out=...)`."""
    value, short = entry.value, entry.name.removeprefix("torch.")
    if short.startswith("Tensor."):
        recorded = recorded_calls().get(short.removeprefix("Tensor"))
        if recorded is None and not inspect.isroutine(value):
            return [entry.name]
    else:
        recorded = recorded_calls().get(short) if not inspect.isclass(value) else None
    if recorded:
        return [entry.name + each for each in recorded]
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return [entry.name]
    parameters = [each.replace(annotation=each.empty) for name, each in signature.parameters.items() if name != "self"]
    shown = str(signature.replace(parameters=parameters, return_annotation=signature.empty))
    return [entry.name + re.sub(r"<[^<>]* at 0x[0-9a-f]+>|<class '([\w.]+)'>", r"\1", shown)]


def definition(value) -> str | None:
    """`tensorkit/ops/pointwise.py#L-12`: where the code of a function or class begins; None for what has none."""
    value = inspect.unwrap(getattr(value, "fget", None) or value)
    try:
        file, line = inspect.getsourcefile(value), inspect.getsourcelines(value)[1]
    except (TypeError, OSError):
        return None
    path = Path(file or "").resolve()
    if not path.is_relative_to(ROOT):
        return None
    return f"{path.relative_to(ROOT).as_posix()}#L-{max(line, 1)}"


def label(entry: Entry) -> str:
    """What links to an entry say; labels know no capitals, and `Graph` and `graph` may stand on one page."""
    return entry.name + "-class" if inspect.isclass(entry.value) else entry.name


def described(entry: Entry, code: set[str]) -> str:
    """One name's part of a page; the file that its code stands in is added to `code`."""
    parts = [f"({label(entry)})=\n## {plain(entry.name)}", "```python\n" + "\n".join(calls(entry)) + "\n```"]
    if entry.aliases:
        parts.append("Also " + ", ".join(f"`{name}`" for name in entry.aliases) + ".")
    parts.append(markdown(entry.documented))
    links = []
    page = pytorch_page(entry.name)
    if page:
        links.append(f"[PyTorch's page]({page})")
    where = definition(entry.value)
    if where:
        file, _, line = where.partition("#")
        code.add(file)
        links.append(f'<a href="../{place_of(file).removesuffix(".md")}.html#{line}">the code</a>')
    if links:
        parts.append("{.links}\n" + " · ".join(links))
    return "\n\n".join(filter(None, parts))


def page(content: Page, code: set[str]) -> str:
    """A whole page of the reference."""
    parts = [f"# {content.title}", plain(content.about)]
    parts += [described(entry, code) for entry in content.entries]
    return "\n\n".join(parts) + "\n"


def index(pages: list[Page]) -> str:
    """The reference's first page: the families, then every name from A to Z."""
    names = sorted(
        ((name, label(entry)) for each in pages for entry in each.entries for name in (entry.name, *entry.aliases)),
        key=lambda pair: (pair[0].rpartition(".")[2].lower(), pair[0]),
    )
    rows = [f"| {plain(each.title)} | {len(each.entries)} |" for each in pages]
    listed = ["| family | names |\n|---|---|"] + [
        row.replace(plain(each.title), f"[{plain(each.title)}]({each.slug}.md)", 1)
        for row, each in zip(rows, pages, strict=True)
    ]
    contents = "\n".join(f"{each.title} <{each.slug}>" for each in pages)
    every = " · ".join(f"[`{name}`](<#{target}>)" for name, target in names)
    return (
        "# API reference\n\n"
        "Written from the docstrings of the installed package. `torch` stands for tensorkit, as in "
        "`import tensorkit as torch`: what has PyTorch's name means what it means there, and each entry links to "
        "PyTorch's own page. What is answered differently is listed in [differences](../differences.md), what each "
        "operation can do in [operations](../operations.md).\n\n"
        + "\n".join(listed)
        + f"\n\n## All names\n\n{every}\n\n```{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{contents}\n```\n"
    )


def write(folder: Path) -> set[str]:
    """Write the pages into a folder; gives the files whose code they link to."""
    folder.mkdir(parents=True, exist_ok=True)
    pages, code = all_pages(), set()
    for each in pages:
        (folder / f"{each.slug}.md").write_text(page(each, code), encoding="utf-8")
    (folder / "index.md").write_text(index(pages), encoding="utf-8")
    return code
