"""`einsum`: products and sums named by letters, put together from permutations, `bmm`, products and sums.

Each operand is first laid out over all letters of the equation, the output's first, with size 1 for those that it
lacks.  Two operands at a time are then multiplied; letters that occur in no later operand and not in the output are
summed on the way, which makes the step a matrix product.
"""

from ..errors import hint, kind
from ..tensor import Tensor
from .declare import function
from .matmul import bmm
from .pointwise import mul
from .reduce import sum as sum_
from .shape import _view as view
from .shape import reshape, unsqueeze
from .transpose import permute
from .windows import diagonal

_NOTHING = (
    "einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts "
    "list"
)


@function(method=False)
def einsum(*args):
    """The sum of products that an equation in letters describes, one letter for each dimension.

    A letter that several operands share is multiplied along; one that is missing right of the arrow is summed.

    >>> torch.einsum('ij,jk->ik', ones(2, 3), ones(3, 4)).shape     # a matrix product
    torch.Size([2, 4])
    """
    if len(args) < 2:
        raise ValueError(_NOTHING)
    if isinstance(args[0], Tensor):
        equation, operands = _from_lists(args)
    else:
        equation, operands = args[0], args[1:]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = tuple(operands[0])
    try:
        return _contract(list(operands), *_labels(equation, operands))
    except AttributeError:
        for place, each in enumerate(operands):
            if not isinstance(each, Tensor):
                raise TypeError(f"expected Tensor as element {place} in argument 1, but got {kind(each)}") from None
        raise


def _from_lists(args) -> tuple:
    """The equation that a call with lists of numbers says: `einsum(A, [0, 1], B, [1, 2], [0, 2])`."""

    def letters(subscripts):
        return "".join("..." if each is Ellipsis else chr(each + (65 if each < 26 else 71)) for each in subscripts)

    pairs = len(args) // 2
    equation = ",".join(letters(args[2 * i + 1]) for i in range(pairs))
    if len(args) % 2:
        equation += "->" + letters(args[-1])
    return equation, args[: 2 * pairs : 2]


def _parse(part: str, start: int, owner: str) -> list:
    """The letters of one operand, '...' as one."""
    found, i = [], 0
    while i < len(part):
        if part[i] == ".":
            if part[i : i + 3] != "..." or "..." in found:
                where = f"for operand {owner}" if owner else "in the output"
                twice = "..." in found
                more = "for which an ellipsis was already found" if twice else "that is not part of any ellipsis"
                raise RuntimeError(f"einsum(): found '.' {where} {more}")
            found.append("...")
            i += 3
            continue
        if part[i].isascii() and part[i].isalpha():
            found.append(part[i])
        elif part[i] != " ":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {start + i} in the equation string, subscripts must be "
                "in [a-zA-Z]"
            )
        i += 1
    return found


def _labels(equation: str, operands) -> tuple:
    """For each operand its dimensions' labels (letters, and numbers for those in '...'), and the output's labels."""
    left, arrow, right = equation.partition("->")
    parts, start, inputs = left.split(","), 0, []
    for i, part in enumerate(parts):
        inputs.append(_parse(part, start, str(i)))
        start += len(part) + 1
    if len(parts) != len(operands):
        compared = "more" if len(parts) < len(operands) else "fewer"
        raise RuntimeError(f"einsum(): {compared} operands were provided than specified in the equation")
    spans = []
    for i, (names, operand) in enumerate(zip(inputs, operands, strict=True)):
        letters = len([name for name in names if name != "..."])
        span = operand.ndim - len(names) + 1 if "..." in names else 0
        if span < 0 or ("..." not in names and len(names) != operand.ndim):
            compared, given = "is more than", ""
            if "..." not in names:
                compared, given = "does not match", " and no ellipsis was given"
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) "
                f"{compared} the number of dimensions ({operand.ndim}) for operand {i}{given}"
            )
        spans.append(span)
    widest = max(spans)

    def spelled(names, span):
        return [each for n in names for each in (range(widest - span, widest) if n == "..." else (n,))]

    labels = [spelled(names, span) for names, span in zip(inputs, spans, strict=True)]
    if arrow:
        names = _parse(right, len(left) + 2, "")
        for name in names:
            if names.count(name) > 1:
                raise RuntimeError(f"einsum(): output subscript {name} appears more than once in the output")
            if name != "..." and not any(name in each for each in labels):
                raise RuntimeError(
                    f"einsum(): output subscript {name} does not appear in the equation for any input operand"
                )
        return labels, spelled(names, widest)
    counts = [name for names in labels for name in names]
    once = sorted({name for name in counts if isinstance(name, str) and counts.count(name) == 1})
    return labels, [*range(widest), *once]


