"""Spikes in SONATA's spikes.h5 format."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import h5py
import numpy as np

from nestml_models.cache import write_atomically
from v1cortex.errors import CircuitError
from validation.spikes import SpikeTrains

POPULATION = "v1"


def write_spikes(spikes: SpikeTrains, path: Path) -> Path:
    """Write spikes as a SONATA file, sorted by time; whole or not at all.

    The number of neurons and the duration, which the format has no place for, are attributes.
    """
    content = BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["magic"] = np.uint32(0x0A7A)
        file.attrs["version"] = np.array([0, 1], dtype=np.uint32)
        group = file.create_group(f"spikes/{POPULATION}")
        sorting = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype="u1")
        group.attrs.create("sorting", 2, dtype=sorting)
        group.attrs["n_neurons"] = spikes.n_neurons
        group.attrs["duration_ms"] = spikes.duration_ms
        times = group.create_dataset("timestamps", data=spikes.times_ms)
        times.attrs["units"] = "ms"
        group.create_dataset("node_ids", data=spikes.senders.astype(np.uint64))
    write_atomically(path, content.getvalue())
    return path


def read_spikes(
    path: Path, n_neurons: int | None = None, duration_ms: float | None = None
) -> SpikeTrains:
    """Read a SONATA spike file.

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
    try:
        with h5py.File(path, "r") as file:
            (name,) = file["spikes"]
            group = file["spikes"][name]
            times_ms = np.asarray(group["timestamps"], dtype=np.float64)
            senders = np.asarray(group["node_ids"]).astype(np.int32)
            n_neurons = n_neurons or group.attrs.get("n_neurons")
            duration_ms = duration_ms or group.attrs.get("duration_ms")
    except (OSError, KeyError, ValueError) as error:
        raise CircuitError(f"{path} is no readable SONATA spike file: {error}") from None
    if n_neurons is None or duration_ms is None:
        raise CircuitError(
            f"{path} does not say how many neurons were recorded and for how long; give both"
        )
    return SpikeTrains.from_events(times_ms, senders, int(n_neurons), float(duration_ms))
