"""Means over seeds of the analyses of evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from v1cortex.evaluation import Evaluation, TaskAnalyses

__all__ = ["mean_analyses"]


def mean_analyses(
    evaluations: Mapping[tuple[str, int], Evaluation], tasks: Sequence[str]
) -> dict[str, TaskAnalyses]:
    """Return the analyses of each task, every number averaged over the seeds that have it.

    The linear read-out, which is compared between seeds, is left out.

    Parameters
    ----------
    evaluations
        By task and seed.
    tasks
        Names of tasks.

    Returns
    -------
    dict
        By task; tasks without analyses are left out. Counts are averaged too.
    """
    found = {}
    for task in tasks:
        own = [
            each.tasks[task]
            for (name, _), each in evaluations.items()
            if name == task and task in each.tasks
        ]
        means = TaskAnalyses(
            decoding=_mean([each.decoding for each in own]),
            readouts=_mean([each.readouts for each in own]),
            adaptation=_mean([each.adaptation for each in own]),
            weight_course=_mean([each.weight_course for each in own]),
            weight_distributions=_mean([each.weight_distributions for each in own]),
        )
        if means != TaskAnalyses():
            found[task] = means
    return found


def _mean(values: Sequence[Any]) -> Any:  # noqa: ANN401
    """Average corresponding numbers of equally structured data; None counts as missing."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    first = present[0]
    if isinstance(first, Mapping):
        common = [key for key in first if all(key in each for each in present)]
        return {key: _mean([each[key] for each in present]) for key in common}
    if isinstance(first, tuple):
        return tuple(_mean(column) for column in zip(*present, strict=False))
    if is_dataclass(first) and not isinstance(first, type):
        means = {
            entry.name: _mean([getattr(each, entry.name) for each in present])
            for entry in fields(first)
        }
        return type(first)(**means)
    if isinstance(first, str):
        return first
    return float(np.mean(present))
