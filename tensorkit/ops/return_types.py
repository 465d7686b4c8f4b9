"""Results of several tensors that have names: `torch.return_types.max(values=…, indices=…)`."""


class _Named(tuple):
    """A result of several tensors with names, printed as PyTorch's `torch.return_types`."""

    __slots__ = ()
    _names: tuple = ()

    def __new__(cls, *values):
        return tuple.__new__(cls, values[0] if len(values) == 1 and isinstance(values[0], (tuple, list)) else values)

    def __getattr__(self, name: str):
        raise AttributeError(f"'torch.return_types.{type(self).__name__}' object has no attribute '{name}'")

    def __repr__(self) -> str:
        inside = ",\n".join(f"{name}={value!r}" for name, value in zip(self._names, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{inside})"


def return_type(name: str, *fields: str) -> type:
    """The type of a named result: `return_type('max', 'values', 'indices')`."""
    members = {field: property(lambda self, i=i: self[i]) for i, field in enumerate(fields)}
    return type(name, (_Named,), {"__slots__": (), "__module__": "torch.return_types", "_names": fields, **members})
