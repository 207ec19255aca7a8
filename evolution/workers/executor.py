"""Where candidates are evaluated: what every executor does, and the loop that feeds one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from evolution.engine.candidates import Candidate
from v1cortex.evaluation.results import Evaluation

POLL_S = 0.1
"""How long the driver waits at most before it looks for Ctrl-C."""

Outcome = tuple[Candidate, Evaluation]
"""A candidate, and what its evaluation gave."""


class Executor(Protocol):
    """Evaluates candidates, somewhere, each within limits of time and memory.

    Whatever happens to an evaluation is a record, not an error; errors are those of the workers as
    a whole.
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
        """Whether a worker is free for another candidate."""

    def submit(self, candidate: Candidate) -> None:
        """Begin an evaluation."""

    def completed(self, timeout_s: float) -> Sequence[Outcome]:
        """Return the evaluations that came to an end, waiting at most so long for one.

        Raises
        ------
        ExecutorError
            If no evaluation is possible, or workers are lost again and again.
        """


def run(
    executor: Executor,
    next_candidate: Callable[[], Candidate | None],
    should_stop: Callable[[], bool],
) -> Iterator[Outcome]:
    """Evaluate candidates; yields each as it is completed, in any order.

    Parameters
    ----------
    executor
        Evaluates.
    next_candidate
        Returns what to evaluate next, asked as soon as a worker is free; None if there is nothing
        at the moment, which after the last outcome is the end.
    should_stop
        Asked before a candidate is begun; once true, those under way are waited for and no other
        is begun.
    """
    n_flying = 0
    while True:
        nothing_left = False
        while not nothing_left and not should_stop() and executor.has_room():
            candidate = next_candidate()
            if candidate is None:
                nothing_left = True
            else:
                executor.submit(candidate)
                n_flying += 1
        if not n_flying and (nothing_left or should_stop()):
            return
        for outcome in executor.completed(POLL_S):
            n_flying -= 1
            yield outcome
