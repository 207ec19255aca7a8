"""The known name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean"]

CUTOFF = 0.5
"""Names less similar than this (`difflib.SequenceMatcher.ratio`) are not offered."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Offer the most similar known name, or else list all of them, as one sentence.

    Parameters
    ----------
    name
        What was asked for.
    known
        All names there are.
    """
    names = [str(each) for each in known]
    near = difflib.get_close_matches(name, names, n=1, cutoff=CUTOFF)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(names)}." if names else "None is known."
