"""A steady-state search: a new candidate is asked for as soon as a worker is free."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.core.individual import Individual
from pymoo.core.population import Population

from evolution.engine.archive import Archive
from evolution.engine.individuals import (
    ORIGIN,
    VALUES,
    order_again,
    take,
    tell,
    to_assess_again,
)
from evolution.engine.pipeline import Assessment, Order, Pipeline
from evolution.engine.stop_rule import StopRule
from evolution.genome import Space
from evolution.runs import Checkpoint, RunFolder, SearchSettings, SearchStore, Seeds, Tally, Told

MAX_ASKS = 20
"""How often an algorithm is asked, at most, for a candidate that is not being evaluated already."""

SAVES = 4
"""Checkpoints per generation."""


class SteadyState:
    """Asks for one candidate at a time and tells each as soon as it is assessed.

    Candidates are numbered consecutively; as many as the population size count as a generation. The
    first generation was assessed as a whole. The order in which candidates are assessed depends on
    the workers, so a run cannot be reproduced exactly; but on resuming, the algorithm is told
    everything in the store that it does not know.

    Parameters
    ----------
    space
        What is searched.
    settings, seeds
        The search.
    folder, store
        Checkpoints and evaluations.
    pipeline
        Assesses genomes.
    tally
        Counts what is done.
    stop
        When to stop.
    archive
        Compares candidates with different seeds.
    """

    def __init__(
        self,
        space: Space,
        settings: SearchSettings,
        seeds: Seeds,
        folder: RunFolder,
        store: SearchStore,
        pipeline: Pipeline,
        tally: Tally,
        stop: StopRule,
        archive: Archive,
    ) -> None:
        self._space, self._settings, self._seeds = space, settings, seeds
        self._folder, self._store, self._pipeline = folder, store, pipeline
        self._tally, self._stop, self._archive = tally, stop, archive
        self._size = settings.population_size
        self._told: set[int] = set()
        self._evaluations = Told()
        self._n_asked = self._size
        self._lost: deque[int] = deque()
        self._algorithm: Any = None
        self._waiting: deque[Order] = deque()
        self._individuals: dict[Order, Any] = {}

    def run(self, state: Checkpoint) -> Checkpoint:
        """Run to the last candidate and return the final state.

        Raises
        ------
        SearchInterrupted
            If the session ends before that.
        """
        self._algorithm = state.algorithm
        self._told, self._evaluations = set(state.told), state.evaluations
        self._catch_up()
        n_all = self._settings.generations * self._size
        self._begin_generation()
        for assessment in self._pipeline.assess(self._next_order):
            self._take(assessment)
        reached = self._save()
        n_done = self._size + len(self._told)
        if n_done < n_all and self._stop.is_due():
            raise self._stop.interruption(f"with {n_done} of {n_all} rules done")
        return reached

    def _next_order(self) -> Order | None:
        if self._waiting:
            return self._waiting.popleft()
        if not self._lost and self._n_asked >= self._settings.generations * self._size:
            return None
        individual = self._ask()
        if individual is None:
            return None
        generation, index = divmod(self._next_number(), self._size)
        seeds = self._seeds.of_generation(generation)
        order = Order(generation, index, individual.X, seeds, generation)
        self._individuals[order] = individual
        if index == 0:
            self._ask_again(generation)
        return order

    def _next_number(self) -> int:
        """Return the number of a new candidate, first those begun without a result."""
        if self._lost:
            return self._lost.popleft()
        self._n_asked += 1
        return self._n_asked - 1

    def _ask(self) -> Any:  # noqa: ANN401
        """Return a new individual that is not being evaluated; None if there is none."""
        under_way = {self._space.key(order.genome) for order in self._individuals}
        for _ in range(MAX_ASKS):
            offspring = self._algorithm.ask()
            if offspring is None:
                return None
            if self._space.key(offspring[0].X) not in under_way:
                return offspring[0]
        return None

    def _ask_again(self, generation: int) -> None:
        """Order a few members of the population to be reassessed."""
        chosen = to_assess_again(self._algorithm.pop, self._settings.reevaluations)
        for individual in chosen:
            order = order_again(individual, generation, self._seeds.again(generation))
            self._individuals[order] = individual
            self._waiting.append(order)

    def _take(self, assessment: Assessment) -> None:
        individual = self._individuals.pop(assessment.order)
        take(individual, assessment, self._settings.worst)
        self._archive.record([individual])
        self._archive.correct([individual])
        if assessment.order.is_again:
            return
        tell(self._algorithm, Population.create(individual))
        self._told.add(self._number(assessment.order.generation, assessment.order.index))
        self._evaluations = self._evaluations.plus(assessment.scores)
        if len(self._told) % self._size == 0:
            self._begin_generation()
        if len(self._told) % max(1, self._size // SAVES) == 0:
            self._save()

    def _begin_generation(self) -> None:
        generation = 1 + len(self._told) // self._size
        self._archive.refit(generation, self._algorithm.pop)
        self._archive.correct(self._algorithm.pop)
        if generation < self._settings.generations:
            self._tally.begin(generation, self._size)

    def _save(self) -> Checkpoint:
        generation = 1 + len(self._told) // self._size
        told = frozenset(self._told)
        state = Checkpoint(generation, self._algorithm, told, self._evaluations)
        self._store.flush()
        self._folder.save(state)
        return state

    def _catch_up(self) -> None:
        """Tell what is stored, and order again what was begun but not finished."""
        for individual in self._algorithm.pop:
            self._refresh(individual)
        stored = set()
        for (generation, index), genome in self._stored():
            number = self._number(generation, index)
            stored.add(number)
            self._n_asked = max(self._n_asked, number + 1)
            if number not in self._told:
                order = Order(
                    generation, index, genome, self._seeds.of_generation(generation), generation
                )
                self._individuals[order] = Individual(X=genome)
                self._waiting.append(order)
        known = stored | self._told
        self._lost.extend(n for n in range(self._size, self._n_asked) if n not in known)

    def _stored(self) -> Iterator[tuple[tuple[int, int], NDArray[np.float64]]]:
        """Yield the stored candidates that were asked for one by one, with their genomes."""
        last = None
        for score in self._store.scores(stage=None):
            origin = (score.candidate.generation, score.candidate.index)
            if score.candidate.generation > 0 and origin != last:
                yield origin, score.candidate.genome
            last = origin

    def _refresh(self, individual: Any) -> None:  # noqa: ANN401
        """Update an individual with what was stored after the checkpoint."""
        if not individual.get(VALUES):
            return
        generation, index = individual.get(ORIGIN)
        genome, evaluations = self._store.candidate(generation, index)
        seeds = tuple(evaluation.seed for evaluation in evaluations)
        order = Order(generation, index, genome, seeds, generation)
        take(individual, Assessment(order, evaluations), self._settings.worst)

    def _number(self, generation: int, index: int) -> int:
        return generation * self._size + index
