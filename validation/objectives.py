"""The six objectives of the search, all to be minimised."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RATE_HZ = 1000.0
"""A rate no model neuron can exceed: one spike in every 1 ms step."""


@dataclass(frozen=True)
class Objective:
    """One objective of the search.

    Parameters
    ----------
    name
        Key in dictionaries, files and configuration.
    label
        Text for tables and axes.
    unit
        Unit, empty if the objective has none.
    worst
        The largest value it can take; stands for an evaluation that gave none.
    """

    name: str
    label: str
    unit: str
    worst: float


OBJECTIVES: tuple[Objective, ...] = (
    Objective("error", "1 - cross-domain score", "", 1.0),
    Objective("complexity", "active terms / 25", "", 1.0),
    Objective("peak_rate_Hz", "highest firing rate", "Hz", MAX_RATE_HZ),
    Objective("synchrony", "synchrony (mean pairwise correlation)", "", 1.0),
    Objective("rate_error_Hz", "|mean rate - mouse mean rate|", "Hz", MAX_RATE_HZ),
    Objective("rate_distance_Hz", "rate distribution's distance to the mouse's", "Hz", MAX_RATE_HZ),
)
"""The objectives in their fixed order."""

OBJECTIVE_NAMES: tuple[str, ...] = tuple(objective.name for objective in OBJECTIVES)
"""Names of the objectives in their fixed order."""


def worst_values() -> dict[str, float]:
    """Return the values that stand for an evaluation without result.

    They are finite, since one NaN or infinite entry would spoil the sorting of a whole generation,
    and no evaluation that ran to its end can be worse in any objective: the score lies in [0, 1],
    at most all terms are active, correlations do not exceed 1, and no neuron fires more than
    `MAX_RATE_HZ`.
    """
    return {objective.name: objective.worst for objective in OBJECTIVES}
