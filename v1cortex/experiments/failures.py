"""Conditions with a failed evaluation, which says nothing about their quality."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Evaluation
from v1cortex.experiments.conditions import Condition
from v1cortex.experiments.store import FAILED

__all__ = ["FailedCondition", "failed_conditions", "refuse"]

Key = tuple[str, str, int]
"""Condition, task and seed."""

WAY_OUT = (
    "The others are stored: fix the cause, or allow more (--evaluation-timeout, "
    "--evaluation-memory), and give the same command again"
)


@dataclass(frozen=True)
class FailedCondition:
    """A condition without a result.

    Parameters
    ----------
    condition, formula, control
        As for `v1cortex.experiments.conditions.Condition`.
    n_failed
        Number of evaluations that failed or timed out.
    n_evaluations
        Number of all evaluations of the condition.
    message
        Message of the first failed one.
    """

    condition: str
    formula: str
    control: str
    n_failed: int
    n_evaluations: int
    message: str

    @classmethod
    def of(
        cls, condition: Condition, n_failed: int, n_evaluations: int, message: str
    ) -> FailedCondition:
        """Return the record of a condition."""
        return cls(
            condition.name, condition.formula, condition.control, n_failed, n_evaluations, message
        )


def failed_conditions(
    conditions: Sequence[Condition], evaluations: Mapping[Key, Evaluation]
) -> list[FailedCondition]:
    """Return the conditions with an evaluation that failed or timed out.

    Parameters
    ----------
    conditions
        Conditions to check.
    evaluations
        Evaluations by condition name, task and seed.
    """
    own: dict[str, list[tuple[Key, Evaluation]]] = defaultdict(list)
    for key, each in evaluations.items():
        own[key[0]].append((key, each))
    found = []
    for condition in conditions:
        made = own[condition.name]
        failed = [(key, each) for key, each in made if each.status in FAILED]
        if failed:
            (_, task, seed), first = failed[0]
            message = f"{task}, seed {seed}: {first.message}"
            found.append(FailedCondition.of(condition, len(failed), len(made), message))
    return found


def refuse(failed: Iterable[FailedCondition]) -> None:
    """Raise an error if there is a failed condition.

    Raises
    ------
    ExperimentError
        The message names the first one.
    """
    for first in failed:
        raise ExperimentError(
            f"{first.n_failed} of {first.n_evaluations} evaluations of '{first.condition}' failed; "
            f"the first, {first.message}. {WAY_OUT}"
        )
