"""Spikes in text files: NEST's recorders, BMTK's CSV, tables from spreadsheets or by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from v1cortex.errors import CircuitError
from v1cortex.spikes.events import (
    MAX_ID,
    SpikeEvents,
    chosen_population,
    events_of,
    time_unit,
    whole_number,
)
from v1cortex.spikes.text_tables import TextTable, read_text, text_table

__all__ = ["distinct_recordings", "read_text_events", "recorder_files"]

_TIME = re.compile(
    r"(?:spike[ _]?)?(?:times?|timestamps?|t)(?:[ _]*[\[(]?(?P<unit>ms|msec|s|sec|us|µs)[\])]?)?"
)
IDS = (
    *("sender", "senders", "node_id", "node_ids", "gid", "gids", "id", "ids"),
    *("neuron", "neurons", "neuron_id", "cell", "cell_id", "unit", "unit_id"),
)
"""Names of columns of cell ids."""
POPULATIONS_OF_NODES = ("population", "populations")
_RECORDER = re.compile(r"(?P<recorder>.+-\d+)-(?P<thread>\d+)\.(?:dat|gdf)")
WAY_OUT = (
    "the first line of a table of spikes must name a column of times (time_ms or time_s) and one "
    "of cells (node_id)"
)


def recorder_files(path: Path) -> list[Path]:
    """Return all files of a NEST recorder, which writes one per thread, or the single file."""
    match = _RECORDER.fullmatch(path.name)
    if match is None or not path.is_file():
        return [path]
    found = {
        int(other["thread"]): each
        for each in path.parent.iterdir()
        if (other := _RECORDER.fullmatch(each.name)) and other["recorder"] == match["recorder"]
        if each.suffix == path.suffix
    }
    return [found[thread] for thread in sorted(found)]


def distinct_recordings(paths: Sequence[Path]) -> list[Path]:
    """Return one file per recording: the files of a recorder's threads are read together."""
    seen: set[Path] = set()
    first = []
    for path in paths:
        if path.absolute() not in seen:
            first.append(path)
        parts = recorder_files(path)
        seen |= {each.absolute() for each in parts} if len(parts) > 1 else set()
    return first


def read_text_events(path: Path, population: str | None, unit: str | None) -> SpikeEvents:
    """Read spikes from a table.

    These can be files of NEST's ``spike_recorder`` (of all threads, if there are several), NEST 2's
    ``.gdf``, CSV files of BMTK, and any table with a column of times and one of cells.

    Parameters
    ----------
    path
        The file.
    population
        Rows to select if there is a column of populations.
    unit
        Unit of the times; None for the unit in the column's name, or else ms.

    Raises
    ------
    CircuitError
        If it is not such a table.
    """
    parts = recorder_files(path)
    tables = [_table(each) for each in parts]
    if len({table.names for table in tables}) > 1:
        raise CircuitError(f"{path} and {parts[1]} are of one recorder but differ in columns")
    column = _columns(tables[0])
    notes: tuple[str, ...] = ()
    if len(parts) > 1:
        notes = (
            f"{path} belongs to a recorder with {len(parts)} files, one per thread: "
            f"{parts[0].name} to {parts[-1].name}; their spikes are joined",
        )
    if "population" in column:
        name = _population(path, tables, column["population"], population)
    else:
        name = population or ""
    times, ids = [], []
    for table in tables:
        for line, row in zip(table.lines, table.rows, strict=True):
            if "population" not in column or row[column["population"]] == name:
                times.append(_time(table.path, line, row[column["time"]]))
                ids.append(_id(table.path, line, row[column["id"]]))
    header = tables[0].names[column["time"]]
    match = _TIME.fullmatch(header)
    return events_of(
        path,
        name,
        np.array(times, dtype=np.float64),
        np.array(ids, dtype=np.int64),
        time_unit(path, match["unit"] if match else None, unit),
        first_id=1 if tables[0].names[column["id"]] == "sender" else None,
        notes=notes,
    )


def _table(path: Path) -> TextTable:
    text = read_text(path)
    if path.suffix.lower() == ".gdf":  # NEST 2 wrote no header
        text = f"sender time_ms\n{text.replace(chr(9), ' ')}"
    return text_table(path, text)


def _columns(table: TextTable) -> dict[str, int]:
    """Find the columns with times, ids and populations."""
    if "time_step" in table.names:
        raise CircuitError(
            f"{table.path}: times are in steps of the simulation; record them with "
            "time_in_steps=False"
        )
    times = [k for k, name in enumerate(table.names) if _TIME.fullmatch(name)]
    ids = [k for k, name in enumerate(table.names) if name in IDS]
    if len(times) != 1 or len(ids) != 1:
        listed = ", ".join(table.names)
        raise CircuitError(
            f"{table.path} has the columns {listed[:100]}; {WAY_OUT}, such as time_ms,node_id"
        )
    named = [k for k, name in enumerate(table.names) if name in POPULATIONS_OF_NODES]
    found = {"time": times[0], "id": ids[0]}
    return {**found, "population": named[0]} if named else found


def _population(path: Path, tables: list[TextTable], column: int, wanted: str | None) -> str:
    names = dict.fromkeys(row[column] for table in tables for row in table.rows)
    if not names:
        return wanted or ""
    return chosen_population(path, list(names), wanted)


def _time(path: Path, line: int, text: str) -> float:
    try:
        return float(text.replace("_", "?"))
    except ValueError:
        raise CircuitError(f"{path}, line {line}: the time '{text[:40]}' is not a number") from None


def _id(path: Path, line: int, text: str) -> int:
    try:
        number = whole_number(text)
    except (ValueError, OverflowError):
        number = -1
    if not 0 <= number <= MAX_ID:
        raise CircuitError(
            f"{path}, line {line}: the node id '{text[:40]}' is not a whole number from 0 to 2^62"
        )
    return number
