"""Tables that fit the terminal: what is too wide is wrapped at words, then shown in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

__all__ = ["FittedTable", "table"]

FRAME = 3
"""Columns of a frame for each column of a table: a line and a blank on both sides."""

GAP = 2
"""Columns between two columns of a table without a frame (*choice*)."""

NARROW = 16
"""Words are not wrapped more narrowly than this, unless they are shorter (*choice*)."""


@dataclass(frozen=True)
class FittedTable:
    """A table that is never wider than what it is printed on.

    Words are wrapped first, and numbers never. A table that is still too wide is printed in parts,
    each with the first columns, as pandas does.

    Attributes
    ----------
    title
        Printed above the table; empty for none.
    columns, rows
        Headings and cells.
    n_keys
        Number of columns that name a row: left-aligned, and repeated in each part.
    framed
        Whether there are lines around the cells.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_keys: int = 1
    framed: bool = True

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Draw the table in as many parts as needed."""
        if self.title:
            yield Text(self.title, style="table.title")
        for part in self._parts(options.max_width):
            yield self._drawn(part, options.max_width)

    def _parts(self, width: int) -> list[list[int]]:
        """Return the columns of each part."""
        keys = list(range(min(self.n_keys, len(self.columns))))
        others = [k for k in range(len(self.columns)) if k not in keys]
        used = self._width(keys)
        parts: list[list[int]] = []
        for k in others:
            own = self._width([k])
            if not parts or used + own + self.framed > width:
                parts.append(list(keys))
                used = self._width(keys)
            parts[-1].append(k)
            used += own
        return parts or [keys]

    def _width(self, part: Sequence[int]) -> int:
        """Return the smallest width of columns without the frame's last line."""
        return sum(self._narrowest(k) + (FRAME if self.framed else GAP) for k in part)

    def _narrowest(self, k: int) -> int:
        return max(
            [_longest_word(self.columns[k]), *(_narrowest(row[k]) for row in self.rows)], default=1
        )

    def _drawn(self, part: Sequence[int], width: int) -> Table:
        # With less room than a word needs, words are broken.
        fits = self._width(part) + self.framed <= width
        drawn = Table(header_style="bold") if self.framed else _bare()
        for k in part:
            drawn.add_column(
                self.columns[k],
                justify="left" if k < self.n_keys or not self._is_numeric(k) else "right",
                overflow="fold",
                min_width=self._narrowest(k) if fits else None,
            )
        for row in self.rows:
            drawn.add_row(*(Text(row[k]) for k in part))
        return drawn

    def _is_numeric(self, k: int) -> bool:
        """Return whether a column is better aligned to the right: no cell is a sentence."""
        return all(" " not in row[k] or not row[k][:1].isalpha() for row in self.rows)


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    n_keys: int = 1,
    framed: bool = True,
) -> FittedTable:
    """Return a table; see `FittedTable`."""
    cells = tuple(tuple(str(cell) for cell in row) for row in rows)
    return FittedTable(title, tuple(columns), cells, n_keys, framed)


def _bare() -> Table:
    return Table(header_style="bold", box=None, padding=(0, GAP, 0, 0), pad_edge=False)


def _narrowest(cell: str) -> int:
    """Return how narrow a cell may become: numbers stay on one line, words may be wrapped."""
    if not cell[:1].isalpha():
        return cell_len(cell)
    return min(cell_len(cell), max(NARROW, _longest_word(cell)))


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=1)
