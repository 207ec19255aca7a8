"""What the search keeps with pymoo's individuals: where they come from, and all their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.core.population import Population
from pymoo.problems.static import StaticProblem

from evolution.algorithms import COUNT, RunningMoments, attach
from evolution.engine.pipeline import Assessment, Order

ORIGIN, VALUES = "origin", "values_by_seed"
"""Attributes of individuals: (generation, index), and objectives by the seed of the evaluation; no
values if the individual is of no use."""


def take(individual: Any, assessment: Assessment, worst: Mapping[str, float]) -> None:  # noqa: ANN401
    """Give an individual what it was assessed with, or assessed with again.

    An individual has the running mean of its objectives over all seeds. One evaluation that does
    not run to its end, now or later, gives it the worst values for good.

    Parameters
    ----------
    individual
        A pymoo individual.
    assessment
        Of its genome.
    worst
        Worst values by the name of the objective, in order.
    """
    rows = assessment.rows(worst)
    known: dict[int, NDArray[np.float64]] = individual.get(VALUES) or {}
    if not assessment.viable or (assessment.order.is_again and not known):
        individual.set(VALUES, {})
        # Two equal rows: the worst values are no draw, so their variance is 0, not unknown.
        attach(individual, RunningMoments.of(np.repeat(rows[:1], 2, axis=0)))
    else:
        seeds = assessment.order.seeds
        known = known | dict(zip(seeds, rows, strict=True))
        individual.set(VALUES, known)
        attach(individual, RunningMoments.of([known[seed] for seed in sorted(known)]))
    if not assessment.order.is_again:
        individual.set(ORIGIN, (assessment.order.generation, assessment.order.index))


def tell(algorithm: Any, individuals: Population) -> None:  # noqa: ANN401
    """Tell a pymoo algorithm of individuals that have taken their assessments."""
    objectives = np.array([each.F for each in individuals])
    algorithm.evaluator.eval(StaticProblem(algorithm.problem, F=objectives), individuals)
    algorithm.tell(infills=individuals)


def to_assess_again(population: Population | None, n: int) -> list[Any]:
    """Return the members of a population whose means are least certain.

    *Choice*: of those that ran to their end, those with the fewest evaluations, the best ranks
    first, then the oldest.

    Parameters
    ----------
    population
        The population; None before the first generation.
    n
        Number of members at most.
    """
    members: Sequence[Any] = () if population is None else population
    viable = [each for each in members if each.get(VALUES)]

    def urgency(individual: Any) -> tuple[int, int, tuple[int, int]]:  # noqa: ANN401
        return individual.get(COUNT), individual.get("rank") or 0, individual.get(ORIGIN)

    return sorted(viable, key=urgency)[:n]


def order_again(individual: Any, generation: int, seed: int) -> Order:  # noqa: ANN401
    """Return the order to assess an individual again in a generation."""
    own_generation, index = individual.get(ORIGIN)
    return Order(own_generation, index, individual.X, (seed,), generation)
