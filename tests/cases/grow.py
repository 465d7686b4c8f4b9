"""Random tensor programs: `grow(seed, torch)` gives one, in the language of `programs/*.txt`.

`FORMS` is the table of statements that a program may hold; a row is one way to write down an operation. Each statement
is tried on PyTorch while the program grows, so that shapes and dtypes are known and most programs run to their end.
`tests/fuzz.py` compares what the programs give on two libraries.
"""

from __future__ import annotations

import random
import re
import string
import warnings

from . import observe

LONGEST = 9  # statements after the tensors that a program starts from
LARGEST = 200  # elements of a tensor; a larger one is dropped again

NUMBERS = ["2", "-1", "3", "0.5", "1.5", "-2.0", "True", "0"]
VALUES = [-2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0]
DTYPES = {
    "float32": 50,
    "float64": 15,
    "int64": 8,
    "bool": 5,
    "int32": 3,
    "uint8": 3,
    "int8": 2,
    "float16": 2,
    "bfloat16": 2,
}
WIDER_DTYPES = DTYPES | {"int16": 1, "float16": 3, "bfloat16": 3, "complex64": 3, "complex128": 2}
INDEXES = ["0", "-1", ":", "1:", ":1", "::2", "...", "None", "[0]", "[0, -1]"]

# How a result's rounding behaves. A jump (a comparison, floor, argmax, sort) may only be taken from values that both
# libraries hold exactly; else a difference in the last bit would become a difference of one.
ROUNDED, KEPT, JUMP = "rounded", "kept", "jump"

