"""What one evaluation may use, and a clock that does not count the time of a suspended process."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["WALL_FACTOR", "Clock", "Limits"]

WALL_FACTOR = 10.0
"""An evaluation is taken to hang at this multiple of its processor time (*choice*): a busy machine
gives a process less than its share, but hardly so little for so long."""

GAP_S = 2.0
"""The driver looks at its workers several times a second. When it has not done so for longer than
this, it was suspended, and most likely its workers too."""


@dataclass(frozen=True)
class Limits:
    """What one evaluation may use.

    Parameters
    ----------
    cpu_s
        Processor time of the worker, all its threads together.
    memory_MB
        Resident memory of the worker; None for no limit.
    per_process
        Evaluations after which a worker process is replaced; None for no limit.
    wall_s
        Time by the clock after which an evaluation is taken to hang; None for ten times `cpu_s`.
    machine_faults
        How often in a row a piece of work is tried if the machine prevents its evaluation; then the
        run ends.
    """

    cpu_s: float
    memory_MB: float | None = None
    per_process: int | None = None
    wall_s: float | None = None
    machine_faults: int = 5

    @property
    def hang_s(self) -> float:
        """Time by the clock after which an evaluation is taken to hang."""
        return WALL_FACTOR * self.cpu_s if self.wall_s is None else self.wall_s


class Clock:
    """Time that has passed while this process was running, in seconds.

    After SIGSTOP, a suspended batch job or a closed lid, the clock on the wall has moved and the
    workers have not. Seen from a caller that asks often this is a gap, which does not count.
    """

    def __init__(self) -> None:
        self._last, self._lost_s = time.monotonic(), 0.0

    def now(self) -> float:
        """Return the time; to be asked several times a second."""
        now = time.monotonic()
        if now - self._last > GAP_S:
            self._lost_s += now - self._last
        self._last = now
        return now - self._lost_s
