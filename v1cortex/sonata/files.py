"""Reads and writes single SONATA files: node and edge populations in HDF5, types in CSV."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import libsonata
import numpy as np
from numpy.typing import DTypeLike, NDArray

from v1cortex.errors import CircuitError

MAGIC = np.uint32(0x0A7A)
"""Attribute `magic` of every SONATA file."""
SONATA_VERSION = np.array([0, 1], dtype=np.uint32)
REBUILD = "Build the circuit again with `v1cortex build`."
HDF5_ERRORS = (
    OSError,
    LookupError,
    RuntimeError,
    ValueError,
    AttributeError,
    TypeError,
    ArithmeticError,
    MemoryError,
)
"""Exceptions of h5py and NumPy for damaged files."""
Array = NDArray[Any]


def write_nodes(
    path: Path, population: str, type_ids: Array, attributes: Mapping[str, Array]
) -> None:
    """Write one node population with one group of attributes.

    Parameters
    ----------
    path : Path
        File to create.
    population : str
        Name of the population.
    type_ids : int[N]
        Node type of each node.
    attributes : mapping of str to array[N]
        Attributes of the nodes.
    """
    with h5py.File(path, "w") as file:
        _mark(file)
        group = file.create_group(f"nodes/{population}")
        n = len(type_ids)
        group["node_type_id"] = np.asarray(type_ids, dtype=np.int64)
        group["node_id"] = np.arange(n, dtype=np.uint64)
        _write_groups(group, "node", n)
        for name, values in attributes.items():
            group[f"0/{name}"] = values


def write_edges(
    path: Path,
    populations: tuple[str, str],
    sizes: tuple[int, int],
    edges: tuple[Array, Array, Array],
    attributes: Mapping[str, Array],
) -> None:
    """Write one edge population, indexed by source and by target.

    Parameters
    ----------
    path : Path
        File to create.
    populations : (str, str)
        Source and target node populations.
    sizes : (int, int)
        Number of nodes in each.
    edges : (int[E], int[E], int[E])
        Source, target and type of each edge.
    attributes : mapping of str to array[E]
        Attributes of the edges.
    """
    name = edge_population(populations)
    source, target, type_ids = edges
    with h5py.File(path, "w") as file:
        _mark(file)
        group = file.create_group(f"edges/{name}")
        group["source_node_id"] = source
        group["target_node_id"] = target
        group["source_node_id"].attrs["node_population"] = populations[0]
        group["target_node_id"].attrs["node_population"] = populations[1]
        group.create_dataset("edge_type_id", data=type_ids, **_packed(len(source)))
        _write_groups(group, "edge", len(source))
        for attribute, values in attributes.items():
            group[f"0/{attribute}"] = values
    libsonata.EdgePopulation.write_indices(os.fsencode(path), name, *sizes)
    with h5py.File(path, "a") as file:
        for index in file[f"edges/{name}/indices"].values():
            # BMTK uses a singular name for the same dataset.
            index["node_id_to_range"] = index["node_id_to_ranges"]


def edge_population(populations: tuple[str, str]) -> str:
    """Name of the edge population between two node populations."""
    return f"{populations[0]}_to_{populations[1]}"


def write_types(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a table of node or edge types: columns separated by spaces, missing values NULL."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=" ", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: _missing(value) for key, value in row.items()})


def read_datasets(
    path: Path, datasets: Mapping[str, DTypeLike], *, mapped: bool = False
) -> list[Array]:
    """Read datasets of a file, in the order of the mapping.

    Parameters
    ----------
    path : Path
        The file.
    datasets : mapping of str to dtype
        Paths inside the file and the type to return.
    mapped : bool
        Memory-map datasets that are stored as one contiguous block of that type instead of reading
        them.

    Raises
    ------
    CircuitError
        If the file is damaged, not a SONATA file, or lacks a dataset.
    """
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("magic") != MAGIC:
                raise CircuitError(f"{path} is not a SONATA file. {REBUILD}")
            return [_array(file[name], path, dtype, mapped) for name, dtype in datasets.items()]
    except HDF5_ERRORS as error:
        raise CircuitError(f"Cannot read {path}: {error}. {REBUILD}") from error


def _array(dataset: h5py.Dataset, path: Path, dtype: DTypeLike, mapped: bool) -> Array:
    offset = dataset.id.get_offset() if mapped and dataset.dtype == dtype else None
    if offset is None:
        return np.asarray(dataset.astype(dtype)[()])
    return np.memmap(path, dtype, mode="r", offset=offset, shape=dataset.shape)


def _mark(file: h5py.File) -> None:
    file.attrs["magic"] = MAGIC
    file.attrs["version"] = SONATA_VERSION


def _write_groups(group: h5py.Group, kind: str, n: int) -> None:
    """Point every node or edge to its row in the only attribute group, `0`."""
    packed = _packed(n)
    group.create_dataset(f"{kind}_group_id", data=np.zeros(n, dtype=np.uint32), **packed)
    group.create_dataset(f"{kind}_group_index", data=np.arange(n, dtype=np.uint64), **packed)
    group.create_group("0")


def _packed(n: int) -> dict[str, Any]:
    """Return compression settings for constant or counting arrays, which become tiny."""
    return {"compression": "gzip", "compression_opts": 1, "shuffle": True} if n else {}


def _missing(value: object) -> object:
    return "NULL" if isinstance(value, float) and math.isnan(value) else value
