"""Detects the format of spike files of any program, and reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import CircuitError
from v1cortex.sonata import HDF5_ERRORS
from v1cortex.spikes.events import (
    MAX_CELLS,
    MAX_SPIKES,
    SpikeEvents,
    TimeUnit,
    check_number,
    chosen_population,
    events_of,
    time_unit,
)
from v1cortex.spikes.texts import read_text_events

__all__ = ["read_events"]

TEXTS = (".csv", ".tsv", ".txt", ".dat", ".gdf")
PICKLES = (".pkl", ".pickle", ".npy", ".npz")
FORMATS = (
    "SONATA (HDF5), NWB, text tables (.csv, .tsv, .txt, and .dat and .gdf of NEST's recorders), "
    "and the formats of Neo with spike trains"
)
"""Supported formats, for messages."""


def read_events(
    path: Path, population: str | None = None, *, unit: str | None = None
) -> SpikeEvents:
    """Read one population of a spike file of any program.

    Parameters
    ----------
    path
        A SONATA file, an NWB file, a text table, or a file that Neo reads.
    population
        Name of the node population; may be left out if the file has only one.
    unit
        Unit of its times, ``ms``, ``s`` or ``us``; None for the unit in the file, or else ms, which
        is noted.

    Raises
    ------
    CircuitError
        If the file is missing, damaged or of an unknown format, times or ids are unusable, or it
        has several populations and none was chosen.
    """
    _check_file(path)
    suffix = path.suffix.lower()
    if suffix != ".nix" and _is_hdf5(path):
        return _hdf5(path, population, unit)
    if suffix in (".h5", ".hdf5", ".nwb"):
        raise CircuitError(
            f"{path} is not an HDF5 file, or damaged: its header is wrong. Copy or write it again"
        )
    if suffix in TEXTS:
        return read_text_events(path, population, unit)
    return _neo(path)


def _check_file(path: Path) -> None:
    if path.is_dir():
        inside = path / "spikes.h5"
        hint = f"; give {inside}" if inside.is_file() else "; give the spike file in it"
        raise CircuitError(f"{path} is a folder{hint}")
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise CircuitError(f"{path} is empty (0 bytes); was its program interrupted?")
    except FileNotFoundError:
        raise CircuitError(f"there is no spike file {path}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CircuitError(f"cannot read the spike file {path}: {reason}") from None


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def _hdf5(path: Path, population: str | None, unit: str | None) -> SpikeEvents:
    try:
        with h5py.File(path, "r") as file:
            if isinstance(file.get("spikes"), h5py.Group):
                return _sonata(path, file["spikes"], population, unit)
            if isinstance(file.get("units"), h5py.Group) and "spike_times" in file["units"]:
                return _nwb(path, file["units"], unit)
            raise CircuitError(f"{path} contains no spikes: {_what_else(file)}")
    except HDF5_ERRORS as error:
        cut = "it is cut short" if "truncated" in str(error) else "it is damaged"
        raise CircuitError(
            f"{path} cannot be read: {cut}. Copy or write it again ({type(error).__name__})"
        ) from None


def _what_else(file: Any) -> str:  # noqa: ANN401
    names = list(file)
    if "report" in names:
        return "it is a report of a variable, such as membrane potentials, over time"
    if "nodes" in names or "edges" in names:
        return "it is part of a network; pass it to --circuit"
    listed = ", ".join(names[:5]) or "nothing"
    return f"the file has {listed}, but no group 'spikes' (SONATA) or 'units' (NWB)"


def _sonata(path: Path, group: Any, population: str | None, unit: str | None) -> SpikeEvents:  # noqa: ANN401
    name = population or ""
    if "timestamps" not in group:  # before SONATA 0.1 there were no populations
        names = [each for each in group if isinstance(group.get(each), h5py.Group)]
        name = chosen_population(path, names, population)
        group = group[name]
    ids = "gids" if "node_ids" not in group and "gids" in group else "node_ids"
    times = _values(path, group, "timestamps")
    n_neurons, duration_ms = (group.attrs.get(key) for key in ("n_neurons", "duration_ms"))
    if n_neurons is not None:
        n_neurons = check_number(path, "n_neurons", n_neurons)
        if n_neurons > MAX_CELLS or n_neurons != int(n_neurons):
            raise CircuitError(
                f"{path}: n_neurons is {n_neurons:.17g}; a whole number up to {MAX_CELLS:,} is "
                "needed"
            )
    return events_of(
        path,
        name,
        times,
        _values(path, group, ids),
        time_unit(path, group["timestamps"].attrs.get("units"), unit),
        n_neurons=None if n_neurons is None else int(n_neurons),
        duration_ms=None if duration_ms is None else check_number(path, "duration_ms", duration_ms),
    )


def _values(path: Path, group: Any, name: str) -> NDArray[Any]:  # noqa: ANN401
    """Read a data set, unless it declares more values than can be read."""
    data = group.get(name)
    if not isinstance(data, h5py.Dataset):
        raise CircuitError(f"{path}: {group.name} has no data set '{name}'")
    if data.shape is None:
        return np.empty(0)
    if data.size > MAX_SPIKES:
        raise CircuitError(
            f"{path}: {data.name} declares {data.size:,} values; at most {MAX_SPIKES:,} are "
            "read. If it is not damaged, write a part of the recording"
        )
    return np.asarray(data[()])


def _nwb(path: Path, units: Any, unit: str | None) -> SpikeEvents:  # noqa: ANN401
    """Read the units of an NWB file: times in s, unit by unit, and the end index of each unit."""
    times = _values(path, units, "spike_times")
    ends = _values(path, units, "spike_times_index")
    ids = _values(path, units, "id") if "id" in units else np.arange(ends.size)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    counts = ends.astype(np.int64) - starts
    if ids.size != ends.size or np.any(counts < 0) or counts.sum() != times.size:
        raise CircuitError(
            f"{path}: /units has {times.size} spike times, {ids.size} ids and {ends.size} ends "
            "of units, which do not match"
        )
    return events_of(
        path,
        "",
        times,
        np.repeat(np.arange(ids.size), counts),
        time_unit(path, "s", unit),
        n_neurons=int(ids.size),
        notes=(f"{path}: the {ids.size} units of this NWB file are numbered 0, 1, ... in order",),
    )


def _neo(path: Path) -> SpikeEvents:
    """Read spike trains with Neo; a pickle, which could run any code, is not opened."""
    trains = [] if path.suffix.lower() in PICKLES else _neo_trains(path)
    if not trains:
        raise CircuitError(
            f"{path} is not in a known spike format; supported are {FORMATS}. From Python, "
            "validation.spikes.SpikeTrains.from_neo and v1cortex.sonata.write_spikes write SONATA"
        )
    times = [np.asarray(train.times.rescale("ms").magnitude, dtype=float) for train in trains]
    starts, stops = (
        {float(getattr(train, key).rescale("ms")) for train in trains}
        for key in ("t_start", "t_stop")
    )
    start_ms, stop_ms = min(starts), max(stops)
    return events_of(
        path,
        "",
        np.concatenate(times),
        np.repeat(np.arange(len(times)), [part.size for part in times]),
        TimeUnit(1.0, said=True),
        n_neurons=len(trains),
        duration_ms=stop_ms - start_ms,
        start_ms=start_ms,
        notes=(f"{path}: its {len(trains)} spike trains are numbered 0, 1, ... in order",),
    )


def _neo_trains(path: Path) -> list[Any]:
    import neo.io  # here, since it takes 0.5 s

    for reader in neo.io.list_candidate_ios(path):
        if reader is neo.io.PickleIO:
            continue
        try:
            segments = [
                segment
                for block in reader(str(path)).read()
                for segment in getattr(block, "segments", [block])
            ]
        except Exception:
            continue
        if len(segments) > 1:
            raise CircuitError(
                f"{path} has {len(segments)} segments; only one is supported. Write each to its "
                "own file"
            )
        if segments and segments[0].spiketrains:
            return list(segments[0].spiketrains)
    return []
