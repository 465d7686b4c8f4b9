"""`AdaptiveLogSoftmaxWithLoss`: a softmax over many classes that spends its work on the frequent ones.

Source: Grave et al., 2016, https://arxiv.org/abs/1609.04309
"""

from collections import namedtuple
from collections.abc import Sequence

from ..tensor import Tensor
from . import functional as F
from .containers import ModuleList, Sequential
from .linear import Linear
from .module import Module

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])

_CUTOFFS = (
    "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is "
    "between 1 and n_classes-1"
)


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log probabilities of classes that are sorted by frequency: a head for the frequent ones, a tail in clusters.

    in_features  numbers in an input; `n_classes`, how many classes there are
    cutoffs      the first class of each cluster of the tail
    div_value    how many times smaller each next cluster's projection is
    head_bias    whether the head has a bias

    The result has two fields: `output` (batch,), the log probability of each target; `loss`, minus their mean.
    Raises RuntimeError for targets that are no class or do not go with the input.

    >>> import tensorkit as torch
    >>> head = AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs=[3])
    >>> head(torch.randn(2, 8), torch.tensor([0, 7])).output.shape, head.log_prob(torch.randn(2, 8)).shape
    (torch.Size([2]), torch.Size([2, 10]))
    """

    def __init__(self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0,
                 head_bias: bool = False, device=None, dtype=None):  # fmt: skip
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        inside = min(cutoffs) > 0 and max(cutoffs) <= n_classes - 1 and all(int(each) == each for each in cutoffs)
        if not inside or cutoffs != sorted(set(cutoffs)):
            raise ValueError(_CUTOFFS)
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for number, (first, last) in enumerate(self._clusters(), 1):
            middle = int(in_features // div_value**number)
            self.tail.append(
                Sequential(
                    Linear(in_features, middle, False, device, dtype),
                    Linear(middle, last - first, False, device, dtype),
                )
            )

    def _clusters(self) -> list[tuple[int, int]]:
        return list(zip(self.cutoffs[:-1], self.cutoffs[1:], strict=True))

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for layer in (self.head, *(layer for pair in self.tail for layer in pair)):
            layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        _check_shapes(input_, target_)
        batched = target_.ndim == 1
        input, target = (input_, target_) if batched else (input_.unsqueeze(0), target_.unsqueeze(0))
        low, high = (target.min().item(), target.max().item()) if target.numel() else (0, 0)
        if low < 0 or high >= self.n_classes:
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{low}, {high}] "
                "were found. "
            )
        column = target.clone()
        within = input.new_zeros(target.shape[0])
        for number, (first, last) in enumerate(self._clusters()):
            rows = ((target >= first) & (target < last)).nonzero().squeeze(1)
            if rows.numel():
                column[rows] = self.shortlist_size + number
                scores = F.log_softmax(self.tail[number](input.index_select(0, rows)), dim=1)
                own = scores.gather(1, (target[rows] - first).unsqueeze(1)).squeeze(1)
                within = within.index_copy(0, rows, own)
        head = F.log_softmax(self.head(input), dim=1)
        output = within + head.gather(1, column.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log probabilities of all classes: batch, n_classes."""
        head = F.log_softmax(self.head(input), dim=1)
        result = input.new_empty((head.size(0), self.n_classes))
        result[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for number, ((first, last), layers) in enumerate(zip(self._clusters(), self.tail, strict=True)):
            of_cluster = head[:, self.shortlist_size + number].unsqueeze(1)
            result[:, first:last] = F.log_softmax(layers(input), dim=1) + of_cluster
        return result

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each input; the tail is asked only where the head points to it."""
        answer = self.head(input).argmax(1)
        open_ = answer >= self.shortlist_size
        if open_.any():
            answer[open_] = self.log_prob(input[open_]).argmax(1)
        return answer


def _check_shapes(input: Tensor, target: Tensor) -> None:
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.ndim == 1 and input.size(0) != target.size(0):
        raise RuntimeError("Input and target should have the same size in the batch dimension.")
    if input.ndim != target.ndim + 1:
        wanted = (
            "1D target tensor expects 2D input tensors" if target.ndim else "0D target tensor expects 1D input tensors"
        )
        raise RuntimeError(f"{wanted}, but found inputs with size {input.size()}")
