"""Classes derived from Tensor: what their methods and operators give is of the derived class again, as in PyTorch.

The methods of the derived class are wrapped when it is made, so that plain tensors pay nothing.  Functions of the
`torch` namespace, and the classes of this package (`Parameter` and its kind), give plain tensors.
"""

from .tensor import Tensor

#: Methods whose tensors stay as they are: what a class keeps, or what says of itself which class it has.
_PLAIN = {"as_subclass", "backward", "__getattribute__", "__setattr__", "__new__", "__init__", "__init_subclass__",
          "__class__", "__repr__", "__deepcopy__", "__copy__", "__reduce_ex__", "register_hook"}  # fmt: skip


def _kept(method, cls):
    """A method whose plain tensors come out as `cls`."""

    def call(self, *args, **kwargs):
        return _as_class(method(self, *args, **kwargs), cls)

    call.__name__, call.__doc__ = method.__name__, method.__doc__
    return call


def _as_class(found, cls):
    if type(found) is Tensor:
        found.__class__ = cls
    elif type(found) in (tuple, list):
        return type(found)(_as_class(each, cls) for each in found)
    return found


def _wrap_methods(cls, **options) -> None:
    if cls.__module__.partition(".")[0] != "tensorkit" and not hasattr(cls, "_printed_as"):
        for name in dir(Tensor):
            method = getattr(Tensor, name, None)
            public = not name.startswith("_") or (name.startswith("__") and name not in vars(object))
            if public and name not in _PLAIN and name not in vars(cls) and type(method) is type(_kept):
                setattr(cls, name, _kept(method, cls))


Tensor.__init_subclass__ = classmethod(_wrap_methods)
