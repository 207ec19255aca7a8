"""What runs inside a Dask worker: one worker process for each of its threads."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import replace
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from v1cortex.errors import MachineError, V1CortexError
from v1cortex.evaluation import Evaluation
from v1cortex.workers.executor import run
from v1cortex.workers.limits import Limits
from v1cortex.workers.local import LocalExecutor, default_memory_MB
from v1cortex.workers.work import Setup, Work


class PluginMissing(V1CortexError):
    """A Dask worker does not know the run, because its scheduler was restarted."""


class SickNode(V1CortexError):
    """A Dask worker's machine prevents evaluations.

    Parameters
    ----------
    address
        Address of the Dask worker.
    text
        What happened.
    """

    def __init__(self, address: str, text: str) -> None:
        super().__init__(address, text)
        self.address, self.text = address, text


class EvaluationPlugin(WorkerPlugin):
    """A run's plugin in every Dask worker.

    Parameters
    ----------
    name
        Name of the run, by which its tasks find the plugin.
    setup, limits, threads
        As for `v1cortex.workers.local.LocalExecutor`.
    """

    def __init__(self, name: str, setup: Setup[Any], limits: Limits, threads: int) -> None:
        self.name = name
        # The driver retries on another machine what this one prevents.
        self._setup, self._limits = setup, replace(limits, machine_faults=1)
        self._threads, self._address = threads, ""
        self._executors: dict[int, LocalExecutor[Any]] = {}

    def setup(self, worker: Worker) -> None:
        """Share the worker's memory among its threads, unless there is a limit."""
        self._executors, self._address = {}, worker.address
        if self._limits.memory_MB is None:
            threads = worker.state.nthreads
            limit = worker.memory_manager.memory_limit
            share_MB = limit / 1e6 / threads if limit else default_memory_MB(threads)
            self._limits = replace(self._limits, memory_MB=share_MB)

    def teardown(self, worker: Worker) -> None:
        """End the processes."""
        for executor in self._executors.values():
            executor.__exit__(None, None, None)
        self._executors = {}

    def evaluate(self, work: Work) -> tuple[str, Evaluation]:
        """Evaluate in this thread's process; also return the worker's address.

        Raises
        ------
        SickNode
            If this machine prevents the evaluation.
        """
        waiting = iter([work])
        try:
            ((_, evaluation),) = run(self._executor(), lambda: next(waiting, None), lambda: False)
        except BaseException as error:
            # It may still have the work, which the driver gives to another one.
            self._executors.pop(threading.get_ident()).__exit__(None, None, None)
            if isinstance(error, MachineError):
                raise SickNode(self._address, str(error)) from None
            raise
        return self._address, evaluation

    def _executor(self) -> LocalExecutor[Any]:
        executor = self._executors.get(threading.get_ident())
        if executor is None:
            # Dask's nanny marks its workers as daemons, which must not start processes; ours end
            # with their parent in any case.
            multiprocessing.current_process().daemon = False
            executor = LocalExecutor(self._setup, self._limits, workers=1, threads=self._threads)
            self._executors[threading.get_ident()] = executor.__enter__()
        return executor


def evaluate(name: str, work: Work) -> tuple[str, Evaluation]:
    """Evaluate on this Dask worker; also return its address.

    Parameters
    ----------
    name
        Name of the run's plugin.
    work
        What to evaluate.

    Raises
    ------
    PluginMissing
        If the worker does not know the run.
    SickNode
        If its machine prevents the evaluation.
    """
    plugin = get_worker().plugins.get(name)
    if not isinstance(plugin, EvaluationPlugin):
        raise PluginMissing(f"the Dask worker does not know the run {name}")
    return plugin.evaluate(work)
