"""Recent values, from which seed effects are estimated to compare candidates across seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evolution.algorithms import RunningMoments, SeedEffects, attach, fit
from evolution.engine.individuals import ORIGIN, VALUES
from evolution.runs import Score, viable_values

Origin = tuple[int, int]

MEMORY = 20
"""Number of generations for which candidates are kept after they left the population (*choice*).
Dropping unlucky ones at once would make the seeds of the survivors look easy."""


class Archive:
    """Values by seed of recent candidates, and objectives corrected for the effects of seeds.

    Parameters
    ----------
    scores
        Stored scores of the complete generations, by candidate.
    generations
        Number of complete generations; later scores are left out.
    worst
        Worst values by name of the objective, in order.
    """

    def __init__(
        self, scores: Iterable[Score], generations: int, worst: Mapping[str, float]
    ) -> None:
        self._effects: SeedEffects[Origin] = SeedEffects({}, {})
        complete = (each for each in scores if each.asked_in < generations)
        self._values = viable_values(complete, worst)

    def record(self, individuals: Iterable[Any]) -> None:
        """Record the values of assessed or reassessed individuals."""
        for individual in individuals:
            self._values[individual.get(ORIGIN)] = dict(individual.get(VALUES) or {})

    def refit(self, generation: int, present: Iterable[Any]) -> None:
        """Re-estimate the effects of seeds.

        Parameters
        ----------
        generation
            The generation that was assessed.
        present
            Individuals that are kept however old they are.
        """
        kept = {individual.get(ORIGIN) for individual in present}
        for origin in [each for each in self._values if each[0] <= generation - MEMORY]:
            if origin not in kept:
                del self._values[origin]
        self._effects = fit({origin: self._values[origin] for origin in sorted(self._values)})

    def correct(self, individuals: Iterable[Any]) -> None:
        """Set individuals' objectives to values corrected for the effects of their seeds.

        Individuals that failed keep the worst values.
        """
        for individual in individuals:
            values = individual.get(VALUES)
            if values:
                attach(individual, RunningMoments.of(self._effects.corrected(values)))
