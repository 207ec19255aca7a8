"""A search by generations: each is assessed completely before the next is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymoo.core.population import Population

from evolution.algorithms import PairedSearch
from evolution.engine.archive import Archive
from evolution.engine.individuals import ORIGIN, order_again, take, tell, to_assess_again
from evolution.engine.pipeline import Assessment, Order, Pipeline
from evolution.engine.stop_rule import StopRule
from evolution.errors import SearchError
from evolution.runs import (
    Checkpoint,
    Progress,
    RunFolder,
    Score,
    SearchSettings,
    SearchStore,
    Seeds,
    Tally,
)


class Generational:
    """Asks for a generation, has it assessed, tells the algorithm, and writes a checkpoint.

    Members of the population are re-evaluated together with the new generation, so that workers
    wait only once per generation; survival is decided with their new means.

    Parameters
    ----------
    settings, seeds
        The search.
    folder, store
        For checkpoints and evaluations.
    pipeline
        Assesses genomes.
    tally, progress
        Count and report what is done.
    stop
        When to stop.
    archive
        Compares candidates with different seeds.
    """

    def __init__(
        self,
        settings: SearchSettings,
        seeds: Seeds,
        folder: RunFolder,
        store: SearchStore,
        pipeline: Pipeline,
        tally: Tally,
        progress: Progress,
        stop: StopRule,
        archive: Archive,
    ) -> None:
        self._settings, self._seeds = settings, seeds
        self._folder, self._store = folder, store
        self._pipeline, self._tally, self._progress, self._stop = pipeline, tally, progress, stop
        self._archive = archive

    def run(self, state: Checkpoint, until: int | None = None) -> Checkpoint:
        """Run to the last generation and return the final state.

        Parameters
        ----------
        state
            Current state of the search.
        until
            Number of generations; None for all.

        Raises
        ------
        SearchInterrupted
            If the session ends before that.
        SearchError
            If the first generation is of no use.
        """
        n_generations = self._settings.generations if until is None else until
        while state.generation < n_generations:
            if self._stop.is_due():
                raise self._stop.interruption(f"after {state.generation} generations")
            algorithm = state.algorithm
            offspring = algorithm.ask()
            if offspring is None:
                self._progress.notice("stopped: the algorithm finds no new candidate")
                break
            again = to_assess_again(algorithm.pop, self._settings.reevaluations)
            told = self._assess(state.generation, offspring, again if state.generation else [])
            self._compare(state.generation, algorithm.pop, offspring)
            tell(algorithm, offspring)
            evaluations = state.evaluations.plus(told)
            state = Checkpoint(state.generation + 1, algorithm, evaluations=evaluations)
            self._store.flush()
            if isinstance(algorithm, PairedSearch):
                found = {each.get(ORIGIN): estimate for each, estimate in algorithm.best}
                self._folder.save_estimates(found)
            self._folder.save(state)
        return state

    def _compare(
        self, generation: int, population: Population | None, offspring: Population
    ) -> None:
        """Correct the objectives of all candidates for survival for the effects of seeds."""
        individuals = [*(population if generation and population is not None else ()), *offspring]
        self._archive.record(individuals)
        self._archive.refit(generation, individuals)
        self._archive.correct(individuals)

    def _assess(self, generation: int, offspring: Population, again: Sequence[Any]) -> list[Score]:
        """Assess the offspring, reassess members of the population, and return all scores."""
        seeds = self._seeds.of_generation(generation)
        again_seed = self._seeds.again(generation)
        orders = {
            Order(generation, index, each.X, seeds, generation): each
            for index, each in enumerate(offspring)
        }
        orders |= {order_again(each, generation, again_seed): each for each in again}
        self._tally.begin(generation, len(orders))
        self._progress.update(self._tally.snapshot())
        waiting = iter(list(orders))
        found = {
            assessment.order: assessment
            for assessment in self._pipeline.assess(lambda: next(waiting, None))
        }
        if len(found) < len(orders):
            raise self._stop.interruption(
                f"in generation {generation}, with {len(found)} of {len(orders)} rules done"
            )
        if generation == 0:
            require_use([found[order] for order in orders])
        for order, individual in orders.items():
            take(individual, found[order], self._settings.worst)
        return [score for assessment in found.values() for score in assessment.scores]


def require_use(first_generation: Sequence[Assessment]) -> None:
    """Check that the first generation has at least one useful member.

    Raises
    ------
    SearchError
        If all evaluations failed, or hurdles rejected all rules.
    """
    first = first_generation[0]
    if all(assessment.rejected_by for assessment in first_generation):
        raise SearchError(
            f"hurdles rejected all {len(first_generation)} rules of the first generation; see "
            "`v1cortex runs show`. Loosen their limits and start a new run"
        )
    useless = {"failed", "timed out"}
    evaluations = [e for assessment in first_generation for e in assessment.evaluations]
    if all(e.status in useless for e in evaluations):
        evaluation = first.evaluations[0]
        raise SearchError(
            f"all {len(evaluations)} evaluations of the first generation failed; the first one "
            f"{evaluation.status}: {evaluation.message}. Fix the cause and start a new run"
        )
