"""Means over seeds of what an evaluation's analyses gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from v1cortex.evaluation import Evaluation

__all__ = ["mean_analyses"]

PARTS = ("decoding", "weight_course", "weight_distributions")
"""Analyses that are averaged; those that a network did not have are left out."""


def mean_analyses(
    evaluations: Mapping[tuple[str, int], Evaluation], tasks: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return the analyses of each task, every number averaged over the seeds that have it.

    Parameters
    ----------
    evaluations
        By task and seed.
    tasks
        Names of tasks.

    Returns
    -------
    dict
        By task and analysis, in the form that evaluations have; empty where there is none.
    """
    found: dict[str, dict[str, Any]] = {}
    for task in tasks:
        own = [
            each.tasks[task]
            for (name, _), each in evaluations.items()
            if name == task and task in each.tasks
        ]
        parts = {part: [each[part] for each in own if each.get(part)] for part in PARTS}
        found[task] = {part: _mean(values) for part, values in parts.items() if values}
    return {task: parts for task, parts in found.items() if parts}


def _mean(values: Sequence[Any]) -> Any:  # noqa: ANN401
    """Average numbers that lie at the same place of equally built data; None counts as missing."""
    first = values[0]
    if isinstance(first, Mapping):
        common = [key for key in first if all(key in each for each in values)]
        return {key: _mean([each[key] for each in values]) for key in common}
    if isinstance(first, list):
        return [_mean(list(column)) for column in zip(*values, strict=False)]
    numbers = [value for value in values if value is not None]
    return float(np.mean(numbers)) if numbers else None
