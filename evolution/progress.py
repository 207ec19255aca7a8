"""What a search tells whoever watches it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Snapshot:
    """How far a search is.

    Parameters
    ----------
    generation
        The generation under way, from 0.
    n_generations
        Generations in all.
    done, total
        Evaluations of this generation that are done, and all of them.
    n_evaluations
        Evaluations of the run that are done.
    n_reused
        Those of them that an earlier session of the run made.
    statuses
        Evaluations of the run that are done, by status.
    best
        Smallest value of each objective among rules that ran to their end, by name; empty before
        the first.
    median
        Their medians in this generation.
    evaluations_per_hour
        Pace of this session, without the time that workers took to get ready; None before the
        first evaluation.
    seconds_left
        Time that is left at this pace.
    """

    generation: int
    n_generations: int
    done: int
    total: int
    n_evaluations: int
    n_reused: int
    statuses: Mapping[str, int]
    best: Mapping[str, float]
    median: Mapping[str, float]
    evaluations_per_hour: float | None
    seconds_left: float | None


class Progress(Protocol):
    """Watches a search; called in the driver's main thread, so it must be quick."""

    def update(self, snapshot: Snapshot) -> None:
        """Show how far the search is: a generation begins, or an evaluation is done."""

    def notice(self, text: str) -> None:
        """Show a line about something that happened."""


class Silent:
    """Shows nothing."""

    def update(self, snapshot: Snapshot) -> None:
        """Show nothing."""

    def notice(self, text: str) -> None:
        """Show nothing."""


class Tally:
    """Counts evaluations and makes snapshots.

    Parameters
    ----------
    names
        Names of the objectives.
    n_generations
        Generations in all.
    earlier
        Evaluations of the generations that an earlier session completed: status, and objectives
        unless it did not run to its end.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        n_generations: int,
        earlier: Iterable[tuple[str, NDArray[np.float64] | None]] = (),
    ) -> None:
        self._names, self._n_generations = names, n_generations
        self._generation = self._total = self._done = self._made = 0
        self._statuses: Counter[str] = Counter()
        self._best = np.full(len(names), np.inf)
        self._values: list[NDArray[np.float64]] = []
        for status, objectives in earlier:
            self.add(status, objectives, made=False)
        self._since: float | None = None

    def begin(self, generation: int, total: int) -> None:
        """Begin a generation of `total` evaluations."""
        self._generation, self._total, self._done = generation, total, 0
        self._values = []

    def add(
        self,
        status: str,
        objectives: NDArray[np.float64] | None,
        *,
        made: bool,
        took_s: float = 0.0,
    ) -> None:
        """Count an evaluation.

        Parameters
        ----------
        status
            How it ended.
        objectives
            What it gave; None if it did not run to its end.
        made
            Whether this session made it, or found it stored.
        took_s
            Wall-clock time that it took, as far as known.
        """
        if made and self._since is None:
            self._since = time.monotonic() - took_s
        self._done += 1
        self._made += made
        self._statuses[status] += 1
        if objectives is not None:
            self._values.append(objectives)
            self._best = np.minimum(self._best, objectives)

    def snapshot(self) -> Snapshot:
        """Return how far the search is."""
        n_evaluations = sum(self._statuses.values())
        left = (self._n_generations - self._generation) * self._total - self._done
        elapsed_s = 0.0 if self._since is None else time.monotonic() - self._since
        per_s = self._made / max(elapsed_s, 1e-9)
        return Snapshot(
            generation=self._generation,
            n_generations=self._n_generations,
            done=self._done,
            total=self._total,
            n_evaluations=n_evaluations,
            n_reused=n_evaluations - self._made,
            statuses=dict(self._statuses),
            best=self._named(self._best) if np.all(np.isfinite(self._best)) else {},
            median=self._named(np.median(self._values, axis=0)) if self._values else {},
            evaluations_per_hour=per_s * 3600 if self._made else None,
            seconds_left=left / per_s if self._made else None,
        )

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self._names, values.tolist(), strict=True))
