"""Candidates, and the objectives that the search sees for an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VIABLE: frozenset[str] = frozenset({"ok", "silent"})
"""Statuses of completed evaluations, whose objectives are meaningful."""

PROTOCOL = "protocol"
"""Stage of the evaluations that objectives come from; other stages have the names of hurdles."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One evaluation to be made.

    Parameters
    ----------
    generation
        Generation, from 0.
    index
        Position in the generation, from 0.
    seed
        Seed of the evaluation.
    genome
        The vector; float64.
    stage
        What is evaluated: the protocol, or a hurdle before it.
    asked_in
        Generation of the search that asks for it: later than the candidate's own if it is
        re-evaluated.
    """

    generation: int
    index: int
    seed: int
    genome: NDArray[np.float64]
    stage: str = PROTOCOL
    asked_in: int | None = None

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"candidate {self.index} of generation {self.generation}"


def objective_rows(
    statuses: Sequence[str], objectives: Sequence[Mapping[str, float]], worst: Mapping[str, float]
) -> NDArray[np.float64]:
    """Return what the search minimises for one candidate, one row for each of its evaluations.

    Parameters
    ----------
    statuses, objectives
        Statuses and objectives of the candidate's evaluations, one for each seed.
    worst
        Worst values by name of the objective, in order.

    Returns
    -------
    objectives
        Shape (n_evaluations, n_objectives); the worst values in all rows if any evaluation was not
        completed (*choice*: a rule that ran away with one seed is rejected, whatever the results
        with the others).
    """
    if not VIABLE.issuperset(statuses):
        return np.tile(np.array(list(worst.values()), dtype=np.float64), (len(statuses), 1))
    return np.array([[each[name] for name in worst] for each in objectives], dtype=np.float64)