# Weight, rounding, statement. {new} a new name; {x}, {y} tensors; {n} a number; {d}, {e} dims of x; {at} an index of x;
# {size} a shape for x's elements; {a|b|c} one of these.
FORMS: list[tuple[float, str, str]] = [
    (8, ROUNDED, "{new} = {x}.{exp|log|sqrt|sin|cos|tanh|sigmoid|reciprocal|rsqrt|log1p|expm1|erf|atan|sinh|square}()"),
    (2, KEPT, "{new} = {x}.{relu|abs|neg}()"),
    (2, ROUNDED, "{new} = {x}.{softmax|log_softmax|logsumexp|cumsum|cumprod}({d})"),
    (8, KEPT, "{new} = {x} {+|-|*} {y}"),
    (5, KEPT, "{new} = {x} {+|-|*} {n}"),
    (2, KEPT, "{new} = {n} {+|-|*} {x}"),
    (5, ROUNDED, "{new} = {x} / {y}"),
    (2, ROUNDED, "{new} = {x} / {n}"),
    (1, ROUNDED, "{new} = {n} / {x}"),
    (2, ROUNDED, "{new} = {x} ** {2|3|0.5|-1|0|1.5}"),
    (2, KEPT, "{new} = torch.{maximum|minimum|fmax|fmin}({x}, {y})"),
    (2, ROUNDED, "{new} = torch.{atan2|hypot|add|sub|mul|div}({x}, {y})"),
    (2, ROUNDED, "{new} = {x}.{sum|mean|prod|amax|amin|std|var|norm}()"),
    (5, ROUNDED, "{new} = {x}.{sum|mean|prod|amax|amin|std|var|norm|logsumexp}(dim={d}{, keepdim=True|})"),
    (2, ROUNDED, "{new} = {x}.{sum|mean|amax|std|var|norm|logsumexp}(dim=(0, -1){, keepdim=True|})"),
    (2, JUMP, "{new} = {x}.{max|min|median|argmax|argmin|any|all}()"),
    (2, JUMP, "{new} = {x}.{argmax|argmin|any|all}({d})"),
    (2, JUMP, "{new} = {x}.{max|min|median|cummax|cummin}({d})[0]"),
    (1, JUMP, "{new} = {x}.sort(stable=True, dim={d}{|, descending=True})[{0|1}]"),
    (1, JUMP, "{new} = {x}.topk(1, {d})[0]"),
    (1, JUMP, "{new} = {x}.{floor|ceil|round|sign|trunc|frac}()"),
    (1, JUMP, "{new} = {x} {//|%} {y}"),
    (1, JUMP, "{new} = {x} {//|%} {n}"),
    (2, JUMP, "{new} = {x} {==|!=|<|<=|>|>=} {y}"),
    (1, JUMP, "{new} = {x} {==|!=|<|<=|>|>=} {n}"),
    (2, JUMP, "{new} = torch.where({x} > {0|1}, {x}, {y})"),
    (1, JUMP, "{new} = torch.where({x} > {0|1}, {x}, {n})"),
    (1, JUMP, "{new} = {x}.masked_fill({x} > 0, {n})"),
    (1, JUMP, "{new} = {x}.{masked_select(|__getitem__(}{x} > 0)"),
    (2, JUMP, "{new} = {x}.{clamp|clip}({-1|0|min=0|max=1}{|})"),
    (5, KEPT, "{new} = {x}.{flatten()|clone()|contiguous()|tril()|triu(1)|t()|T|squeeze()|diagonal()|ravel()|mT}"),
    (
        5,
        KEPT,
        "{new} = {x}.{flip({d})|roll(1, {d})|repeat_interleave(2, {d})|squeeze({d})|unsqueeze({d})|diff(dim={d})}",
    ),
    (5, KEPT, "{new} = {x}.{transpose({d}, {e})|movedim({d}, {e})|reshape({size})|view({size})|expand(2, *{x}.shape)}"),
    (4, KEPT, "{new} = {x}.{select({d}, 0)|narrow({d}, 0, 1)|chunk(2, {d})[0]|unbind({d})[-1]|split(1, {d})[0]}"),
    (7, KEPT, "{new} = {x}[{at}]"),
    (2, KEPT, "{new} = {x}.{index_select({d}, torch.tensor([0, 0]))|take(torch.tensor([0, 1]))|repeat(2, 1)}"),
    (1, KEPT, "{new} = {x}.{gather|scatter}({d}, torch.zeros_like({x}, dtype=torch.int64){|, 3})"),
    (
        1,
        KEPT,
        "{new} = {x}.{index_add({d}, torch.tensor([0]), {x}.narrow({d}, 0, 1))|index_fill({d}, torch.tensor([0]), 2)}",
    ),
    (3, KEPT, "{new} = torch.{cat|stack}([{x}, {y}], {d})"),
    (2, KEPT, "{new} = torch.{cat|stack}([{x}, {x}], {d})"),
    (4, ROUNDED, "{new} = {x} @ {y}"),
    (3, ROUNDED, "{new} = {x} @ {x}.{T|transpose(-1, -2)|mT}"),
    (2, ROUNDED, "{new} = torch.{outer|dot|mv|kron|inner|mm|bmm}({x}, {y})"),
    (1, ROUNDED, "{new} = torch.einsum('...i,...i->...', {x}, {y})"),
    (1, ROUNDED, "{new} = torch.{lerp({x}, {y}, 0.25)|addcmul({x}, {x}, {y})|addcdiv({x}, {x}, {y})}"),
    (1, KEPT, "{new} = torch.broadcast_to({x}, {(2, 2)|(2, 1, 3)})"),
    (2, KEPT, "{new} = {x}.{double()|float()|to({y}.dtype if {y}.is_floating_point() else torch.float64)}"),
    (1, JUMP, "{new} = {x}.{long|int|bool|byte|char}()"),
    (2, KEPT, "{new} = {x}.{detach()|detach().clone()|data|clone()}"),
    (1, KEPT, "{new} = {torch.zeros_like({x})|torch.ones_like({x})|{x}.new_ones(2)|torch.arange(3.)|torch.eye(2)}"),
    (2, ROUNDED, "{x}.{exp_|sigmoid_|tanh_|relu_|neg_|zero_|square_|abs_|sin_}()"),
    (2, ROUNDED, "{x}.{add_|sub_|mul_|div_}({y})"),
    (3, ROUNDED, "{x}.{add_|sub_|mul_|div_}({n})"),
    (2, ROUNDED, "{x}[{at}] {+=|*=|-=} {n}"),
    (1, ROUNDED, "{x}[{at}] {+=|*=|-=} {y}"),
    (2, ROUNDED, "{x}[{at}] = {n}"),
    (2, ROUNDED, "{x}[{at}] = {y}{|.sum()}"),
    (1, ROUNDED, "{x}.{copy_|fill_}({y})"),
    (1, ROUNDED, "{x} {+=|-=|*=|/=} {y}"),
]

