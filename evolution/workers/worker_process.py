"""A worker process as its driver sees it: started, given candidates, limited, replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import psutil

from evolution.engine.candidates import CPU, TOTAL, Candidate, failure
from evolution.engine.interrupts import SIGNALS
from evolution.errors import ExecutorError
from evolution.workers import worker
from v1cortex.errors import V1CortexError
from v1cortex.evaluation.results import Evaluation, Status

STARTUP_LIMIT_S = 3600.0
"""A worker needs at most this long to build its evaluator (compilation and the largest circuit)."""

MEMORY_CHECK_S = 0.2
"""Time between two looks at a worker's memory."""

END_S = 0.5
"""A worker whose pipe has ended is given this long to end before it is killed."""


@dataclass(frozen=True)
class Limits:
    """What one evaluation may use.

    Parameters
    ----------
    timeout_s
        Wall-clock time.
    memory_MB
        Resident memory of the worker; None for no limit.
    per_process
        Evaluations after which a worker process is replaced; None for no limit.
    """

    timeout_s: float
    memory_MB: float | None = None
    per_process: int | None = None


class WorkerDied(V1CortexError):
    """The process ended by itself or was killed from outside; the text says how."""


class WorkerProcess:
    """One worker process with a pipe of its own.

    Parameters
    ----------
    setup
        What the worker is made with.
    limits
        What an evaluation may use.
    """

    def __init__(self, setup: worker.Setup, limits: Limits) -> None:
        self._worst, self._limits = setup.worst, limits
        self.candidate: Candidate | None = None
        self.is_ready = False
        self._n_done = 0
        self._deadline = time.monotonic() + STARTUP_LIMIT_S
        self._began = self._next_check = time.monotonic()
        self._cpu_s = self._cpu_began_s = 0.0
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.connection: Connection = ours
        self._process: SpawnProcess = context.Process(
            target=worker.main, args=(setup, theirs, os.getpid()), daemon=True
        )
        with _interrupts_blocked():
            self._process.start()
        # Only the worker's copy is left, so that its end is the end of the pipe.
        theirs.close()

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a candidate."""
        return self.is_ready and self.candidate is None

    def begin(self, candidate: Candidate) -> None:
        """Have an idle worker evaluate a candidate.

        Raises
        ------
        WorkerDied
            If the process is not there any more; the candidate was not begun.
        """
        try:
            self.connection.send(candidate)
        except OSError:
            raise WorkerDied(self._last_words()) from None
        self.candidate = candidate
        self._began = time.monotonic()
        self._deadline = self._began + self._limits.timeout_s
        self._look_at_process()
        self._cpu_began_s = self._cpu_s

    def look(self) -> Evaluation | None:
        """Return the evaluation of the candidate if it came to an end, None if it goes on.

        An evaluation beyond a limit is ended by killing the process, which is of no use afterwards.

        Raises
        ------
        WorkerDied
            If the process ended.
        ExecutorError
            If the worker could not build its evaluator.
        """
        try:
            message = self.connection.recv() if self.connection.poll() else None
        except (EOFError, OSError):
            raise WorkerDied(self._last_words()) from None
        if isinstance(message, worker.Ready):
            if message.error:
                raise ExecutorError(f"no evaluation is possible: {message.error}")
            self.is_ready = True
        elif message is not None:
            self.candidate = None
            self._n_done += 1
            return message  # type: ignore[no-any-return]
        return self._within_limits()

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return not self._process.is_alive()

    @property
    def is_worn(self) -> bool:
        """Whether it has made as many evaluations as a process may."""
        return self._limits.per_process is not None and self._n_done >= self._limits.per_process

    def end(self) -> None:
        """End the process at once."""
        self.connection.close()
        self._kill()

    def _within_limits(self) -> Evaluation | None:
        now = time.monotonic()
        if now > self._deadline:
            self._look_at_process()
            self._kill()
            if self.candidate is None:
                raise WorkerDied(f"not ready after {STARTUP_LIMIT_S:g} s")
            text = f"stopped after {self._limits.timeout_s:g} s"
            return self._stopped("timed out", text, self.candidate)
        if self.candidate is None or self._limits.memory_MB is None or now < self._next_check:
            return None
        self._next_check = now + MEMORY_CHECK_S
        used_MB = self._look_at_process()
        if used_MB <= self._limits.memory_MB:
            return None
        self._kill()
        text = (
            f"stopped at {used_MB:.0f} MB of memory; the limit is {self._limits.memory_MB:.0f} MB"
        )
        return self._stopped("failed", text, self.candidate)

    def _stopped(self, status: Status, text: str, candidate: Candidate) -> Evaluation:
        """Return the record of an evaluation that was ended at a limit, with what it cost."""
        took_s = time.monotonic() - self._began
        evaluation = failure(status, text, candidate.seed, self._worst)
        return replace(evaluation, timings={TOTAL: took_s, CPU: self._cpu_s - self._cpu_began_s})

    def _look_at_process(self) -> float:
        """Return its memory in MB, and keep its processor time."""
        try:
            process = psutil.Process(self._process.pid)
            times = process.cpu_times()
            self._cpu_s = float(times.user + times.system)
            return float(process.memory_info().rss) / 1e6
        except psutil.Error:  # ended a moment ago, as the pipe will tell
            return 0.0

    def _kill(self) -> None:
        self._process.kill()
        self._process.join()

    def _last_words(self) -> str:
        self._process.join(END_S)
        self._kill()
        return _exit_text(self._process.exitcode or 0)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM from processes that are started meanwhile.

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
