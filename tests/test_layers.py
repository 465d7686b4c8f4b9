"""Who may import whom: a module imports only from its own layer and those above, wherever the import stands.

So every file can be read without those below it. The package's front page, `tensorkit/__init__.py`, is the one place
that sees all of them; what stands below `tensorkit` in the list may use it as a learner does.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    ["array_modules", "constants", "errors", "formats", "hooks", "left_out", "once", "size", "streams", "version"],
    ["device", "dtypes", "grad_mode", "printing"],
    ["tape"],
    ["storage"],
    ["tensor"],
    ["control", "conversions", "storages", "subclass"],
    ["ops"],
    ["autograd", "random", "linalg", "special"],
    ["drawing", "lowrank", "sampling"],
    ["distributed"],
    ["func", "nn"],
    ["optim", "utils", "cuda", "backends", "amp", "accelerator"],
    ["serialization", "interop", "onnx"],
    ["tensorkit"],
    ["graph"],
    ["as_torch"],
    ["course", "magics", "cli"],
    ["__main__"],
]
DEPTH = {name: depth for depth, names in enumerate(LAYERS) for name in names}
FORBIDDEN_CALLS = {"eval", "exec", "__import__"}
FORBIDDEN_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle"}
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tensorkit").rglob("*.py"))
WIDGETS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "widgets").rglob("*.py"))


def imports(path, tree):
    """Every name that a file imports, as an absolute dotted name; what only type checkers read is left out."""
    unread = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    folder = path.removeprefix("widgets/").split("/")[:-1]
    for node in ast.walk(tree):
        if node in unread:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            yield from (".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names)


def layer(name):
    """The part of tensorkit that an absolute name belongs to: `tensorkit.ops.add` to ops, `tensorkit.ones` to all."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in DEPTH else parts[0]


@pytest.mark.parametrize("path", [path for path in MODULES if path != "tensorkit/__init__.py"])
def test_a_module_imports_only_from_its_own_layer_and_those_above(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    own = path.split("/")[1].removesuffix(".py")
    used = {layer(name) for name in imports(path, tree) if name.split(".")[0] == "tensorkit"}
    assert own in DEPTH, f"say in LAYERS where {own} belongs"
    below = {name for name in used if DEPTH[name] > DEPTH[own]}
    assert not below, f"{path} imports {sorted(below)}, which is below {own}"


@pytest.mark.parametrize("path", WIDGETS)
def test_the_widgets_see_public_names_only(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    used = [name for name in imports(path, tree) if name.split(".")[0] == "tensorkit"]
    assert not [name for name in used if any(part.startswith("_") for part in name.split("."))]
    assert {layer(name) for name in used} <= {"tensorkit", "graph", "nn", "optim", "utils", "autograd"}


@pytest.mark.parametrize("path", MODULES + WIDGETS)
def test_nothing_runs_text_as_code_or_reads_a_pickle(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    calls = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not calls & FORBIDDEN_CALLS
    assert not {name.split(".")[0] for name in imports(path, tree)} & FORBIDDEN_MODULES
    keywords = [n for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "allow_pickle"]
    assert all(isinstance(n.value, ast.Constant) and n.value.value is False for n in keywords)
