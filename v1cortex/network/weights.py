"""Current weights of a live network: by synapse type, as a circuit, and as SONATA edges on disk.

NEST takes 10 to 20 us per weight. Plastic synapses are up to date whenever the network's time is a
multiple of its `flush_ms`; in between, a weight is that at the synapse's last event.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import whole_file
from v1cortex.circuit import Circuit
from v1cortex.errors import CircuitError
from v1cortex.nest import load_nest, ranks
from v1cortex.sonata import edge_attributes, read_datasets, weight_attribute, write_edges

if TYPE_CHECKING:
    import pandas as pd

    from v1cortex.network.network import Network

__all__ = [
    "SynapseWeights",
    "circuit_of",
    "load_weights",
    "read_weights",
    "save_weights",
    "write_weights",
]

_SAME_WEIGHT = 1e-12
"""Relative difference below which a weight counts as unchanged since the network was built."""


@dataclass(frozen=True, eq=False)
class SynapseWeights:
    """Connections of one synapse type, in the order of the circuit's edges.

    Attributes
    ----------
    source, target : int32[n]
        Indices of the neurons in the circuit.
    weight_pA : float64[n]
        Current weights in NEST, negative for inhibition.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight_pA: NDArray[np.float64]

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each connection: source, target, weight_pA."""
        import pandas as pd  # here, since networks do not need it

        columns = {"source": self.source, "target": self.target, "weight_pA": self.weight_pA}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self.source), name="connection"))


def read_weights(network: Network, key: tuple[str, ...]) -> SynapseWeights:
    """Read the weights of one synapse type from NEST.

    Parameters
    ----------
    network
        The network.
    key
        Key of its projection, such as ``("L4_E", "L23_E")``.

    Raises
    ------
    CircuitError
        If there is no such projection, or its connections are no longer the circuit's.
    """
    own = network.circuit.edges_of(_type_of(network, key))
    source, target = network.circuit.edges.source[own], network.circuit.edges.target[own]
    columns = ranks.gather(*_columns(_connections(network, key)))
    # NEST returns connections in its own order; the circuit's is by target, then source.
    ids_from, ids_to, weight_pA = (each[np.lexsort(columns[:2])] for each in columns)
    same = len(ids_from) == len(source) and (
        np.array_equal(ids_from, network.node_ids[source])
        and np.array_equal(ids_to, network.node_ids[target])
    )
    if not same:
        raise CircuitError(
            f"the connections of projection {' -> '.join(key)} are not the circuit's: "
            f"{len(ids_from):,} in NEST, {len(source):,} in the circuit"
        )
    return SynapseWeights(source, target, weight_pA)


def write_weights(network: Network, key: tuple[str, ...], weight_pA: NDArray[np.float64]) -> None:
    """Replace the weights of one synapse type in NEST.

    Call it when all synapses are up to date.

    Parameters
    ----------
    network
        The network.
    key
        Key of its projection.
    weight_pA
        Weights in the order of the circuit's edges, shape (n,); negative for inhibition.

    Raises
    ------
    CircuitError
        If there is no such projection, or their number is not that of its connections.
    """
    circuit = network.circuit
    own = circuit.edges_of(_type_of(network, key))
    source, target = (
        network.node_ids[each[own]] for each in (circuit.edges.source, circuit.edges.target)
    )
    if len(weight_pA) != len(source):
        raise CircuitError(
            f"{len(weight_pA):,} weights for the {len(source):,} connections {' -> '.join(key)}"
        )
    here = _connections(network, key)
    if not len(here):
        return  # none on this rank
    ids_from, ids_to, _ = _columns(here)
    width = int(network.node_ids.max()) + 1
    place = np.searchsorted(target * width + source, ids_to * width + ids_from)
    here.set([{"weight": weight} for weight in weight_pA[place].tolist()])


def _type_of(network: Network, key: tuple[str, ...]) -> int:
    if key not in network.projections:
        raise CircuitError(
            f"no connections {' -> '.join(key)} in this network; its projections are named "
            f"{', '.join(' -> '.join(each) for each in list(network.projections)[:3])} and so on"
        )
    return network.synapse_types[key]


def _connections(network: Network, key: tuple[str, ...]) -> Any:  # noqa: ANN401
    """Return the connections of a projection that live on this rank."""
    projection = network.projections[key]
    return load_nest().GetConnections(
        synapse_model=projection.nest_synapse_model, synapse_label=projection.nest_synapse_label
    )


def circuit_of(network: Network) -> Circuit:
    """Return the network's circuit with the current weights in place of the initial ones.

    A circuit's weights are those before calibration (`Calibration.recurrent_scale`): a network
    built from the result has the current weights in NEST. Unchanged weights are those of the
    circuit to the last bit.
    """
    circuit = network.circuit
    weight_pA = np.array(circuit.edges.weight_pA)
    for key, row in network.synapse_types.items():
        own, scale = circuit.edges_of(row), network.calibration.recurrent_scale[row]
        present = read_weights(network, key).weight_pA
        changed = np.abs(present - weight_pA[own] * scale) > _SAME_WEIGHT * np.abs(present)
        weight_pA[own] = np.where(changed, present / scale, weight_pA[own])
    return replace(circuit, edges=replace(circuit.edges, weight_pA=weight_pA))


def save_weights(circuit: Circuit, path: Path | str) -> None:
    """Write a circuit's recurrent connections as a SONATA edge file, whole or not at all.

    The file has the same layout and types as a circuit folder's ``v1_v1_edges.h5``.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    path, edges = Path(path), circuit.edges
    kinds = np.repeat(np.arange(circuit.tables.n_synapse_types), np.diff(edges.type_offsets))
    with whole_file(path) as temporary:
        write_edges(
            temporary,
            ("v1", "v1"),
            (circuit.n_neurons, circuit.n_neurons),
            (edges.source, edges.target, kinds.astype(np.int32)),
            edge_attributes(circuit),
        )


def load_weights(circuit: Circuit, path: Path | str) -> Circuit:
    """Return a circuit with the weights in a file written by `save_weights`.

    Raises
    ------
    CircuitError
        If the file is missing or damaged, its connections are not the circuit's, or a weight is not
        finite.
    """
    group = "edges/v1_to_v1"
    source, target, weight_pA = read_datasets(
        Path(path),
        {
            f"{group}/source_node_id": np.int32,
            f"{group}/target_node_id": np.int32,
            f"{group}/0/{weight_attribute(circuit.tables)}": np.float64,
        },
    )
    edges = circuit.edges
    if not (np.array_equal(source, edges.source) and np.array_equal(target, edges.target)):
        raise CircuitError(
            f"{path} contains {len(source):,} connections of another circuit, not of this one with "
            f"{circuit.n_neurons:,} neurons and {len(edges):,} connections"
        )
    broken = np.flatnonzero(~np.isfinite(weight_pA))
    if len(broken):
        raise CircuitError(
            f"{path}: the weight of edge {broken[0]} is {weight_pA[broken[0]]} ({len(broken)} such "
            "edges); weights must be finite"
        )
    return replace(circuit, edges=replace(edges, weight_pA=weight_pA))


def _columns(connections: Any) -> tuple[NDArray[Any], ...]:  # noqa: ANN401
    """Return source, target and weight of the connections that live on this rank."""
    if not len(connections):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    values = connections.get(["source", "target", "weight"])
    return tuple(np.atleast_1d(np.asarray(values[key])) for key in ("source", "target", "weight"))
