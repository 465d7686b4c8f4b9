"""Rows of a table, looked up by number: embeddings, and bags of them.

Checks, warnings and PyTorch's signatures stand in `tensorkit.nn.functional.sparse`.
"""

import numpy

from ..array_modules import move, move_like, np
from ..tensor import memory, wrap
from .declare import behind


def _add_rows(rows, index, count: int):
    """A table of `count` rows: `rows` added up where their `index` is the same."""
    table = np.zeros((count, rows.shape[-1]), rows.dtype)
    if index.size:
        order = np.argsort(index, kind="stable")
        sorted_ = index[order]
        starts = np.flatnonzero(np.r_[True, sorted_[1:] != sorted_[:-1]])
        table[sorted_[starts]] = np.add.reduceat(rows[order], starts, 0)
    return table


def _lookup_dx(g, weight_shape, index, padding_idx, by_frequency):
    return table_of_rows(g, index, weight_shape[0], padding_idx, by_frequency)


@behind(weight=_lookup_dx, node_name="EmbeddingBackward0")
def lookup(weight, index, padding_idx, by_frequency):
    """The rows of `weight` with the given numbers; the row `padding_idx` gets no gradient."""
    return weight[index]


def _table_dx(g, index, padding_idx, by_frequency):
    rows = lookup(g, index, -1, False)
    scale = _row_scale(index, padding_idx, by_frequency, g._array.dtype)
    return rows if scale is None else rows * wrap(scale.reshape(*index.shape, 1))


def _row_scale(index, padding_idx: int, by_frequency: bool, kind):
    """What each row's share is multiplied with, if anything: 0 for padding, one over how often it occurs."""
    if padding_idx < 0 and not by_frequency:
        return None
    scale = (index.ravel() != padding_idx).astype(kind)
    if by_frequency and index.size:
        _, place, counts = np.unique(index.ravel(), return_inverse=True, return_counts=True)
        scale /= counts[place.ravel()]
    return scale


@behind(x=_table_dx, node_name="EmbeddingDenseBackwardBackward0")
def table_of_rows(x, index, count, padding_idx, by_frequency):
    """The reverse of `lookup`: a table in which rows are added up at their numbers."""
    rows = x.reshape(-1, x.shape[-1])
    scale = _row_scale(index, padding_idx, by_frequency, x.dtype)
    return _add_rows(rows if scale is None else rows * scale[:, None], index.ravel(), count)


def bag_numbers(offsets, count: int):
    """For each of `count` entries the number of the bag that it is in."""
    lengths = np.diff(np.append(offsets, count))
    return np.repeat(np.arange(len(offsets)), lengths)


def _bag_dx(g, per_sample, weight_shape, index, bags, count, mode, kept, largest):
    if mode == "max":
        return spread_columns(g, largest, weight_shape[0])
    shares = lookup(g, bags, -1, False)
    scale = wrap(_bag_scale(bags, count, mode, kept, g._array.dtype)[:, None])
    shares = shares * scale
    if per_sample is not None:
        shares = shares * per_sample.reshape(-1, 1)
    return table_of_rows(shares, index, weight_shape[0], -1, False)


def _bag_scale(bags, count: int, mode: str, kept, kind):
    scale = kept.astype(kind)
    if mode == "mean":
        members = np.bincount(bags[kept], minlength=count)
        scale /= np.maximum(members, 1)[bags]
    return scale


def _per_sample_dx(g, weight, index, bags, kept):
    shares = lookup(g, bags, -1, False) * lookup(weight, index, -1, False)
    return shares.sum(1) * wrap(kept.astype(g._array.dtype))


@behind(weight=_bag_dx, per_sample=_per_sample_dx, optional=("per_sample",), node_name="EmbeddingBagBackward0")
def bag(weight, per_sample, index, bags, count, mode, kept, largest):
    """The sum, mean or maximum of the rows in each bag.

    index    the rows' numbers, all bags one after the other
    bags     the number of the bag of each
    kept     which of them count (padding does not)
    largest  for the maximum: the row that has it, for each bag and column
    """
    if mode == "max":
        return np.where(largest >= 0, np.take_along_axis(weight, np.maximum(largest, 0), 0), weight.dtype.type(0))
    rows = weight[index] * _bag_scale(bags, count, mode, kept, weight.dtype)[:, None]
    if per_sample is not None:
        rows = rows * per_sample.reshape(-1, 1)
    return _add_rows(rows, bags, count)


def largest_rows(weight, index, bags, count: int, kept):
    """For each bag and column the number of the row with the largest element; -1 for empty bags."""
    table, index, bags, kept = (move(each, None) for each in (memory(weight), index, bags, kept))
    best = numpy.full((count, table.shape[1]), -np.inf)
    rows = numpy.full((count, table.shape[1]), -1)
    for n, number in enumerate(bags.tolist()):
        if kept[n]:
            better = (table[index[n]] > best[number]) | (rows[number] < 0)
            best[number] = np.where(better, table[index[n]], best[number])
            rows[number] = np.where(better, index[n], rows[number])
    return move_like(rows, weight._array)


@behind(x=lambda g, rows: _columns_at(g, rows))
def spread_columns(x, rows, count):
    """Each element added to the row that `rows` names, in its own column."""
    table = np.zeros((count, x.shape[1]), x.dtype)
    there, columns = np.nonzero(rows >= 0)
    np.add.at(table, (rows[there, columns], columns), x[there, columns])
    return table


@behind(x=lambda g, rows, x_shape: spread_columns(g, rows, x_shape[0]))
def _columns_at(x, rows):
    return np.where(rows >= 0, np.take_along_axis(x, np.maximum(rows, 0), 0), x.dtype.type(0))
