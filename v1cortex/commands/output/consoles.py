"""The two output streams for users, with any names and terminals."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Any

from rich.console import Console, ConsoleDimensions
from rich.text import Text

__all__ = ["LiteralConsole", "bold", "print_any_text"]

SPELLED = str.maketrans(
    {
        "±": "+-",
        "−": "-",
        "–": "-",
        "—": "-",
        "×": "x",
        "·": "*",
        "µ": "u",
        "μ": "u",
        "τ": "tau",
        "Δ": "delta",
        "σ": "sigma",
        "Σ": "sum",
        "√": "sqrt",
        "→": "->",
        "←": "<-",
        "≤": "<=",
        "≥": ">=",
        "≈": "~",
        "°": " deg",
        "²": "^2",
        "…": "...",
        "•": "*",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
    }
)
"""Replacements for non-ASCII characters where they cannot be written."""

WIDTH_OF_FILES = 1000
"""Width of tables that are not printed on a terminal, in columns (*choice*)."""


class LiteralConsole(Console):
    """A console that prints text literally.

    Square brackets in a file's name are not markup, and lines and tables written to a file or
    another program are not wrapped; to style text, pass a `rich.text.Text`.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False)

    @property
    def size(self) -> ConsoleDimensions:
        """Width and height; lines of files have any length, unless COLUMNS gives one."""
        if self._width is None and not self.is_terminal:
            return ConsoleDimensions(WIDTH_OF_FILES, 25)
        return super().size

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401
        """Print like `rich.console.Console.print`."""
        texts = all(isinstance(each, str | Text) for each in objects)
        if texts and not self.is_terminal:
            options.setdefault("soft_wrap", True)
        super().print(*objects, **options)


def bold(text: str, colour: str = "") -> Text:
    """Return text in bold and in a colour."""
    return Text(text, style=f"bold {colour}".strip())


def print_any_text() -> None:
    r"""Make standard output and standard error accept any text, in any encoding.

    Characters missing from the encoding, such as "±" on an ASCII terminal, are replaced as in
    `SPELLED`, or escaped as in Python (``\xe4``).
    """
    codecs.register_error("v1cortex", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="v1cortex")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(SPELLED)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end
