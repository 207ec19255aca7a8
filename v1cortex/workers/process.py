"""A worker process from the driver's side: started, given work, limited, replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Generic

import psutil

from v1cortex.errors import ExecutorError, V1CortexError
from v1cortex.evaluation import Evaluation, Status
from v1cortex.workers import worker
from v1cortex.workers.environment import worker_environment
from v1cortex.workers.faults import MACHINE_SIGNALS, MachineFault
from v1cortex.workers.limits import Clock, Limits
from v1cortex.workers.records import CPU, TOTAL, failure
from v1cortex.workers.temporary import remove
from v1cortex.workers.work import Setup, W

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C, and what batch systems send before they kill a job; the driver handles them."""

STARTUP_LIMIT_S = 3600.0
"""Maximum time for a worker to build its evaluator (compilation and the largest circuit)."""

CHECK_S = 0.2
"""Interval at which a worker's processor time and memory are checked."""

END_S = 0.5
"""Time for a worker to end after its pipe has closed, before it is killed."""

KILL_S = 10.0
"""Maximum wait for a killed process, which may be blocked by a dead disk."""


class WorkerDied(V1CortexError):
    """The process ended on its own or was killed from outside; the text says how."""


class Hung(V1CortexError):
    """An evaluation was ended because its wall-clock time was too long, without computing.

    Parameters
    ----------
    evaluation
        Its record.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        super().__init__(evaluation.message)
        self.evaluation = evaluation


class WorkerProcess(Generic[W]):
    """One worker process with its own pipe and temporary folder.

    Parameters
    ----------
    setup
        Setup of the worker.
    limits
        Limits of an evaluation.
    clock
        The driver's clock, called several times per second.
    threads
        Threads that numerical libraries may use.
    temporary
        Its folder of temporary files, removed when it ends.

    Raises
    ------
    OSError
        If the process cannot be started.
    """

    def __init__(
        self, setup: Setup[W], limits: Limits, clock: Clock, threads: int, temporary: Path
    ) -> None:
        self._worst, self._limits, self._clock = setup.worst, limits, clock
        self._temporary = temporary
        self.work: W | None = None
        self.is_ready = False
        self._n_done = 0
        self._began = self._next_check = clock.now()
        self._cpu_s = self._cpu_began_s = 0.0
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.connection: Connection = ours
        self._process: SpawnProcess = context.Process(
            target=worker.main, args=(setup, theirs, os.getpid()), daemon=True
        )
        with worker_environment(threads, temporary), _interrupts_blocked():
            self._process.start()
        # Only the worker's copy remains, so that the pipe closes when the worker ends.
        theirs.close()

    @property
    def is_idle(self) -> bool:
        """Whether it waits for work."""
        return self.is_ready and self.work is None

    def begin(self, work: W) -> None:
        """Make an idle worker evaluate.

        Raises
        ------
        WorkerDied
            If the process no longer exists; the work was not begun.
        """
        try:
            self.connection.send(work)
        except OSError:
            raise WorkerDied(self._last_words()) from None
        self.work = work
        self._began = self._clock.now()
        self._look_at_process()
        self._cpu_began_s = self._cpu_s

    def look(self) -> Evaluation | None:
        """Return the evaluation if it has finished; None while it is running.

        An evaluation beyond a limit is ended by killing the process, which cannot be used again.

        Raises
        ------
        WorkerDied
            If the process ended.
        Hung
            If the evaluation was ended by the clock.
        MachineFault
            If the machine prevents the evaluation, or killed the process.
        ExecutorError
            If the worker could not build its evaluator.
        """
        try:
            message = self.connection.recv() if self.connection.poll() else None
        except (EOFError, OSError):
            how = self._last_words()
            if -(self._process.exitcode or 0) in MACHINE_SIGNALS:
                raise MachineFault(f"the worker process was {how}") from None
            raise WorkerDied(how) from None
        if isinstance(message, worker.Ready):
            self._note_ready(message)
            return None
        if isinstance(message, worker.Prevented):
            raise MachineFault(message.error)
        if isinstance(message, worker.Fatal):
            error = message.error
            raise error
        if message is not None:
            self.work = None
            self._n_done += 1
            return message  # type: ignore[no-any-return]
        return self._within_limits()

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return not self._process.is_alive()

    @property
    def is_worn(self) -> bool:
        """Whether it has made the maximum number of evaluations per process."""
        return self._limits.per_process is not None and self._n_done >= self._limits.per_process

    def end(self) -> None:
        """End the process immediately, and remove its temporary folder."""
        self.connection.close()
        self._kill()
        remove(self._temporary)

    def _note_ready(self, message: worker.Ready) -> None:
        if not message.error:
            self.is_ready = True
        elif message.by_machine:
            raise MachineFault(message.error)
        else:
            raise ExecutorError(f"no evaluation is possible: {message.error}")

    def _within_limits(self) -> Evaluation | None:
        now = self._clock.now()
        if self.work is None:
            if not self.is_ready and now - self._began > STARTUP_LIMIT_S:
                self._kill()
                raise WorkerDied(f"not ready after {STARTUP_LIMIT_S:g} s")
            return None
        if now < self._next_check:
            return None
        self._next_check = now + CHECK_S
        used_MB, limit_MB = self._look_at_process(), self._limits.memory_MB
        cpu_s, took_s = self._cpu_s - self._cpu_began_s, now - self._began
        if cpu_s > self._limits.cpu_s:
            text = f"stopped after {self._limits.cpu_s:g} s of processor time"
            return self._stopped("timed out", text, took_s)
        if took_s > self._limits.hang_s:
            text = f"stopped after {self._limits.hang_s:g} s, of which {cpu_s:.1f} s computing"
            raise Hung(self._stopped("timed out", text, took_s))
        if limit_MB is not None and used_MB > limit_MB:
            text = f"stopped at {used_MB:.0f} MB of memory; the limit is {limit_MB:.0f} MB"
            return self._stopped("failed", text, took_s)
        return None

    def _stopped(self, status: Status, text: str, took_s: float) -> Evaluation:
        """End an evaluation at a limit; return its record, with its cost."""
        assert self.work is not None
        self._kill()
        evaluation = failure(status, text, self.work.seed, self._worst)
        return replace(evaluation, timings={TOTAL: took_s, CPU: self._cpu_s - self._cpu_began_s})

    def _look_at_process(self) -> float:
        """Return its memory in MB, and record its processor time."""
        try:
            process = psutil.Process(self._process.pid)
            times = process.cpu_times()
            self._cpu_s = float(times.user + times.system)
            return float(process.memory_info().rss) / 1e6
        except psutil.Error:  # ended a moment ago, as the pipe will show
            return 0.0

    def _kill(self) -> None:
        self._process.kill()
        self._process.join(KILL_S)

    def _last_words(self) -> str:
        self._process.join(END_S)
        self._kill()
        return _exit_text(self._process.exitcode or 0)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C and SIGTERM in processes started in the block.

    A terminal sends SIGINT to all foreground processes, a batch system SIGTERM to all of a job. The
    driver handles them. The signal mask is inherited, so that workers ignore them from their first
    instruction on, before any handler could be set.
    """
    # If started later, multiprocessing's resource tracker would unblock the signals.
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
