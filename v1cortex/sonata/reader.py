"""Reads SONATA networks of any origin: configuration, node and edge populations, types.

Attributes may be given for each node or edge (in the HDF5 file, in any number of groups) or for its
type (in the CSV file); `NodeGroup.attribute` and `EdgeGroup.attribute` search in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import CircuitError
from v1cortex.sonata.files import HDF5_ERRORS
from v1cortex.sonata.hdf5_members import attributes, whole_numbers
from v1cortex.sonata.network_files import NetworkFiles, find_files, read_json
from v1cortex.sonata.type_rows import MISSING, Row, read_types

__all__ = [
    "EdgeGroup",
    "Members",
    "NetworkFiles",
    "NodeGroup",
    "find_files",
    "read_edges",
    "read_nodes",
    "read_parameters",
]

Array = NDArray[Any]

OF_TYPES = (
    "pop_name",
    "population",
    "cell_type",
    "model_name",
    "model_type",
    "model_template",
    "dynamics_params",
    "weight_function",
    "receptor_type",
)
"""Attributes that define a type, wherever they are given."""
POPULATION_ATTRIBUTES = ("node_population", "network")
"""Attribute with the population of an edge's nodes, in the standard and in early files."""


@dataclass(frozen=True, eq=False)
class Members:
    """Nodes or edges of one population, with their attributes.

    Attributes
    ----------
    name : str
        Name of the population.
    path : Path
        Its HDF5 file.
    type_id : int64[n]
        Type of each member.
    types : mapping of int to Row
        Rows of the table of types.
    own : mapping of str to array[n]
        Attributes from the HDF5 file; NaN, or an empty string, for members of a group without it.
    """

    name: str
    path: Path
    type_id: NDArray[np.int64]
    types: Mapping[int, Row]
    own: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.type_id)

    def used_types(self) -> list[int]:
        """Types with members, ascending."""
        return [int(each) for each in np.unique(self.type_id)]

    def text(self, type_id: int, *names: str) -> str | None:
        """Return the first of some columns in which a type has a value."""
        row = self.types.get(type_id, {})
        return next((row[name] for name in names if name in row), None)

    def number(self, name: str) -> NDArray[np.float64] | None:
        """Return a numeric attribute of each member, float64[n]; None if no member has it.

        Raises
        ------
        CircuitError
            If it is not a number.
        """
        values = np.full(len(self), np.nan)
        known = False
        for type_id in self.used_types():
            text = self.text(type_id, name)
            if text is not None:
                known = True
                values[self.type_id == type_id] = self._parse(name, text, type_id)
        if name in self.own:
            known = True
            own = self.own[name]
            if own.dtype.kind != "f" or own.ndim != 1:
                raise CircuitError(
                    f"{self.path}: attribute '{name}' of '{self.name}' is not a number"
                )
            values = np.where(np.isnan(own), values, own)
        return values if known else None

    def _parse(self, name: str, text: str, type_id: int) -> float:
        try:
            return float(text)
        except ValueError:
            raise CircuitError(
                f"{self.path}: '{name}' of type {type_id} in '{self.name}' is '{text}', not a "
                "number"
            ) from None


