"""Delays of connections on the time grid, and NEST's minimum delay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit

__all__ = ["delay_notes", "exchange_interval_ms", "rounded_delays_ms"]


def rounded_delays_ms(circuit: Circuit, dt_ms: float) -> NDArray[np.float64]:
    """Return the delay of each synapse type on the time grid.

    A delay is at least one step, and otherwise rounded to the nearest step (*choice*).

    Returns
    -------
    numpy.ndarray
        Delays in ms, shape (n_synapse_types,).
    """
    steps = np.maximum(1, np.round(circuit.tables.connectivity.delay_ms / dt_ms))
    return np.asarray(steps * dt_ms, dtype=np.float64)


def exchange_interval_ms(delays_ms: NDArray[np.float64], dt_ms: float, flush_ms: float) -> float:
    """Return the minimum delay to set in NEST.

    It is the shortest delay in the network, but at most 1 ms, the default delay of recorders,
    generators and the LGN; and it divides the interval at which plastic synapses are updated. No
    result depends on it except the time at which a reward arrives: twice this interval after it was
    given.

    Parameters
    ----------
    delays_ms
        Delays of the synapse types on the time grid, in ms.
    dt_ms
        Time step.
    flush_ms
        Interval of updates, a multiple of the time step.
    """
    shortest = round(float(delays_ms.min(initial=1.0)) / dt_ms)
    flush = round(flush_ms / dt_ms)
    steps = next(steps for steps in range(shortest, 0, -1) if flush % steps == 0)
    return steps * dt_ms


def delay_notes(circuit: Circuit, dt_ms: float) -> list[str]:
    """Return notes on delays that a network changes: those below half a step become one step."""
    connectivity, sizes = circuit.tables.connectivity, np.diff(circuit.edges.type_offsets)
    short = (connectivity.delay_ms < dt_ms / 2) & (sizes > 0)
    if not short.any():
        return []
    least_ms = float(connectivity.delay_ms[short].min())
    return [
        f"{int(sizes[short].sum()):,} connections have a delay below half a time step, the "
        f"shortest {least_ms:g} ms: it becomes one step, {dt_ms:g} ms (a smaller dt_ms keeps "
        "them)"
    ]
