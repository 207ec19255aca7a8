"""The search itself: ask, evaluate, tell, store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from evolution.algorithms import make_algorithm
from evolution.engine.archive import Archive
from evolution.engine.generational import Generational
from evolution.engine.interrupts import stop_on_signal
from evolution.engine.pipeline import Pipeline, tally_values
from evolution.engine.steady_state import SteadyState
from evolution.engine.stop_rule import StopRule
from evolution.errors import SearchInterrupted
from evolution.genome import Space
from evolution.runs import (
    ALGORITHM_STREAM,
    Candidate,
    Checkpoint,
    Front,
    Progress,
    RunFolder,
    SearchSettings,
    SearchStore,
    Seeds,
    Tally,
    fitting,
    front_of,
    open_store,
    require_complete,
)
from v1cortex.errors import TryLaterError
from v1cortex.workers import Executor

WATCH_S = 1.0
"""How often the search checks that its folder is still its own (*choice*)."""


def search(
    space: Space,
    settings: SearchSettings,
    folder: RunFolder,
    executor: Executor[Candidate],
    progress: Progress,
) -> Front:
    """Start a search, or continue the one in the folder.

    A checkpoint is written after every generation; every evaluation is stored as soon as it is
    completed. A generational search that is stopped at any point and resumed asks for the same
    candidates again, takes stored ones from the store, and so ends with the same front, to the last
    bit, as an uninterrupted one, whatever the number of workers. A steady-state search depends on
    which worker finishes first; it continues with everything that is stored.

    Parameters
    ----------
    space
        The search space.
    settings
        Objectives, algorithm, stop rules.
    folder
        The run's folder, locked by this process.
    executor
        Runs evaluations.
    progress
        Reports the progress of the search.

    Returns
    -------
    Front
        The front of all evaluated candidates.

    Raises
    ------
    SearchInterrupted
        After Ctrl-C, SIGTERM or the time limit, once running evaluations are stored; or if there
        were no workers for too long, or the machine prevented evaluations.
    SearchError
        If no evaluation of the first generation finished.
    RunFolderError
        If the folder cannot be written to or no longer belongs to this process, or the stored
        candidates are not those that the algorithm asks for.
    """
    saved = folder.load()
    with (
        open_store(folder, saved, settings.store_journal, progress.notice) as store,
        stop_on_signal(progress.notice) as signalled,
    ):
        stop = StopRule(signalled, settings.max_hours, _Watch(folder, store))
        state = fitting(saved, store, settings, progress.notice)
        state = state or Checkpoint(0, _new_algorithm(space, settings))
        tally = _tally(settings, store, state)
        pipeline = Pipeline(
            settings.hurdles, settings.worst, store, executor, tally, progress, stop.is_due
        )
        seeds = Seeds(settings)
        try:
            archive = Archive(store.scores(), state.generation, settings.worst)
            engine = Generational(
                settings, seeds, folder, store, pipeline, tally, progress, stop, archive
            )
            if settings.mode == "generational":
                state = engine.run(state)
            else:
                state = state if state.generation else engine.run(state, until=1)
                steady = SteadyState(
                    space, settings, seeds, folder, store, pipeline, tally, stop, archive
                )
                state = steady.run(state)
        except TryLaterError as error:
            raise SearchInterrupted(str(error), SearchInterrupted.UNFINISHED) from error
        folder.require_lock()
        store.require_in_place()
        require_complete(store, state, settings)
        return front_of(store, settings.worst, space.key, folder.estimates())


class _Watch:
    """Checks regularly that folder and store still belong to this process."""

    def __init__(self, folder: RunFolder, store: SearchStore) -> None:
        self._folder, self._store, self._next = folder, store, 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + WATCH_S
            self._folder.require_lock()
            self._store.require_in_place()


def _tally(settings: SearchSettings, store: SearchStore, state: Checkpoint) -> Tally:
    """Count what earlier sessions completed and this one will not see again."""

    def values(stage: str, status: str, objectives: Mapping[str, float]) -> Any:  # noqa: ANN401
        return tally_values(stage, status, objectives, settings.worst)

    def is_over(candidate: Candidate) -> bool:
        if settings.mode == "generational" or candidate.generation == 0:
            return (candidate.asked_in or 0) < state.generation
        return candidate.generation * settings.population_size + candidate.index in state.told

    earlier = (
        (
            score.status,
            values(score.candidate.stage, score.status, score.objectives),
            score.candidate.stage if score.rejected else "",
        )
        for score in store.scores(stage=None)
        if is_over(score.candidate)
    )
    return Tally(tuple(settings.worst), settings.generations, earlier)


def _new_algorithm(space: Space, settings: SearchSettings) -> Any:  # noqa: ANN401
    stream = np.random.SeedSequence(settings.seed, spawn_key=(ALGORITHM_STREAM,))
    return make_algorithm(
        space,
        len(settings.worst),
        settings.algorithm.name,
        settings.algorithm.options,
        settings.population_size,
        int(stream.generate_state(1)[0]),
        steady_state=settings.mode == "steady_state",
    )
