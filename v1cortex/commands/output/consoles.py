"""The two streams that people read, whatever names and terminals they have."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Any

from rich.console import Console
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
"""How characters beyond ASCII are written where they cannot be."""


class LiteralConsole(Console):
    """A console that prints texts as they are.

    Square brackets in a file's name are no markup, and lines that go to a file or another program
    are not wrapped; to style a text, pass a `rich.text.Text`.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401
        """Print as `rich.console.Console.print` does."""
        texts = all(isinstance(each, str | Text) for each in objects)
        if texts and not self.is_terminal:
            options.setdefault("soft_wrap", True)
        super().print(*objects, **options)


def bold(text: str, colour: str = "") -> Text:
    """Return a text in bold, and in a colour."""
    return Text(text, style=f"bold {colour}".strip())


def print_any_text() -> None:
    r"""Let standard output and standard error take any text, in any encoding.

    What the encoding has no character for, such as "±" in a terminal of ASCII, is spelled with
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
