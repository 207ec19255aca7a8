"""Reads and checks the CSV tables."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from v1cortex.errors import TableError
from v1cortex.tables.columns import (
    POPULATIONS,
    BackgroundTable,
    CellTable,
    ConnectivityTable,
    Kind,
    LabelTable,
    LgnConnectivityTable,
    LgnUnitTable,
    PopulationTable,
    Tables,
)

Column = tuple[str, ...] | NDArray[Any]

FOLDER = Path(__file__).parent
REINSTALL = "Reinstall v1cortex, or restore the file."


def load_tables(folder: Path | None = None) -> Tables:
    """Return all tables of the model, read once per process and folder.

    Parameters
    ----------
    folder : Path, optional
        Folder with the seven CSV files. Default: the tables shipped with v1cortex.

    Raises
    ------
    TableError
        If a file is missing, or a header, value, name or combination is not valid.
    """
    return _load((folder or FOLDER).resolve())


@cache
def _load(folder: Path) -> Tables:
    tables = Tables(
        populations=PopulationTable(**_read(folder / "populations.csv", PopulationTable.KINDS)),
        labels=LabelTable(**_read(folder / "labels.csv", LabelTable.KINDS)),
        cells=CellTable(**_read(folder / "cells.csv", CellTable.KINDS)),
        connectivity=ConnectivityTable(
            **_read(folder / "connectivity.csv", ConnectivityTable.KINDS)
        ),
        background=BackgroundTable(**_read(folder / "background.csv", BackgroundTable.KINDS)),
        lgn_units=LgnUnitTable(**_read(folder / "lgn_units.csv", LgnUnitTable.KINDS)),
        lgn_connectivity=LgnConnectivityTable(
            **_read(folder / "lgn_connectivity.csv", LgnConnectivityTable.KINDS)
        ),
    )
    _check(tables)
    return tables


def _read(path: Path, kinds: dict[str, Kind]) -> dict[str, Any]:
    """Return the columns of one file, parsed by kind."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"Cannot read table {path}: {error}. {REINSTALL}") from error
    if header != list(kinds):
        raise TableError(f"Table {path} has columns {header}, expected {list(kinds)}. {REINSTALL}")
    if not rows:
        raise TableError(f"Table {path} has no rows. {REINSTALL}")
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise TableError(f"{path}, line {line}: {len(row)} values, expected {len(header)}.")
    return {
        name: _column(path, name, kinds[name], [row[i] for row in rows])
        for i, name in enumerate(header)
    }


def _column(path: Path, name: str, kind: Kind, texts: Sequence[str]) -> Column:
    """Return one column as a tuple of strings or a read-only array."""
    values = []
    for line, text in enumerate(texts, start=2):
        try:
            values.append(_PARSERS[kind](text))
        except ValueError as error:
            raise TableError(f"{path}, line {line}, column {name}: {error}") from error
    if kind == "text":
        return tuple(values)
    array = np.array(values, dtype=_DTYPES[kind])
    array.setflags(write=False)
    return array


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value


def _optional(text: str) -> float:
    return _number(text) if text else math.nan


def _flag(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(f"{text!r} is neither True nor False")
    return text == "True"


def _population(text: str) -> int:
    if text not in POPULATIONS:
        raise ValueError(f"unknown population {text!r}. {did_you_mean(text, POPULATIONS)}")
    return POPULATIONS.index(text)


def _receptor(text: str) -> int:
    if text not in ("1", "2", "3", "4"):
        raise ValueError(f"receptor {text!r} is not one of 1, 2, 3, 4")
    return int(text)


_PARSERS: dict[Kind, Callable[[str], Any]] = {
    "text": str,
    "integer": int,
    "number": _number,
    "optional": _optional,
    "flag": _flag,
    "population": _population,
    "receptor": _receptor,
}
_DTYPES: dict[Kind, Any] = {
    "integer": np.int64,
    "number": np.float64,
    "optional": np.float64,
    "flag": np.bool_,
    "population": np.int8,
    "receptor": np.int8,
}


def _check(tables: Tables) -> None:
    """Check consistency between columns and between tables."""
    populations, labels, cells = tables.populations, tables.labels, tables.cells
    connectivity, lgn = tables.connectivity, tables.lgn_connectivity
    _require(populations.population == POPULATIONS, "populations.csv does not list the 17 names")
    _require(
        bool(np.all(populations.depth_top_um < populations.depth_bottom_um)),
        "populations.csv has an empty depth range",
    )
    per_population = np.bincount(labels.population, labels.n_core, minlength=len(POPULATIONS))
    _require(
        bool(np.array_equal(per_population, populations.n_core)),
        "labels.csv does not add up to the counts of populations.csv",
    )
    known = set(zip(labels.population.tolist(), labels.label, strict=True))
    for name, table in (("cells", cells), ("background", tables.background)):
        found = set(zip(table.population.tolist(), table.label, strict=True))
        _require(found == known, f"{name}.csv and labels.csv name different labels")
    _require(bool(np.all(cells.C_m_pF > 0)), "cells.csv has a capacitance of zero or less")
    pairs = set(zip(connectivity.pre.tolist(), connectivity.post.tolist(), strict=True))
    _require(len(pairs) == len(connectivity.pre), "connectivity.csv names a pair twice")
    for name, values in (
        ("connectivity.csv: p_0_75um", connectivity.p_0_75um),
        ("lgn_connectivity.csv: probability", lgn.probability),
        ("lgn_connectivity.csv: son_ratio", lgn.son_ratio),
    ):
        _require(bool(np.all((values >= 0) & (values <= 1))), f"{name} is outside [0, 1]")
    _require(bool(np.all(connectivity.sigma_um > 0)), "connectivity.csv: sigma_um must be > 0")
    _require(
        bool(np.all((connectivity.weight_pA_per_pF > 0) == (connectivity.receptor % 2 == 1))),
        "connectivity.csv: the sign of a weight contradicts its receptor",
    )


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise TableError(f"{message}. {REINSTALL}")
