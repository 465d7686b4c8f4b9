"""Which of several equal elements `sort`, `topk`, `kthvalue` and `mode` name first, told exactly as PyTorch tells it.

PyTorch selects by the C++ library's partial sorts, which are not stable: the index given for tied elements follows
from the steps these algorithms take.  Where there are ties, the same steps are taken here, on keys (the ranks of the
elements); where there are none, NumPy's sort answers.  Nothing here knows of tensors.

Sources: C. A. R. Hoare, "Algorithm 65: Find" (1961); D. Musser, "Introspective Sorting and Selection Algorithms"
(1997), with the median of three and the final insertion sort of GNU's libstdc++; Numerical Recipes, section 8.5, for
`kthvalue`.
"""

from ..array_modules import np

#: Steps in Python cost about 1 µs each; larger tied inputs get the first of the tied elements that a stable sort gives.
MOST, MOST_TO_SORT = 200_000, 20_000
SMALL = 16  # up to here a sort is an insertion sort, which is stable


def ranks(row, descending: bool = False) -> list | None:
    """The rank of each element, equal ones equal, nan last (first if descending); None where no two are equal."""
    distinct, where = np.unique(row, return_inverse=True)
    if distinct.size == row.size:
        return None
    where = where.reshape(-1)
    return (-where if descending else where).tolist()


def _insertion_sort(a: list, first: int, last: int) -> None:
    a[first:last] = sorted(a[first:last], key=_key)


def _key(pair):
    return pair[0]


def _median_to(a: list, result: int, i: int, j: int, k: int) -> None:
    """Put the median of three elements at `result`."""
    x, y, z = a[i][0], a[j][0], a[k][0]
    low, high = (i, j) if x < y else (j, i)
    middle = high if max(x, y) < z else k if min(x, y) < z else low
    a[result], a[middle] = a[middle], a[result]


def _partition(a: list, first: int, last: int) -> int:
    """Split [first, last) by the median of three of its elements; where the upper part begins."""
    _median_to(a, first, first + 1, first + (last - first) // 2, last - 1)
    pivot, i, j = a[first][0], first + 1, last
    while True:
        while a[i][0] < pivot:
            i += 1
        j -= 1
        while pivot < a[j][0]:
            j -= 1
        if i >= j:
            return i
        a[i], a[j] = a[j], a[i]
        i += 1


def nth_element(a: list, nth: int) -> None:
    """Reorder pairs (key, index) so that the one at `nth` is the one a full sort would put there."""
    first, last = 0, len(a)
    while last - first > 3:
        cut = _partition(a, first, last)
        if cut <= nth:
            first = cut
        else:
            last = cut
    _insertion_sort(a, first, last)


def sort(a: list, last: int) -> None:
    """Sort the first `last` pairs by key."""
    pending = [(0, last)]
    while pending:
        first, end = pending.pop()
        while end - first > SMALL:
            cut = _partition(a, first, end)
            pending.append((cut, end))
            end = cut
    _insertion_sort(a, 0, last)


def _sift(a: list, hole: int, length: int, value) -> None:
    """Let `hole` sink to the bottom of a heap of `length` pairs, then `value` rise from there."""
    top, child = hole, hole
    while child < (length - 1) // 2:
        child = 2 * (child + 1)
        if a[child][0] < a[child - 1][0]:
            child -= 1
        a[hole], hole = a[child], child
    if length % 2 == 0 and child == (length - 2) // 2:
        child = 2 * (child + 1)
        a[hole], hole = a[child - 1], child - 1
    parent = (hole - 1) // 2
    while hole > top and a[parent][0] < value[0]:
        a[hole], hole = a[parent], parent
        parent = (hole - 1) // 2
    a[hole] = value


def partial_sort(a: list, middle: int) -> None:
    """Sort so that the first `middle` pairs are the smallest: a heap of them, through which the others pass."""
    for parent in range((middle - 2) // 2, -1, -1):
        _sift(a, parent, middle, a[parent])
    for i in range(middle, len(a)):
        if a[i][0] < a[0][0]:
            value, a[i] = a[i], a[0]
            _sift(a, 0, middle, value)
    for end in range(middle - 1, 0, -1):
        value, a[end] = a[end], a[0]
        _sift(a, 0, end, value)


def first_of(row, k: int, descending: bool) -> list | None:
    """The indices of the `k` first elements in sorted order as `topk` gives them; None where there are no ties."""
    keys = ranks(row, descending)
    if keys is None or k == 0:
        return None
    pairs = [(key, i) for i, key in enumerate(keys)]
    if k * 64 <= len(pairs):
        partial_sort(pairs, k)
    else:
        nth_element(pairs, k - 1)
        sort(pairs, k - 1)
    return [i for _, i in pairs[:k]]


def sorted_of(row, descending: bool) -> list | None:
    """The indices in sorted order as `sort` gives them; None where a stable sort gives the same."""
    keys = ranks(row, descending) if row.size > SMALL else None
    if keys is None:
        return None
    pairs = [(key, i) for i, key in enumerate(keys)]
    sort(pairs, len(pairs))
    return [i for _, i in pairs]


def kth_of(row, k: int) -> int | None:
    """The index of the element at `k` in sorted order, as `kthvalue` gives it; None where there are no ties."""
    keys = ranks(row)
    if keys is None:
        return None
    a = [(key, i) for i, key in enumerate(keys)]
    left, right = 0, len(a) - 1

    def order(i, j):
        if a[i][0] > a[j][0]:
            a[i], a[j] = a[j], a[i]

    while right > left + 1:
        middle = (left + right) // 2
        a[middle], a[left + 1] = a[left + 1], a[middle]
        order(left + 1, right)
        order(left, right)
        order(left + 1, left)
        i, j, pivot = left + 1, right, a[left][0]
        while True:
            i += 1
            while a[i][0] < pivot:
                i += 1
            j -= 1
            while a[j][0] > pivot:
                j -= 1
            if j < i:
                break
            a[i], a[j] = a[j], a[i]
        a[left], a[j] = a[j], a[left]
        if j <= k:
            left = i
        if j >= k:
            right = j - 1
    if right == left + 1:
        order(left, right)
    return a[k][1]


def mode_of(row) -> int:
    """The index of the most frequent element, the smallest of several, as `mode` gives it: its last in sorted order."""
    if row.dtype.kind == "f" and np.isnan(row).any():
        return _mode_with_nan(row.tolist())
    keys = ranks(row)
    if keys is None:
        return int(np.argmin(row))
    pairs = [(key, i) for i, key in enumerate(keys)]
    sort(pairs, len(pairs))
    counts = np.bincount(keys)
    winner = int(counts.argmax())
    return pairs[int(counts[: winner + 1].sum()) - 1][1]


def _mode_with_nan(row: list) -> int:
    """The same where comparisons with nan, always false, leave the sort unfinished; each nan counts for itself."""
    ordered: list = []
    for i, value in enumerate(row):
        place = 0 if ordered and value < ordered[0][0] else len(ordered)
        while place and value < ordered[place - 1][0]:
            place -= 1
        ordered.insert(place, (value, i))
    best, winner, run = 0, 0, 0
    for k, (value, i) in enumerate(ordered):
        run += 1
        if k + 1 == len(ordered) or value != ordered[k + 1][0]:
            if run > best:
                best, winner = run, i
            run = 0
    return winner
