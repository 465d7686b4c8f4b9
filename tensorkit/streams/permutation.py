"""A shuffle by swaps, many swaps at a time.

The shuffle is Fisher and Yates': for each position in turn, swap it with a random position not before it.
Swaps must happen in order where they touch the same position, and may happen together where they do not.

Source: R. Durstenfeld, "Algorithm 235: Random permutation", 1964; J. Shun et al., "Sequential random
permutation, list contraction and tree contraction are highly parallel", 2015.
"""

import numpy as np

#: Below this many positions the plain loop is faster.
_SMALL = 1500


def shuffle(partners: np.ndarray) -> np.ndarray:
    """The numbers 0 … n-1 (int64) after swapping position i with partners[i] >= i, for i = 0 … n-2 in turn.

    >>> shuffle(np.array([2, 2, 3]))
    array([2, 0, 3, 1])
    """
    n = len(partners) + 1
    if n <= _SMALL:
        return np.array(_swapped_in_turn(list(range(n)), partners.tolist()), np.int64)
    index = np.int32 if n < 2**31 else np.int64
    partners = partners.astype(index, copy=False)
    content = np.arange(n, dtype=index)
    done = _swap_together(content, partners, n - _SMALL)
    tail = _swapped_in_turn(content[done:].tolist(), (partners[done:] - done).tolist())
    result = content.astype(np.int64)
    result[done:] = tail
    return result


def _swapped_in_turn(content: list[int], partners: list[int]) -> list[int]:
    """The definition itself."""
    for i, partner in enumerate(partners):
        content[i], content[partner] = content[partner], content[i]
    return content


def _swap_together(content: np.ndarray, partners: np.ndarray, stop: int) -> int:
    """Carry out the swaps 0 … stop-1 in place, in rounds; returns `stop`.

    Each round looks at a batch of swaps: those left over, then the next ones in turn.  A swap is ready if no
    earlier swap of the batch touches its positions.  All that are ready are carried out at once.
    """
    first = np.empty_like(content)  # per position: the earliest swap of the batch that has it as partner
    nothing = content.dtype.type(content.size)
    waiting = content[:0]
    start = 0
    while start < stop or waiting.size:
        ahead = min(stop, start + max(64, (content.size - start) // 16))  # larger batches collide too often
        batch = np.concatenate([waiting, np.arange(start, ahead, dtype=content.dtype)])
        partner = partners[batch]
        first[batch] = nothing
        first[partner[::-1]] = batch[::-1]  # of several writes to one place the last one stays
        ready = (first[partner] == batch) & (first[batch] >= batch)
        waiting = batch[~ready]
        here, there = batch[ready], partner[ready]
        content[here], content[there] = content[there], content[here]
        start = ahead
    return stop
