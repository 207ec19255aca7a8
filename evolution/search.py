"""The search itself: ask, evaluate, tell, remember."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pymoo.problems.static import StaticProblem

from evolution.algorithms import make_algorithm
from evolution.errors import RunFolderError, SearchError, SearchInterrupted
from evolution.executor import Executor
from evolution.front import Front, front_of
from evolution.interrupts import stop_on_signal
from evolution.progress import Progress, Tally
from evolution.results import VIABLE, Candidate, objective_vector
from evolution.run_folder import Checkpoint, RunFolder
from evolution.space import Space
from evolution.store import EvaluationStore
from evolution.worker import TOTAL
from v1cortex.results import Evaluation

ALGORITHM_STREAM, EVALUATION_STREAM = 0, 1
"""Keys of the random streams that a search's seed gives rise to."""


@dataclass(frozen=True)
class SearchSettings:
    """What a search minimises, with which algorithm, for how long.

    Parameters
    ----------
    worst
        Worst value of each objective by name, all to be minimised.
    seed
        Seed of algorithm and evaluations.
    population_size, algorithm, options
        As in `evolution.algorithms.make_algorithm`.
    generations
        Generations in all, those of earlier sessions included.
    max_hours
        No new generation begins later than this in the session.
    evaluation_seeds
        Whether all candidates of the run or of one generation are evaluated with the same seeds.
    seeds_per_rule
        Evaluations of each candidate.
    """

    worst: Mapping[str, float]
    seed: int
    population_size: int
    generations: int
    algorithm: str = "nsga2"
    options: Mapping[str, Any] = field(default_factory=dict)
    max_hours: float | None = None
    evaluation_seeds: Literal["fixed", "per_generation"] = "fixed"
    seeds_per_rule: int = 1


def search(
    space: Space,
    settings: SearchSettings,
    folder: RunFolder,
    executor: Executor,
    progress: Progress,
) -> Front:
    """Run a search, or go on with the one in the folder.

    After every generation the algorithm is written down; every evaluation is stored as soon as it
    is completed. A search that is stopped at any point and resumed asks for the same candidates
    again, takes those from the store that are there, and so ends with the same front, to the last
    bit, as one that ran through, whatever the number of workers.

    Parameters
    ----------
    space
        What is searched.
    settings
        Objectives, algorithm, stop rules.
    folder
        The run's folder, locked by this process.
    executor
        Evaluates.
    progress
        Is told how far the search is.

    Returns
    -------
    Front
        The front of all candidates evaluated.

    Raises
    ------
    SearchInterrupted
        After Ctrl-C or SIGTERM, once the evaluations under way are stored.
    SearchError
        If no evaluation of the first generation came to an end.
    RunFolderError
        If the folder cannot be written, or the stored candidates are not those that the algorithm
        asks for.
    """
    started = time.monotonic()
    with folder.store() as store, stop_on_signal(progress.notice) as should_stop:
        state = folder.load() or Checkpoint(0, _new_algorithm(space, settings))
        generations = _Generations(settings, store, executor, progress, should_stop)
        while state.generation < settings.generations:
            if _hours_since(started) >= (settings.max_hours or np.inf):
                progress.notice(f"stopped after {settings.max_hours:g} hours")
                break
            if should_stop():
                raise SearchInterrupted("the search was stopped between two generations")
            algorithm = state.algorithm
            offspring = algorithm.ask()
            if offspring is None:
                progress.notice("stopped: the algorithm finds no candidate that is new")
                break
            genomes = np.array([space.canonical(vector) for vector in offspring.get("X")])
            objectives = generations.evaluate(state.generation, genomes)
            algorithm.evaluator.eval(StaticProblem(algorithm.problem, F=objectives), offspring)
            algorithm.tell(infills=offspring)
            state = Checkpoint(state.generation + 1, algorithm)
            folder.save(state)
        return front_of(store, settings.worst, space.key)


def evaluation_seeds(settings: SearchSettings, generation: int) -> list[int]:
    """Return the seeds that the candidates of a generation are evaluated with.

    All candidates share them: what differs between two rules is then the rule, not the stimuli.
    """
    shared = 0 if settings.evaluation_seeds == "fixed" else generation
    stream = np.random.SeedSequence(settings.seed, spawn_key=(EVALUATION_STREAM, shared))
    first = int(stream.generate_state(1)[0]) >> 2
    return [first + k for k in range(settings.seeds_per_rule)]


