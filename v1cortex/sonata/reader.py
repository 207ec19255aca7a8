"""Reading SONATA networks of any origin: configuration, node and edge populations, their types.

Attributes may stand with each node or edge (in the HDF5 file, in any number of groups) or with its
type (in the CSV file); `NodeGroup.attribute` and `EdgeGroup.attribute` look in this order.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import CircuitError

Array = NDArray[Any]
Row = Mapping[str, str]

MISSING = ("NULL", "NONE", "NAN", "")
"""How tables of types spell a missing value."""
_READ_ERRORS = (OSError, KeyError, RuntimeError, ValueError, AttributeError, TypeError)


@dataclass(frozen=True)
class NetworkFiles:
    """Files of a network.

    Attributes
    ----------
    nodes, edges : tuple of (Path, Path or None)
        HDF5 file and table of types.
    components : mapping of str to Path
        Folders of model parameters, such as ``point_neuron_models_dir``.
    """

    nodes: tuple[tuple[Path, Path | None], ...]
    edges: tuple[tuple[Path, Path | None], ...]
    components: Mapping[str, Path]


@dataclass(frozen=True, eq=False)
class Members:
    """Nodes or edges of one population, with what is known of each.

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
        Attributes from the HDF5 file; NaN, or an empty text, for members of a group without it.
    """

    name: str
    path: Path
    type_id: NDArray[np.int64]
    types: Mapping[int, Row]
    own: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.type_id)

    def used_types(self) -> list[int]:
        """Types that have members, ascending."""
        return [int(each) for each in np.unique(self.type_id)]

    def text(self, type_id: int, *names: str) -> str | None:
        """Return the first of some columns that a type has a value in."""
        row = self.types.get(type_id, {})
        return next((row[name] for name in names if name in row), None)

    def number(self, name: str) -> NDArray[np.float64] | None:
        """Return a numeric attribute of each member, float64[n]; None if nothing has it.

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
            if own.dtype.kind not in "iuf":
                raise CircuitError(f"{self.path}: attribute '{name}' of '{self.name}' is no number")
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
    """A node population; `node_id` is the number by which edges know each node, int64[n]."""

    node_id: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EdgeGroup(Members):
    """An edge population; `source` and `target` are numbers of nodes, int64[n].

    Attributes
    ----------
    source, target
        Numbers of nodes; int64[n].
    source_population, target_population
        Names of the node populations.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    source_population: str
    target_population: str


def find_files(path: Path) -> NetworkFiles:
    """Find the files of a network.

    Parameters
    ----------
    path
        A configuration (circuit, or simulation with a ``network`` entry), or a folder with
        ``circuit_config.json`` or with files named ``*nodes.h5``, ``*node_types.csv``,
        ``*edges.h5`` and ``*edge_types.csv``, as BMTK's NetworkBuilder writes them.

    Raises
    ------
    CircuitError
        If there is no network, or the configuration cannot be read.
    """
    if path.is_dir():
        config = path / "circuit_config.json"
        return _from_config(config) if config.is_file() else _from_folder(path)
    if not path.is_file():
        raise CircuitError(f"There is no SONATA folder or configuration {path}.")
    return _from_config(path)


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
        Entry of the folder.
    name
        File in it.

    Raises
    ------
    CircuitError
        If the folder or the file is missing, or is no JSON object.
    """
    if kind not in folders:
        raise CircuitError(f"parameters are in '{name}', but the configuration has no '{kind}'")
    path = folders[kind] / name
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CircuitError(f"Cannot read the model parameters {path}: {error}.") from error
    if not isinstance(content, dict):
        raise CircuitError(f"{path} holds no named model parameters.")
    return content


def _from_folder(folder: Path) -> NetworkFiles:
    def pairs(kind: str) -> tuple[tuple[Path, Path | None], ...]:
        found = []
        for path in sorted(folder.glob(f"*{kind}s.h5")):
            types = path.with_name(f"{path.stem[:-1]}_types.csv")
            found.append((path, types if types.is_file() else None))
        return tuple(found)

    nodes = pairs("node")
    if not nodes:
        raise CircuitError(f"{folder} holds neither circuit_config.json nor any *nodes.h5.")
    components = {path.name + "_dir": path for path in folder.glob("components/*") if path.is_dir()}
    return NetworkFiles(nodes, pairs("edge"), components)


def _from_config(path: Path) -> NetworkFiles:
    config = _resolved(path)
    if isinstance(config.get("network"), str):
        inner = _from_config(path.parent / config["network"])
        own = {key: Path(value) for key, value in config.get("components", {}).items()}
        return NetworkFiles(inner.nodes, inner.edges, {**inner.components, **own})
    try:
        networks = config["networks"]

        def files(kind: str) -> tuple[tuple[Path, Path | None], ...]:
            return tuple(
                (
                    path.parent / entry[f"{kind}s_file"],
                    path.parent / types if (types := entry.get(f"{kind}_types_file")) else None,
                )
                for entry in networks.get(f"{kind}s", ())
            )

        components = config.get("components", {})
        folders = {key: path.parent / value for key, value in components.items()}
        return NetworkFiles(files("node"), files("edge"), folders)
    except (KeyError, TypeError, AttributeError) as error:
        raise CircuitError(f"{path} is no SONATA circuit configuration: {error!r}.") from error


