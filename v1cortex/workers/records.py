"""Records of evaluations without a result, and the timings that workers add."""

from __future__ import annotations

import math
from collections.abc import Mapping

from v1cortex.evaluation import Evaluation, Status

__all__ = ["CPU", "TOTAL", "checked", "failure"]

TOTAL = "total"
"""Key of the timing that workers add: wall-clock seconds of the whole evaluation."""

CPU = "processor"
"""The same for seconds of processor time, which a busy machine does not affect."""


def failure(status: Status, message: str, seed: int, worst: Mapping[str, float]) -> Evaluation:
    """Return the record of an evaluation without a result, with the worst objectives."""
    return Evaluation(status=status, objectives=dict(worst), seed=seed, message=message)


def checked(evaluation: Evaluation, worst: Mapping[str, float]) -> Evaluation:
    """Return the evaluation, or a failed record if an objective is missing or not finite.

    A single NaN among the objectives would spoil the sorting of a whole generation.
    """
    for name in worst:
        value = evaluation.objectives.get(name)
        if value is None:
            return failure("failed", f"no objective '{name}'", evaluation.seed, worst)
        if not math.isfinite(value):
            return failure("failed", f"objective '{name}' is {value}", evaluation.seed, worst)
    return evaluation
