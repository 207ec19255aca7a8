"""When a session of a search starts no further evaluations."""

from __future__ import annotations

import time
from collections.abc import Callable

from evolution.errors import SearchInterrupted


class StopRule:
    """When a session of a search starts no further evaluations.

    Parameters
    ----------
    signalled
        Whether the user asked to stop.
    max_hours
        Length of the session; None for no limit.
    watch
        Called at every check; raises an error if it is pointless to continue.
    """

    def __init__(
        self,
        signalled: Callable[[], bool],
        max_hours: float | None,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        self._signalled, self._max_hours, self._watch = signalled, max_hours, watch
        self._started = time.monotonic()

    def is_due(self) -> bool:
        """Whether to start no further evaluations; raises what `watch` raises."""
        self._watch()
        return self._signalled() or self._is_late()

    def interruption(self, where: str) -> SearchInterrupted:
        """Return the error that ends the session; `where` says how far the search got."""
        if self._signalled() or not self._is_late():
            return SearchInterrupted(f"the search was stopped {where}")
        return SearchInterrupted(
            f"the search was stopped after {self._max_hours:g} hours {where}",
            SearchInterrupted.UNFINISHED,
        )

    def _is_late(self) -> bool:
        return (
            self._max_hours is not None
            and time.monotonic() - self._started >= self._max_hours * 3600
        )
