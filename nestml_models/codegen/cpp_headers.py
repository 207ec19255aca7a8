"""The C++ headers that generated code includes, written by hand: one file for each concern."""

from __future__ import annotations

from pathlib import Path

__all__ = ["header_files"]


def header_files() -> tuple[Path, ...]:
    """Return the headers, in the order of their names."""
    return tuple(sorted((Path(__file__).parent / "headers").glob("*.h")))
