"""Spikes in SONATA's spikes.h5 format."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from nestml_models.common import write_whole
from v1cortex.errors import CircuitError
from validation.spikes import SpikeTrains


@dataclass(frozen=True, eq=False)
class NodeNames:
    """How neurons are called in files.

    Attributes
    ----------
    population : str
        Name of the node population.
    node_id : int64[n_neurons] or None
        Number of each neuron in it; None: its index.
    """

    population: str = "v1"
    node_id: NDArray[np.int64] | None = None

    def of(self, neurons: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
        """Return the numbers of some neurons."""
        named = neurons if self.node_id is None else self.node_id[neurons]
        return named.astype(np.uint64)


OWN = NodeNames()


def write_spikes(spikes: SpikeTrains, path: Path, names: NodeNames = OWN) -> Path:
    """Write spikes as a SONATA file, sorted by time; whole or not at all.

    The number of neurons and the duration, which the format has no place for, are attributes.
    """
    content = BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["magic"] = np.uint32(0x0A7A)
        file.attrs["version"] = np.array([0, 1], dtype=np.uint32)
        group = file.create_group(f"spikes/{names.population}")
        sorting = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype="u1")
        group.attrs.create("sorting", 2, dtype=sorting)
        group.attrs["n_neurons"] = spikes.n_neurons
        group.attrs["duration_ms"] = spikes.duration_ms
        times = group.create_dataset("timestamps", data=spikes.times_ms)
        times.attrs["units"] = "ms"
        group.create_dataset("node_ids", data=names.of(spikes.senders))
    write_whole(path, content.getvalue())
    return path


@dataclass(frozen=True, eq=False)
class SpikeEvents:
    """The content of a spike file, as it stands there.

    Attributes
    ----------
    path : Path
        The file.
    population : str
        Name of the node population; empty in old files without populations.
    times_ms : float64[n_spikes]
        Spike times in the order of the file.
    node_id : int64[n_spikes]
        Node of each spike, a number in its population.
    n_neurons : int or None
        Number of recorded neurons; None if the file does not say it.
    duration_ms : float or None
        Length of the recording; None if the file does not say it.
    """

    path: Path
    population: str
    times_ms: NDArray[np.float64]
    node_id: NDArray[np.int64]
    n_neurons: int | None
    duration_ms: float | None


def read_events(path: Path, population: str | None = None) -> SpikeEvents:
    """Read one population of a SONATA spike file of any program.

    Parameters
    ----------
    path
        The file.
    population
        Name of the node population; may be left out if the file has one only.

    Raises
    ------
    CircuitError
        If the file is missing, damaged, or no SONATA spike file, its unit of time is unknown, or
        it has several populations and none was chosen.
    """
    try:
        with h5py.File(path, "r") as file:
            group, name = file["spikes"], population or ""
            if "timestamps" not in group:  # before SONATA 0.1 there were no populations
                name = _chosen(path, list(group), population)
                group = group[name]
            times = group["timestamps"]
            ids = group["node_ids" if "node_ids" in group else "gids"]
            factor = _ms_per_unit(path, times.attrs.get("units", "ms"))
            n_neurons, duration_ms = (group.attrs.get(key) for key in ("n_neurons", "duration_ms"))
            return SpikeEvents(
                path=path,
                population=name,
                times_ms=np.asarray(times, dtype=np.float64) * factor,
                node_id=np.asarray(ids).astype(np.int64),
                n_neurons=None if n_neurons is None else int(n_neurons),
                duration_ms=None if duration_ms is None else float(duration_ms),
            )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise CircuitError(f"{path} is no readable SONATA spike file: {error}") from None


def read_spikes(
    path: Path, n_neurons: int | None = None, duration_ms: float | None = None
) -> SpikeTrains:
    """Read a SONATA spike file whose neurons are numbered from 0.

    Parameters
    ----------
    path
        The file; its only spike population is read.
    n_neurons, duration_ms
        Needed for files of other programs, which do not say them.

    Raises
    ------
    CircuitError
        If the file is missing, damaged, or no SONATA spike file, or a figure is missing.
    """
    events = read_events(path)
    n_neurons = n_neurons or events.n_neurons
    duration_ms = duration_ms or events.duration_ms
    if n_neurons is None or duration_ms is None:
        raise CircuitError(
            f"{path} does not say how many neurons were recorded and for how long; give both"
        )
    return SpikeTrains.from_events(events.times_ms, events.node_id, n_neurons, duration_ms)


def _chosen(path: Path, names: list[str], population: str | None) -> str:
    listed = ", ".join(names)
    if population is not None and population not in names:
        raise CircuitError(f"{path} has no spikes of population '{population}', only of {listed}")
    if population is None and len(names) != 1:
        raise CircuitError(f"{path} has {len(names)} populations, {listed}; choose one")
    return population or names[0]


def _ms_per_unit(path: Path, unit: str | bytes) -> float:
    name = unit.decode() if isinstance(unit, bytes) else str(unit)
    if name in ("ms", "milliseconds", "millisecond"):
        return 1.0
    if name in ("s", "seconds", "second"):
        return 1000.0
    raise CircuitError(f"{path}: spike times are in '{name}'; known are ms and s")
