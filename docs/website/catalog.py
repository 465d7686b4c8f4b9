"""Which public names there are, and on which page of the reference each stands.

Read from the packages themselves: an operation belongs to the family of its module in `tensorkit/ops/`, everything
else to its module. What a name's page says is made in `reference.py`; `tests/test_docs_examples.py` counts these names.
"""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass, field
from importlib import import_module

#: Title, and modules that define its names, of the pages about the functions of the `torch` namespace.
FAMILIES = [
    ("Making tensors", "ops.create ops.alike ops.allocate ops.data interop"),
    ("Elementwise arithmetic", "ops.pointwise ops.powers ops.rounding ops.sign ops.activation"),
    ("Exponentials and angles", "ops.exponential ops.trigonometric ops.complex_numbers ops.complex_views"),
    ("Comparison, logic and bits", "ops.compare ops.bounds ops.masks"),
    ("Sums, means and other reductions", "ops.reduce ops.extremes ops.statistics ops.cumulative ops.norm"),
    ("Shapes and views", "ops.shape ops.transpose ops.broadcast ops.rearrange ops.windows ops.cast"),
    ("Joining and splitting", "ops.join ops.pieces ops.grids ops.unsafe"),
    ("Indexing", "ops.index ops.slices ops.gather ops.flattened ops.assign ops.rewrite"),
    ("Sorting and searching", "ops.sort ops.search"),
    ("Matrix products", "ops.matmul ops.products ops.einsum"),
    (
        "Matrices",
        "ops.matrices ops.linalg ops.determinants ops.decompose ops.cholesky ops.lu ops.leastsquares "
        "ops.householder ops.ldl",
    ),
    ("Special functions", "ops.special ops.bessel ops.polynomials"),
    ("Samples, grids and more", "ops.samples ops.misc"),
    ("Random numbers", "drawing sampling lowrank random"),
    (
        "Types, devices and modes",
        "dtypes device formats size printing tape grad_mode tensor once autograd ops.legacy "
        "ops.settings ops.strides storages control torch",
    ),  # the classes that print as PyTorch's
]

#: Slug, title and modules of the pages about the other namespaces.
NAMESPACES = [
    ("autograd", "autograd", "autograd autograd.functional autograd.graph"),
    ("func", "func", "func"),
    ("nn", "nn: layers", "nn"),
    ("nn-functional", "nn.functional", "nn.functional"),
    ("nn-init", "nn.init", "nn.init"),
    ("nn-utils", "nn.utils", "nn.utils nn.utils.rnn"),
    ("optim", "optim", "optim"),
    ("lr-scheduler", "optim.lr_scheduler", "optim.lr_scheduler"),
    ("data", "utils.data", "utils.data"),
    ("linalg", "linalg", "linalg"),
    ("special", "special", "special"),
    ("saving", "Saving, checkpoint, exchange", "serialization utils.checkpoint interop"),
    ("onnx", "onnx: export", "onnx"),
    ("devices", "cuda, amp, accelerator", "cuda amp accelerator"),
    ("distributed", "distributed", "distributed nn.parallel"),
    ("graph", "graph: looking inside", "graph"),
    ("course", "course: exercises", "course"),
]
WIDGETS = "tensorkit_widgets"


@dataclass(frozen=True)
class Entry:
    """One public name: `torch.nn.Linear`, what it stands for, and its other names."""

    name: str
    value: object
    aliases: tuple[str, ...] = ()

    @property
    def documented(self) -> str:
        return inspect.cleandoc(getattr(self.value, "__doc__", None) or "")

    @property
    def has_example(self) -> bool:
        return ">>> " in self.documented


@dataclass(frozen=True)
class Page:
    """One page of the reference."""

    slug: str
    title: str
    about: str
    entries: list[Entry] = field(default_factory=list)


