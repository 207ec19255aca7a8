"""Run jobs in worker processes, and keep each result as soon as it is there."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from nestml_models.common.progress import Report
from v1cortex.errors import V1CortexError
from v1cortex.evaluation.results import Evaluation
from v1cortex.experiments.jobs import Job, run_job
from v1cortex.experiments.store import ResultStore
from v1cortex.experiments.worker_environment import worker_environment
from v1cortex.nest.kernel import ATTEMPTS, EVALUATIONS_PER_PROCESS
from validation.objectives import worst_values

__all__ = ["run_jobs"]

LOG = "workers.log"
"""File of the store's folder that takes what workers and the libraries in them print."""


def run_jobs(
    jobs: Sequence[Job],
    store: ResultStore,
    *,
    workers: int = 1,
    report: Report | None = None,
) -> dict[str, Evaluation]:
    """Return the evaluations of jobs by key; those that the store has are not made again.

    Each result is stored as soon as it is there. After an interruption, of whichever kind, the
    same call goes on with what is missing.

    Parameters
    ----------
    jobs
        What to evaluate; equal jobs are evaluated once.
    store
        Keeps the results.
    workers
        Processes side by side.
    report
        Is told how far the jobs are.

    Raises
    ------
    V1CortexError
        If a job is impossible, such as a pool that is larger than its population. What was
        evaluated until then is kept.
    """
    wanted = {job.key: job for job in jobs}
    done = {key: found for key, job in wanted.items() if (found := store.get(job)) is not None}
    missing = [job for key, job in wanted.items() if key not in done]
    tell = report or (lambda _what, _share: None)
    tell(f"{len(done)} of {len(wanted)} evaluations", len(done) / max(1, len(wanted)))
    if missing:
        _compile(tell)
        for job, evaluation in _evaluated(missing, store, min(workers, len(missing))):
            done[job.key] = evaluation
            tell(f"{len(done)} of {len(wanted)} evaluations", len(done) / len(wanted))
    return done


def _compile(tell: Report) -> None:
    """Compile the models once, before workers ask for them."""
    from nestml_models.build.compiler import compile_general

    compile_general(lambda what: tell(what, 0.0))


def _evaluated(
    jobs: Sequence[Job], store: ResultStore, workers: int
) -> Iterator[tuple[Job, Evaluation]]:
    """Yield each job and its evaluation as it is completed, in any order."""
    waiting = deque(jobs)
    flying: dict[Future[Evaluation], Job] = {}
    deaths: Counter[str] = Counter()
    with _pool(store.folder, workers) as pool:
        while waiting or flying:
            while waiting and len(flying) < workers:
                job = waiting.popleft()
                flying[pool.schedule(_work, args=(job, store))] = job
            finished, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in finished:
                job = flying.pop(future)
                died = isinstance(future.exception(), ProcessExpired)
                deaths[job.key] += died
                if died and deaths[job.key] < ATTEMPTS:
                    waiting.append(job)
                else:
                    yield job, _outcome(future, job)


def _work(job: Job, store: ResultStore) -> Evaluation:
    evaluation = run_job(job)
    store.put(job, evaluation)
    return evaluation


def _outcome(future: Future[Evaluation], job: Job) -> Evaluation:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, V1CortexError):
        raise error
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, ProcessExpired):
        message = f"the worker process ended with code {error.exitcode}; see {LOG}"
    return Evaluation("failed", worst_values(), job.seed, message=message)


@contextmanager
def _pool(folder: Path, workers: int) -> Iterator[ProcessPool]:
    """Start worker processes; whatever happens, end them."""
    folder.mkdir(parents=True, exist_ok=True)
    with worker_environment():
        pool = ProcessPool(
            max_workers=workers,
            max_tasks=EVALUATIONS_PER_PROCESS,
            initializer=_start,
            initargs=(folder / LOG,),
            context=multiprocessing.get_context("spawn"),
        )
        try:
            yield pool
        finally:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()


def _start(log: Path) -> None:
    """Set a worker process up: deaf to Ctrl-C, which is the driver's, and printing to a file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
