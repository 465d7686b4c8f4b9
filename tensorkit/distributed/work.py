"""`Work`: communication that is under way, and how a process waits for it.

MPI's own waiting turns in a loop at full speed, does not hear Ctrl-C and lasts for ever.  Here a process that has
looked in vain for a while sleeps between two looks, watches for ranks that have ended, and gives up after the group's
timeout.  Looking is also what keeps MPI going: it does nothing between two calls.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from . import ending

LOOKS_WITHOUT_SLEEP = 200
SHORTEST_SLEEP, LONGEST_SLEEP = 2e-5, 1e-3
BETWEEN_ROLL_CALLS = 0.05


class Work:
    """What a call with `async_op=True` returns: `wait()` for it before you read the tensor.

    >>> from tensorkit.distributed.run import on_processes
    >>> print(on_processes('''
    ... import tensorkit as torch, tensorkit.distributed as dist
    ... dist.init_process_group("mpi")
    ... rank = dist.get_rank()
    ... x = torch.ones(1)
    ... work = dist.all_reduce(x, async_op=True)
    ... done = work.wait()
    ... if rank == 0:
    ...     print(done, x)
    ... ''', 2))
    True tensor([2.])
    """

    def __init__(self, what: str, group: Any, request: Any, finish: Callable[[], None] | None = None):
        self._what, self._group, self._request, self._finish = what, group, request, finish
        self._done = False
        self._status = group.mpi.Status()

    def is_completed(self) -> bool:
        """Whether it is done, without waiting."""
        if not self._done and self._tested():
            self._done = True
            if self._finish is not None:
                self._finish()
            self._finish = None
        return self._done

    def wait(self, timeout: timedelta | None = None) -> bool:
        """Return True when it is done.

        Raises RuntimeError when a rank that it needs has ended, or after `timeout` (the group's, if not given).
        """
        limit = self._group.timeout if timeout is None else timeout
        for _ in range(LOOKS_WITHOUT_SLEEP):
            if self.is_completed():
                return True
        begin = roll_call = time.monotonic()
        pause = SHORTEST_SLEEP
        while not self.is_completed():
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_SLEEP)
            now = time.monotonic()
            if now - roll_call > BETWEEN_ROLL_CALLS:
                roll_call = now
                ending.check_everybody_is_there(self._what, self._group)
            if now - begin > limit.total_seconds():
                raise RuntimeError(
                    f"Timed out waiting {int(limit.total_seconds() * 1000)}ms for {self._what} operation to complete"
                )
        return True

    def _tested(self) -> bool:
        try:
            return self._request.Test(self._status)
        except self._group.mpi.Exception as error:
            raise RuntimeError(f"{self._what}: {error}") from None


def carry_out(what: str, group: Any, request: Any, finish: Callable[[], None] | None = None,
              async_op: bool = False) -> Work | None:  # fmt: skip
    """The work that `request` began, if the caller wants to wait for it; else nothing, when it is done."""
    work = Work(what, group, request, finish)
    if async_op:
        return work
    work.wait()
    return None
