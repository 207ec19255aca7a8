"""The circuit: neurons, recurrent connections and LGN input as immutable arrays.

The same tables, size and seed give the same bytes.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from v1cortex.circuit.arrays import Edges, LgnEdges, LgnUnits, Nodes
from v1cortex.circuit.frames import CircuitTable, circuit_frame, circuit_html, circuit_text
from v1cortex.circuit.full_model import FULL_NEURONS
from v1cortex.circuit.lgn_wiring import connect_lgn
from v1cortex.circuit.memory import require_for_circuit
from v1cortex.circuit.placement import place, radius_um
from v1cortex.circuit.wiring import connect, expected_connections
from v1cortex.errors import CircuitError
from v1cortex.tables import Tables, load_tables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Circuit",
    "CircuitSummary",
    "Edges",
    "LgnEdges",
    "LgnUnits",
    "Nodes",
    "build_circuit",
    "expected_connections",
]


class CircuitSummary(TypedDict):
    """Counts in a circuit; keys are names of populations and synapse types."""

    n_neurons: int
    radius_um: float
    n_connections: int
    expected_connections: float
    n_lgn_units: int
    n_lgn_connections: int
    neurons: dict[str, int]
    connections: dict[str, int]
    lgn_connections: dict[str, int]


@dataclass(frozen=True, eq=False, repr=False)
class Circuit:
    """A sampled circuit.

    Attributes
    ----------
    nodes : Nodes
        V1 neurons, sorted by population.
    edges : Edges
        Recurrent connections, grouped by synapse type.
    lgn_units : LgnUnits
        LGN units that reach the circuit.
    lgn_edges : LgnEdges
        Connections from LGN units to neurons.
    seed : int
        The seed with which the circuit was drawn.
    tables : Tables
        The tables that the circuit was drawn from.
    """

    nodes: Nodes
    edges: Edges
    lgn_units: LgnUnits
    lgn_edges: LgnEdges
    seed: int
    tables: Tables

    @property
    def n_neurons(self) -> int:
        """Number of V1 neurons."""
        return len(self.nodes)

    def population_slice(self, name: str) -> slice:
        """Node indices of a population.

        Raises
        ------
        TableError
            If there is no population of that name.
        """
        index = self.tables.population_index(name)
        first, last = np.searchsorted(self.nodes.population, [index, index + 1])
        return slice(int(first), int(last))

    def edges_of(self, type_index: int) -> slice:
        """Edges of a synapse type (row of the connectivity table).

        Raises
        ------
        CircuitError
            If there is no such row.
        """
        n_types = len(self.edges.type_offsets) - 1
        if not 0 <= type_index < n_types:
            raise CircuitError(f"No synapse type {type_index}: valid are 0 to {n_types - 1}.")
        first, last = self.edges.type_offsets[type_index : type_index + 2]
        return slice(int(first), int(last))

    def to_frame(self, table: CircuitTable = "nodes") -> pd.DataFrame:
        """Return a part of the circuit as a pandas table.

        Parameters
        ----------
        table
            ``nodes``, one row per neuron: population, cell model (specimen in the Allen Cell Types
            Database) and its label, position, preferred direction. ``edges``, one row per recurrent
            connection: source and target (index of ``nodes``), their populations ``pre`` and
            ``post``, weight, delay, receptor (1 E->E, 2 I->E, 3 E->I, 4 I->I), number of synapses.
            ``lgn_units``: unit type, centre and size of the receptive field, tuning angle.
            ``lgn_edges``: source (index of ``lgn_units``), target (index of ``nodes``) and its
            population, weight, receptor. ``populations``, one row per population: number of
            neurons, mean number of recurrent and of LGN connections onto a neuron.

        Raises
        ------
        CircuitError
            If there is no such table.
        """
        return circuit_frame(self, table)

    def __repr__(self) -> str:
        return circuit_text(self)

    def _repr_html_(self) -> str:
        return circuit_html(self)

    def digest(self) -> str:
        """SHA-256 (hex) of all arrays and the tables."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256(self.tables.digest.encode())
        for group in (self.nodes, self.edges, self.lgn_units, self.lgn_edges):
            group.update(sha)
        return sha.hexdigest()

    def summary(self) -> CircuitSummary:
        """Count neurons and connections in total, per population and per synapse type."""
        names = self.tables.populations.population
        neurons = np.bincount(self.nodes.population, minlength=len(names)).tolist()
        targets = self.nodes.population[self.lgn_edges.target]
        lgn = np.bincount(targets, minlength=len(names)).tolist()
        types = [self.tables.synapse_type_name(k) for k in range(self.tables.n_synapse_types)]
        connections = np.diff(self.edges.type_offsets).tolist()
        return CircuitSummary(
            n_neurons=self.n_neurons,
            radius_um=radius_um(self.n_neurons, self.tables),
            n_connections=len(self.edges),
            expected_connections=float(expected_connections(self.n_neurons, self.tables).sum()),
            n_lgn_units=len(self.lgn_units),
            n_lgn_connections=len(self.lgn_edges),
            neurons=dict(zip(names, neurons, strict=True)),
            connections=dict(zip(types, connections, strict=True)),
            lgn_connections=dict(zip(names, lgn, strict=True)),
        )


def build_circuit(
    n_neurons: int,
    seed: int,
    tables: Tables | None = None,
    progress: Callable[[str], None] | None = None,
) -> Circuit:
    """Sample a circuit.

    Parameters
    ----------
    n_neurons : int
        Number of V1 neurons, 1 to 230,924 (the full model).
    seed : int
        Non-negative seed; placement, each synapse type and the LGN have independent streams.
    tables : Tables, optional
        Default: the tables shipped with v1cortex.
    progress : callable, optional
        Called with a line of text whenever a step is done.

    Raises
    ------
    CircuitError
        If the number of neurons or the seed is not valid, or there is not enough memory.
    """
    n_neurons = _whole_number("n_neurons", n_neurons, 1, FULL_NEURONS)
    seed = _whole_number("seed", seed, 0, None)
    tables = tables or load_tables()
    require_for_circuit(n_neurons, tables)
    report = progress or (lambda _: None)
    nodes = place(n_neurons, seed, tables)
    report(f"placed {n_neurons:,} neurons")
    edges = connect(nodes, seed, tables, progress=progress)
    report(f"drew {len(edges):,} recurrent connections")
    lgn_units, lgn_edges = connect_lgn(nodes, seed, tables)
    report(f"drew {len(lgn_edges):,} connections from {len(lgn_units):,} LGN units")
    return Circuit(nodes, edges, lgn_units, lgn_edges, seed, tables)


def _whole_number(name: str, value: int, lowest: int, highest: int | None) -> int:
    """Check an argument and return it as a plain int."""
    valid = f"{lowest:,} to {highest:,}" if highest is not None else f"{lowest} or more"
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise CircuitError(f"{name} must be a whole number, {valid}; got {value!r}.")
    if number < lowest or (highest is not None and number > highest):
        raise CircuitError(f"{name} is {number:,}; valid: {valid}.")
    return number
