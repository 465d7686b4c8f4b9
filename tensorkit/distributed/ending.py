"""When a rank ends before the others: the job ends with a clear error instead of waiting for ever.

An uncaught exception: its traceback is printed and MPI stops all ranks.  A rank that runs to its end, or calls
`sys.exit`, says goodbye to the others first; whoever waits for it then gets an error.  A rank that is killed is noticed
by `mpiexec`, which stops the rest.  In a notebook (an engine of ipyparallel) exceptions stay where they are.
"""

import atexit
import sys
import time
from typing import Any

from ..errors import hint

#: What is already on its way may take this long after the sender has ended (seconds).
GRACE = 3.0
#: `mpiexec` gets this long to read a message before the job is stopped (seconds).
READ_WITHIN = 2.0
GOODBYE = 1

_control: Any = None  # a communicator for goodbyes alone
_mpi: Any = None
_gone: dict[int, float] = {}  # ranks that have said goodbye, and when it was heard
_excepthook: Any = None


def watch(mpi: Any, world: Any) -> None:
    """From now on this process stops all others when an exception ends it, and says goodbye when it ends otherwise."""
    global _control, _mpi, _excepthook
    _mpi, _control = mpi, world.Dup()
    _gone.clear()
    if _excepthook is None:
        _excepthook = sys.excepthook
        sys.excepthook = _stop_everybody
        atexit.register(say_goodbye)


def say_goodbye() -> None:
    """Tell the others that this rank takes part in nothing more."""
    global _control
    if _control is None or _mpi.Is_finalized():
        return
    nothing = bytearray(0)
    requests = [
        _control.Isend([nothing, _mpi.BYTE], dest=rank, tag=GOODBYE)
        for rank in range(_control.size)
        if rank != _control.rank
    ]
    _mpi.Request.Testall(requests)
    _control = None


def _stop_everybody(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Print the traceback as always; then end the job, for the other ranks would wait for this one."""
    _excepthook(kind, error, trace)
    if _control is None or _mpi.Is_finalized():
        return
    print(
        f"rank {_control.rank} of {_control.size} ended with {kind.__name__}: all ranks are stopped",
        file=sys.stderr,
        flush=True,
    )
    sys.stdout.flush()
    _let_it_be_read()
    _mpi.COMM_WORLD.Abort(1)


def _let_it_be_read() -> None:
    """Wait until `mpiexec` has read what was printed: a stop overtakes lines that are still in a pipe."""
    end = time.monotonic() + READ_WITHIN
    while any(_unread(stream) for stream in (sys.stdout, sys.stderr)) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.05)  # it has read them, and passes them on


def _unread(stream: Any) -> int:
    """How many bytes stand in the pipe behind a stream; 0 where it is no pipe, or the system doesn't tell."""
    try:
        from fcntl import ioctl
        from termios import FIONREAD

        return int.from_bytes(ioctl(stream.fileno(), FIONREAD, bytes(4)), sys.byteorder)
    except (ImportError, OSError, ValueError, AttributeError):
        return 0


def check_everybody_is_there(what: str, group: Any) -> None:
    """Raise RuntimeError if a rank of the group ended a while ago, so that `what` can never be complete."""
    if _control is None:
        return
    status = _mpi.Status()
    while _control.Iprobe(source=_mpi.ANY_SOURCE, tag=GOODBYE, status=status):
        _control.Recv([bytearray(0), _mpi.BYTE], source=status.Get_source(), tag=GOODBYE)
        _gone[status.Get_source()] = time.monotonic()
    for rank, since in _gone.items():
        if rank in group.ranks and time.monotonic() - since > GRACE:
            raise hint(
                RuntimeError(f"{what} on rank {_control.rank} waits for rank {rank}, which has ended"),
                "every rank makes the same calls in the same order: has one of them fewer batches, or called sys.exit?",
            )
