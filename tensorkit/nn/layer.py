"""`Layer`: a module without weights, which hands its input and its settings on to one function of `nn.functional`.

Most activations and pooling layers, and some more, are no more than that: their classes tell what they keep and which
function computes.  Layers with weights stand on `Module` itself.
"""

from collections.abc import Callable
from operator import attrgetter

from ..ops.declare import argument_names
from .errors import renamed
from .module import Module


def arguments(function: Callable) -> tuple[str, ...]:
    """The names of a function's arguments after the first one, which is the input, or a method's `self`."""
    return argument_names(function)[1:]


def _forward(function: Callable, given: tuple[str, ...]) -> Callable:
    """`forward` of a layer that gives the function these of its attributes."""
    if not given:
        return lambda self, input: function(input)
    if len(given) == 1:
        (name,) = given
        return lambda self, input: function(input, getattr(self, name))
    settings = attrgetter(*given)
    return lambda self, input: function(input, *settings(self))


def unusual(module: Module, **usual) -> str:
    """Those of a module's settings that are not as usual, as its printed form has them after others."""
    settings = [(name, getattr(module, name), value) for name, value in usual.items()]
    return "".join([f", {name}={value}" for name, value, expected in settings if value != expected])


class Layer(Module):
    """A module that keeps the arguments of its `__init__` as attributes and hands them on to a function.

    function  what computes; it gets the input and those of its arguments that the layer has as attributes
    given     other attributes than these, in the function's order
    shown     the attributes that are printed; without it, all that are kept

    >>> class Power(Layer, function=lambda input, exponent: input**exponent):
    ...     def __init__(self, exponent):
    ...         self._keep(exponent)
    >>> Power(2), Power(2)(torch.tensor([3.]))
    (Power(exponent=2), tensor([9.]))
    """

    _function: Callable
    _kept: tuple[str, ...] = ()
    _shown: tuple[str, ...] | None = None

    def __init_subclass__(cls, function=None, given=None, shown=None):
        super().__init_subclass__()
        if shown is not None:
            cls._shown = shown
        if function is None:
            return
        cls._function, cls._kept = staticmethod(function), arguments(cls.__init__)
        forward = cls.forward
        if forward is Module.forward:
            known = {*cls._kept, "training"}
            forward = _forward(function, given or tuple(name for name in arguments(function) if name in known))
        cls.forward = renamed(forward, f"{cls.__name__}.forward")

    def _keep(self, *values) -> None:
        """Begin: keep these values under the names of the first arguments of `__init__`."""
        super().__init__()
        self.__dict__.update(zip(self._kept, values, strict=False))

    def extra_repr(self) -> str:
        """The settings by their names; `inplace` where it is True."""
        names = self._kept if self._shown is None else self._shown
        return ", ".join(
            f"{name}={value!r}" for name in names if (value := getattr(self, name)) is not False or name != "inplace"
        )
