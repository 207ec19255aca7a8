"""Takes candidates through the hurdles and the protocol, and stores all results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evolution.runs import (
    PROTOCOL,
    VIABLE,
    Candidate,
    HurdleConfig,
    Progress,
    Score,
    SearchStore,
    Tally,
    objective_rows,
)
from v1cortex.evaluation import Evaluation
from v1cortex.workers import TOTAL, Executor, run


@dataclass(frozen=True, eq=False)
class Order:
    """A genome to be assessed.

    Parameters
    ----------
    generation, index
        Generation, and position in it.
    genome
        The vector.
    seeds
        Seeds of its evaluations with the protocol; the hurdles use the first.
    asked_in
        Generation that asks for it: later than its own if the genome is reassessed.
    """

    generation: int
    index: int
    genome: NDArray[np.float64]
    seeds: tuple[int, ...]
    asked_in: int

    @property
    def is_again(self) -> bool:
        """Whether the genome is reassessed, which skips the hurdles."""
        return self.asked_in != self.generation


@dataclass(frozen=True, eq=False)
class Assessment:
    """The result of an order.

    Parameters
    ----------
    order
        The order.
    evaluations
        Those with the protocol, by seed; if a hurdle rejected the genome, that of the hurdle.
    rejected_by
        Name of the hurdle that rejected it; empty if none did.
    scores
        All evaluations that it is based on, including those of the hurdles.
    """

    order: Order
    evaluations: tuple[Evaluation, ...]
    rejected_by: str = ""
    scores: tuple[Score, ...] = ()

    def rows(self, worst: Mapping[str, float]) -> NDArray[np.float64]:
        """Return what the search minimises, shape (n_evaluations, n_objectives)."""
        if self.rejected_by:
            return np.array([list(worst.values())], dtype=np.float64)
        statuses = [evaluation.status for evaluation in self.evaluations]
        return objective_rows(statuses, [e.objectives for e in self.evaluations], worst)

    @property
    def viable(self) -> bool:
        """Whether all evaluations were completed and no hurdle rejected the genome."""
        return not self.rejected_by and VIABLE.issuperset(e.status for e in self.evaluations)


@dataclass(eq=False)
class _Open:
    """An order in progress, and the evaluations stored earlier for its genome."""

    order: Order
    stored: Mapping[tuple[str, int], Evaluation]
    evaluations: dict[int, Evaluation] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)


class Pipeline:
    """Evaluates orders stage by stage; stored evaluations are not repeated.

    Parameters
    ----------
    hurdles
        What a genome must pass before it is evaluated with the protocol.
    worst
        Worst value of each objective, by name.
    store, executor
        Where evaluations are stored and run.
    tally, progress
        Count and report evaluations.
    should_stop
        Once true, no further evaluation is started.
    """

    def __init__(
        self,
        hurdles: Sequence[HurdleConfig],
        worst: Mapping[str, float],
        store: SearchStore,
        executor: Executor[Candidate],
        tally: Tally,
        progress: Progress,
        should_stop: Callable[[], bool],
    ) -> None:
        self._hurdles, self._worst, self._store, self._executor = hurdles, worst, store, executor
        self._tally, self._progress, self._should_stop = tally, progress, should_stop
        self._waiting: deque[tuple[Candidate, _Open]] = deque()
        self._finished: deque[Assessment] = deque()

    def assess(self, next_order: Callable[[], Order | None]) -> Iterator[Assessment]:
        """Assess genomes; yield each assessment as soon as it is complete, in any order.

        Parameters
        ----------
        next_order
            Returns the next genome; called as soon as a worker is free and no other genome needs
            it. None if there is nothing to do at the moment.
        """
        flying: dict[Candidate, _Open] = {}

        def next_candidate() -> Candidate | None:
            while not self._waiting:
                order = next_order()
                if order is None:
                    return None
                self._enter_stage(0, _Open(order, self._stored(order)))
            candidate, entry = self._waiting.popleft()
            flying[candidate] = entry
            return candidate

        for candidate, evaluation in run(self._executor, next_candidate, self._should_stop):
            self._accept(flying.pop(candidate), candidate, evaluation, made=True)
            yield from self._take_finished()
        yield from self._take_finished()

    def _take_finished(self) -> Iterator[Assessment]:
        while self._finished:
            yield self._finished.popleft()

    def _enter_stage(self, number: int, entry: _Open) -> None:
        order = entry.order
        hurdles = () if order.is_again else self._hurdles
        last = number == len(hurdles)
        for seed in order.seeds if last else order.seeds[:1]:
            candidate = Candidate(
                order.generation,
                order.index,
                seed,
                order.genome,
                PROTOCOL if last else hurdles[number].name,
                order.asked_in,
            )
            stored = entry.stored.get((candidate.stage, seed))
            if stored is None:
                self._waiting.append((candidate, entry))
            else:
                self._accept(entry, candidate, stored, made=False)

    def _stored(self, order: Order) -> dict[tuple[str, int], Evaluation]:
        """Return the evaluations of a genome stored by earlier sessions, by stage and seed."""
        records = self._store.of(order.generation, order.index)
        for record in records:
            self._store.require_same_genome(record, order.genome)
        return {(r.candidate.stage, r.candidate.seed): r.evaluation for r in records}

    def _accept(
        self, entry: _Open, candidate: Candidate, evaluation: Evaluation, *, made: bool
    ) -> None:
        order, rejected_by, number = entry.order, "", len(self._hurdles)
        objection = ""
        if candidate.stage != PROTOCOL:
            number = [hurdle.name for hurdle in self._hurdles].index(candidate.stage)
            objection = self._hurdles[number].objection(evaluation)
            rejected_by = candidate.stage if objection else ""
        if made:
            self._store.put(candidate, evaluation, objection)
        entry.scores.append(Score(candidate, evaluation.status, evaluation.objectives, objection))
        self._tally.add(
            evaluation.status,
            tally_values(candidate.stage, evaluation.status, evaluation.objectives, self._worst),
            made=made,
            took_s=evaluation.timings.get(TOTAL, 0.0),
            rejected_by=rejected_by,
        )
        if rejected_by:
            self._finish(Assessment(order, (evaluation,), rejected_by, tuple(entry.scores)))
        elif candidate.stage != PROTOCOL:
            self._enter_stage(number + 1, entry)
        else:
            entry.evaluations[candidate.seed] = evaluation
            if len(entry.evaluations) == len(order.seeds):
                evaluations = tuple(entry.evaluations[seed] for seed in order.seeds)
                self._finish(Assessment(order, evaluations, scores=tuple(entry.scores)))
        self._progress.update(self._tally.snapshot())

    def _finish(self, assessment: Assessment) -> None:
        self._tally.finish()
        self._finished.append(assessment)


def tally_values(
    stage: str, status: str, objectives: Mapping[str, float], worst: Mapping[str, float]
) -> NDArray[np.float64] | None:
    """Return the values of an evaluation; None if it does not count for best and median."""
    if stage != PROTOCOL or status not in VIABLE:
        return None
    return np.array([objectives[name] for name in worst], dtype=np.float64)
