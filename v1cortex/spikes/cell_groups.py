"""Which population of V1 each neuron of a recording belongs to."""

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
"""Files that are tables of cells; all else is a network."""


@dataclass(frozen=True, eq=False)
class CellGroups:
    """The recorded neurons, silent ones included, and their groups.

    Attributes
    ----------
    node_id : int64[n]
        Number of each neuron in the spike file, ascending.
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
        """Indices of the excitatory neurons; of all neurons where classes are not known."""
        names = np.array([name == ALL_UNITS or name.endswith("_E") for name in self.names])
        return np.flatnonzero(names[self.group])

    def index_of(self, node_id: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the neuron of each node.

        Raises
        ------
        CircuitError
            If a node is not among them; the message gives the first.
        """
        position = np.minimum(np.searchsorted(self.node_id, node_id), max(0, len(self) - 1))
        unknown = self.node_id[position] != node_id if len(self) else np.ones(node_id.shape, bool)
        if unknown.any():
            raise CircuitError(
                f"node {int(node_id[unknown][0])} has spikes but is not among the {len(self)} "
                f"cells that were given{self._numbers()}; is this the circuit of these spikes?"
            )
        return position

    def _numbers(self) -> str:
        if not len(self):
            return ""
        return f", {self.node_id[0]} to {self.node_id[-1]} (NEST's ids start at 1, SONATA's at 0)"


def one_group(n_neurons: int) -> CellGroups:
    """Return neurons 0, 1, ... of which nothing is known."""
    return of_nodes(np.arange(n_neurons))


def of_nodes(node_id: NDArray[np.int64]) -> CellGroups:
    """Return neurons of which nothing but their numbers, ascending, is known."""
    return CellGroups(node_id, np.zeros(len(node_id), dtype=np.int8), (ALL_UNITS,))


def of_circuit(circuit: Circuit) -> CellGroups:
    """Return the neurons of a circuit, numbered as there."""
    return CellGroups(np.arange(circuit.n_neurons), circuit.nodes.population, POPULATIONS)


def read_cells(
    path: Path, node_population: str, populations: Mapping[str, str] | None = None
) -> CellGroups:
    """Read which neuron is of which population.

    Parameters
    ----------
    path
        A SONATA network (a folder of ``v1cortex build``, or of any other program, with cell models
        of any kind), or a text table with the columns ``node_id`` and ``population``, separated by
        tabs, semicolons, commas or spaces.
    node_population
        The network's node population that has the spikes.
    populations
        Population of V1 (such as ``L4_E``) of each cell type whose name does not say it.

    Raises
    ------
    CircuitError
        If it cannot be read, or a cell type's population is not known.
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
    """Refuse a population for a cell type that there is not: it would be ignored."""
    for name in given:
        if name not in labels:
            raise CircuitError(
                f"{path} has no cell type '{name}', whose population is given. "
                f"{did_you_mean(name, sorted(set(labels)))}"
            )


def _from_table(path: Path) -> tuple[NDArray[np.int64], list[str]]:
    table = text_table(path, read_text(path))
    for name in COLUMNS:
        if table.names.count(name) != 1:
            raise CircuitError(
                f"{path} is no table of cells with the columns {' and '.join(COLUMNS)}; its first "
                f"line is {', '.join(table.names)[:80]}"
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
            f"{path}, line {line}: node_id is '{text[:40]}', no whole number from 0 to 2^62"
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
        f"{path} has no node population '{name}', whose spikes are in the file, only "
        f"{', '.join(group.name for group in groups)}"
    )
