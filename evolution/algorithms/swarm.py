"""The competitive swarm with probabilistic dominance, the search of Ye et al. (ICLR 2026)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.algorithms.base.genetic import GeneticAlgorithm
from pymoo.core.infill import InfillCriterion
from pymoo.core.population import Population
from pymoo.core.survival import Survival

from evolution.genome import Learning, Pull


class CompetitiveMating(InfillCriterion):
    """Children of random pairs: the student after learning and the teacher, both mutated.

    In each pair a randomly drawn objective decides: the candidate with the smaller mean is the
    teacher. Ties are broken by the other objectives in random order; if all are equal, at random.

    Parameters
    ----------
    learning
        How students move.
    pull
        How far they move.
    mutation
        pymoo operator.
    repair, eliminate_duplicates
        As in pymoo's `InfillCriterion`.
    """

    def __init__(
        self,
        learning: Learning,
        pull: Pull,
        mutation: Any,  # noqa: ANN401
        repair: Any,  # noqa: ANN401
        eliminate_duplicates: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(repair=repair, eliminate_duplicates=eliminate_duplicates)
        self.learning, self.pull, self.mutation = learning, pull, mutation

    def _do(
        self,
        problem: Any,  # noqa: ANN401
        pop: Population,
        n_offsprings: int,
        *_: object,
        random_state: np.random.Generator,
        **__: object,
    ) -> Population:
        pairs = random_pairs(len(pop), -(-n_offsprings // 2), random_state)
        teachers, students = teach(pop.get("F").astype(np.float64), pairs, random_state)
        swarm = pop.get("X").astype(np.float64)
        moved = self.learning.learn(
            swarm[students], swarm[teachers], swarm, self.pull, random_state
        )
        vectors = np.concatenate([np.clip(moved, problem.xl, problem.xu), swarm[teachers]])
        # In random order: a caller that asks for one child gets either kind.
        children = Population.new("X", random_state.permutation(vectors, axis=0))
        return self.mutation(problem, children, random_state=random_state)


class CompetitiveSwarm(GeneticAlgorithm):
    """Competitive swarm optimiser for several noisy objectives.

    Each generation pairs candidates at random; a randomly drawn objective makes one of each pair
    the teacher and the other the student, which moves toward the teacher and the centre of the
    swarm; both mutate (`CompetitiveMating`, `evolution.genome.learning`). Survivors are selected
    among old and new candidates by non-dominated sorting with probabilistic dominance, based on
    running means and variances of the objectives (`evolution.algorithms.dominance`,
    `evolution.algorithms.noise`).

    Works by generations and steady-state: with `n_offsprings` of 1, ``ask`` gives one candidate,
    which may be told as soon as it is evaluated, in any order.

    Parameters
    ----------
    pop_size
        Number of survivors.
    n_offsprings
        Candidates per ``ask``; None: as many as survivors.
    sampling, mutation, repair, eliminate_duplicates
        pymoo operators.
    learning
        How students move.
    pull
        How far they move.
    survival
        Selection.
    seed
        Seed of the generator.
    """

    def __init__(
        self,
        *,
        pop_size: int,
        n_offsprings: int | None,
        sampling: Any,  # noqa: ANN401
        learning: Learning,
        pull: Pull,
        mutation: Any,  # noqa: ANN401
        repair: Any,  # noqa: ANN401
        eliminate_duplicates: Any,  # noqa: ANN401
        survival: Survival,
        seed: int,
    ) -> None:
        super().__init__(
            pop_size=pop_size,
            n_offsprings=n_offsprings,
            sampling=sampling,
            survival=survival,
            repair=repair,
            eliminate_duplicates=eliminate_duplicates,
            mating=CompetitiveMating(learning, pull, mutation, repair, eliminate_duplicates),
            advance_after_initial_infill=True,
            output=None,
            seed=seed,
        )

    def _set_optimum(self) -> None:
        self.opt = self.pop[self.pop.get("rank") == 0]


def random_pairs(n: int, n_pairs: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return pairs of different candidates, shape (n_pairs, 2).

    Pairs are drawn in rounds, in each of which no candidate occurs twice.
    """
    per_round = n // 2
    rounds = [
        rng.permutation(n)[: 2 * per_round].reshape(per_round, 2)
        for _ in range(-(-n_pairs // per_round))
    ]
    return np.concatenate(rounds)[:n_pairs]


def teach(
    objectives: NDArray[np.float64], pairs: NDArray[np.intp], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return teachers and students of pairs, decided by randomly drawn objectives.

    Parameters
    ----------
    objectives
        Shape (n_candidates, n_objectives), to be minimised.
    pairs
        Positions, shape (n_pairs, 2).
    rng
        Source of random numbers.
    """
    n_objectives = objectives.shape[1]
    order = rng.permuted(np.tile(np.arange(n_objectives), (len(pairs), 1)), axis=1)
    difference = np.take_along_axis(objectives[pairs[:, 0]] - objectives[pairs[:, 1]], order, 1)
    decisive = np.argmax(difference != 0, axis=1)
    second_teaches = difference[np.arange(len(pairs)), decisive] > 0
    teachers = np.where(second_teaches, pairs[:, 1], pairs[:, 0])
    return teachers, pairs.sum(axis=1) - teachers
