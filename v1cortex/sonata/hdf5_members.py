"""Ids and attributes of SONATA nodes and edges in HDF5 files of any origin."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit.memory import available_bytes
from v1cortex.errors import CircuitError

__all__ = ["attributes", "check_size", "whole_numbers"]

Array = NDArray[Any]

LARGEST_UNCHECKED_BYTES = 2**26
"""Datasets up to this size are read however they are stored."""
LARGEST_RATIO = 1100
"""A dataset that declares over this many times the bytes that it stores is empty or damaged;
deflate, HDF5's compression, reaches 1032."""


def check_size(dataset: Any) -> None:  # noqa: ANN401
    """Reject a dataset that declares far more than its file contains or than fits in memory.

    Raises
    ------
    CircuitError
        With its size.
    """
    declared, stored = int(dataset.size) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if declared <= LARGEST_UNCHECKED_BYTES:
        return
    where = f"{dataset.file.filename}: '{dataset.name}' declares {dataset.size:,} values"
    if declared > LARGEST_RATIO * stored:
        raise CircuitError(f"{where} but has {stored:,} bytes; the file is damaged or incomplete")
    if declared > available_bytes():
        raise CircuitError(f"{where}, for which there is not enough memory")


def whole_numbers(group: Any, name: str, n: int | None = None) -> NDArray[np.int64]:  # noqa: ANN401
    """Read whole numbers of 0 or more.

    Parameters
    ----------
    group
        The HDF5 group.
    name
        Name of the dataset.
    n
        Required number of values.

    Raises
    ------
    CircuitError
        If their number or a value is wrong.
    """
    where = f"{group.file.filename}: '{group.name}/{name}'"
    if name not in group:
        raise CircuitError(f"{where} is missing")
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.ndim != 1:
        raise CircuitError(f"{where} must be a list of whole numbers")
    if n is not None and len(dataset) != n:
        raise CircuitError(f"{where} has {len(dataset)} entries; {n} are needed")
    check_size(dataset)
    values = np.asarray(dataset[()])
    if values.dtype.kind == "f":
        wrong = np.flatnonzero(~((values == np.floor(values)) & (np.abs(values) < 2**53)))
    elif values.dtype.kind in "iu":
        wrong = np.flatnonzero((values < 0) | (values > np.iinfo(np.int64).max))
    else:
        raise CircuitError(f"{where} must be whole numbers, not {values.dtype}")
    if len(wrong):
        value = values[wrong[0]]
        raise CircuitError(f"{where}: entry {wrong[0]} is {value}; it must be a whole number")
    if values.dtype.kind == "f" and np.any(values < 0):
        raise CircuitError(f"{where} has negative numbers, the least {values.min():g}")
    return values.astype(np.int64)


def attributes(group: Any, kind: str, n: int) -> dict[str, Array]:  # noqa: ANN401
    """Join the attributes of all groups into one array per name.

    Returns
    -------
    dict
        Numbers as float64[n], NaN for members of a group without the attribute; strings as
        object[n], empty for those.

    Raises
    ------
    CircuitError
        If an attribute does not have one value for each member of its group.
    """
    names = [name for name in group if name.isdigit()]
    number, index = np.zeros(n, dtype=np.int64), np.arange(n)
    if f"{kind}_group_id" in group:
        number = whole_numbers(group, f"{kind}_group_id", n)
        index = whole_numbers(group, f"{kind}_group_index", n)
    found: dict[str, Array] = {}
    for part in names:
        members = np.flatnonzero(number == int(part))
        for name, dataset in group[part].items():
            if name == "@library":
                continue
            values = _values(group, part, name, dataset, index[members])
            if name not in found:
                shape = (n, *values.shape[1:])
                fill: Any = np.nan if values.dtype.kind == "f" else ""
                found[name] = np.full(shape, fill, dtype=values.dtype)
            if found[name].dtype != values.dtype or found[name].shape[1:] != values.shape[1:]:
                raise CircuitError(
                    f"{group.file.filename}: attribute '{name}' of group {part} is of a different "
                    "type than in the groups before it"
                )
            found[name][members] = values
    return found


def _values(group: Any, part: str, name: str, dataset: Any, index: NDArray[np.int64]) -> Array:  # noqa: ANN401
    where = f"{group.file.filename}: '{group.name}/{part}/{name}'"
    if not isinstance(dataset, h5py.Dataset):
        raise CircuitError(
            f"{where} contains model parameters of individual members, which are not supported; "
            "set them for types"
        )
    if dataset.ndim < 1 or (len(index) and index.max() >= len(dataset)):
        raise CircuitError(
            f"{where} has {dataset.shape[0] if dataset.ndim else 'no'} entries, but the group's "
            f"members refer to entry {index.max() if len(index) else 0}"
        )
    check_size(dataset)
    text = dataset.dtype.kind in "OS"
    values = np.asarray(dataset.asstr()[()] if text else dataset[()])
    library = group[part].get("@library", {})
    if name in library:
        values = _named(where, values, library[name])
    chosen = values if _is_range(index, len(values)) else values[index]
    # Integers have no value for "missing".
    return chosen.astype(object if chosen.dtype.kind in "OSU" else np.float64)


def _named(where: str, values: Array, names: Any) -> Array:  # noqa: ANN401
    """Return strings that are stored as indices into a list of names."""
    known = np.asarray(names.asstr()[()], dtype=object)
    if len(values) and not (values.min() >= 0 and values.max() < len(known)):
        raise CircuitError(f"{where}: index {values.max()} into a list of {len(known)} names")
    return np.asarray(known[values.astype(np.int64)])


def _is_range(index: NDArray[np.int64], n: int) -> bool:
    return len(index) == n and bool(np.array_equal(index, np.arange(n)))
