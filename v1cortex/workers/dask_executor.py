"""Evaluates on any Dask cluster: on this machine, over SSH, under SLURM.

A Dask worker does not evaluate itself. It has its own worker processes, like the local executor, so
that the same limits of time and memory apply and a crash affects only the evaluation. What a worker
needs to build its evaluator is sent to it once; after that, only work and evaluations are
transferred.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self

from distributed import Client, KilledWorker

from v1cortex.errors import ExecutorError, MachineError, WorkersLost
from v1cortex.evaluation import Evaluation
from v1cortex.workers.dask_nodes import DaskNodes, failed_on, require_certificates
from v1cortex.workers.dask_worker import EvaluationPlugin, PluginMissing, SickNode, evaluate
from v1cortex.workers.faults import error_text, machine_fault
from v1cortex.workers.limits import Limits
from v1cortex.workers.local import Ticket
from v1cortex.workers.records import failure
from v1cortex.workers.work import Setup, W

CONNECT_S = 5.0
"""Maximum duration of one attempt to reach the scheduler."""

logger = logging.getLogger(__name__)

REGISTER_S = 60.0
"""Maximum time for sending all workers what they need to build their evaluator."""

LOOK_S = 0.5
"""Interval at which the scheduler is asked for its workers."""


class DaskExecutor(Generic[W]):
    """Workers of a Dask cluster.

    Parameters
    ----------
    setup
        Setup of workers; paths in it must be the same on all machines.
    limits
        Limits of one evaluation. Without a memory limit, that of a Dask worker is shared among its
        threads.
    scheduler
        Address of the scheduler (``tcp://host:8786``), or the scheduler file.
    wait_s
        Maximum time without a scheduler, or without any worker.
    workers
        Maximum number of concurrent evaluations; None for as many as the cluster has threads. A
        cluster that grows with its load needs a number.
    threads
        Threads that numerical libraries may use in each evaluation.
    """

    def __init__(
        self,
        setup: Setup[W],
        limits: Limits,
        *,
        scheduler: str,
        wait_s: float,
        workers: int | None = None,
        threads: int = 1,
    ) -> None:
        self._setup, self._limits, self._scheduler = setup, limits, scheduler
        self._wait_s, self._most = wait_s, workers
        self._name = f"v1cortex-{uuid.uuid4().hex}"
        self._plugin = EvaluationPlugin(self._name, setup, limits, threads)
        self._client: Any = None
        self._flying: dict[Any, Ticket[W]] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting: deque[Ticket[W]] = deque()
        self._nodes, self._next_look = DaskNodes(), 0.0
        self._absent_since: float | None = None
        self._refusal = ""

    def __enter__(self) -> Self:
        # What it would log about a lost scheduler is in the error, or in that after the wait.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._absent_since = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None and self._client.status == "running":
            _within(CONNECT_S, self._leave)
        self._drop_client()

    def _leave(self) -> None:
        self._client.cancel(list(self._flying), force=True)
        self._client.unregister_worker_plugin(self._name)

    def has_room(self) -> bool:
        """Whether a thread of the cluster is free for another piece of work."""
        self._look_for_workers()
        under_way = len(self._flying) + len(self._waiting)
        most = self._nodes.n_threads if self._most is None else self._most
        return self._client is not None and under_way < most

    def submit(self, work: W) -> None:
        """Begin an evaluation, as soon as there is a scheduler."""
        self._waiting.append(Ticket(work))
        self._feed()

    def completed(self, timeout_s: float) -> Sequence[tuple[W, Evaluation]]:
        """Return the finished evaluations, waiting at most this long for one.

        Raises
        ------
        WorkersLost
            If there was no scheduler, or no worker, for too long.
        MachineError
            If the machines repeatedly prevent evaluations.
        ExecutorError
            If workers cannot build their evaluator.
        """
        self._look_for_workers()
        self._feed()
        outcomes = []
        try:
            future = self._done.get(timeout=timeout_s)
            while True:
                outcome = self._outcome(future)
                if outcome is not None:
                    outcomes.append(outcome)
                future = self._done.get_nowait()
        except queue.Empty:
            return outcomes

    def _outcome(self, future: Any) -> tuple[W, Evaluation] | None:  # noqa: ANN401
        ticket = self._flying.pop(future, None)
        if ticket is None:  # from a client that no longer exists
            return None
        if future.status == "finished":
            try:
                address, evaluation = future.result(timeout=CONNECT_S)
            except (OSError, TimeoutError):  # its worker was lost, with the result
                self._waiting.append(ticket)
                return None
            self._nodes.praise(address)
            return ticket.work, evaluation
        if future.status != "error":
            self._waiting.append(ticket)
            self._lose_scheduler()
            return None
        return self._after(future.exception(), ticket, future.key)

    def _after(
        self, error: BaseException, ticket: Ticket[W], key: str
    ) -> tuple[W, Evaluation] | None:
        """Repeat work without a result, or give it up."""
        if isinstance(error, SickNode):
            self._nodes.blame(error.address)
            self._count_fault(ticket, f"{error.address}: {error.text}")
        elif isinstance(error, PluginMissing):
            self._count_fault(ticket, str(error))
            self._lose_scheduler()
        elif isinstance(error, KilledWorker):
            self._count_fault(ticket, "the Dask workers that evaluated it ended, again and again")
        elif fault := machine_fault(error):  # v1cortex is not installed there, say
            for address in failed_on(self._client, key):
                self._nodes.blame(address)
            self._count_fault(ticket, fault)
        elif isinstance(error, (ExecutorError, *self._setup.fatal)):
            raise error
        else:
            message = error_text(error)
            return ticket.work, failure("failed", message, ticket.work.seed, self._setup.worst)
        return None

    def _count_fault(self, ticket: Ticket[W], how: str) -> None:
        """Repeat what the machine prevented, on another machine if there is one."""
        ticket.faults += 1
        if ticket.faults >= self._limits.machine_faults:
            raise MachineError(
                f"the cluster's machines prevent evaluations: {ticket.work.name} was tried "
                f"{ticket.faults} times in a row, the last time: {how}"
            )
        self._waiting.append(ticket)

    def _feed(self) -> None:
        while self._waiting and self._client is not None:
            ticket, preferred = self._waiting[0], self._nodes.preferred
            future = self._client.submit(
                evaluate,
                self._name,
                ticket.work,
                key=f"v1cortex-{uuid.uuid4().hex}",
                pure=False,
                workers=preferred,
                # If they are lost, the work must not wait for them forever.
                allow_other_workers=preferred is not None,
            )
            self._waiting.popleft()
            self._flying[future] = ticket
            future.add_done_callback(self._done.put)

    def _look_for_workers(self) -> None:
        """Count the cluster's threads regularly; without any for too long, give up."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_S
        if self._client is None:
            self._connect()
        elif self._client.status != "running":
            self._lose_scheduler()
        self._nodes.count(self._threads_by_address())
        if self._nodes.n_threads:
            self._absent_since = None
            return
        self._absent_since = self._absent_since or now
        if now - self._absent_since > self._wait_s:
            what = "no scheduler" if self._client is None else "no worker of the scheduler"
            why = f" (the last attempt: {self._refusal})" if self._client is None else ""
            raise WorkersLost(f"{what} at {self._scheduler} for {self._wait_s:g} s{why}")

    def _threads_by_address(self) -> dict[str, int]:
        if self._client is None:
            return {}
        try:
            threads: dict[str, int] = self._client.nthreads(callback_timeout=CONNECT_S)
        except (OSError, TimeoutError):
            self._lose_scheduler()
            return {}
        return threads

    def _connect(self) -> None:
        require_certificates(self._scheduler)
        where = (
            {"scheduler_file": self._scheduler}
            if Path(self._scheduler).is_file()
            else {"address": self._scheduler}
        )
        try:
            client: Any = Client(  # type: ignore[no-untyped-call]
                **where, timeout=CONNECT_S, set_as_default=False, name="v1cortex"
            )
        except OSError as error:
            self._refusal = error_text(error)
            return
        except ValueError as error:
            raise ExecutorError(
                f"{self._scheduler!r} is neither a scheduler's address such as tcp://host:8786 "
                f"nor a scheduler file: {error}"
            ) from None
        if _within(REGISTER_S, lambda: client.register_plugin(self._plugin, name=self._name)):
            self._client = client
        else:
            client.close(timeout=CONNECT_S)

    def _lose_scheduler(self) -> None:
        """Restart what was running, once there is a scheduler."""
        self._waiting.extend(self._flying.values())
        self._flying.clear()
        self._drop_client()

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.close(timeout=CONNECT_S)
            self._client = None


def _within(timeout_s: float, action: Callable[[], object]) -> bool:
    """Do something that waits for all workers; return whether it was done in time.

    A worker that is suspended, or cannot read the data, may never answer.
    """
    done = threading.Event()

    def act() -> None:
        try:
            action()
        except (OSError, TimeoutError):
            return
        except Exception:  # of one worker, whose work will report it; the others have done it
            logger.debug("not all workers of the cluster took it", exc_info=True)
        done.set()

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return done.is_set()