# What a wider grammar holds besides: operations that fewer programs use, in-place writes through views of views, hooks,
# `out=`, half and complex numbers.
WIDER: list[tuple[float, str, str]] = [
    (
        1,
        ROUNDED,
        "{new} = {x}.{log2|log10|exp2|cosh|asinh|digamma|lgamma|erfc|logit|softmax(-1).log|sinc|cos().acos}()",
    ),
    (1, ROUNDED, "{new} = torch.nn.functional.{softplus|gelu|elu|leaky_relu|silu|mish|logsigmoid|selu|hardswish}({x})"),
    (1, KEPT, "{new} = torch.nn.functional.{hardtanh|relu6|threshold({x}, 0.5, 2.0)|hardsigmoid}({x})"),
    (1, ROUNDED, "{new} = torch.{logaddexp|xlogy|fmod|copysign|ldexp|pow|cdist|heaviside|nextafter}({x}, {y})"),
    (
        1,
        ROUNDED,
        "{new} = {x}.{logcumsumexp({d})|renorm(2, {d}, 1.0)|prod({d})|nansum({d})|std({d}, correction=0)|trace()}",
    ),
    (1, ROUNDED, "{new} = torch.{var_mean({x}, {d})|std_mean({x}, {d})|aminmax({x}, dim={d})|frexp({x})}[{0|1}]"),
    (
        1,
        JUMP,
        "{new} = {x}.{quantile(0.5)|unique()|histc(4, 0, 3)|nonzero()|count_nonzero({d})|signbit()"
        "|isfinite()|mode({d})[0]}",
    ),
    (
        1,
        JUMP,
        "{new} = torch.{searchsorted(torch.arange(3.), {x})|bucketize({x}, torch.arange(3.))"
        "|isin({x}, {y})|isclose({x}, {y})}",
    ),
    (1, JUMP, "{new} = {x} {&|<<|>>} {y}"),
    (1, JUMP, "{new} = {~{x}|{x}.logical_not()|{x}.logical_or({y})|{x}.bitwise_and(3)}"),
    (
        2,
        KEPT,
        "{new} = {x}.{unfold({d}, 2, 1)|unfold({d}, 1, 1)|as_strided((2,), (1,))|swapaxes({d}, {e})|expand_as({y})}",
    ),
    (
        2,
        KEPT,
        "{new} = {x}.{permute(1, 0)|permute(2, 0, 1)|tensor_split(2, {d})[0]|narrow({d}, 1, 1)"
        "|unflatten({d}, (1, -1))|rot90()}",
    ),
    (
        1,
        KEPT,
        "{new} = {x}.{index_put((torch.tensor([0]),), {y}.sum())|take_along_dim(torch.tensor([0]), 0)"
        "|masked_scatter({x} > 0, {y})}",
    ),
    (1, KEPT, "{new} = {x}.scatter_add({d}, torch.zeros_like({x}, dtype=torch.int64), {x} * 2)"),
    (
        1,
        KEPT,
        "{new} = torch.{block_diag({x}, {y})|cartesian_prod({x}, {y})"
        "|meshgrid({x}, {y}, indexing='ij')[0]|diag({x})|tril({x}, -1)}",
    ),
    (1, KEPT, "{new} = {x}.{conj()|real|imag|half()|bfloat16()|to(torch.complex64)|to(torch.complex128)|type_as({y})}"),
    (
        1,
        ROUNDED,
        "{new} = {x}.{angle()|abs()|conj() * {x}|cross({y}, dim=-1)|baddbmm({y}, {y})|addmm({y}, {y})|addmv({y}, {x})}",
    ),
    (
        1,
        ROUNDED,
        "{new} = torch.nn.functional.{mse_loss|l1_loss|smooth_l1_loss|huber_loss|cosine_similarity|linear}({x}, {y})",
    ),
    (1, ROUNDED, "{new} = torch.linalg.{norm|vector_norm|det|inv|matrix_norm|pinv}({x})"),
    (
        3,
        ROUNDED,
        "{x}.{diagonal()|T|t()|view(-1)|unsqueeze(0)|select({d}, 0)|narrow({d}, 0, 1)"
        "|transpose({d}, {e})|unbind({d})[0]}.{add_|mul_|div_|sub_}({n})",
    ),
    (
        2,
        ROUNDED,
        "{x}.{diagonal()|select({d}, -1)|movedim({d}, {e})|unfold({d}, 1, 1)|squeeze()"
        "|as_strided((2,), (1,))}.{exp_|zero_|neg_|square_}()",
    ),
    (
        1,
        ROUNDED,
        "{x}.{masked_fill_({x} > 0, {n})|clamp_(-1, 1)|index_fill_({d}, torch.tensor([0]), {n})"
        "|addcmul_({y}, {y})|lerp_({y}, 0.5)|pow_(2)}",
    ),
    (
        1,
        ROUNDED,
        "{x}.{index_add_({d}, torch.tensor([0]), {x}.narrow({d}, 0, 1) * 2)|cumsum_({d})|tril_()|t_()"
        "|unsqueeze_({d})|squeeze_()|transpose_({d}, {e})}",
    ),
    (1, ROUNDED, "torch.{add|mul|maximum|div}({x}, {y}, out={z})"),
    (1, ROUNDED, "torch.{exp|neg|floor}({x}, out={z})"),
    (1, ROUNDED, "torch.{sum|amax|cumsum|logsumexp}({x}, {d}, out={z})"),
    (1, KEPT, "{x}.register_hook(lambda g: g * 2)"),
    (1, KEPT, "{x}.retain_grad()"),
    (1, KEPT, "{x}.requires_grad_({|False})"),
    (1, KEPT, "{new} = {x}.detach().requires_grad_()"),
]

