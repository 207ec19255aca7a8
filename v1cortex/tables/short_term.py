"""Short-term dynamics of synapses by pair of populations, from a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nestml_models.errors import RuleError
from nestml_models.rule import ShortTerm
from v1cortex.errors import ConfigError, TableError
from v1cortex.tables.columns import POPULATIONS, SynapseDynamics, Tables
from v1cortex.tables.groups import members

__all__ = ["SHORT_TERM_TABLES", "ShortTermRow", "load_short_term", "short_term_of_types"]

SHORT_TERM_TABLES = {
    "table": Path(__file__).parent / "short_term.csv",
    "rat": Path(__file__).parent / "short_term_rat.csv",
}
"""The shipped tables by name; sources are given in each row and in ``SOURCES.md``. ``table`` is the
mouse's as far as it is published; ``rat`` has depressing E->E synapses of rat cortex only."""

COLUMNS = ("pre", "post", "U", "tau_rec_ms", "tau_fac_ms")
"""Required columns; others, such as source and doi, are for the reader."""


@dataclass(frozen=True)
class ShortTermRow:
    """One row of a table of short-term dynamics.

    Parameters
    ----------
    pre, post
        A population (``L4_E``), a class in all layers (``E``, ``Pvalb``, ``Sst``, ``Htr3a``), or
        ``I`` for all inhibitory classes.
    dynamics
        Parameters; with both time constants 0 the synapses are static.
    """

    pre: str
    post: str
    dynamics: ShortTerm

    @property
    def detail(self) -> int:
        """How specific the row is: 2 for a population, 1 for a class, 0 for ``I``."""
        return sum(
            2 if name in POPULATIONS else 0 if name == "I" else 1 for name in (self.pre, self.post)
        )

    def is_of(self, pre: str, post: str) -> bool:
        """Return whether the row applies to a pair of populations."""
        return pre in members(self.pre) and post in members(self.post)


def load_short_term(path: Path | None = None) -> tuple[ShortTermRow, ...]:
    """Read a table of short-term dynamics.

    Parameters
    ----------
    path
        A CSV file with the columns of ``short_term.csv``. Default: that file.

    Raises
    ------
    TableError
        If the file cannot be read, lacks a column, names no known population or class, or a value
        is not valid: U must lie in (0, 1], times must be finite and at least 0.
    """
    path = path or SHORT_TERM_TABLES["table"]
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"cannot read the table of short-term dynamics {path}: {error}") from None
    missing = [name for name in COLUMNS if rows and name not in rows[0]]
    if missing or not rows:
        raise TableError(
            f"{path} is not a table of short-term dynamics: it lacks "
            f"{', '.join(missing) or 'rows'}; columns are {', '.join(COLUMNS)}"
        )
    return tuple(_row(path, row) for row in rows)


def short_term_of_types(
    rows: Iterable[ShortTermRow], tables: Tables, needed: Iterable[int], name: str
) -> SynapseDynamics:
    """Return the short-term dynamics of each synapse type of a circuit.

    Of the rows that apply to a pair of populations, the most specific one is used: both
    populations before one population and a class, and so on.

    Parameters
    ----------
    rows
        Rows of a table.
    tables
        Tables of the circuit.
    needed
        Synapse types (rows of the connectivity table) that must have dynamics: those with
        connections. Others without a row are static.
    name
        Name of the table in messages.

    Raises
    ------
    TableError
        If no row applies to a pair that needs one, or two equally specific rows do.
    """
    rows, table = list(rows), tables.connectivity
    needed = set(needed)
    found = []
    for index in range(tables.n_synapse_types):
        pre, post = POPULATIONS[table.pre[index]], POPULATIONS[table.post[index]]
        row = _closest([each for each in rows if each.is_of(pre, post)], pre, post, name)
        if row is None and index in needed:
            raise TableError(
                f"{name} has no row for {pre} -> {post}, but the circuit has such connections. Add "
                f"one; with tau_rec_ms and tau_fac_ms of 0 the synapses are static"
            )
        found.append(ShortTerm(1.0, 0.0) if row is None else row.dynamics)
    return SynapseDynamics.from_types(found)


def _closest(rows: list[ShortTermRow], pre: str, post: str, name: str) -> ShortTermRow | None:
    """Return the most specific row for the pair; None if there is none."""
    if not rows:
        return None
    most = max(row.detail for row in rows)
    best = [row for row in rows if row.detail == most]
    if len(best) > 1:
        first, second = best[:2]
        raise TableError(
            f"{name} has two equally specific rows for {pre} -> {post}: {first.pre} -> "
            f"{first.post} and {second.pre} -> {second.post}. Add a row {pre},{post}, or remove one"
        )
    return best[0]


def _row(path: Path, row: dict[str, str]) -> ShortTermRow:
    where = f"{path}: {row['pre']} -> {row['post']}"
    try:
        members(row["pre"]), members(row["post"])
    except ConfigError as error:
        raise TableError(f"{where}: {error}") from None
    try:
        U, tau_rec_ms, tau_fac_ms = (float(row[name]) for name in COLUMNS[2:])
        return ShortTermRow(row["pre"], row["post"], ShortTerm(U, tau_rec_ms, tau_fac_ms))
    except (TypeError, ValueError) as error:
        raise TableError(f"{where}: {error}") from None
    except RuleError as error:
        raise TableError(f"{where}: {error}") from None
