"""Tables in text files, written by spreadsheets, by programs or by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from v1cortex.errors import CircuitError

__all__ = ["TextTable", "read_text", "text_table"]

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
DELIMITERS = "\t;,"
"""The first of these in the first line is used; otherwise columns are separated by spaces."""
MAX_BYTES = 2_000_000_000
"""Larger text files are rejected: they would take ten times as much memory."""


@dataclass(frozen=True)
class TextTable:
    """A table with column names in its first line.

    Attributes
    ----------
    path
        The file.
    names
        Names of the columns, in lower case.
    rows
        Cells of each row, without surrounding spaces.
    lines
        Line number of each row in the file, from 1.
    """

    path: Path
    names: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]


def read_text(path: Path) -> str:
    """Read text in UTF-8 (with or without byte order mark) or UTF-16 (with one).

    Raises
    ------
    CircuitError
        If the file cannot be read, or is in another encoding.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CircuitError(f"{path} is a text file of more than 2 GB; write it as HDF5")
        content = path.read_bytes()
    except OSError as error:
        raise CircuitError(f"cannot read {path}: {error.strerror}") from None
    marked = (encoding for mark, encoding in BYTE_ORDER_MARKS if content.startswith(mark))
    encoding = next(marked, "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise CircuitError(
            f"{path} is not UTF-8 text: byte {error.start} is {content[error.start]:#04x}. Save it "
            "as UTF-8"
        ) from None


def text_table(path: Path, text: str) -> TextTable:
    """Split text into rows and columns.

    Columns are separated by tabs, semicolons, commas or spaces, as in the first line. Empty lines
    and lines that begin with ``#`` are skipped.

    Parameters
    ----------
    path
        The file, for messages.
    text
        Its content.

    Raises
    ------
    CircuitError
        If there is no line, or a line has more or fewer values than the first.
    """
    rows = _rows(path, text)
    try:
        _, header = next(rows)
    except StopIteration:
        raise CircuitError(f"{path} is empty; a first line with names is needed") from None
    names = tuple(name.casefold() for name in header)
    cells, lines = [], []
    for line, row in rows:
        while len(row) > len(names) and not row[-1]:  # a delimiter at the end of the line
            row.pop()
        if len(row) != len(names):
            raise CircuitError(
                f"{path}, line {line}: {len(row)} values, but {len(names)} columns: "
                f"{', '.join(names)[:80]}"
            )
        cells.append(row)
        lines.append(line)
    return TextTable(path, names, cells, lines)


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    lines = text.splitlines()
    first = next((line for line in lines if _counts(line)), "")
    delimiter = next((each for each in DELIMITERS if each in first), None)
    for number, line in enumerate(lines, start=1):
        if not _counts(line):
            continue
        if delimiter is None:
            yield number, line.split()
            continue
        try:
            (row,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
        except (csv.Error, ValueError) as error:
            raise CircuitError(f"{path}, line {number}: {error}") from None
        yield number, [cell.strip() for cell in row]


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")
