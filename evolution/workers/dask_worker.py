"""What runs inside a Dask worker: one worker process for each of its threads."""

from __future__ import annotations

import multiprocessing
import threading

from distributed import Worker, WorkerPlugin, get_worker

from evolution.engine.candidates import Candidate
from evolution.workers.executor import run
from evolution.workers.local import LocalExecutor, default_memory_MB
from evolution.workers.worker import Setup
from evolution.workers.worker_process import Limits
from v1cortex.errors import V1CortexError
from v1cortex.evaluation.results import Evaluation


class PluginMissing(V1CortexError):
    """A Dask worker does not know the run, since its scheduler was started anew."""


class EvaluationPlugin(WorkerPlugin):
    """What a run leaves with every Dask worker.

    Parameters
    ----------
    name
        Name of the run, by which its tasks find the plugin.
    setup, limits, threads
        As in `evolution.workers.local.LocalExecutor`.
    """

    def __init__(self, name: str, setup: Setup, limits: Limits, threads: int) -> None:
        self.name = name
        self._setup, self._limits, self._threads = setup, limits, threads
        self._executors: dict[int, LocalExecutor] = {}

    def setup(self, worker: Worker) -> None:
        """Share the worker's memory among its threads, unless there is a limit."""
        self._executors = {}
        if self._limits.memory_MB is None:
            threads = worker.state.nthreads
            limit = worker.memory_manager.memory_limit
            share_MB = limit / 1e6 / threads if limit else default_memory_MB(threads)
            self._limits = Limits(self._limits.timeout_s, share_MB)

    def teardown(self, worker: Worker) -> None:
        """End the processes."""
        for executor in self._executors.values():
            executor.__exit__(None, None, None)
        self._executors = {}

    def evaluate(self, candidate: Candidate) -> Evaluation:
        """Evaluate a candidate in the process of this thread."""
        executor = self._executors.get(threading.get_ident())
        if executor is None:
            # Dask's nanny marks its workers as daemons, which may start no processes; ours end
            # with their parent in any case.
            multiprocessing.current_process().daemon = False
            executor = LocalExecutor(self._setup, self._limits, workers=1, threads=self._threads)
            self._executors[threading.get_ident()] = executor.__enter__()
        waiting = iter([candidate])
        ((_, evaluation),) = run(executor, lambda: next(waiting, None), lambda: False)
        return evaluation


def evaluate(name: str, candidate: Candidate) -> Evaluation:
    """Evaluate a candidate on this Dask worker.

    Parameters
    ----------
    name
        Name of the run's plugin.
    candidate
        What to evaluate.

    Raises
    ------
    PluginMissing
        If the worker does not know the run.
    """
    plugin = get_worker().plugins.get(name)
    if not isinstance(plugin, EvaluationPlugin):
        raise PluginMissing(f"the Dask worker does not know the run {name}")
    return plugin.evaluate(candidate)
