"""Runs jobs on workers, and stores each result as soon as it is available."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nestml_models.common import Report
from v1cortex.errors import V1CortexError
from v1cortex.evaluation import Evaluation
from v1cortex.experiments.jobs import Job, JobEvaluatorFactory
from v1cortex.experiments.store import ResultStore
from v1cortex.workers import Executor, Setup, WorkersConfig, make_executor, run
from validation.objectives import worst_values

__all__ = ["Workers", "run_jobs"]

LOG = "workers.log"
"""File in the store's folder for the output of workers and their libraries."""

Workers = WorkersConfig | Executor[Any] | None
"""Settings of workers to start, or an existing executor that evaluates jobs; None for one process
on this machine."""


def run_jobs(
    jobs: Sequence[Job],
    store: ResultStore,
    *,
    workers: Workers = None,
    report: Report | None = None,
) -> dict[str, Evaluation]:
    """Return the evaluations of jobs by key; existing ones in the store are not repeated.

    Each result is stored as soon as it is available. After an interruption the same call continues
    with what is missing.

    Parameters
    ----------
    jobs
        What to evaluate; equal jobs are evaluated once.
    store
        Stores the results.
    workers
        Where to evaluate.
    report
        Reports the progress of the jobs.

    Raises
    ------
    TryLaterError
        If there are no workers, or the machine prevents evaluations. Earlier evaluations are kept.
    V1CortexError
        If a job is impossible, for instance with a pool larger than its population. Earlier
        evaluations are kept here too.
    """
    wanted = {job.key: job for job in jobs}
    done = {key: found for key, job in wanted.items() if (found := store.get(job)) is not None}
    missing = [job for key, job in wanted.items() if key not in done]
    tell = report or (lambda _what, _share: None)
    tell(f"{len(done)} of {len(wanted)} evaluations", len(done) / max(1, len(wanted)))
    if not missing:
        return done
    _compile(missing, tell)
    waiting = iter(missing)
    with _entered(workers, store, missing) as executor:
        for job, evaluation in run(executor, lambda: next(waiting, None), lambda: False):
            store.put(job, evaluation)
            done[job.key] = evaluation
            tell(f"{len(done)} of {len(wanted)} evaluations", len(done) / len(wanted))
    return done


def _compile(jobs: Sequence[Job], tell: Report) -> None:
    """Compile the models once, before workers need them."""
    from v1cortex.network import compile_models

    compile_models([job.protocol for job in jobs], lambda what: tell(what, 0.0))


@contextmanager
def _entered(workers: Workers, store: ResultStore, jobs: Sequence[Job]) -> Iterator[Executor[Any]]:
    """Yield the given executor, or a new one for these jobs."""
    if workers is not None and not isinstance(workers, WorkersConfig):
        yield workers
        return
    config = workers or WorkersConfig(workers=1)
    threads = max(job.protocol.threads for job in jobs)
    if config.executor.name == "local":
        n_workers = min(config.workers or config.cores_share(threads), len(jobs))
        config = config.model_copy(update={"workers": n_workers})
    store.folder.mkdir(parents=True, exist_ok=True)
    setup = Setup[Job](
        JobEvaluatorFactory(), worst_values(), store.folder / LOG, fatal=(V1CortexError,)
    )
    with make_executor(config, setup, threads) as executor:
        yield executor
