"""What is known of a run from its folder, even while it is running."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evolution.runs import EVALUATIONS, VIABLE, EvolveConfig, RunFolder, SearchStore, StageCost
from validation.objectives import OBJECTIVE_NAMES


@dataclass(frozen=True)
class RunSummary:
    """How far a run is and what it cost.

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
        Rules that were tried, and that it tries until its end.
    costs
        What each stage did and cost.
    best, median
        Smallest value and median of each objective among evaluations by the protocol that ran to
        their end, by name; empty before the first.
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
        """Evaluations of all stages."""
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
    # The last file that a search writes when it has come to its end.
    complete = n_tried >= n_planned and (path / "front.csv").is_file()
    state = "running" if in_use_by else "complete" if complete else "stopped"
    return RunSummary(path, state, in_use_by, config, n_tried, n_planned, costs, best, median)


def find_runs(path: Path) -> list[Path]:
    """Return the folders of runs at or below a folder, by name."""
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
