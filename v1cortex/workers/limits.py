"""Limits of one evaluation, and a clock that stops while the process is suspended."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["WALL_FACTOR", "Clock", "Limits"]

WALL_FACTOR = 10.0
"""An evaluation counts as hanging at this multiple of its processor time (*choice*): a busy machine
gives a process less than its share, but hardly so little for so long."""

GAP_S = 2.0
"""The driver checks its workers several times per second. If it has not done so for longer than
this, it was suspended, and most likely its workers too."""


@dataclass(frozen=True)
class Limits:
    """Limits of one evaluation.

    Parameters
    ----------
    cpu_s
        Processor time of the worker, summed over its threads.
    memory_MB
        Resident memory of the worker; None for no limit.
    per_process
        Evaluations after which a worker process is replaced; None for no limit.
    wall_s
        Wall-clock time after which an evaluation counts as hanging; None for ten times `cpu_s`.
    machine_faults
        How many times in a row a piece of work is tried if the machine prevents its evaluation;
        then the run ends.
    """

    cpu_s: float
    memory_MB: float | None = None
    per_process: int | None = None
    wall_s: float | None = None
    machine_faults: int = 5

    @property
    def hang_s(self) -> float:
        """Wall-clock time after which an evaluation counts as hanging."""
        return WALL_FACTOR * self.cpu_s if self.wall_s is None else self.wall_s


class Clock:
    """Time that has passed while this process was running, in seconds.

    During SIGSTOP, a suspended batch job or a closed lid, wall-clock time passes but the workers do
    not run. For a caller that asks often this is a gap, which is not counted.
    """

    def __init__(self) -> None:
        self._last, self._lost_s = time.monotonic(), 0.0

    def now(self) -> float:
        """Return the time; must be called several times per second."""
        now = time.monotonic()
        if now - self._last > GAP_S:
            self._lost_s += now - self._last
        self._last = now
        return now - self._lost_s
