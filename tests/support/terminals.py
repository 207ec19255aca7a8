"""A terminal of some width for the output of verbs."""

import re

from rich.cells import cell_len
from rich.text import Text

from v1cortex.commands.output.text import results

FRAME = re.compile(r"^[┏┡└├│┃]")


def set_width(monkeypatch, width):
    """Let results be printed as on a terminal of this many columns."""
    monkeypatch.setattr(results, "_force_terminal", True)
    monkeypatch.setattr(results, "_width", width)


def table_lines(text):
    """Return the lines of all framed tables, without colours."""
    lines = Text.from_ansi(text).plain.splitlines()
    return [line.rstrip() for line in lines if FRAME.match(line)]


def check_tables(text, width):
    """Check that there is a table and that none is too wide."""
    lines = table_lines(text)
    assert lines, text
    assert max(map(cell_len, lines)) <= width, "\n".join(lines)
