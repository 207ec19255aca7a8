"""Evaluate candidates in worker processes of this machine that may hang, crash or be killed.

A simulator in C++ can end its process; a rule can make a network so active that a trial takes
hours. Each evaluation therefore runs in a process of its own right, with limits of time and memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing import connection
from types import TracebackType
from typing import Self

import psutil

from evolution.engine.candidates import Candidate, failure
from evolution.errors import ExecutorError
from evolution.workers.executor import Outcome
from evolution.workers.worker import Setup
from evolution.workers.worker_process import Limits, WorkerDied, WorkerProcess
from v1cortex.experiments.worker_environment import worker_environment
from v1cortex.nest.kernel import ATTEMPTS

MAX_BREAKDOWNS = 3
"""So often in a row may each worker die, on average, before it was ready."""


class LocalExecutor:
    """Worker processes on this machine; a worker that ends, or is worn, is replaced.

    Parameters
    ----------
    setup
        What workers are made with.
    limits
        What one evaluation may use; a process that exceeds it is killed.
    workers
        Number of processes.
    threads
        Threads that numerical libraries may use in each worker.
    """

    def __init__(self, setup: Setup, limits: Limits, *, workers: int, threads: int = 1) -> None:
        self._setup, self._limits, self._threads = setup, limits, threads
        self._n_workers, self._workers = workers, list[WorkerProcess]()
        self._breakdowns, self._is_open = 0, False
        self._again: deque[Candidate] = deque()
        self._deaths: dict[Candidate, int] = {}
        self._environment = ExitStack()

    def __enter__(self) -> Self:
        self._environment.enter_context(worker_environment(self._threads))
        self._is_open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._workers:
            process.end()
        self._workers, self._is_open = [], False
        self._environment.close()

    def has_room(self) -> bool:
        """Whether a worker is free for another candidate."""
        self._start()
        return sum(process.is_idle for process in self._workers) > len(self._again)

    def submit(self, candidate: Candidate) -> None:
        """Begin an evaluation, at once if a worker is free."""
        self._again.append(candidate)
        self._feed()

    def completed(self, timeout_s: float) -> Sequence[Outcome]:
        """Return the evaluations that came to an end, waiting at most so long for one.

        Raises
        ------
        ExecutorError
            If workers cannot build their evaluator, or die again and again before they could.
        """
        self._start()
        self._feed()
        connection.wait([process.connection for process in self._workers], timeout_s)
        outcomes = [
            outcome for k in range(len(self._workers)) if (outcome := self._look(k)) is not None
        ]
        self._feed()
        return outcomes

    def _start(self) -> None:
        """Start the workers when they are needed first."""
        if not self._is_open:
            raise ExecutorError("the executor is closed; use it in a with statement")
        if not self._workers:
            self._workers = [self._new_worker() for _ in range(self._n_workers)]

    def _feed(self) -> None:
        """Give candidates that wait to workers that are free."""
        for k, process in enumerate(self._workers):
            if not self._again:
                return
            if process.is_idle:
                try:
                    process.begin(self._again[0])
                except WorkerDied:
                    self._replace(k)
                else:
                    self._again.popleft()

    def _look(self, k: int) -> Outcome | None:
        process = self._workers[k]
        candidate, was_ready = process.candidate, process.is_ready
        try:
            evaluation = process.look()
        except WorkerDied as death:
            self._replace(k)
            if candidate is not None:
                return self._after_death(candidate, str(death))
            if not was_ready:
                self._count_breakdown(str(death))
            return None
        if process.is_ready and not was_ready:
            self._breakdowns = 0
        if evaluation is None or candidate is None:
            return None
        if process.is_gone or process.is_worn:
            self._replace(k)
        self._deaths.pop(candidate, None)
        return candidate, evaluation

    def _after_death(self, candidate: Candidate, how: str) -> Outcome | None:
        """Have a candidate evaluated again whose worker died, or give it up."""
        deaths = self._deaths.pop(candidate, 0) + 1
        if deaths < ATTEMPTS:
            self._deaths[candidate] = deaths
            self._again.appendleft(candidate)
            return None
        message = f"the worker process ended: {how}, {deaths} times"
        return candidate, failure("failed", message, candidate.seed, self._setup.worst)

    def _count_breakdown(self, how: str) -> None:
        self._breakdowns += 1
        if self._breakdowns > MAX_BREAKDOWNS * self._n_workers:
            where = f"; see {self._setup.log}" if self._setup.log else ""
            raise ExecutorError(
                f"workers ended {self._breakdowns} times in a row before they were ready, "
                f"the last one by {how}{where}"
            )

    def _replace(self, k: int) -> None:
        self._workers[k].end()
        self._workers[k] = self._new_worker()

    def _new_worker(self) -> WorkerProcess:
        return WorkerProcess(self._setup, self._limits)


def default_memory_MB(workers: int) -> float:
    """Return the share of this machine's memory that each of so many workers may use."""
    return float(psutil.virtual_memory().total) / 1e6 / workers
