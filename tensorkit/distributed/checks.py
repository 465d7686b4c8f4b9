"""Whether the tensors and ranks of a call fit, in PyTorch's words; found out before anything is sent."""

from collections.abc import Sequence
from typing import Any

from ..tensor import Tensor


def _class(value: Any) -> str:
    return "<class 'torch.Tensor'>" if type(value) is Tensor else str(type(value))


def is_tensor(name: str, value: Any) -> None:
    """Raise PyTorch's TypeError unless the argument is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"Invalid function argument. Expected parameter `{name}` of type torch.Tensor\n"
            f"             but got {_class(value)} instead."
        )


def are_tensors(name: str, values: Any) -> None:
    """Raise PyTorch's TypeError unless the argument is a list of tensors."""
    wanted = f"Invalid function argument. Expected parameter `{name}` of type List[torch.Tensor]\n"
    if not isinstance(values, list):
        raise TypeError(f"{wanted}             but got {_class(values)} instead.")
    if not all(isinstance(each, Tensor) for each in values):
        raise TypeError(
            f"{wanted}             but got {type(values)} with elements of type {[type(each) for each in values]}."
        )


def one_dtype(*tensors: Tensor) -> None:
    """Raise PyTorch's ValueError unless all tensors are of the first one's dtype."""
    for each in tensors[1:]:
        if each.dtype is not tensors[0].dtype:
            raise ValueError(
                f"Invalid usage of tensors with different dtypesFound {tensors[0].dtype} and  {each.dtype}"
            )


def sizes(shape: Sequence[int]) -> str:
    """A shape as PyTorch's communication writes it: '(2, 3)', '(2)'."""
    return "(" + ", ".join(map(str, shape)) + ")"


def like(what: str, tensors: Sequence[Tensor], model: Tensor) -> None:
    """Raise RuntimeError unless all tensors have the shape and the dtype of the model."""
    for index, each in enumerate(tensors):
        if each.dtype is not model.dtype:
            raise RuntimeError(
                f"ProcessGroupMPI::{what}: invalid tensor type at index {index} (expected {model.dtype}, got "
                f"{each.dtype})"
            )
        if each.shape != model.shape:
            raise RuntimeError(
                f"ProcessGroupMPI::{what}: invalid tensor size at index {index} (expected {sizes(model.shape)}, got "
                f"{sizes(each.shape)})"
            )


def place(what: str, group: Any, rank: int | None, group_rank: int | None, default: int | None = None) -> int:
    """The number in the group of the process that a call names, by its number among all (`default`, if the call names
    none) or by that in the group."""
    if rank is None and group_rank is None:
        if default is None:
            raise ValueError("Must specify global_rank or group_rank")
        rank = default
    if rank is not None and group_rank is not None:
        raise ValueError("Can't specify both group_rank and global_rank")
    found = group_rank if rank is None else rank
    known = range(group.size()) if rank is None else group.ranks
    if found not in known:
        raise RuntimeError(f"ProcessGroupMPI::{what}: invalid root rank: {found}")
    return known.index(found)
