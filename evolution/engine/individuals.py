"""What the search stores with pymoo's individuals: their origin and all their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.core.population import Population
from pymoo.problems.static import StaticProblem

from evolution.algorithms import COUNT, VALUES, RunningMoments, attach
from evolution.engine.pipeline import Assessment, Order

__all__ = ["ORIGIN", "VALUES", "order_again", "take", "tell", "to_assess_again"]

ORIGIN = "origin"
"""Attribute of individuals: (generation, index)."""


def take(individual: Any, assessment: Assessment, worst: Mapping[str, float]) -> None:  # noqa: ANN401
    """Store an assessment, or a repeated one, with its individual.

    An individual has the running mean of its objectives over all seeds. A single evaluation that is
    not completed, now or later, gives it the worst values permanently.

    Parameters
    ----------
    individual
        A pymoo individual.
    assessment
        The assessment of its genome.
    worst
        Worst values by name of the objective, in order.
    """
    rows = assessment.rows(worst)
    known: dict[int, NDArray[np.float64]] = individual.get(VALUES) or {}
    if not assessment.viable or (assessment.order.is_again and not known):
        individual.set(VALUES, {})
        # Two equal rows: the worst values are not random, so their variance is 0, not unknown.
        attach(individual, RunningMoments.of(np.repeat(rows[:1], 2, axis=0)))
    else:
        seeds = assessment.order.seeds
        known = known | dict(zip(seeds, rows, strict=True))
        individual.set(VALUES, known)
        attach(individual, RunningMoments.of([known[seed] for seed in sorted(known)]))
    if not assessment.order.is_again:
        individual.set(ORIGIN, (assessment.order.generation, assessment.order.index))


def tell(algorithm: Any, individuals: Population) -> None:  # noqa: ANN401
    """Tell a pymoo algorithm about individuals with stored assessments."""
    objectives = np.array([each.F for each in individuals])
    algorithm.evaluator.eval(StaticProblem(algorithm.problem, F=objectives), individuals)
    algorithm.tell(infills=individuals)


def to_assess_again(population: Population | None, n: int) -> list[Any]:
    """Return the members of a population whose means are least certain.

    *Choice*: among viable ones, those with the fewest evaluations, then the best ranks, then the
    oldest.

    Parameters
    ----------
    population
        The population; None before the first generation.
    n
        Maximum number of members.
    """
    members: Sequence[Any] = () if population is None else population
    viable = [each for each in members if each.get(VALUES)]

    def urgency(individual: Any) -> tuple[int, int, tuple[int, int]]:  # noqa: ANN401
        return individual.get(COUNT), individual.get("rank") or 0, individual.get(ORIGIN)

    return sorted(viable, key=urgency)[:n]


def order_again(individual: Any, generation: int, seed: int) -> Order:  # noqa: ANN401
    """Return the order to reassess an individual in a generation."""
    own_generation, index = individual.get(ORIGIN)
    return Order(own_generation, index, individual.X, (seed,), generation)
