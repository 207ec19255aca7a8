"""Progress reports of a search."""

from __future__ import annotations

import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Snapshot:
    """The progress of a search.

    Parameters
    ----------
    generation
        The current generation, from 0.
    n_generations
        Total number of generations.
    done, total
        Number of rules of this generation that are assessed (evaluated with all seeds,
        re-evaluated, or rejected by a hurdle), and of all.
    n_evaluations
        Number of completed evaluations of the run.
    n_reused
        Number of those made by an earlier session of the run.
    statuses
        Number of completed evaluations of the run, by status.
    rejected
        Number of rules rejected, by hurdle.
    best
        Smallest value of each objective in any completed evaluation with the protocol, by name;
        empty before the first.
    median
        Their medians in this generation.
    evaluations_per_hour
        Pace of this session, without the start-up time of workers; None before the first
        evaluation.
    seconds_left
        Remaining time at this pace.
    """

    generation: int
    n_generations: int
    done: int
    total: int
    n_evaluations: int
    n_reused: int
    statuses: Mapping[str, int]
    rejected: Mapping[str, int]
    best: Mapping[str, float]
    median: Mapping[str, float]
    evaluations_per_hour: float | None
    seconds_left: float | None

    def text(self) -> str:
        """Return the progress on one line."""
        statuses = ", ".join(f"{n} {status}" for status, n in sorted(self.statuses.items()))
        rejected = "".join(f", {n} rejected by {name}" for name, n in self.rejected.items())
        pace = self.evaluations_per_hour
        left = "" if self.seconds_left is None else f", {_duration(self.seconds_left)} left"
        return (
            f"generation {self.generation} ({self.generation + 1} of {self.n_generations}): "
            f"{self.done} of {self.total} rules; evaluations: {statuses or 'none yet'}{rejected}; "
            f"{'' if pace is None else f'{pace:.0f} evaluations/h'}{left}"
        )


class Progress(Protocol):
    """Watches a search; called in the driver's main thread, so it must be quick."""

    def update(self, snapshot: Snapshot) -> None:
        """Show the progress: a generation begins, or an evaluation is done."""

    def step(self, what: str, share: float) -> None:
        """Show the progress of something other than a generation; share from 0 to 1."""

    def notice(self, text: str) -> None:
        """Show a line about something that happened."""


LINE_EVERY_S = 60.0
"""Time between two log lines within a generation (*choice*)."""


class Pace:
    """Chooses the snapshots that get a line in the log.

    The beginning and the end of each generation, and one per minute in between: the log shows that
    the search is alive, and a long search does not fill the disk.

    Parameters
    ----------
    clock
        Returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._generation = -1
        self._last = -math.inf

    def is_due(self, snapshot: Snapshot) -> bool:
        """Return whether this snapshot gets a line."""
        begun = snapshot.generation != self._generation
        late = self._clock() - self._last >= LINE_EVERY_S
        if not (begun or late or snapshot.done == snapshot.total):
            return False
        self._generation, self._last = snapshot.generation, self._clock()
        return True


class Lines:
    """Writes the progress of a search to standard error, line by line (see `Pace`)."""

    def __init__(self) -> None:
        self._tenth = -1
        self._pace = Pace()

    def update(self, snapshot: Snapshot) -> None:
        """Write the progress of the search, if due."""
        if self._pace.is_due(snapshot):
            self.notice(snapshot.text())

    def step(self, what: str, share: float) -> None:
        """Write the progress of the re-test after each tenth of it."""
        if int(10 * share) != self._tenth:
            self._tenth = int(10 * share)
            self.notice(f"{what}, {share:.0%}")

    def notice(self, text: str) -> None:
        """Write a line."""
        print(text, file=sys.stderr, flush=True)


class Silent:
    """Shows nothing."""

    def update(self, snapshot: Snapshot) -> None:
        """Show nothing."""

    def step(self, what: str, share: float) -> None:
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
        Total number of generations.
    earlier
        Evaluations of the generations completed by earlier sessions: status, objectives, and the
        hurdle that rejected the rule, as for `add`.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        n_generations: int,
        earlier: Iterable[tuple[str, NDArray[np.float64] | None, str]] = (),
    ) -> None:
        self._names, self._n_generations = names, n_generations
        self._generation = self._total = self._done = self._made = self._advanced = 0
        self._statuses: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._best = np.full(len(names), np.inf)
        self._values: list[NDArray[np.float64]] = []
        for status, objectives, rejected_by in earlier:
            self.add(status, objectives, made=False, rejected_by=rejected_by)
        self._since: float | None = None

    def begin(self, generation: int, total: int) -> None:
        """Begin a generation in which `total` rules are assessed."""
        self._generation, self._total, self._done = generation, total, 0
        self._values = []

    def add(
        self,
        status: str,
        objectives: NDArray[np.float64] | None,
        *,
        made: bool,
        took_s: float = 0.0,
        rejected_by: str = "",
    ) -> None:
        """Count an evaluation.

        Parameters
        ----------
        status
            Its status.
        objectives
            Its objectives; None if it was not completed, or was a hurdle.
        made
            Whether this session made it, rather than finding it in the store.
        took_s
            Its wall-clock time, if known.
        rejected_by
            The hurdle, if it rejected the rule.
        """
        if made and self._since is None:
            self._since = time.monotonic() - took_s
        self._made += made
        self._statuses[status] += 1
        if rejected_by:
            self._rejected[rejected_by] += 1
        if objectives is not None:
            self._values.append(objectives)
            self._best = np.minimum(self._best, objectives)

    def finish(self) -> None:
        """Count a rule that is assessed."""
        self._done += 1
        self._advanced += self._since is not None

    def snapshot(self) -> Snapshot:
        """Return the progress of the search."""
        n_evaluations = sum(self._statuses.values())
        left = (self._n_generations - self._generation) * self._total - self._done
        elapsed_s = 0.0 if self._since is None else time.monotonic() - self._since
        elapsed_s = max(elapsed_s, 1e-9)
        return Snapshot(
            generation=self._generation,
            n_generations=self._n_generations,
            done=self._done,
            total=self._total,
            n_evaluations=n_evaluations,
            n_reused=n_evaluations - self._made,
            statuses=dict(self._statuses),
            rejected=dict(self._rejected),
            best=self._named(self._best) if np.all(np.isfinite(self._best)) else {},
            median=self._named(np.median(self._values, axis=0)) if self._values else {},
            evaluations_per_hour=self._made / elapsed_s * 3600 if self._made else None,
            seconds_left=left * elapsed_s / self._advanced if self._advanced else None,
        )

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self._names, values.tolist(), strict=True))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
