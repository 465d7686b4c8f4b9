"""The switch that turns recording off, for each thread its own: `no_grad`, `enable_grad`, `inference_mode`.

What is recorded stands in `tape.py`.
"""

import threading


class _Mode(threading.local):
    """Whether operations are recorded; each thread has its own, and starts with recording on."""

    enabled = True
    inference = False


mode = _Mode()

#: Not empty while any thread is in inference mode: a look at this list is cheaper than one at `mode`.
inferring: list = []


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread.

    >>> import tensorkit as torch
    >>> with torch.no_grad():
    ...     torch.is_grad_enabled()
    False
    """
    return mode.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`.

    >>> torch.is_inference_mode_enabled()
    False
    """
    return mode.inference


class _GradMode:
    """A setting of the recording switch, as a context manager and as a decorator.

    Instances may be nested and used again: each entry pushes the mode it found.
    """

    __slots__ = ("_found",)

    target = True

    def __new__(cls, function=None):
        self = object.__new__(cls)
        self._found = []
        return self if function is None else self(function)  # @torch.no_grad without brackets

    def __enter__(self):
        self._found.append(mode.enabled)
        mode.enabled = self.target

    def __exit__(self, *exception):
        mode.enabled = self._found.pop()

    def clone(self):
        return type(self)()

    def __call__(self, function):
        return decorate(self.clone, function)


def decorate(context, function):
    """`function`, run inside a new `context()` at each call; generators get it only while they run."""
    from functools import wraps

    code = getattr(function, "__code__", None)
    if code is not None and code.co_flags & 0x20:  # a generator function: the mode ends at each yield

        @wraps(function)
        def generator(*args, **kwargs):
            running = function(*args, **kwargs)
            send, value = running.send, None
            while True:
                try:
                    with context():
                        result = send(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    value = yield result
                    send = running.send
                except GeneratorExit:
                    with context():
                        running.close()
                    raise
                except BaseException as error:
                    send, value = running.throw, error

        return generator

    @wraps(function)
    def wrapped(*args, **kwargs):
        with context():
            return function(*args, **kwargs)

    return wrapped


class no_grad(_GradMode):
    """Do not record operations: inside, results have `requires_grad=False`.

    >>> import tensorkit as torch
    >>> w = torch.tensor(1.0, requires_grad=True)
    >>> with torch.no_grad():
    ...     (w * 2).requires_grad
    False
    """

    __slots__ = ()
    target = False


class enable_grad(_GradMode):
    """Record operations again, inside a `no_grad` block.

    >>> w = torch.ones(1, requires_grad=True)
    >>> with torch.no_grad(), torch.enable_grad():
    ...     print((w * 2).requires_grad)
    True
    """

    __slots__ = ()
    target = True


class set_grad_enabled(_GradMode):
    """Turn recording on or off: at once as a plain call, or for a `with` block, or for a decorated function.

    >>> with torch.set_grad_enabled(False):
    ...     print((torch.ones(1, requires_grad=True) * 2).requires_grad)
    False
    """

    __slots__ = ("target",)

    def __new__(cls, mode: bool):
        return object.__new__(cls)

    def __init__(self, mode: bool):
        self.target = bool(mode)
        self._found = [_swap(self.target)]

    def __enter__(self):
        if not self._found:  # entered a second time
            self._found.append(mode.enabled)
        mode.enabled = self.target

    def clone(self):
        return set_grad_enabled(self.target)

    def __call__(self, function):
        if self._found:
            mode.enabled = self._found.pop()  # as a decorator it acts only inside
        return super().__call__(function)


def _swap(enabled: bool) -> bool:
    found, mode.enabled = mode.enabled, enabled
    return found


class inference_mode(_GradMode):
    """Like `no_grad`; and tensors made inside can never be part of what is recorded, nor be written to outside.

    `inference_mode(False)` changes nothing.

    >>> with torch.inference_mode():
    ...     print((torch.ones(1, requires_grad=True) * 2).requires_grad)
    False
    """

    __slots__ = ("mode",)
    target = False

    def __new__(cls, mode=True):
        self = object.__new__(cls)
        self._found, self.mode = [], True
        if callable(mode):
            return self(mode)
        self.mode = bool(mode)
        return self

    def __enter__(self):
        self._found.append((mode.enabled, mode.inference))
        if self.mode:
            inferring.append(None)
            mode.enabled, mode.inference = False, True

    def __exit__(self, *exception):
        mode.enabled, mode.inference = self._found.pop()
        if self.mode:
            inferring.pop()

    def clone(self):
        return inference_mode(self.mode)