@dataclass(frozen=True, eq=False)
class NodeGroup(Members):
    """A node population; `node_id` is the id by which edges refer to each node, int64[n]."""

    node_id: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EdgeGroup(Members):
    """An edge population; `source` and `target` are node ids, int64[n].

    Attributes
    ----------
    source, target
        Node ids; int64[n].
    source_population, target_population
        Names of the node populations.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    source_population: str
    target_population: str


def read_nodes(path: Path, types: Path | None) -> list[NodeGroup]:
    """Read all node populations of a file."""
    return _read(path, "nodes", lambda group, name: _node_group(group, name, path, types))


def read_edges(path: Path, types: Path | None) -> list[EdgeGroup]:
    """Read all edge populations of a file."""
    return _read(path, "edges", lambda group, name: _edge_group(group, name, path, types))


def read_parameters(folders: Mapping[str, Path], kind: str, name: str) -> dict[str, Any]:
    """Read a JSON file of model parameters.

    Parameters
    ----------
    folders
        Component folders of the network.
    kind
        Key of the folder.
    name
        Name of the file.

    Raises
    ------
    CircuitError
        If the folder or the file is missing, or the file is not a JSON object.
    """
    if kind not in folders:
        raise CircuitError(f"parameters are in '{name}', but the configuration has no '{kind}'")
    return read_json(folders[kind] / name)


def _read(path: Path, kind: str, make: Callable[[Any, str], Any]) -> list[Any]:
    with _open(path) as file:
        if not isinstance(file.get(kind), h5py.Group):
            raise CircuitError(f"{path} is not a SONATA {kind} file: it has no group '{kind}'.")
        return [make(file[kind][name], name) for name in file[kind]]


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        with h5py.File(path, "r") as file:
            yield file
    except HDF5_ERRORS as error:
        raise CircuitError(f"Cannot read {path}: {error}.") from error


def _node_group(group: Any, name: str, path: Path, types: Path | None) -> NodeGroup:  # noqa: ANN401
    type_id = whole_numbers(group, "node_type_id")
    n = len(type_id)
    node_id = whole_numbers(group, "node_id", n) if "node_id" in group else np.arange(n)
    twice = np.flatnonzero(np.diff(np.sort(node_id)) == 0)
    if len(twice):
        raise CircuitError(
            f"{path}: node {np.sort(node_id)[twice[0]]} of '{name}' occurs twice; node ids must be "
            "unique"
        )
    own = attributes(group, "node", n)
    type_id, rows = _with_own_texts(type_id, read_types(types, "node_type_id"), own)
    return NodeGroup(name, path, type_id, rows, own, node_id)


def _edge_group(group: Any, name: str, path: Path, types: Path | None) -> EdgeGroup:  # noqa: ANN401
    def population(side: str) -> str:
        found = group[f"{side}_node_id"].attrs
        for attribute in POPULATION_ATTRIBUTES:
            if attribute in found:
                (value,) = np.ravel(found[attribute])
                return value.decode() if isinstance(value, bytes) else str(value)
        raise CircuitError(
            f"{path}: '{side}_node_id' of '{name}' does not say the population of its nodes: it "
            "has no attribute 'node_population'"
        )

    source = whole_numbers(group, "source_node_id")
    n = len(source)
    own = attributes(group, "edge", n)
    type_id, rows = _with_own_texts(
        whole_numbers(group, "edge_type_id", n), read_types(types, "edge_type_id"), own
    )
    return EdgeGroup(
        name=name,
        path=path,
        type_id=type_id,
        types=rows,
        own=own,
        source=source,
        target=whole_numbers(group, "target_node_id", n),
        source_population=population("source"),
        target_population=population("target"),
    )


def _with_own_texts(
    type_id: NDArray[np.int64], types: Mapping[int, Row], own: Mapping[str, Array]
) -> tuple[NDArray[np.int64], dict[int, Row]]:
    """Create types for members whose HDF5 file names their cell type, model or receptor.

    Members of one type that differ in this get their own types, with ids above all others.
    """
    found, rows = np.array(type_id), dict(types)
    for name in (name for name in OF_TYPES if name in own):
        texts = _texts(own[name])
        for each in np.unique(found).tolist():
            members = np.flatnonzero(found == each)
            row = rows.get(each, {})
            for text in sorted(set(texts[members].tolist())):
                chosen = members[texts[members] == text]
                new = each if len(chosen) == len(members) else max([*rows, *found.tolist()]) + 1
                found[chosen] = new
                rows[new] = row if text.upper() in MISSING else {**row, name: text}
    return found, rows


def _texts(values: Array) -> Array:
    """Return strings, with numbers formatted as in tables."""
    if values.dtype.kind != "f":
        return np.asarray(values, dtype=object)
    distinct, place = np.unique(values, return_inverse=True)
    texts = ["" if np.isnan(value) else f"{value:.17g}" for value in distinct]
    return np.array(texts, dtype=object)[place]
