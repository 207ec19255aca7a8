"""The state of a run, read from its folder, even while it is running."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evolution.runs import EVALUATIONS, VIABLE, EvolveConfig, RunFolder, SearchStore, StageCost
from validation.objectives import OBJECTIVE_NAMES


@dataclass(frozen=True)
class RunSummary:
    """The progress of a run and its cost.

    Parameters
    ----------
    folder
        Its folder.
    state
        ``running``, ``complete`` or ``stopped``.
    in_use_by
        The process that drives it, if it is running.
    config
        Its configuration.
    n_tried, n_planned
        Number of rules tried so far, and in the whole run.
    costs
        Evaluations and cost of each stage.
    best, median
        Smallest value and median of each objective among completed evaluations with the protocol,
        by name; empty before the first.
    """

    folder: Path
    state: str
    in_use_by: str
    config: EvolveConfig
    n_tried: int
    n_planned: int
    costs: tuple[StageCost, ...]
    best: dict[str, float]
    median: dict[str, float]

    @property
    def n_evaluations(self) -> int:
        """Number of evaluations of all stages."""
        return sum(cost.n_evaluations for cost in self.costs)

    @property
    def core_hours(self) -> float:
        """Processor time of all evaluations."""
        return sum(cost.cpu_seconds for cost in self.costs) / 3600


def summarise(path: Path) -> RunSummary:
    """Return the summary of the run in a folder.

    Raises
    ------
    RunFolderError
        If there is no run.
    """
    folder = RunFolder(path)
    config = folder.config()
    with folder.store(read_only=True) as store:
        best, median = _values(store)
        n_tried, costs = store.n_candidates(), tuple(store.costs())
    n_planned = config.population_size * config.generations
    in_use_by = folder.in_use_by
    # The last file that a completed search writes.
    complete = n_tried >= n_planned and (path / "front.csv").is_file()
    state = "running" if in_use_by else "complete" if complete else "stopped"
    return RunSummary(path, state, in_use_by, config, n_tried, n_planned, costs, best, median)


def find_runs(path: Path) -> list[Path]:
    """Return the folders of runs at or below a folder, sorted by name."""
    return sorted(found.parent for found in path.rglob(EVALUATIONS) if found.is_file())


def _values(store: SearchStore) -> tuple[dict[str, float], dict[str, float]]:
    values = [
        [score.objectives[name] for name in OBJECTIVE_NAMES]
        for score in store.scores()
        if score.status in VIABLE
    ]
    if not values:
        return {}, {}
    lowest, middle = np.min(values, axis=0).tolist(), np.median(values, axis=0).tolist()
    return (
        dict(zip(OBJECTIVE_NAMES, lowest, strict=True)),
        dict(zip(OBJECTIVE_NAMES, middle, strict=True)),
    )