class _Generations:
    """Evaluates one generation after the other."""

    def __init__(
        self,
        settings: SearchSettings,
        store: EvaluationStore,
        executor: Executor,
        progress: Progress,
        should_stop: Callable[[], bool],
    ) -> None:
        self.settings, self.store, self.executor = settings, store, executor
        self.progress, self.should_stop = progress, should_stop
        self.tally: Tally | None = None

    def evaluate(self, generation: int, genomes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the objectives of all candidates, shape (n_candidates, n_objectives)."""
        seeds = evaluation_seeds(self.settings, generation)
        candidates = [
            Candidate(generation, index, seed, genome)
            for index, genome in enumerate(genomes)
            for seed in seeds
        ]
        tally = self._begin(generation, len(candidates))
        found = self._stored(generation, candidates)
        for evaluation in found.values():
            tally.add(
                evaluation.status,
                self._values(evaluation.status, evaluation.objectives),
                made=False,
            )
        self.progress.update(tally.snapshot())
        missing = [position for position in range(len(candidates)) if position not in found]
        for number, evaluation in self.executor.run(
            [candidates[position] for position in missing], self.should_stop
        ):
            position = missing[number]
            self.store.add(candidates[position], evaluation)
            found[position] = evaluation
            took_s = evaluation.timings.get(TOTAL, 0.0)
            values = self._values(evaluation.status, evaluation.objectives)
            tally.add(evaluation.status, values, made=True, took_s=took_s)
            self.progress.update(tally.snapshot())
        self._require_complete(generation, candidates, found)
        n_seeds = len(seeds)
        return np.stack(
            [
                self._mean([found[i * n_seeds + k] for k in range(n_seeds)])
                for i in range(len(genomes))
            ]
        )

    def _mean(self, evaluations: Sequence[Evaluation]) -> NDArray[np.float64]:
        statuses = [evaluation.status for evaluation in evaluations]
        objectives = [evaluation.objectives for evaluation in evaluations]
        return objective_vector(statuses, objectives, self.settings.worst)

    def _begin(self, generation: int, total: int) -> Tally:
        if self.tally is None:
            earlier = (
                (score.status, self._values(score.status, score.objectives))
                for score in self.store.scores()
                if score.candidate.generation < generation
            )
            self.tally = Tally(tuple(self.settings.worst), self.settings.generations, earlier)
        self.tally.begin(generation, total)
        return self.tally

    def _values(self, status: str, objectives: Mapping[str, float]) -> NDArray[np.float64] | None:
        if status not in VIABLE:
            return None
        return objective_vector([status], [objectives], self.settings.worst)

    def _stored(self, generation: int, candidates: Sequence[Candidate]) -> dict[int, Evaluation]:
        """Return what an earlier session stored of these candidates, by position."""
        positions = {(c.index, c.seed): k for k, c in enumerate(candidates)}
        found: dict[int, Evaluation] = {}
        for record in self.store.generation(generation):
            position = positions.get((record.candidate.index, record.candidate.seed))
            if position is None or not np.array_equal(
                record.candidate.genome, candidates[position].genome
            ):
                raise RunFolderError(
                    f"{self.store.path} holds another {record.candidate.name} than the search asks "
                    "for, so the run cannot be retraced; choose another --out"
                )
            found[position] = record.evaluation
        return found

    def _require_complete(
        self,
        generation: int,
        candidates: Sequence[Candidate],
        found: Mapping[int, Evaluation],
    ) -> None:
        if len(found) < len(candidates):
            raise SearchInterrupted(
                f"the search was stopped in generation {generation}, with {len(found)} of "
                f"{len(candidates)} evaluations stored"
            )
        useless = {"failed", "timed out"}
        if generation == 0 and all(e.status in useless for e in found.values()):
            first = found[0]
            raise SearchError(
                f"all {len(found)} evaluations of the first generation failed; the first one "
                f"{first.status}: {first.message}. Mend the cause and start a new run"
            )


def _new_algorithm(space: Space, settings: SearchSettings) -> Any:  # noqa: ANN401
    stream = np.random.SeedSequence(settings.seed, spawn_key=(ALGORITHM_STREAM,))
    return make_algorithm(
        space,
        len(settings.worst),
        settings.algorithm,
        settings.options,
        settings.population_size,
        int(stream.generate_state(1)[0]),
    )


def _hours_since(started: float) -> float:
    return (time.monotonic() - started) / 3600
