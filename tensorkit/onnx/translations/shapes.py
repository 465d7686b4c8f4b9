"""Operations that move elements: reshapes, permutations, slices, look-ups, joins.

Sizes that depend on a dynamic axis are read off the inputs (`Builder.sizes`); nothing here bakes a batch size in.

Source: https://onnx.ai/onnx/operators/
"""

import numpy as np

from ...tape import Node
from .table import translates


@translates("view", "unsafe_view", "copy_reshape", "cloned_reshape")
def _reshape(g, step):
    return g.emit("Reshape", step.operand(0), g.sizes(step.shape, step.other_shape, reshape=True))


@translates("squeeze")
def _squeeze(g, step):
    shape, other, dim = step.shape_of(0), step.shape_of(0, True), step["dim"]
    dims = range(len(shape)) if dim is None else [dim] if isinstance(dim, int) else dim
    ones = [d % len(shape) for d in dims if shape[d] == 1]
    if any(other[d] != 1 for d in ones):
        raise step.unsupported("a dynamic axis of size 1 was squeezed; leave it out, or export with a larger one")
    return g.emit("Squeeze", step.operand(0), g.ints(*ones)) if ones else step.operand(0)


@translates("unsqueeze")
def _unsqueeze(g, step):
    return g.emit("Unsqueeze", step.operand(0), g.ints(step["dim"]))


@translates("permute")
def _permute(g, step):
    count = len(step.shape)
    return g.emit("Transpose", step.operand(0), perm=[dim % count for dim in step["dims"]])


@translates("transpose", "t")
def _transpose(g, step):
    order = list(range(len(step.shape)))
    if len(order) < 2:
        return step.operand(0)
    one, two = (0, 1) if step.op == "t" else (step["dim0"], step["dim1"])
    order[one], order[two] = order[two], order[one]
    return g.emit("Transpose", step.operand(0), perm=order)


@translates("expand")
def _expand(g, step):
    return g.emit("Expand", step.operand(0), g.sizes(step.shape, step.other_shape))


@translates("repeat")
def _repeat(g, step):
    x, count = step.operand(0), len(step.extras["repeats"])
    if missing := count - len(step.shape_of(0)):
        x = g.emit("Unsqueeze", x, g.ints(*range(missing)))
    return g.emit("Tile", x, g.sizes(step.extras["repeats"], step.other_extras["repeats"]))


@translates("flip")
def _flip(g, step):
    dims = step["dims"]
    least = np.iinfo(np.int64).min
    backwards = [g.ints(*[number] * len(dims)) for number in (-1, least)]
    return g.emit("Slice", step.operand(0), *backwards, g.ints(*dims), g.ints(*[-1] * len(dims)))


@translates("tril", "triu")
def _triangle(g, step):
    return g.emit("Trilu", step.operand(0), g.constant(step["diagonal"], np.int64), upper=int(step.op == "triu"))


# Parts


