"""Points of a search, measured on networks in NEST."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import Report
from nestml_models.rule import Rule
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments.conditions import single_task
from v1cortex.experiments.jobs import Job
from v1cortex.experiments.paired.ascent import Measured
from v1cortex.experiments.rows import task_score
from v1cortex.experiments.runner import Workers, run_jobs
from v1cortex.experiments.store import FAILED, ResultStore

__all__ = ["NetworkMeasure", "Place"]

Place = Callable[[NDArray[np.float64]], tuple[Rule, Protocol]]
"""Maps a point to its rule and protocol."""


class NetworkMeasure:
    """Evaluates points on networks (a `Measure`).

    Parameters
    ----------
    place
        Maps points to rules and protocols.
    neurons
        Number of neurons of the circuits.
    limit_broken
        Returns the limit that a point's evaluations broke; empty if none.
    store, workers, report
        As for `v1cortex.experiments.runner.run_jobs`.
    """

    def __init__(
        self,
        place: Place,
        neurons: int,
        limit_broken: Callable[[Sequence[Evaluation]], str],
        store: ResultStore,
        workers: Workers,
        report: Report | None,
    ) -> None:
        self._place, self._neurons, self._limit_broken = place, neurons, limit_broken
        self._store, self._workers, self._report = store, workers, report
        self.n_points = 0

    def __call__(self, points: Sequence[tuple[NDArray[np.float64], int]]) -> list[Measured]:
        """Return the score of each point on the network of its seed, the mean over tasks.

        Raises
        ------
        ExperimentError
            If an evaluation failed for lack of time or memory.
        """
        placed = [self._place(point) for point, _ in points]
        jobs = [
            self._jobs(rule, protocol, seed)
            for (rule, protocol), (_, seed) in zip(placed, points, strict=True)
        ]
        found = run_jobs(
            [job for own in jobs for job in own.values()],
            self._store,
            workers=self._workers,
            report=self._report,
        )
        self.n_points += len(points)
        return [
            self._measured(protocol, {task: found[job.key] for task, job in own.items()})
            for (_, protocol), own in zip(placed, jobs, strict=True)
        ]

    def _jobs(self, rule: Rule, protocol: Protocol, seed: int) -> dict[str, Job]:
        return {
            task: Job(rule, single_task(protocol, task), self._neurons, seed)
            for task in protocol.tasks
        }

    def _measured(self, protocol: Protocol, evaluations: Mapping[str, Evaluation]) -> Measured:
        for task, each in evaluations.items():
            if each.status in FAILED:
                raise ExperimentError(
                    f"an evaluation of {task} failed: {each.message}. Fix the cause, or allow more "
                    "(--evaluation-timeout, --evaluation-memory), and give the same command again"
                )
        scores = [
            task_score(each, task, protocol.resolved_score) for task, each in evaluations.items()
        ]
        rates = [each.statistics.rates for each in evaluations.values()]
        rate_Hz = float(np.mean([math.nan if each is None else each.mean for each in rates]))
        limit = self._limit_broken(list(evaluations.values()))
        return Measured(float(np.mean(scores)), limit, rate_Hz)