def _resolved(path: Path) -> dict[str, Any]:
    """Read a configuration and put in the values of its manifest's variables."""
    try:
        text = path.read_text(encoding="utf-8")
        manifest = {"$configdir": str(path.parent), **json.loads(text).get("manifest", {})}
        names = sorted((name.lstrip("$").strip("{}") for name in manifest), key=len, reverse=True)
        values = {name.lstrip("$").strip("{}"): str(value) for name, value in manifest.items()}
        for _ in range(len(names)):  # a variable may refer to another one
            for name in names:
                value = json.dumps(values[name])[1:-1]
                text = text.replace(f"${{{name}}}", value).replace(f"${name}", value)
        config = json.loads(text)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise CircuitError(f"Cannot read the configuration {path}: {error}.") from error
    if not isinstance(config, dict):
        raise CircuitError(f"{path} is no SONATA configuration.")
    return config


def _read(path: Path, kind: str, make: Callable[[Any, str], Any]) -> list[Any]:
    with _open(path) as file:
        if kind not in file:
            raise CircuitError(f"{path} is no SONATA file of {kind}: it has no group '{kind}'.")
        return [make(file[kind][name], name) for name in file[kind]]


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        with h5py.File(path, "r") as file:
            yield file
    except _READ_ERRORS as error:
        raise CircuitError(f"Cannot read {path}: {error}.") from error


def _node_group(group: Any, name: str, path: Path, types: Path | None) -> NodeGroup:  # noqa: ANN401
    type_id = _integers(group["node_type_id"])
    return NodeGroup(
        name=name,
        path=path,
        type_id=type_id,
        types=read_types(types, "node_type_id"),
        own=_attributes(group, "node", len(type_id)),
        node_id=_integers(group["node_id"]) if "node_id" in group else np.arange(len(type_id)),
    )


def _edge_group(group: Any, name: str, path: Path, types: Path | None) -> EdgeGroup:  # noqa: ANN401
    def population(side: str) -> str:
        value = group[f"{side}_node_id"].attrs["node_population"]
        return value.decode() if isinstance(value, bytes) else str(value)

    source = _integers(group["source_node_id"])
    return EdgeGroup(
        name=name,
        path=path,
        type_id=_integers(group["edge_type_id"]),
        types=read_types(types, "edge_type_id"),
        own=_attributes(group, "edge", len(source)),
        source=source,
        target=_integers(group["target_node_id"]),
        source_population=population("source"),
        target_population=population("target"),
    )


def _integers(dataset: Any) -> NDArray[np.int64]:  # noqa: ANN401
    return np.asarray(dataset[()]).astype(np.int64)


def _attributes(group: Any, kind: str, n: int) -> dict[str, Array]:  # noqa: ANN401
    """Join the attributes of all groups into one array a name."""
    names = [name for name in group if name.isdigit()]
    number, index = np.zeros(n, dtype=np.int64), np.arange(n)
    if f"{kind}_group_id" in group:
        number = _integers(group[f"{kind}_group_id"])
        index = _integers(group[f"{kind}_group_index"])
    attributes: dict[str, Array] = {}
    for part in names:
        members = np.flatnonzero(number == int(part))
        for name, dataset in group[part].items():
            if isinstance(dataset, h5py.Group):
                raise CircuitError(
                    f"{group.file.filename}: '{part}/{name}' holds model parameters of single "
                    f"{kind}s, which are not supported; give them to types"
                )
            values = _plain(dataset, index[members])
            if name not in attributes:
                shape = (n, *values.shape[1:])
                fill: Any = np.nan if values.dtype.kind == "f" else ""
                attributes[name] = np.full(shape, fill, dtype=values.dtype)
            attributes[name][members] = values
    return attributes


def _plain(dataset: Any, index: NDArray[np.int64]) -> Array:  # noqa: ANN401
    values = np.asarray(dataset.asstr()[()] if dataset.dtype.kind in "OS" else dataset[()])
    chosen = values if len(index) == len(values) and _is_range(index) else values[index]
    # Integers have no value for "missing".
    return chosen.astype(np.float64) if chosen.dtype.kind in "iu" else chosen


def _is_range(index: NDArray[np.int64]) -> bool:
    return bool(np.array_equal(index, np.arange(len(index))))


def read_types(path: Path | None, key: str) -> dict[int, Row]:
    """Read a table of types: the row of each type, without its missing values.

    Raises
    ------
    CircuitError
        If the table cannot be read.
    """
    if path is None:
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=" ", skipinitialspace=True))
        return {
            int(row[key]): {k: v for k, v in row.items() if v and v.upper() not in MISSING}
            for row in rows
        }
    except (OSError, KeyError, ValueError, AttributeError, csv.Error) as error:
        raise CircuitError(f"{path} is no table of SONATA types: {error!r}.") from error
