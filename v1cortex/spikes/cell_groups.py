"""The V1 population that each neuron of a recording belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from v1cortex.circuit import Circuit
from v1cortex.errors import CircuitError
from v1cortex.sonata.cells import population_of
from v1cortex.sonata.reader import NodeGroup, find_files, read_nodes
from v1cortex.spikes.events import MAX_ID, whole_number
from v1cortex.spikes.text_tables import read_text, text_table
from v1cortex.tables import POPULATIONS, load_tables
from validation.reference import ALL_UNITS

COLUMNS = ("node_id", "population")
"""Columns of a table of cells."""
TABLES = (".csv", ".tsv", ".txt")
"""Suffixes of tables of cells; anything else is a network."""


@dataclass(frozen=True, eq=False)
class CellGroups:
    """The recorded neurons, including silent ones, and their groups.

    Attributes
    ----------
    node_id : int64[n]
        Node id of each neuron in the spike file, ascending.
    group : int8[n]
        Group of each neuron, an index into `names`.
    names : tuple of str
        Names of the groups: the populations of V1, or ``all``.
    """

    node_id: NDArray[np.int64]
    group: NDArray[np.int8]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.node_id)

    @property
    def excitatory(self) -> NDArray[np.int64]:
        """Indices of the excitatory neurons; all neurons if classes are unknown."""
        names = np.array([name == ALL_UNITS or name.endswith("_E") for name in self.names])
        return np.flatnonzero(names[self.group])

    def index_of(self, node_id: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of each node's neuron.

        Raises
        ------
        CircuitError
            If a node is not among them; the message names the first.
        """
        position = np.minimum(np.searchsorted(self.node_id, node_id), max(0, len(self) - 1))
        unknown = self.node_id[position] != node_id if len(self) else np.ones(node_id.shape, bool)
        if unknown.any():
            raise CircuitError(
                f"node {int(node_id[unknown][0])} has spikes but is not among the {len(self)} "
                f"given cells{self._numbers()}; is this the circuit of these spikes?"
            )
        return position

    def _numbers(self) -> str:
        if not len(self):
            return ""
        return f", {self.node_id[0]} to {self.node_id[-1]} (NEST's ids start at 1, SONATA's at 0)"


def one_group(n_neurons: int) -> CellGroups:
    """Return neurons 0, 1, ... of unknown populations."""
    return of_nodes(np.arange(n_neurons))


def of_nodes(node_id: NDArray[np.int64]) -> CellGroups:
    """Return neurons with the given node ids (ascending) and unknown populations."""
    return CellGroups(node_id, np.zeros(len(node_id), dtype=np.int8), (ALL_UNITS,))


def of_circuit(circuit: Circuit) -> CellGroups:
    """Return the neurons of a circuit, with its numbering."""
    return CellGroups(np.arange(circuit.n_neurons), circuit.nodes.population, POPULATIONS)


def read_cells(
    path: Path, node_population: str, populations: Mapping[str, str] | None = None
) -> CellGroups:
    """Read the population of each neuron.

    Parameters
    ----------
    path
        A SONATA network (a folder written by ``v1cortex build`` or any other program, with cell
        models of any kind), or a text table with the columns ``node_id`` and ``population``,
        separated by tabs, semicolons, commas or spaces.
    node_population
        The network's node population to which the spikes belong.
    populations
        V1 population (such as ``L4_E``) of each cell type whose name does not tell it.

    Raises
    ------
    CircuitError
        If it cannot be read, or the population of a cell type is unknown.
    """
    given = populations or {}
    if path.suffix.lower() in TABLES:
        node_id, labels = _from_table(path)
    else:
        node_id, labels = _from_network(path, node_population)
    tables = load_tables()
    _check_given(path, given, labels)
    known = {each: population_of(each, tables, given, str(path)) for each in sorted(set(labels))}
    group = np.array([POPULATIONS.index(known[each]) for each in labels], dtype=np.int8)
    order = np.argsort(node_id, kind="stable")
    twice = np.flatnonzero(np.diff(node_id[order]) == 0)
    if twice.size:
        raise CircuitError(f"{path} names a node twice: {node_id[order][twice[0]]}")
    return CellGroups(node_id[order], group[order], POPULATIONS)


def _check_given(path: Path, given: Mapping[str, str], labels: Sequence[str]) -> None:
    """Reject a population for a cell type that does not exist: it would be ignored."""
    for name in given:
        if name not in labels:
            raise CircuitError(
                f"{path} has no cell type '{name}', for which a population is given. "
                f"{did_you_mean(name, sorted(set(labels)))}"
            )


def _from_table(path: Path) -> tuple[NDArray[np.int64], list[str]]:
    table = text_table(path, read_text(path))
    for name in COLUMNS:
        if table.names.count(name) != 1:
            raise CircuitError(
                f"{path} is not a table of cells with the columns {' and '.join(COLUMNS)}; its "
                f"first line is {', '.join(table.names)[:80]}"
            )
    number, label = (table.names.index(name) for name in COLUMNS)
    ids = [
        _node_id(path, line, row[number]) for line, row in zip(table.lines, table.rows, strict=True)
    ]
    return np.array(ids, dtype=np.int64), [row[label] for row in table.rows]


def _node_id(path: Path, line: int, text: str) -> int:
    try:
        number = whole_number(text)
    except (ValueError, OverflowError):
        number = -1
    if not 0 <= number <= MAX_ID:
        raise CircuitError(
            f"{path}, line {line}: node_id is '{text[:40]}', not a whole number from 0 to 2^62"
        )
    return number


def _from_network(path: Path, node_population: str) -> tuple[NDArray[np.int64], list[str]]:
    groups = [group for pair in find_files(path).nodes for group in read_nodes(*pair)]
    group = _named(groups, node_population, path)
    label = {
        each: group.text(each, "pop_name", "population", "cell_type", "model_name") or ""
        for each in group.used_types()
    }
    return group.node_id, [label[int(each)] for each in group.type_id]


def _named(groups: Sequence[NodeGroup], name: str, path: Path) -> NodeGroup:
    for group in groups:
        if group.name == name or (not name and len(groups) == 1):
            return group
    raise CircuitError(
        f"{path} has no node population '{name}', to which the spikes belong, only "
        f"{', '.join(group.name for group in groups)}"
    )
