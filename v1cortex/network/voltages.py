"""Records membrane potentials of some neurons and writes them as SONATA reports."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from nestml_models.common import write_whole
from v1cortex.circuit import Circuit
from v1cortex.errors import CircuitError
from v1cortex.nest import load_nest, ranks
from v1cortex.network.network import Network
from v1cortex.sonata import HDF5_ERRORS
from v1cortex.spikes import OWN, NodeNames


@dataclass(frozen=True, eq=False)
class Voltages:
    """Membrane potentials.

    Attributes
    ----------
    neurons : int64[n]
        Recorded neurons, increasing.
    times_ms : float64[n_samples]
        Ends of the time steps.
    V_m_mV : float64[n_samples, n]
        Membrane potentials.
    """

    neurons: NDArray[np.int64]
    times_ms: NDArray[np.float64]
    V_m_mV: NDArray[np.float64]


class VoltageRecorder:
    """Records membrane potentials from its creation on.

    Parameters
    ----------
    network
        The network.
    neurons
        Indices of the neurons to record.
    interval_ms
        Sampling interval, a multiple of the time step.
    """

    def __init__(
        self, network: Network, neurons: NDArray[np.int64], interval_ms: float = 1.0
    ) -> None:
        nest = load_nest()
        self._network, self._neurons = network, np.unique(neurons)
        self._start_ms = network.time_ms
        parameters = {"record_from": ["V_m"], "interval": interval_ms}
        self._meter = nest.Create("multimeter", params=parameters)
        ids = network.node_ids[self._neurons].tolist()
        nest.Connect(self._meter, nest.NodeCollection(ids))

    def take(self, duration_ms: float) -> Voltages:
        """Return the recording of the first `duration_ms`."""
        events = self._meter.events
        times_ms, ids, values = ranks.gather(
            *(np.asarray(events[name]) for name in ("times", "senders", "V_m"))
        )
        times_ms = np.round(times_ms - self._start_ms, 6)
        kept = (times_ms > 0) & (times_ms <= duration_ms + 1e-6)
        steps, row = np.unique(times_ms[kept], return_inverse=True)
        column = np.searchsorted(self._network.node_ids[self._neurons], ids[kept])
        matrix = np.full((len(steps), len(self._neurons)), np.nan)
        matrix[row, column] = values[kept]
        return Voltages(self._neurons, steps, matrix)


def spread_sample(circuit: Circuit, n_per_population: int) -> NDArray[np.int64]:
    """Choose `n_per_population` neurons evenly from each population, or all if it has fewer."""
    parts = []
    for name in circuit.tables.populations.population:
        cells = circuit.population_slice(name)
        n = min(n_per_population, cells.stop - cells.start)
        places = (np.arange(n) + 0.5) / max(n, 1) * (cells.stop - cells.start)
        parts.append(cells.start + places.astype(np.int64))
    return np.concatenate(parts)


def write_voltages(voltages: Voltages, path: Path, names: NodeNames = OWN) -> Path:
    """Write membrane potentials as a SONATA report, whole or not at all."""
    content = BytesIO()
    n = len(voltages.neurons)
    with h5py.File(content, "w") as file:
        file.attrs["magic"] = np.uint32(0x0A7A)
        file.attrs["version"] = np.array([0, 1], dtype=np.uint32)
        report = file.create_group(f"report/{names.population}")
        data = report.create_dataset("data", data=voltages.V_m_mV.astype(np.float32))
        data.attrs["units"] = "mV"
        mapping = report.create_group("mapping")
        mapping["node_ids"] = names.of(voltages.neurons)
        mapping["node_ids"].attrs["sorted"] = np.uint8(names.node_id is None)
        mapping["index_pointers"] = np.arange(n + 1, dtype=np.uint64)
        mapping["element_ids"] = np.zeros(n, dtype=np.uint32)
        times = mapping.create_dataset("time", data=_span(voltages.times_ms))
        times.attrs["units"] = "ms"
    write_whole(path, content.getvalue())
    return path


def read_voltages(path: Path) -> Voltages:
    """Read a SONATA report of membrane potentials written by `write_voltages`.

    Raises
    ------
    CircuitError
        If the file is missing, damaged or not a SONATA report.
    """
    try:
        with h5py.File(path, "r") as file:
            (name,) = file["report"]
            report: Any = file[f"report/{name}"]
            values = report["data"][()].astype(np.float64)
            neurons = report["mapping/node_ids"][()].astype(np.int64)
            start, _, step = report["mapping/time"][()]
    except HDF5_ERRORS as error:
        raise CircuitError(f"{path} is not a readable SONATA report: {error}") from None
    return Voltages(neurons, start + step * np.arange(len(values)), values)


def _span(times_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return start, end and step of the samples, as in SONATA."""
    if not len(times_ms):
        return np.array([0.0, 0.0, 1.0])
    step = times_ms[1] - times_ms[0] if len(times_ms) > 1 else 1.0
    return np.array([times_ms[0], times_ms[-1] + step, step])
