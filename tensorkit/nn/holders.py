"""Modules that hold parameters: ParameterList and ParameterDict.  Those that hold modules stand in `containers.py`."""

from collections.abc import Iterable, Iterator, Mapping
from operator import index as as_index
from typing import Any

from ..tensor import Tensor
from .errors import typename
from .module import Module
from .parameter import Parameter


def pairs(given, owner: str):
    """Pairs of name and value out of a mapping or of an iterable of pairs."""
    if isinstance(given, Mapping) or (isinstance(given, Module) and hasattr(given, "items")):
        yield from given.items()
        return
    for place, pair in enumerate(given):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{owner} update sequence element #{place} should be Iterable; is{type(pair).__name__}")
        if len(pair) != 2:
            raise ValueError(f"{owner} update sequence element #{place} has length {len(pair)}; 2 is required")
        yield pair


def _described(key, value, kind_of=typename) -> str:
    if not isinstance(value, Tensor):
        return f"  ({key}): Object of type: {type(value).__name__}"
    size = "x".join(map(str, value.size()))
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    place = f" ({value.device})" if value.is_cuda else ""
    return f"  ({key}): {kind} containing: [{kind_of(value)} of size {size}{place}]"


def _as_member(value):
    """What a list or dictionary of parameters keeps of a value: of a plain tensor a parameter."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


class ParameterList(Module):
    """A list of parameters that are part of the module which owns it; plain tensors are made parameters.

    >>> weights = torch.nn.ParameterList([torch.ones(2)])
    >>> len(weights), weights[0].requires_grad
    (1, True)
    """

    def __init__(self, values: Iterable[Any] | None = None):
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _place(self, index) -> str:
        place = as_index(index)
        if not -self._size <= place < self._size:
            raise IndexError(f"index {place} is out of range")
        return str(place % self._size)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(getattr(self, str(i)) for i in range(*index.indices(self._size)))
        return getattr(self, self._place(index))

    def __setitem__(self, index: int, value) -> None:
        setattr(self, self._place(index), _as_member(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self):
        return iter([self[i] for i in range(self._size)])

    def __iadd__(self, values) -> "ParameterList":
        return self.extend(values)

    def append(self, value) -> "ParameterList":
        """Put a parameter behind the others."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> "ParameterList":
        """Put several parameters behind the others."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        return "\n".join(_described(i, value, lambda tensor: tensor.dtype) for i, value in enumerate(self))

    def __call__(self, *args, **kwargs):
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(Module):
    """A dictionary of parameters that are part of the module which owns it; plain tensors are made parameters.

    >>> weights = torch.nn.ParameterDict({"w": torch.ones(2)})
    >>> weights["w"]
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __init__(self, parameters: Any = None):
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str):
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value) -> None:
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type is "
                f"'{type(key).__name__}'). Open an issue on github if you need non-string keys."
            )
        self._keys[key] = None
        setattr(self, key, _as_member(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other) -> "ParameterDict":
        joined = ParameterDict(self)
        joined.update(other)
        return joined

    def keys(self):
        """The names of the parameters."""
        return self._keys.keys()

    def items(self):
        """Names and parameters."""
        return [(key, self[key]) for key in self._keys]

    def values(self):
        """The parameters."""
        return [self[key] for key in self._keys]

    def get(self, key: str, default=None):
        """The parameter of a name, or `default` if there is none."""
        return self[key] if key in self else default  # noqa: SIM401 (that would be this method)

    def setdefault(self, key: str, default=None):
        """The parameter of a name, which `default` becomes if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str):
        """Take a parameter out."""
        value = self[key]
        del self[key]
        return value

    def clear(self) -> None:
        """Take all parameters out."""
        for key in list(self._keys):
            del self[key]

    def update(self, parameters) -> None:
        """Put parameters in, from pairs of name and parameter or a mapping (a plain dict's in alphabetical order)."""
        found = pairs(parameters, "ParameterDict")
        for key, value in sorted(found, key=lambda pair: pair[0]) if type(parameters) is dict else found:
            self[key] = value

    def extra_repr(self) -> str:
        return "\n".join(_described(key, value) for key, value in self.items())

    def __call__(self, *args, **kwargs):
        raise RuntimeError("ParameterDict should not be called.")
