"""Evaluates in worker processes on this machine, which may hang, crash or be killed.

A C++ simulator can end its process; a rule can make a network so active that a trial takes hours.
Each evaluation therefore runs in a separate process, with limits of time and memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import connection
from types import TracebackType
from typing import Generic, Self

import psutil

from v1cortex.errors import ExecutorError, MachineError
from v1cortex.evaluation import Evaluation
from v1cortex.workers.faults import MachineFault
from v1cortex.workers.limits import Clock, Limits
from v1cortex.workers.process import Hung, WorkerDied, WorkerProcess
from v1cortex.workers.records import failure
from v1cortex.workers.temporary import TemporaryFolders
from v1cortex.workers.work import Setup, W

ATTEMPTS = 2
"""Number of times that an evaluation is started if its process dies or hangs (*choice*): the rule
may have killed it, or something else on the machine; a rule is not blamed for the first death."""


@dataclass(eq=False)
class Ticket(Generic[W]):
    """A running piece of work, and what happened to it."""

    work: W
    deaths: int = 0
    hangs: int = 0
    faults: int = 0


class LocalExecutor(Generic[W]):
    """Worker processes on this machine; a worker that ends, or is worn out, is replaced.

    Parameters
    ----------
    setup
        Setup of workers.
    limits
        Limits of one evaluation; a process that exceeds them is killed.
    workers
        Number of processes.
    threads
        Threads that numerical libraries may use in each worker.
    """

    def __init__(self, setup: Setup[W], limits: Limits, *, workers: int, threads: int = 1) -> None:
        self._setup, self._limits, self._threads = setup, limits, threads
        self._n_workers, self._workers = workers, list[WorkerProcess[W]]()
        self._breakdowns, self._is_open = 0, False
        self._waiting: deque[Ticket[W]] = deque()
        self._tickets: dict[int, Ticket[W]] = {}
        self._clock, self._folders, self._open = Clock(), TemporaryFolders(), ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self._folders)
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
        self._waiting.clear()
        self._tickets.clear()
        self._open.close()

    def has_room(self) -> bool:
        """Whether a worker is free for another piece of work."""
        self._start()
        return sum(process.is_idle for process in self._workers) > len(self._waiting)

    def submit(self, work: W) -> None:
        """Begin an evaluation, immediately if a worker is free."""
        self._waiting.append(Ticket(work))
        self._feed()

    def completed(self, timeout_s: float) -> Sequence[tuple[W, Evaluation]]:
        """Return the finished evaluations, waiting at most this long for one.

        Raises
        ------
        MachineError
            If the machine repeatedly prevents evaluations.
        ExecutorError
            If workers cannot build their evaluator.
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
        """Start the workers when they are first needed."""
        if not self._is_open:
            raise ExecutorError("the executor is closed; use it in a with statement")
        while len(self._workers) < self._n_workers:
            self._workers.append(self._new_worker())

    def _feed(self) -> None:
        """Give waiting work to free workers."""
        for k, process in enumerate(self._workers):
            if not self._waiting:
                return
            if process.is_idle:
                try:
                    process.begin(self._waiting[0].work)
                except WorkerDied:
                    self._replace(k)
                else:
                    self._tickets[k] = self._waiting.popleft()

    def _look(self, k: int) -> tuple[W, Evaluation] | None:
        """Check one worker; return what it finished."""
        process, ticket = self._workers[k], self._tickets.get(k)
        was_ready = process.is_ready
        try:
            evaluation = process.look()
        except (WorkerDied, Hung, MachineFault) as trouble:
            self._tickets.pop(k, None)
            self._replace(k)
            if ticket is not None:
                return self._after(trouble, ticket)
            if not was_ready:
                self._count_breakdown(str(trouble))
            return None
        if process.is_ready and not was_ready:
            self._breakdowns = 0
        if evaluation is None or ticket is None:
            return None
        del self._tickets[k]
        if process.is_gone or process.is_worn:
            self._replace(k)
        return ticket.work, evaluation

    def _after(
        self, trouble: WorkerDied | Hung | MachineFault, ticket: Ticket[W]
    ) -> tuple[W, Evaluation] | None:
        """Repeat work without a result, or give it up."""
        if isinstance(trouble, MachineFault):
            ticket.faults += 1
            if ticket.faults >= self._limits.machine_faults:
                raise MachineError(_prevented(ticket, str(trouble)) + self._see_log())
        elif isinstance(trouble, Hung):
            ticket.hangs += 1
            if ticket.hangs >= ATTEMPTS:
                return ticket.work, trouble.evaluation
        else:
            ticket.deaths += 1
            if ticket.deaths >= ATTEMPTS:
                message = f"the worker process ended: {trouble}, {ticket.deaths} times"
                worst = self._setup.worst
                return ticket.work, failure("failed", message, ticket.work.seed, worst)
        self._waiting.appendleft(ticket)
        return None

    def _count_breakdown(self, how: str) -> None:
        self._breakdowns += 1
        if self._breakdowns >= self._limits.machine_faults * self._n_workers:
            raise MachineError(
                f"workers ended {self._breakdowns} times in a row before they were ready, "
                f"the last one: {how}{self._see_log()}"
            )

    def _see_log(self) -> str:
        return f"; see {self._setup.log}" if self._setup.log else ""

    def _replace(self, k: int) -> None:
        self._workers[k].end()
        self._workers[k] = self._new_worker()

    def _new_worker(self) -> WorkerProcess[W]:
        try:
            return WorkerProcess(
                self._setup, self._limits, self._clock, self._threads, self._folders.new()
            )
        except OSError as error:
            raise MachineError(f"no worker process can be started: {error}") from error


def _prevented(ticket: Ticket[W], how: str) -> str:
    return (
        f"this machine prevents evaluations: {ticket.work.name} was tried {ticket.faults} times in "
        f"a row, the last time: {how}"
    )


def default_memory_MB(workers: int) -> float:
    """Return the share of this machine's memory for each of this many workers."""
    return float(psutil.virtual_memory().total) / 1e6 / workers