def public_names(module: types.ModuleType) -> list[str]:
    """`__all__`, or without one the names that stand for functions and classes of tensorkit."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)

    def ours(value) -> bool:
        return callable(value) and f"{getattr(value, '__module__', None)}.".startswith(module.__name__ + ".")

    return sorted(name for name, value in vars(module).items() if name[0] != "_" and ours(value))


def entries(pairs: dict[str, object], prefix: str) -> list[Entry]:
    """The functions and classes among `pairs`; several names of one thing become one entry."""
    groups: dict[object, list[str]] = {}
    for name, value in pairs.items():
        if not callable(value) or isinstance(value, types.ModuleType) or name.startswith("_"):
            continue
        own = getattr(value, "__name__", name)
        first = own if own in pairs and getattr(pairs[own], "__doc__", None) == value.__doc__ else name
        groups.setdefault(first, []).append(name)
    return [
        Entry(f"{prefix}.{first}", pairs[first], tuple(f"{prefix}.{each}" for each in sorted(names) if each != first))
        for first, names in sorted(groups.items(), key=lambda item: item[0].lower())
    ]


def first_line(module: types.ModuleType) -> str:
    """The first paragraph of a module's docstring."""
    return inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0]


def function_pages() -> list[Page]:
    """The functions of the `torch` namespace by family, then the methods that only tensors have."""
    import tensorkit

    pairs = {name: getattr(tensorkit, name) for name in tensorkit.__all__}
    homes: dict[str, dict[str, object]] = {}
    for name, value in pairs.items():
        home = (getattr(value, "__module__", None) or "").removeprefix("tensorkit.")
        homes.setdefault(home, {})[name] = value
    pages = []
    for number, (title, modules) in enumerate(FAMILIES, 1):
        names = {name: value for home in modules.split() for name, value in homes.pop(home, {}).items()}
        about = first_line(import_module(f"tensorkit.{modules.split()[0]}"))
        pages.append(Page(f"torch-{number:02}", title, about, entries(names, "torch")))
    rest = {name: value for names in homes.values() for name, value in names.items() if callable(value)}
    if rest:
        pages.append(Page("torch-other", "Other functions", "", entries(rest, "torch")))
    return [*pages, Page("tensor", "Tensor", first_line(import_module("tensorkit.tensor")), tensor_methods())]


def tensor_methods() -> list[Entry]:
    """The methods of `Tensor` that are neither functions as well nor the in-place form of another."""
    import tensorkit

    found = {}
    for name in dir(tensorkit.Tensor):
        in_place = name.endswith("_") and hasattr(tensorkit.Tensor, name[:-1])
        left_out = not hasattr(tensorkit.Tensor, name)  # its place says why it is not there
        if name[0] != "_" and name not in tensorkit.__all__ and not in_place and not left_out:
            found[name] = getattr(tensorkit.Tensor, name)
    return entries(found, "torch.Tensor")


def namespace_pages() -> list[Page]:
    """One page for each namespace that is there: a part that this version lacks has none."""
    pages = []
    for slug, title, modules in NAMESPACES:
        found, abouts = [], []
        for name in modules.split():
            try:
                module = import_module(f"tensorkit.{name}")
            except ModuleNotFoundError as error:
                if error.name == f"tensorkit.{name}":
                    continue
                raise
            pairs = {each: getattr(module, each) for each in public_names(module)}
            found += entries(pairs, f"tensorkit.{name}" if slug in ("graph", "course") else f"torch.{name}")
            abouts.append(first_line(module))
        if found:
            pages.append(Page(slug, title, abouts[0], found))
    return pages


def widget_page() -> Page:
    """The widgets, which are a package of their own."""
    module = import_module(WIDGETS)
    pairs = {name: getattr(module, name) for name in module.__all__}
    return Page("widgets", "Widgets", first_line(module), entries(pairs, WIDGETS))


def all_pages() -> list[Page]:
    """Every page of the reference."""
    return [*function_pages(), *namespace_pages(), widget_page()]
