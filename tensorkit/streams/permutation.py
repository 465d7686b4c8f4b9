"""A shuffle by swaps, many swaps at a time.

The shuffle is Fisher and Yates': for each position in turn, swap it with a random position not before it.
Swaps must happen in order where they touch the same position, and may happen together where they do not.

Source: R. Durstenfeld, "Algorithm 235: Random permutation", 1964; J. Shun et al., "Sequential random
permutation, list contraction and tree contraction are highly parallel", 2015.
"""

import numpy as np

from .words import CHUNK

#: For this many positions, or the last so many, the plain loop is faster.
_SMALL = 1500


def shuffle(partners: np.ndarray) -> np.ndarray:
    """The numbers 0 … n-1 (int64) after swapping position i with partners[i] >= i, for i = 0 … n-2 in turn.

    >>> shuffle(np.array([2, 2, 3]))
    array([2, 0, 3, 1])
    """
    n = len(partners) + 1
    if n <= _SMALL:
        return np.array(_swapped_in_turn(list(range(n)), partners.tolist()), np.int64)
    partners = partners.astype(np.int64)  # the type NumPy wants for indices
    content = np.arange(n)
    tail = n - _SMALL
    _swap_together(content, partners, tail)
    content[tail:] = _swapped_in_turn(content[tail:].tolist(), (partners[tail:] - tail).tolist())
    return content


def _swapped_in_turn(content: list[int], partners: list[int]) -> list[int]:
    """The definition itself."""
    for i, partner in enumerate(partners):
        content[i], content[partner] = content[partner], content[i]
    return content


def _swap_together(content: np.ndarray, partners: np.ndarray, stop: int) -> None:
    """Carry out the swaps 0 … stop-1 in place, in rounds.

    Each round looks at a batch of swaps: those left over, then the next ones in turn.  A swap is ready if no
    earlier swap of the batch touches its positions.  All that are ready are carried out at once.
    """
    size = content.size
    first = np.empty_like(content)  # per position: the earliest swap of the batch that has it as partner
    waiting = content[:0]
    start = 0
    while start < stop or waiting.size:
        # Larger batches collide too often, and leave the processor's cache.
        ahead = min(stop, start + min((size - start) // 16, CHUNK))
        batch = np.concatenate([waiting, np.arange(start, ahead)])
        partner = partners[batch]
        first[batch] = size
        first[partner[::-1]] = batch[::-1]  # of several writes to one place the last one stays
        ready = (first[partner] == batch) & (first[batch] >= batch)
        waiting = batch[~ready]
        here, there = batch[ready], partner[ready]
        content[here], content[there] = content[there], content[here]
        start = ahead
