"""Words for people."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, what: str) -> str:
    """Return a number with a noun: 1 cell, 2 cells, 1,200 cells."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
