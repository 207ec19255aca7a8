"""What was measured lately: the values by which candidates with different seeds are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evolution.algorithms import RunningMoments, SeedEffects, attach, fit
from evolution.engine.individuals import ORIGIN, VALUES
from evolution.runs import Score, viable_values

Origin = tuple[int, int]

MEMORY = 20
"""Generations whose candidates are remembered after they left the population (*choice*). Forgetting
those that did worse than they are at once would make the seeds of the survivors look easy."""


class Archive:
    """Values by seed of the candidates of late, and objectives without the effects of seeds.

    Parameters
    ----------
    scores
        What is stored, by candidate, of the generations that are complete.
    generations
        Number of those; what was asked for later is left out.
    worst
        Worst values by the name of the objective, in order.
    """

    def __init__(
        self, scores: Iterable[Score], generations: int, worst: Mapping[str, float]
    ) -> None:
        self._effects: SeedEffects[Origin] = SeedEffects({}, {})
        complete = (each for each in scores if each.asked_in < generations)
        self._values = viable_values(complete, worst)

    def record(self, individuals: Iterable[Any]) -> None:
        """Take in what individuals were assessed with, or assessed with again."""
        for individual in individuals:
            self._values[individual.get(ORIGIN)] = dict(individual.get(VALUES) or {})

    def refit(self, generation: int, present: Iterable[Any]) -> None:
        """Estimate the effects of seeds again.

        Parameters
        ----------
        generation
            The generation that was assessed.
        present
            Individuals that are remembered however old they are.
        """
        kept = {individual.get(ORIGIN) for individual in present}
        for origin in [each for each in self._values if each[0] <= generation - MEMORY]:
            if origin not in kept:
                del self._values[origin]
        self._effects = fit({origin: self._values[origin] for origin in sorted(self._values)})

    def correct(self, individuals: Iterable[Any]) -> None:
        """Give individuals their objectives without the effects of their seeds.

        Those that failed keep the worst values.
        """
        for individual in individuals:
            values = individual.get(VALUES)
            if values:
                attach(individual, RunningMoments.of(self._effects.corrected(values)))
