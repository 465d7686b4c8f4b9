"""`ctc_loss`: the probability of a sequence of labels, summed over all ways to align it with the inputs.

Source: Graves and others, Connectionist Temporal Classification, ICML 2006
"""

import math

from ...array_modules import beside, move_like, np
from ...ops.create import full
from ...ops.data import tensor
from ...ops.join import cat, stack
from ...ops.masks import where
from ...tensor import Tensor, memory, wrap
from .loss import reduced


def _lengths(given) -> list:
    return [int(each) for each in (memory(given).ravel() if isinstance(given, Tensor) else given)]


def _log_add(*terms):
    """log(Σ exp) of tensors of one shape, element by element; -inf where all of them are."""
    stacked = stack(terms)
    top = stacked.detach().amax(0)
    nowhere = top == -math.inf
    top = where(nowhere, 0.0, top)
    total = where(nowhere, 1.0, (stacked - top).exp().sum(0))  # a logarithm of 0 would have a gradient of 0/0
    return where(nowhere, -math.inf, total.log() + top)


def _one(logs, labels, blank: int):
    """Minus the log-probability of `labels` under `logs` (inputs, classes)."""
    with beside(logs._array):
        return _along(logs, labels, blank)


def _along(logs, labels, blank: int):
    path = np.full(2 * len(labels) + 1, blank)
    path[1::2] = labels
    count = len(path)
    may_skip = np.zeros(count, bool)
    may_skip[2:] = (path[2:] != blank) & (path[2:] != path[:-2])
    nothing = full((1,), -math.inf, dtype=logs.dtype, device=logs.device)
    steps = logs[:, wrap(path)]
    alive = wrap(np.arange(count) < 2)
    alpha = where(alive, steps[0], -math.inf)
    for t in range(1, logs._array.shape[0]):
        before = cat([nothing, alpha[:-1]])
        terms = [alpha, before]
        if count > 2:
            terms.append(where(wrap(may_skip), cat([nothing, nothing, alpha[:-2]]), -math.inf))
        alpha = _log_add(*terms) + steps[t]
    return -(_log_add(alpha[-1], alpha[-2]) if count > 1 else alpha[-1])


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank: int = 0, reduction: str = "mean",
             zero_infinity: bool = False):  # fmt: skip
    """Minus the log-probability of each sequence of labels.

    log_probs       inputs, batch, classes (or without batch)
    targets         batch, labels; or all labels in one row
    input_lengths   how many inputs of each sample count
    target_lengths  how many labels of each sample count
    zero_infinity   make losses that are infinite (too few inputs) 0

    >>> scores = torch.zeros(4, 1, 3).log_softmax(2)
    >>> torch.nn.functional.ctc_loss(scores, torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2]))
    tensor(0.8432)
    """
    alone = log_probs.ndim == 2
    logs = log_probs.unsqueeze(1) if alone else log_probs
    inputs, labels = _lengths(input_lengths if not alone else [input_lengths]), _lengths(
        target_lengths if not alone else [target_lengths])  # fmt: skip
    longest = logs._array.shape[0]
    if max(inputs, default=0) > longest:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {longest}, but got value "
            f"{next(each for each in inputs if each > longest)} (while checking arguments for "
            "ctc_loss_allocate_outputs)"
        )
    rows = move_like(memory(targets), log_probs._array)
    if rows.ndim == 1:
        ends = np.cumsum(labels)
        rows = [rows[end - size : end] for end, size in zip(ends, labels, strict=True)]
    losses = [_one(logs[:t, n], np.asarray(rows[n])[:size], blank)
              for n, (t, size) in enumerate(zip(inputs, labels, strict=True))]  # fmt: skip
    losses = stack(losses)
    if zero_infinity:
        losses = where(losses == math.inf, 0.0, losses)
    if reduction == "mean":
        counts = tensor([max(size, 1) for size in labels], dtype=losses.dtype, device=losses.device)
        return (losses / counts).mean()
    return losses.squeeze(0) if alone and reduction == "none" else reduced(losses, reduction)
