"""The content of a spike file of any format, and its checks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import CircuitError

__all__ = [
    "MAX_CELLS",
    "MAX_SPIKES",
    "SpikeEvents",
    "TimeUnit",
    "check_number",
    "chosen_population",
    "events_of",
    "time_unit",
    "whole_number",
]

MAX_SPIKES = 100_000_000
"""Maximum number of spikes in a recording (*choice*: about 4 GB of memory)."""
MAX_CELLS = 10_000_000
"""Maximum number of cells in a recording (*choice*; about as many as in a mouse cortex)."""
MAX_ID = 2**62
"""Largest node id, so that arithmetic with it fits in 64 bits."""

DOUBLED = 0.1
"""Share of spikes with the same cell and time above which they are noted (*choice*: times in whole
ms have a few)."""

MS_PER_UNIT = {
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 1.0),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1000.0),
    **dict.fromkeys(("us", "µs", "μs", "usec", "usecs", "microsecond", "microseconds"), 1e-3),
}
"""Spellings of time units."""


@dataclass(frozen=True, eq=False)
class SpikeEvents:
    """The content of a spike file, unchanged.

    Attributes
    ----------
    path : Path
        The file.
    population : str
        Name of the node population; empty if the format has none.
    times_ms : float64[n_spikes]
        Spike times, in the order of the file.
    node_id : int64[n_spikes]
        Node of each spike, numbered within its population.
    n_neurons : int or None
        Number of recorded neurons; None if not in the file.
    duration_ms : float or None
        Length of the recording; None if not in the file.
    start_ms : float
        Start of the recording.
    first_id : int or None
        Number of the first neuron, if the format defines it: 1 for NEST's.
    notes : tuple of str
        Assumptions that were made.
    """

    path: Path
    population: str
    times_ms: NDArray[np.float64]
    node_id: NDArray[np.int64]
    n_neurons: int | None = None
    duration_ms: float | None = None
    start_ms: float = 0.0
    first_id: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeUnit:
    """A time unit.

    Attributes
    ----------
    ms
        Its length.
    said
        Whether the file or the user specified it; otherwise it is assumed.
    notes
        Assumptions that were made.
    """

    ms: float
    said: bool
    notes: tuple[str, ...] = ()


def time_unit(path: Path, in_file: object, given: str | None) -> TimeUnit:
    """Determine the unit of a file's times.

    Parameters
    ----------
    path
        The file.
    in_file
        The unit in the file, of any type; None if there is none.
    given
        The unit given by the user, which takes precedence.

    Raises
    ------
    CircuitError
        If there is no such unit.
    """
    own = None if in_file is None else _text(in_file)
    if given is not None:
        notes: tuple[str, ...] = ()
        if own is not None and MS_PER_UNIT.get(own.casefold()) != _ms(given, "--unit"):
            notes = (f"{path} says that its times are in '{own}'; using {given}, as given",)
        return TimeUnit(_ms(given, "--unit"), said=True, notes=notes)
    if own is None:
        return TimeUnit(
            1.0,
            said=False,
            notes=(f"{path} does not say the unit of its times; assuming ms (or use --unit s)",),
        )
    return TimeUnit(_ms(own, f"{path}: spike times are in"), said=True)


def _ms(unit: str, where: str) -> float:
    try:
        return MS_PER_UNIT[unit.casefold()]
    except KeyError:
        raise CircuitError(
            f"{where} '{unit}'; known are ms, s and us. If it is another name for one of these, "
            "give it: --unit ms"
        ) from None


def _text(value: object) -> str:
    """Return a string that HDF5 gives as a string, bytes or a one-element array."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    return value.decode(errors="replace").strip() if isinstance(value, bytes) else str(value)


def events_of(
    path: Path,
    population: str,
    times: NDArray[Any],
    ids: NDArray[Any],
    unit: TimeUnit,
    *,
    n_neurons: int | None = None,
    duration_ms: float | None = None,
    start_ms: float = 0.0,
    first_id: int | None = None,
    notes: tuple[str, ...] = (),
) -> SpikeEvents:
    """Check times and node ids and return them as events.

    Parameters
    ----------
    path, population, n_neurons, duration_ms, start_ms, first_id, notes
        As for `SpikeEvents`.
    times, ids
        As in the file.
    unit
        Unit of the times.

    Raises
    ------
    CircuitError
        If times and ids differ in number, a time is not finite, an id is not a whole number of 0
        or more, or the unit is not given and cannot be ms.
    """
    times, ids = _flat(path, "times", times), _flat(path, "node ids", ids)
    if times.size != ids.size:
        raise CircuitError(
            f"{path} has {times.size} spike times but {ids.size} node ids; each spike needs both"
        )
    with np.errstate(over="ignore"):
        times_ms = np.asarray(times, dtype=np.float64) * unit.ms
    bad = np.flatnonzero(~np.isfinite(times_ms))
    if bad.size:
        raise CircuitError(
            f"{path}: the time of spike {bad[0]} (counted from 0) is {times[bad[0]]}; times must "
            f"be finite. Remove such spikes ({bad.size} here), or write the file again"
        )
    node_id = _node_ids(path, ids)
    said = _check_plausible(path, times_ms, node_id, unit)
    return SpikeEvents(
        path,
        population,
        times_ms,
        node_id,
        n_neurons,
        duration_ms,
        start_ms,
        first_id,
        (*unit.notes, *notes, *said),
    )


