"""Errors in PyTorch's words, and hints of ours that ride along as exception notes.

A hint never stands inside the message: code and tests that look at PyTorch's text find just that.
"""

from typing import TypeVar

Raised = TypeVar("Raised", bound=Exception)


def hint(error: Raised, note: str) -> Raised:
    """`error` with a note under its traceback line; returns it, to be raised.

    >>> hint(ValueError("no"), "try yes").__notes__
    ['Hint: try yes']
    """
    error.add_note("Hint: " + note)
    return error


class Named(type):
    """The type of the classes that Python's own errors call by their full name ("'torch.Size' object is not callable"),
    as PyTorch's are built to have it, though their `__name__` is 'Size'."""

    def __init__(cls, name: str, bases: tuple, namespace: dict, home: str = "torch"):
        super().__init__(name, bases, namespace)
        type.__dict__["__name__"].__set__(cls, f"{home}.{name}")

    def __new__(meta, name: str, bases: tuple, namespace: dict, home: str = "torch"):
        return super().__new__(meta, name, bases, namespace)

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        return cls.__qualname__


def brackets(shape) -> str:
    """A shape as PyTorch's messages write it: '[2, 3]'."""
    return "[" + ", ".join(map(str, shape)) + "]"


def times(shape) -> str:
    """A shape as the messages about matrices write it: '2x3'."""
    return "x".join(map(str, shape))


def not_implemented(kernel: str, cpp_name: str) -> NotImplementedError:
    """PyTorch's error for a kernel that has no version for a dtype: '"exp" not implemented for 'Bool''."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{cpp_name}'")


def kind(value) -> str:
    """The name of a value's type as PyTorch's argument errors give it."""
    if isinstance(type(value), Named):
        return type.__dict__["__name__"].__get__(type(value))
    name, home = type(value).__name__, type(value).__module__
    if home == "numpy" or name in ("dtype", "Size", "device", "memory_format", "layout"):
        return f"{'numpy' if home == 'numpy' else 'torch'}.{name}"
    return name


def no_tensor(function: str, got, argument: str = "input", position: int = 1) -> TypeError:
    """PyTorch's TypeError for a list or a number in a tensor's place: for where an attribute was missed."""
    return wrong_argument(function, argument, position, "Tensor", got)


def no_tensors(function: str, **given) -> TypeError:
    """The same for the first of a function's first arguments that is no tensor."""
    named = enumerate(given.items(), 1)
    position, (argument, got) = next(each for each in named if not hasattr(each[1][1], "_array"))
    return no_tensor(function, got, argument, position)


def lacking(value, name: str) -> AttributeError:
    """Python's error for what is no tensor, with the attribute that PyTorch asks for first."""
    return AttributeError(f"'{type(value).__name__}' object has no attribute '{name}'", name=name, obj=value)


def wrong_argument(function: str, argument: str, position: int, wanted: str, got) -> TypeError:
    """PyTorch's TypeError for one argument of the wrong type."""
    return TypeError(f"{function}(): argument '{argument}' (position {position}) must be {wanted}, not {kind(got)}")


def missing_arguments(function: str, names) -> TypeError:
    """PyTorch's TypeError for arguments left out (its plural is where one would not expect it)."""
    quoted = ", ".join(f'"{name}"' for name in names)
    return TypeError(
        f"{function}() missing {len(names)} required positional argument{'s' if len(names) == 1 else ''}: {quoted}"
    )


def dim_out_of_range(dim: int, ndim: int) -> IndexError:
    """PyTorch's error for a dimension that a tensor of `ndim` dimensions does not have."""
    most = max(ndim, 1)
    return IndexError(f"Dimension out of range (expected to be in range of [{-most}, {most - 1}], but got {dim})")


def _with_name(shape, name: str | None) -> str:
    return brackets(shape) if name is None else f"{brackets(shape)} (`{name}`)"


def cannot_broadcast(a, b, names: tuple = (None, None)) -> RuntimeError:
    """PyTorch's error for two shapes that do not broadcast together; names the first bad dimension from the right.

    names  what the user calls the two tensors, where that is known
    """
    for back in range(1, min(len(a), len(b)) + 1):
        m, n = a[-back], b[-back]
        if m != n and m != 1 and n != 1:
            place = max(len(a), len(b)) - back
            error = RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension {place}"
            )
            return hint(
                error,
                f"shapes {_with_name(a, names[0])} and {_with_name(b, names[1])} are compared from the right; "
                "in each place the sizes must be equal, or one of them 1.",
            )
    return RuntimeError(f"shapes {brackets(a)} and {brackets(b)} do not broadcast")


class LinAlgError(RuntimeError):
    """What linear algebra raises for a matrix that has no inverse, or no factor; `torch.linalg.LinAlgError`.

    >>> try:
    ...     torch.linalg.inv(torch.zeros(1, 1))
    ... except torch.linalg.LinAlgError as error:
    ...     print(error)
    linalg.inv: The diagonal element 1 is zero, the inversion could not be completed because the input matrix is
    singular.
    """


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"
__test__ = {"LinAlgError": LinAlgError}  # doctest looks for it in the module that it names


class AcceleratorError(RuntimeError):
    """What PyTorch raises for errors of a GPU; here for whoever catches it.

    >>> issubclass(torch.AcceleratorError, RuntimeError)
    True
    """


class OutOfMemoryError(RuntimeError):
    """What PyTorch raises where a GPU's memory is full; here for whoever catches it.

    >>> issubclass(torch.OutOfMemoryError, RuntimeError)
    True
    """


AcceleratorError.__module__ = OutOfMemoryError.__module__ = "torch"