ENDS = [
    "{x}.sum().backward()",
    "{x}.sum().backward()",
    "({x} * {x}).sum().backward()",
    "{x}.backward(torch.ones_like({x}), retain_graph=True); {x}.sum().backward()",
    "g0, = torch.autograd.grad(({x} * {x}).sum(), {leaf}, create_graph=True); g0.sum().backward()",
]


def grow(seed: int, torch, wide: bool = False) -> str:
    """The program of this seed, grown by trying its statements on `torch`; `wide`: from the wider grammar."""
    observe.fresh(torch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _Program(random.Random(seed), torch, wide).text()


class _Program:
    """A program while it grows: its lines, the values of its names so far, the leaves, the names that are exact."""

    def __init__(self, rng: random.Random, torch, wide: bool):
        self.rng, self.torch = rng, torch
        self.forms, self.dtypes = (FORMS + WIDER, WIDER_DTYPES) if wide else (FORMS, DTYPES)
        self.names: dict[str, object] = {"torch": torch}
        self.lines: list[str] = []
        self.leaves: list[str] = []
        self.exact: set[str] = set()
        self.letters = iter(string.ascii_lowercase)

    def text(self) -> str:
        for _ in range(self.rng.choice([1, 2, 2, 3])):
            self.start()
        for _ in range(self.rng.randint(2, LONGEST)):
            if self.statement() is False:
                break  # it ends with a mistake
        else:
            if self.rng.random() < 0.75:
                self.end()
        retained = [name for name in self.tensors() if self.names[name].retains_grad]
        shows = [*self.tensors(), *(f"{name}.grad" for name in (*self.leaves, *retained))]
        if self.lines[-1].startswith("g0, ="):
            shows.append("g0")
        return "; ".join(self.lines) + " => " + " || ".join(shows)

    def tensors(self) -> list[str]:
        return [name for name, value in self.names.items() if isinstance(value, self.torch.Tensor)]

    def start(self) -> None:
        """One more tensor to start from."""
        rng, name = self.rng, next(self.letters)
        shape = tuple(rng.choice([1, 2, 2, 3, 3, 4]) for _ in range(rng.choice([0, 1, 1, 2, 2, 2, 3])))
        if shape and rng.random() < 0.03:
            shape = (0, *shape[1:])
        dtype = rng.choices(list(self.dtypes), list(self.dtypes.values()))[0]
        count = 1
        for size in shape:
            count *= size
        if "complex" in dtype:
            values = [complex(rng.choice(VALUES), rng.choice(VALUES)) for _ in range(count)]
        elif "float" in dtype:
            values = [rng.choice(VALUES) for _ in range(count)]
        else:
            values = [bool(rng.randrange(2)) if dtype == "bool" else rng.randint(0, 5) for _ in range(count)]
        made = f"torch.tensor({values}, dtype=torch.{dtype}).reshape({shape})"
        if len(shape) > 1 and rng.random() < 0.15:
            made += ".transpose(0, -1)"
        if ("float" in dtype or "complex" in dtype) and rng.random() < 0.7:
            made += ".requires_grad_()"
            self.leaves.append(name)
        self.lines.append(f"{name} = {made}")
        self.exact.add(name)
        exec(self.lines[-1], self.names)

    def statement(self) -> bool | None:
        """Try one more statement: True when it was added, None when it was not, False when it ended the program."""
        _, rounding, form = self.rng.choices(self.forms, [weight for weight, *_ in self.forms])[0]
        x, y = (self.rng.choice(self.tensors()) for _ in "xy")
        z = self.rng.choice(self.tensors()) if "{z}" in form else x
        new = next(self.letters) if "{new}" in form else None
        inputs = {x, y} if "{y}" in form else {x}
        if rounding == JUMP and not inputs <= self.exact:
            return None
        line = self.filled(form.replace("{z}", z), x, y, new)
        if ".median(" in line and 0 in self.names[x].stride():
            return None  # of expanded tensors PyTorch's median reads past the memory: other numbers in each run
        if not new and self.reads_what_it_writes(line, z, inputs if "out=" in line else inputs - {x}):
            return None
        shape = self.names[z].shape
        try:
            exec(line, self.names)
        except Exception:
            if self.rng.random() < 0.08:
                self.lines.append(line)
                return False
            return None
        if self.names[z].shape != shape and "out=" in line:
            return False  # its memory was made anew, which PyTorch advises against
        if any(self.names[name].requires_grad and not _differentiable(self.names[name]) for name in self.tensors()):
            return False  # whole numbers that a gradient was written into: PyTorch's own assertions fail over them
        value = self.names.get(new, None) if new else self.names[x]
        if not isinstance(value, self.torch.Tensor) or value.numel() > LARGEST:
            self.names.pop(new, None)
            return None
        self.lines.append(line)
        if new and rounding != ROUNDED and inputs <= self.exact:
            self.exact.add(new)
        elif not new:
            self.exact.clear()  # whatever shares the memory was written to as well
        return True

    def reads_what_it_writes(self, line: str, target: str, sources: set[str]) -> bool:
        """Whether the statement writes to memory that it reads in another order, so that its result is undefined.

        `a -= a.split(1, 1)[0]` takes from the second column what the first holds by then: the old values or the new,
        as PyTorch's loops happen to run (https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html
        warns of the like).  Where both lie in memory without gaps, PyTorch finds out and raises: that is compared.
        """
        assigned = re.match(r"(.*?) [-+*/]?= ", line)
        try:
            written = eval(assigned[1] if assigned else target, self.names)
        except Exception:
            return False  # the statement is a mistake
        if 0 not in written.stride() and len(set(_places(written))) < written.numel():
            return True  # windows over each other: each element is written to more than once
        if re.match(r"torch\.(sum|amax|cumsum|logsumexp)\(", line):
            written_to = set(_places(written))
            return any(_one_memory(written, self.names[name]) and written_to & set(_places(self.names[name]))
                       for name in sources)  # fmt: skip
        return any(_overlap_unnoticed(written, self.names[name]) for name in sources)

    def end(self) -> None:
        """Gradients of one of the newest results."""
        outs = [name for name in self.tensors() if self.names[name].requires_grad]
        if outs and self.leaves:
            end = self.rng.choice(ENDS).replace("{leaf}", self.rng.choice(self.leaves))
            self.lines.append(end.replace("{x}", self.rng.choice(outs[-3:])))

    def filled(self, form: str, x: str, y: str, new: str | None) -> str:
        """The form with something in each of its blanks."""
        value = self.names[x]
        dims, count = value.dim(), value.numel()
        lowest, highest = (-dims, dims - 1) if dims and self.rng.random() < 0.97 else (-1, 1)

        def fill(blank: re.Match) -> str:
            match blank[1]:
                case "new" | "x" | "y":
                    return {"new": new, "x": x, "y": y}[blank[1]]
                case "n":
                    return self.rng.choice(NUMBERS)
                case "d" | "e":
                    return str(self.rng.randint(lowest, highest))
                case "at":
                    return ", ".join(
                        self.rng.choice(INDEXES) for _ in range(2 if dims > 1 and self.rng.random() < 0.4 else 1)
                    )
                case "size":
                    return self.rng.choice(["-1", f"{count}, 1", f"1, {count}", str(count), "-1, 2", "2, -1", "3, -1"])
            return self.rng.choice(blank[1].split("|"))

        form = form.replace("{x}", x).replace("{y}", y)
        while re.search(r"{[^{}]*}", form):
            form = re.sub(r"{([^{}]*)}", fill, form, count=1)
        return form


def _differentiable(tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _one_memory(one, other) -> bool:
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def _overlap_unnoticed(written, read) -> bool:
    """Whether two tensors of PyTorch's share some of their memory in another order, and PyTorch would not notice."""
    if not _one_memory(written, read):
        return False
    ours, theirs = _places(written), _places(read)
    if ours == theirs or (_dense(ours) and _dense(theirs)):
        return False
    return not set(ours).isdisjoint(theirs)


def _places(tensor) -> list[int]:
    """Where the elements of a tensor stand in its memory."""
    places = [tensor.storage_offset()]
    for n, step in zip(tensor.shape, tensor.stride(), strict=True):
        places = [place + k * step for place in places for k in range(n)]
    return places


def _dense(places: list[int]) -> bool:
    """Whether the elements fill a piece of memory, each place once."""
    return sorted(places) == list(range(min(places, default=0), min(places, default=0) + len(places)))
