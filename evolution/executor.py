"""Evaluate candidates in worker processes that may hang, crash or be killed.

A simulator in C++ can end its process; a rule can make a network so active that a trial takes
hours. Each evaluation therefore runs in a process of its own right, with a time limit, and whatever
happens to it is a record, not an error.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from pebble import CONSTS, ProcessExpired, ProcessPool

from evolution import worker
from evolution.errors import ExecutorError
from evolution.interrupts import SIGNALS
from evolution.results import Candidate, failure
from v1cortex.results import Evaluation

POLL_S = 0.1
"""How long the driver waits at most before it looks for Ctrl-C."""

KILL_DELAY_S = 0.05
"""Time between SIGTERM, to which workers are deaf, and SIGKILL when a worker is ended."""

STARTUP_LIMIT_S = 3600.0
"""A worker needs at most this long to build its evaluator (compilation and the largest circuit)."""

MAX_BREAKDOWNS = 3
"""So often in a row may all workers be lost without any result."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Outcome = tuple[int, Evaluation]
"""Position among the candidates, and what the evaluation gave."""


class Executor(Protocol):
    """Evaluates candidates, somewhere."""

    def __enter__(self) -> Self:
        """Get ready."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all work at once."""

    def run(
        self, candidates: Sequence[Candidate], should_stop: Callable[[], bool]
    ) -> Iterator[Outcome]:
        """Evaluate candidates; yields each as it is completed, in any order.

        Once `should_stop` returns true, no further candidate is begun and those under way are
        waited for.
        """


class LocalExecutor:
    """Worker processes on this machine.

    Parameters
    ----------
    factory
        Makes the evaluator, once in each worker.
    worst
        Objectives of an evaluation that gives none, by name.
    workers
        Number of processes.
    timeout_s
        Time limit of one evaluation; a process that exceeds it is killed.
    threads
        Threads that numerical libraries may use in each worker.
    log
        File that takes what workers print.
    """

    def __init__(
        self,
        factory: worker.EvaluatorFactory,
        worst: Mapping[str, float],
        *,
        workers: int,
        timeout_s: float,
        threads: int = 1,
        log: Path | None = None,
    ) -> None:
        self._workers, self._timeout_s, self._worst = workers, timeout_s, dict(worst)
        self._threads, self._log = threads, log
        self._initargs = (factory, self._worst, log, os.getpid())
        self._pool: ProcessPool | None = None
        self._environment: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        self._environment = {name: os.environ.get(name) for name in THREAD_VARIABLES}
        # Workers inherit these; they must be set before NumPy is loaded in them.
        os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(self._threads)))
        CONSTS.term_timeout = KILL_DELAY_S
        self._pool = self._new_pool()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_pool()
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def run(
        self, candidates: Sequence[Candidate], should_stop: Callable[[], bool]
    ) -> Iterator[Outcome]:
        """Evaluate candidates; yields each as it is completed, in any order.

        Parameters
        ----------
        candidates
            What to evaluate.
        should_stop
            Asked before a candidate is begun; once true, those under way are waited for and no
            other is begun.

        Raises
        ------
        ExecutorError
            If workers cannot build their evaluator, or all of them are lost again and again.
        """
        waiting = deque(range(len(candidates)))
        flying: dict[Future[Evaluation], int] = {}
        breakdowns, progress_at = 0, time.monotonic()
        while flying or (waiting and not should_stop()):
            while waiting and len(flying) < self._workers and not should_stop():
                position = waiting.popleft()
                flying[self._submit(candidates[position])] = position
            done, _ = wait(flying, timeout=POLL_S, return_when=FIRST_COMPLETED)
            for future in done:
                if isinstance(future.exception(), BrokenProcessPool):
                    continue
                position = flying.pop(future)
                breakdowns, progress_at = 0, time.monotonic()
                yield position, self._outcome(future, candidates[position])
            stalled = time.monotonic() - progress_at > self._timeout_s + STARTUP_LIMIT_S
            if flying and (stalled or not self._working):
                breakdowns, progress_at = breakdowns + 1, time.monotonic()
                self._restart(breakdowns)
                waiting.extendleft(sorted(flying.values(), reverse=True))
                flying.clear()

    @property
    def _working(self) -> bool:
        return self._pool is not None and bool(self._pool.active)

    def _submit(self, candidate: Candidate) -> Future[Evaluation]:
        if self._pool is None:
            raise ExecutorError("the executor is closed; use it in a with statement")
        with _interrupts_blocked():
            try:
                return self._pool.schedule(worker.work, args=(candidate,), timeout=self._timeout_s)
            except RuntimeError:
                # The pool broke since it was last looked at: as if it broke a moment later.
                future: Future[Evaluation] = Future()
                future.set_exception(BrokenProcessPool("no workers"))
                return future

    def _outcome(self, future: Future[Evaluation], candidate: Candidate) -> Evaluation:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, worker.StartupFailure):
            raise ExecutorError(f"no evaluation is possible: {error}")
        if isinstance(error, TimeoutError):
            message = f"stopped after {self._timeout_s:g} s"
            return failure("timed out", message, candidate.seed, self._worst)
        if isinstance(error, ProcessExpired):
            message = f"the worker process ended: {_exit_text(error.exitcode)}"
            return failure("failed", message, candidate.seed, self._worst)
        message = f"{type(error).__name__}: {error}"
        return failure("failed", message, candidate.seed, self._worst)

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            initializer=worker.start,
            initargs=self._initargs,
            context=multiprocessing.get_context("spawn"),
        )

    def _end_pool(self) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    def _restart(self, breakdowns: int) -> None:
        self._end_pool()
        if breakdowns > MAX_BREAKDOWNS:
            where = f"; see {self._log}" if self._log else ""
            raise ExecutorError(
                f"all workers were lost {breakdowns} times in a row without a result{where}"
            )
        self._pool = self._new_pool()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM from processes and threads that are started meanwhile.

    A terminal sends SIGINT to all processes in the foreground, a batch system SIGTERM to all of a
    job. What they mean is up to the driver. The signal mask is inherited, so that workers are deaf
    from their first instruction on, before any handler could be set.
    """
    # Started later, multiprocessing's tracker of resources would unblock the signals.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exit_text(exitcode: int) -> str:
    if exitcode < 0:
        try:
            return f"killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"killed by signal {-exitcode}"
    return f"exit code {exitcode}"
