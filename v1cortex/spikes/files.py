"""Spikes in SONATA's spikes.h5 format, and recordings read from files of any format."""

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
from v1cortex.spikes.formats import read_events
from validation.spikes import SpikeTrains


@dataclass(frozen=True, eq=False)
class NodeNames:
    """The names of neurons in files.

    Attributes
    ----------
    population : str
        Name of the node population.
    node_id : int64[n_neurons] or None
        Node id of each neuron; None for its index.
    """

    population: str = "v1"
    node_id: NDArray[np.int64] | None = None

    def of(self, neurons: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
        """Return the node ids of some neurons."""
        named = neurons if self.node_id is None else self.node_id[neurons]
        return named.astype(np.uint64)


OWN = NodeNames()


def write_spikes(spikes: SpikeTrains, path: Path, names: NodeNames = OWN) -> Path:
    """Write spikes as a SONATA file, sorted by time; whole or not at all.

    The number of neurons and the duration, which are not part of the format, become attributes.
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


def read_spikes(
    path: Path, n_neurons: int | None = None, duration_ms: float | None = None
) -> SpikeTrains:
    """Read a spike file with neurons numbered from 0.

    Parameters
    ----------
    path
        The file; its only spike population is read.
    n_neurons, duration_ms
        Needed for files of other programs, which do not contain them.

    Raises
    ------
    CircuitError
        If the file cannot be read, or one of these is missing.
    StatisticsError
        If a spike belongs to no neuron, or is outside the recording.
    """
    events = read_events(path)
    n_neurons = events.n_neurons if n_neurons is None else n_neurons
    duration_ms = events.duration_ms if duration_ms is None else duration_ms
    if n_neurons is None or duration_ms is None:
        raise CircuitError(
            f"{path} does not say how many neurons were recorded or for how long; give both"
        )
    return SpikeTrains.from_events(
        events.times_ms, events.node_id, n_neurons, duration_ms, events.start_ms
    )