def _flat(path: Path, what: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "iuf":
        raise CircuitError(f"{path}: {what} are of type {array.dtype}; numbers are needed")
    if array.ndim != 1 and sum(n > 1 for n in array.shape) > 1:
        raise CircuitError(f"{path}: {what} have shape {array.shape}; give one value per spike")
    return array.reshape(-1)


def _node_ids(path: Path, ids: NDArray[Any]) -> NDArray[np.int64]:
    fits = (ids >= 0) & (ids <= MAX_ID)  # NaN does not
    if ids.dtype.kind == "f":
        fits &= np.floor(ids) == ids
    bad = np.flatnonzero(~fits)
    if bad.size:
        raise CircuitError(
            f"{path}: the node id of spike {bad[0]} (counted from 0) is {ids[bad[0]]}; node ids "
            f"must be whole numbers from 0 to 2^62. Renumber the cells, or remove such spikes "
            f"({bad.size} here)"
        )
    return ids.astype(np.int64)


def _check_plausible(
    path: Path, times_ms: NDArray[np.float64], node_id: NDArray[np.int64], unit: TimeUnit
) -> list[str]:
    """Compare the rate of the most active cell with one spike per millisecond."""
    notes: list[str] = []
    if times_ms.size < 3:
        return notes
    most = int(np.unique(node_id, return_counts=True)[1].max())
    span_ms = float(times_ms.max() - times_ms.min())
    if most >= 3 and 0 < span_ms < most - 1:
        text = (
            f"{path}: taken as {'they say' if unit.said else 'ms'}, all spikes are within "
            f"{span_ms:.4g} ms, and a cell fires {most} times in them, {1e3 * most / span_ms:.4g} "
            "Hz"
        )
        if not unit.said:
            raise CircuitError(
                f"{text}; the file does not say the unit of its times. Give it: --unit s"
            )
        notes.append(f"{text}; is this the unit of the times? (--unit overrides it)")
    order = np.lexsort((times_ms, node_id))
    same = (np.diff(node_id[order]) == 0) & (np.diff(times_ms[order]) == 0)
    if np.count_nonzero(same) > DOUBLED * times_ms.size:
        notes.append(
            f"{path}: {np.count_nonzero(same)} of {times_ms.size} spikes have the same cell and "
            "time as another one; they are counted, so remove them if they were written twice"
        )
    return notes


def chosen_population(path: Path, names: list[str], population: str | None) -> str:
    """Return the node population whose spikes are read.

    Raises
    ------
    CircuitError
        If it does not exist, or there are several and none was chosen.
    """
    listed = ", ".join(names[:10]) + ", ..." * (len(names) > 10)
    if not names:
        raise CircuitError(f"{path} has no population of spikes")
    if population is not None and population not in names:
        raise CircuitError(f"{path} has no spikes of population '{population}', only of {listed}")
    if population is None and len(names) != 1:
        raise CircuitError(
            f"{path} has {len(names)} populations, {listed}; choose one with --nodes"
        )
    return population or names[0]


def check_number(path: Path, name: str, value: object) -> float:
    """Return a positive number read from a file.

    Raises
    ------
    CircuitError
        If it is not a positive number.
    """
    plain = np.asarray(value)
    if plain.size == 1 and plain.dtype.kind in "iuf":
        number = float(plain.reshape(-1)[0])
        if np.isfinite(number) and number > 0:
            return number
    raise CircuitError(f"{path}: {name} is {value}; a number above 0 is needed")


def whole_number(text: str) -> int:
    """Return the whole number in a text, such as 12 or 12.0.

    Raises
    ------
    ValueError
        If it is not a whole number.
    """
    if "_" in text:
        raise ValueError(text)
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not number.is_integer():
            raise ValueError(text) from None
        return int(number)
