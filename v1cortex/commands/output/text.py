"""Output of results and messages, and formatting of numbers and JSON."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from typing import Any

from v1cortex.commands.output.consoles import LiteralConsole

messages = LiteralConsole(stderr=True)
"""For progress and messages; standard output is only for results."""

results = LiteralConsole()


def json_text(data: Any) -> str:  # noqa: ANN401
    """Return data as indented JSON; dataclasses become objects, NumPy numbers plain ones."""
    import numpy as np  # here, so that the program's help does not wait for it

    def plain(value: Any) -> Any:  # noqa: ANN401
        if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        if isinstance(value, np.generic | np.ndarray):
            return value.tolist()
        return str(value)

    return json.dumps(data, indent=2, allow_nan=False, default=plain) + "\n"


def command_line() -> str:
    """Return the command that was given, to be given again."""
    return shlex.join(["v1cortex", *sys.argv[1:]])


def print_json(data: Any) -> None:  # noqa: ANN401
    """Write one JSON document to standard output."""
    sys.stdout.write(json_text(data))


def print_notes(notes: Iterable[str]) -> None:
    """Print assumptions on standard error, each note once."""
    for note in dict.fromkeys(notes):
        messages.print(f"note: {note}", highlight=False, soft_wrap=True)


def with_error(value: float, error: float | None) -> str:
    """Return a number with its standard error or deviation, if known."""
    return f"{value:.3f}" + ("" if error is None else f" ± {error:.3f}")
