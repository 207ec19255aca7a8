"""The available Dask workers, and which of them to avoid for a while."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from distributed import Security

from nestml_models.common import read_json
from v1cortex.errors import ExecutorError

__all__ = ["DaskNodes", "failed_on", "require_certificates"]

REST_S = 60.0
"""A Dask worker whose machine prevented an evaluation gets no work for this long; twice as long the
next time, and so on (*choice*)."""

MAX_REST_S = 3600.0


class DaskNodes:
    """The Dask workers of a cluster.

    A faulty machine fails fast, so it is always free and would get most of the work.
    """

    def __init__(self) -> None:
        self._threads: Mapping[str, int] = {}
        self._faults: Counter[str] = Counter()
        self._resting: dict[str, float] = {}

    def count(self, threads: Mapping[str, int]) -> None:
        """Update the threads known to the scheduler, by address."""
        self._threads = threads

    @property
    def n_threads(self) -> int:
        """Number of threads of the workers that get work; 0 without workers."""
        return sum(self._threads[address] for address in self._usable())

    @property
    def preferred(self) -> list[str] | None:
        """Addresses that get work; None if all do."""
        usable = self._usable()
        return usable if len(usable) < len(self._threads) else None

    def blame(self, address: str) -> None:
        """Give a worker no work for a while."""
        self._faults[address] += 1
        rest_s = min(MAX_REST_S, REST_S * 2 ** (self._faults[address] - 1))
        self._resting[address] = time.monotonic() + rest_s

    def praise(self, address: str) -> None:
        """Clear a worker's record."""
        self._faults.pop(address, None)
        self._resting.pop(address, None)

    def _usable(self) -> list[str]:
        """Return the workers that are not avoided, or all if all of them are."""
        now = time.monotonic()
        rested = [each for each in self._threads if self._resting.get(each, 0.0) <= now]
        return rested or list(self._threads)


def failed_on(client: Any, key: str) -> list[str]:  # noqa: ANN401
    """Return the addresses of the Dask workers on which a task failed, as far as known."""

    def look(dask_scheduler: Any = None) -> list[str]:  # noqa: ANN401
        task = dask_scheduler.tasks.get(key)
        return [] if task is None else [str(each) for each in task.erred_on or ()]

    try:
        found: list[str] = client.run_on_scheduler(look)
    except Exception:
        return []
    return found


def require_certificates(scheduler: str) -> None:
    """Check that Dask's configuration has what a scheduler with TLS needs.

    Parameters
    ----------
    scheduler
        Address of the scheduler, or its file.

    Raises
    ------
    ExecutorError
        If there is no certificate, or it cannot be read.
    """
    address = scheduler
    with suppress(OSError, ValueError, KeyError, TypeError):
        address = str(read_json(Path(scheduler))["address"])
    try:
        context = Security().get_connection_args("client").get("ssl_context")  # type: ignore[no-untyped-call]
    except OSError as error:
        raise ExecutorError(f"Dask's certificates cannot be used: {error}. {_TLS}") from None
    if address.startswith("tls://") and context is None:
        raise ExecutorError(f"the scheduler at {address} asks for TLS. {_TLS}")


_TLS = "See docs/cluster.md for certificates and where Dask's configuration names them"
