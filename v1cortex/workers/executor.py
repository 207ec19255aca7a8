"""The interface of executors, and the loop that feeds one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from v1cortex.evaluation import Evaluation
from v1cortex.workers.work import W

__all__ = ["POLL_S", "Executor", "run"]

POLL_S = 0.1
"""Maximum time for which the driver waits before it checks for Ctrl-C."""


class Executor(Protocol[W]):
    """Evaluates pieces of work, somewhere, each within limits of time and memory.

    Whatever a rule does to its evaluation is a record, not an error. What the machine does to it is
    neither: it is tried again, elsewhere if possible. Errors concern the workers as a whole.
    """

    def __enter__(self) -> Self:
        """Get ready."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all work at once."""

    def has_room(self) -> bool:
        """Whether a worker is free for another piece of work."""

    def submit(self, work: W) -> None:
        """Begin an evaluation."""

    def completed(self, timeout_s: float) -> Sequence[tuple[W, Evaluation]]:
        """Return the finished evaluations, waiting at most this long for one.

        Raises
        ------
        TryLaterError
            If there are no workers for too long, or the machine prevents evaluations.
        ExecutorError
            If no evaluation is possible.
        """


def run(
    executor: Executor[W],
    next_work: Callable[[], W | None],
    should_stop: Callable[[], bool],
) -> Iterator[tuple[W, Evaluation]]:
    """Evaluate; yield each piece of work with its evaluation when completed, in any order.

    Parameters
    ----------
    executor
        Evaluates.
    next_work
        Returns what to evaluate next; called as soon as a worker is free. None if there is nothing
        at the moment; after the last outcome, this is the end.
    should_stop
        Checked before anything is started; once true, only running work is waited for.
    """
    n_flying = 0
    while True:
        nothing_left = False
        while not nothing_left and not should_stop() and executor.has_room():
            work = next_work()
            if work is None:
                nothing_left = True
            else:
                executor.submit(work)
                n_flying += 1
        if not n_flying and (nothing_left or should_stop()):
            return
        for outcome in executor.completed(POLL_S):
            n_flying -= 1
            yield outcome