class _OnDemand(dict):
    """Results by their numbers, made when somebody uses them."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def __missing__(self, number):
        made = self[number] = self.make(number)
        return made


@translates("split_evenly", "split_by_sizes")
def _pieces(g, step):
    dim, x = step["dim"], step.operand(0)

    def piece(number):
        ends = [_ends(e, dim, number) for e in (step.extras, step.other_extras)]
        start, stop = [g.sizes([one], [two]) for one, two in zip(*ends, strict=True)]
        return g.emit("Slice", x, start, stop, g.ints(dim))

    return _OnDemand(piece)


def _ends(extras: dict, dim: int, number: int) -> tuple[int, int]:
    """Where a piece begins and ends."""
    if "split_sizes" in extras:
        start = sum(extras["split_sizes"][:number])
        return start, start + extras["split_sizes"][number]
    start = number * extras["split_size"]
    return start, min(start + extras["split_size"], extras["x_shape"][dim])


@translates("unbound")
def _unbound(g, step):
    dim, x = step["dim"], step.operand(0)
    return _OnDemand(lambda number: g.emit("Gather", x, g.constant(number, np.int64), axis=dim))


def _spelled_out(index, count: int) -> list:
    """An index with one entry for each dimension and new one: `...` and what is missing as full slices."""
    index = list(index)
    taken = sum(each is not None and each is not Ellipsis for each in index)
    full = [slice(None)] * (count - taken)
    at = next((i for i, each in enumerate(index) if each is Ellipsis), None)
    return [*index, *full] if at is None else [*index[:at], *full, *index[at + 1 :]]


@translates("view_index")
def _view_index(g, step):
    """x[1:3, None, -1]: slices first, then the single places and the new dimensions."""
    x, shape, other = step.operand(0), step.shape_of(0), step.shape_of(0, True)
    pairs = zip(*(_spelled_out(e["index"], len(shape)) for e in (step.extras, step.other_extras)), strict=True)
    dim, single, new, slices, kept = 0, [], [], [], 0
    for one, two in pairs:
        if one is None:
            new.append(kept)
            kept += 1
            continue
        if isinstance(one, slice):
            (start, stop, by), (start2, stop2, _) = one.indices(shape[dim]), two.indices(other[dim])
            if (start, stop, by) != (0, shape[dim], 1):
                last = stop2 == other[dim] and stop == shape[dim] and one.stop is None
                slices.append((dim, start, start2, *((2**62, 2**62) if last else (stop, stop2)), by))
            kept += 1
        else:
            single.append((dim, int(one), int(two)))
        dim += 1
    if slices:
        starts = g.sizes([each[1] for each in slices], [each[2] for each in slices])
        stops = g.sizes([each[3] for each in slices], [each[4] for each in slices])
        dims, steps = g.ints(*[each[0] for each in slices]), g.ints(*[each[5] for each in slices])
        x = g.emit("Slice", x, starts, stops, dims, steps)
    for dim, one, two in reversed(single):
        if one != two:
            raise step.unsupported("a place that it takes depends on the input")
        x = g.emit("Gather", x, g.constant(one, np.int64), axis=dim)
    return g.emit("Unsqueeze", x, g.ints(*new)) if new else x


@translates("take_index")
def _take_index(g, step):
    """x[:, indices]: one array of whole numbers among full slices."""
    index = _spelled_out(step.extras["index"], len(step.shape_of(0)))
    at = [i for i, each in enumerate(index) if isinstance(each, np.ndarray)]
    whole = all(each == slice(None) for i, each in enumerate(index) if i not in at)
    if len(at) != 1 or not whole or any(each[0]._array.dtype.kind == "b" for each in step.extras["watched"]):
        raise step.unsupported("only one tensor of whole numbers among full slices is")
    watched, again = step.extras["watched"], step.other_extras["watched"]
    places = g.value(watched[0][0], again[0][0]) if watched else g.constant(step["index"][at[0]])
    return g.emit("Gather", step.operand(0), places, axis=at[0])


@translates("index_select_at")
def _index_select(g, step):
    return g.emit("Gather", step.operand(0), step.operand(1), axis=step["dim"])


@translates("gather")
def _gather(g, step):
    return g.emit("GatherElements", step.operand(0), step.operand(1), axis=step["dim"])


@translates("pick")
def _pick(g, step):
    """Places along each of the last dimensions: nearest-neighbour upsampling, padding by reflection and its kind."""
    x, index = step.operand(0), step["index"]
    for dim, places in enumerate(index, len(step.shape) - len(index)):
        if places is not None:
            x = g.emit("Gather", x, g.constant(places), axis=dim)
    return x


@translates("lookup")
def _lookup(g, step):
    """Rows of a table; the array of their numbers belongs to a tensor that was noted when it was read."""
    index, noted = step.extras["index"], g.recording.indices.get(id(step.extras["index"]))
    if noted is None:
        return g.emit("Gather", step.operand(0), g.constant(step["index"]), axis=0)
    again = g.second.indices[id(step.other_extras["index"])]
    if isinstance(noted._node, Node) and index.dtype not in (np.int32, np.int64):
        raise step.unsupported(f"its numbers are {index.dtype}")
    return g.emit("Gather", step.operand(0), g.value(noted, again), axis=0)


# Joins


@translates("cat")
def _cat(g, step):
    return g.emit("Concat", *step.operands(step.dtype), axis=step["dim"])


@translates("stack")
def _stack(g, step):
    dim = g.ints(step["dim"])
    return g.emit("Concat", *[g.emit("Unsqueeze", each, dim) for each in step.operands(step.dtype)], axis=step["dim"])


@translates("constant_pad")
def _constant_pad(g, step):
    pairs = step["pairs"]
    around = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
    return g.emit("Pad", step.operand(0), g.ints(*around), g.constant(step["value"], step.dtype))