def _sizes(operands, labels) -> dict:
    sizes: dict = {}
    for i, (operand, names) in enumerate(zip(operands, labels, strict=True)):
        own: dict = {}
        for name, size in zip(names, operand._array.shape, strict=True):
            if name in own and own[name] != size:
                raise RuntimeError(
                    f"einsum(): subscript {name} is repeated for operand {i} but the sizes don't match, {size} != "
                    f"{own[name]}"
                )
            own[name] = size
            known = sizes.get(name, 1)
            if size != 1 and known not in (1, size):
                shown = f"subscript {name}" if isinstance(name, str) else "the ellipsis"
                raise hint(
                    RuntimeError(
                        f"einsum(): {shown} has size {size} for operand {i} which does not broadcast with previously "
                        f"seen size {known}"
                    ),
                    f"the letter {name} stands for one size everywhere; here it stands for {known} and for {size}.",
                )
            sizes[name] = size if known == 1 else known
    return sizes


def _laid_out(x, names: list, order: list):
    """`x` with its diagonals taken for repeated letters, and its dimensions in the order of all letters."""
    names = list(names)
    for name in list(dict.fromkeys(names)):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            x = diagonal(x, 0, first, second)
            names = [each for i, each in enumerate(names) if i not in (first, second)] + [name]
    x = permute(x, [names.index(name) for name in order if name in names])
    for i, name in enumerate(order):
        if name not in names:
            x = unsqueeze(x, i)
    return x


def _contract(operands: list, labels: list, output: list):
    sizes = _sizes(operands, labels)
    order = output + [name for name in sizes if name not in output]
    laid = [_laid_out(x, names, order) for x, names in zip(operands, labels, strict=True)]
    last = {name: max(i for i, names in enumerate(labels) if name in names) for name in order}
    count = len(output)
    result = laid[0]
    alone = tuple(i for i in range(count, len(order)) if last[order[i]] == 0)
    if len(laid) == 1:
        return sum_(result, alone) if alone else result
    if alone:
        result = sum_(result, alone, True)
    for step, x in enumerate(laid[1:], 1):
        summed = [i for i in range(count, len(order)) if last[order[i]] == step]
        result = _pair(result, x, summed)
    return view(result, result._array.shape[:count]) if count < len(order) else result


def _pair(x, y, summed: list):
    """The product of two operands, summed over some dimensions, which stay with size 1."""
    a, b = x._array.shape, y._array.shape
    for_x = tuple(i for i in summed if a[i] != 1 and b[i] == 1)
    for_y = tuple(i for i in summed if b[i] != 1 and a[i] == 1)
    x = sum_(x, for_x, True) if for_x else x
    y = sum_(y, for_y, True) if for_y else y
    a, b = x._array.shape, y._array.shape
    summed = [i for i in summed if a[i] != 1]
    if not summed:
        return mul(x, y)
    both = [i for i in range(len(a)) if i not in summed and a[i] != 1 and b[i] != 1]
    only_x = [i for i in range(len(a)) if i not in summed and i not in both and (a[i] != 1 or b[i] == 1)]
    only_y = [i for i in range(len(a)) if i not in summed and i not in both and i not in only_x]
    if next((i for i in only_y if b[i] != 1), len(a)) < next((i for i in only_x if a[i] != 1), 0):
        x, y, a, b, only_x, only_y = y, x, b, a, only_y, only_x  # PyTorch makes the product as the result lies

    def size(shape, dims):
        count = 1
        for i in dims:
            count *= shape[i]
        return count

    inner = size(a, summed)
    left = reshape(permute(x, both + only_x + summed + only_y), size(a, both), size(a, only_x), inner)
    right = reshape(permute(y, both + summed + only_y + only_x), size(b, both), inner, size(b, only_y))
    product = bmm(left, right)
    axes = both + only_x + only_y + summed
    shape = [a[i] for i in both + only_x] + [b[i] for i in only_y] + [1] * len(summed)
    product = view(product, shape)
    return permute(product, [axes.index(i) for i in range(len(a))])
