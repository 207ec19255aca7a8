"""What a spike file does not say: which period and which cells were recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import CircuitError
from v1cortex.spikes.events import MAX_CELLS, MAX_ID, SpikeEvents

__all__ = ["recorded_nodes", "recorded_window"]

MAX_DURATION_MS = 7_200_000.0
"""Two hours (*choice*): correlations of 200 cells in 10 ms bins then take 2 GB."""
MIN_DURATION_MS = 10.0
"""One bin of the correlations."""
DENSE = 10
"""Node ids are assumed to have no gaps if at least one in this many fires (*choice*)."""
MOSTLY = 0.9
"""Share of the cells 1, 2, ... that must fire for cells to be taken as numbered from 1."""


def recorded_window(
    events: SpikeEvents, start_ms: float | None, stop_ms: float | None, notes: list[str]
) -> tuple[float, float]:
    """Return the start and end of the period in which spikes are counted.

    Parameters
    ----------
    events
        Content of the file.
    start_ms, stop_ms
        Values given by the user, or None.
    notes
        List to which assumptions and omissions are added.

    Raises
    ------
    CircuitError
        If the period is outside the recording, empty, too short or too long.
    """
    path = events.path
    for name, value in (("--start", start_ms), ("--stop", stop_ms)):
        if value is not None and not np.isfinite(value):
            raise CircuitError(f"{name} is {value}; give a time in ms")
    first_ms = events.start_ms if start_ms is None else start_ms
    last_ms = _end_ms(events, stop_ms, notes)
    if not first_ms < last_ms:
        raise CircuitError(
            f"{path}: from {first_ms:g} to {last_ms:g} ms there is nothing to count; choose "
            "another part with --start and --stop"
        )
    length_ms = last_ms - first_ms
    if not MIN_DURATION_MS <= length_ms <= MAX_DURATION_MS:
        raise CircuitError(
            f"{path}: from {first_ms:.10g} to {last_ms:.10g} ms is too "
            f"{'short' if length_ms < MIN_DURATION_MS else 'long'}: statistics need "
            f"{MIN_DURATION_MS:g} ms to {MAX_DURATION_MS / 3.6e6:g} hours. Is the unit of the "
            "times right (--unit)? Choose a part with --start and --stop"
        )
    _note_left_out(events, start_ms, first_ms, last_ms, stop_ms, notes)
    return first_ms, last_ms


def _end_ms(events: SpikeEvents, stop_ms: float | None, notes: list[str]) -> float:
    path, times_ms = events.path, events.times_ms
    if events.duration_ms is not None:
        own_ms = events.start_ms + events.duration_ms
        if stop_ms is not None and stop_ms > own_ms:
            raise CircuitError(
                f"--stop is {stop_ms:g} ms, but the recording of {path} ends at {own_ms:g} ms; "
                "give at most this, or leave it out"
            )
        return own_ms if stop_ms is None else stop_ms
    last_ms = float(np.ceil(times_ms.max())) if times_ms.size else None
    if stop_ms is None:
        if last_ms is None:
            raise CircuitError(f"{path} has no spikes and no duration; give --stop, in ms")
        notes.append(
            f"{path} does not say when the recording ended; using its last spike, "
            f"{last_ms:.0f} ms (--stop overrides it)"
        )
        return last_ms
    if last_ms is not None:
        interval_ms = float(np.ptp(times_ms)) / times_ms.size
        if stop_ms - last_ms > max(0.05 * stop_ms, 20 * interval_ms):
            notes.append(
                f"{path}: its last spike is at {times_ms.max():.5g} ms; the silence from there to "
                f"--stop, {stop_ms:g} ms, counts as recorded"
            )
    return stop_ms


def _note_left_out(
    events: SpikeEvents,
    start_ms: float | None,
    first_ms: float,
    last_ms: float,
    stop_ms: float | None,
    notes: list[str],
) -> None:
    """Note which spikes are not counted, unless the user asked for it."""
    path, times_ms = events.path, events.times_ms
    early = int(np.count_nonzero(times_ms < first_ms))
    if early and start_ms is None:
        notes.append(
            f"{path}: {early} of {times_ms.size} spikes are before {first_ms:g} ms, the first at "
            f"{times_ms.min():.6g} ms, and left out; --start {np.floor(times_ms.min()):.0f} "
            "includes them"
        )
    late = int(np.count_nonzero(times_ms > last_ms))
    if late and stop_ms is None:
        notes.append(
            f"{path}: {late} of {times_ms.size} spikes are after the end of the recording, "
            f"{last_ms:g} ms, and left out"
        )


def recorded_nodes(
    events: SpikeEvents, n_neurons: int | None, notes: list[str]
) -> NDArray[np.int64]:
    """Return the recorded nodes, including silent ones, ascending.

    Time and memory scale with the number of nodes, not with the largest id.

    Parameters
    ----------
    events
        Content of the file.
    n_neurons
        Number given by the user, or None.
    notes
        List to which assumptions are added.

    Raises
    ------
    CircuitError
        If the number is impossible, contradicts the file, or is lower than the number that fire.
    """
    said = _n_said(events, n_neurons)
    fired = np.unique(events.node_id)
    if said is None:
        return _assumed(events, fired, notes)
    if fired.size > said:
        raise CircuitError(
            f"{events.path} has spikes of {fired.size} nodes, {_span(fired)}, more than the "
            f"{said} cells"
        )
    first = events.first_id or 0
    if not fired.size or (fired[0] >= first and fired[-1] < first + said):
        return np.arange(first, first + said)
    if fired[0] == 1 and fired[-1] == said:
        notes.append(f"{events.path}: its nodes are numbered 1 to {said}, as in NEST")
        return np.arange(1, said + 1)
    start = min(int(fired[0]), MAX_ID - MAX_CELLS)
    silent = np.setdiff1d(start + np.arange(said), fired)[: said - fired.size]
    notes.append(
        f"{events.path}: nodes with spikes are numbered {_span(fired)}, not 0 to {said - 1}; "
        f"counting {fired.size} that fire and {silent.size} silent ones"
    )
    return np.union1d(fired, silent)


def _n_said(events: SpikeEvents, n_neurons: int | None) -> int | None:
    if n_neurons is None:
        return events.n_neurons
    if not 1 <= n_neurons <= MAX_CELLS:
        raise CircuitError(f"--cells is {n_neurons}; give 1 to {MAX_CELLS:,}")
    if events.n_neurons not in (None, n_neurons):
        raise CircuitError(
            f"--cells is {n_neurons}, but {events.path} was recorded from {events.n_neurons} "
            "neurons; leave it out"
        )
    return n_neurons


def _assumed(events: SpikeEvents, fired: NDArray[np.int64], notes: list[str]) -> NDArray[np.int64]:
    """Infer which nodes were recorded from those that fire, and note it."""
    if not fired.size:
        raise CircuitError(f"{events.path} has no spikes; give the number of cells: --cells")
    low, high = int(fired[0]), int(fired[-1])
    from_one = low > 0 and (events.first_id == 1 or (low == 1 and fired.size >= MOSTLY * high))
    start = 1 if from_one else 0
    way_out = "--cells or --circuit overrides it"
    unsaid = f"{events.path} does not say how many neurons were recorded; assuming"
    if high + 1 - start <= DENSE * fired.size:
        numbered = f", numbered {start} to {high}{', as in NEST' * from_one}"
        notes.append(
            f"{unsaid} {high + 1 - start}, up to the last that fires{numbered} ({way_out})"
        )
        return np.arange(start, high + 1)
    if high + 1 - low <= DENSE * fired.size:
        notes.append(
            f"{unsaid} {high + 1 - low}, numbered {low} to {high}, the first and last that fire "
            f"({way_out})"
        )
        return np.arange(low, high + 1)
    notes.append(
        f"{unsaid} the {fired.size} that fire, numbered {low} to {high} with gaps; silent ones, "
        f"which would lower the rates, are not known ({way_out})"
    )
    return fired


def _span(nodes: NDArray[np.int64]) -> str:
    return f"{nodes[0]} to {nodes[-1]}"
