"""Reads tables of SONATA types: CSV as in the standard, and as saved by spreadsheets and pandas."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from nestml_models.common import read_text
from v1cortex.errors import CircuitError

__all__ = ["MISSING", "Row", "read_types", "whole_number"]

Row = Mapping[str, str]

MISSING = ("", "NULL", "NONE", "NAN", "NA", "<NA>", "N/A")
"""Spellings of a missing value in tables of types, in capitals."""
DELIMITERS = (" ", "\t", ",", ";")
"""SONATA separates columns by spaces; other programs and users do not always."""


def read_types(path: Path | None, key: str) -> dict[int, Row]:
    """Read a table of types: the row of each type, without missing values.

    Parameters
    ----------
    path
        The table; None if there is none.
    key
        Column with the type's id.

    Raises
    ------
    CircuitError
        If the table cannot be read, lacks the column, or contains a type twice.
    """
    if path is None:
        return {}
    lines = [
        (number, line.rstrip())
        for number, line in enumerate(read_text(path, CircuitError).splitlines(), start=1)
        if line.strip()
    ]
    if not lines:
        raise CircuitError(f"{path} is empty; it must be a table with the column '{key}'")
    delimiter, names = _header(path, lines[0][1], key)
    types: dict[int, Row] = {}
    for number, line in lines[1:]:
        cells = _cells(line, delimiter)
        where = f"{path}, line {number}"
        if len(cells) != len(names):
            raise CircuitError(
                f"{where}: {len(cells)} columns, but the first line names {len(names)}; quote "
                "values with spaces, and write NULL for missing ones"
            )
        row = dict(zip(names, cells, strict=True))
        type_id = whole_number(row[key])
        if type_id is None:
            raise CircuitError(f"{where}: {key} is '{row[key]}'; it must be a whole number")
        if type_id in types:
            raise CircuitError(f"{where}: {key} {type_id} is already in an earlier line")
        types[type_id] = {k: v for k, v in row.items() if v.upper() not in MISSING}
    return types


def whole_number(text: str) -> int | None:
    """Return the whole number in a text, which may be a float such as ``100.0``; else None."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else None


def _header(path: Path, line: str, key: str) -> tuple[str, list[str]]:
    """Return the delimiter for which `key` is a column, and the names of the columns."""
    for delimiter in DELIMITERS:
        names = _cells(line, delimiter)
        if key in names:
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise CircuitError(f"{path} has the column '{twice[0]}' twice")
            return delimiter, names
    raise CircuitError(
        f"{path} has no column '{key}' in its first line, which begins '{line[:60]}'; columns are "
        "separated by spaces"
    )


def _cells(line: str, delimiter: str) -> list[str]:
    # A delimiter at the end of a line does not start another column.
    text = line if delimiter.isspace() else line.removesuffix(delimiter)
    try:
        cells = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error as error:
        raise CircuitError(
            f"a line that begins '{text[:60]}' is not a row of a table: {error}"
        ) from None
    return [cell.strip() for cell in cells]
