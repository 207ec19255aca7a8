"""The course of a search: outcomes and objectives of the rules of each generation."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import Any

import numpy as np

from evolution.runs import PROTOCOL, VIABLE, Front, Score, SearchStore

__all__ = ["course_data", "rejections"]

RAN = "evaluated"

_VALUE = re.compile(r" is [-+.e\d]+(?=, )")
"""The number in a hurdle's reason, which differs from rule to rule."""


def course_data(store: SearchStore, front: Front) -> dict[str, Any]:
    """Return outcomes of rules and quantiles of objectives by generation.

    Parameters
    ----------
    store
        Evaluations of the run.
    front
        Its front.

    Returns
    -------
    data
        ``generations``; ``outcomes``: number of rules of each generation by outcome;
        ``best``, ``low``, ``median`` and ``high``: by objective, then generation, the best so far,
        quartiles and median of the new rules.
    """
    outcomes = _outcomes(store)
    generations = sorted(outcomes)
    kinds = sorted({kind for counts in outcomes.values() for kind in counts})
    kinds.sort(key=lambda kind: kind != RAN)
    viable = [each for each in front.candidates if each.viable]
    drawn = sorted({each.generation for each in viable})
    values = [np.array([c.objectives for c in viable if c.generation == g]) for g in drawn]
    data: dict[str, Any] = {
        "generations": generations,
        "outcomes": {kind: [outcomes[g][kind] for g in generations] for kind in kinds},
        "drawn": drawn,
    }
    if values:
        quartiles = np.array([np.quantile(v, [0.25, 0.5, 0.75], axis=0) for v in values])
        best = np.minimum.accumulate(np.array([v.min(axis=0) for v in values]), axis=0)
        data["best"] = best.T.round(6).tolist()
        for position, name in enumerate(("low", "median", "high")):
            data[name] = quartiles[:, position].T.round(6).tolist()
    return data


def rejections(store: SearchStore, most: int = 12) -> list[tuple[str, str, int]]:
    """Return the most frequent reasons why hurdles rejected rules: hurdle, reason, number."""
    counts = Counter(
        (score.candidate.stage, _VALUE.sub("", score.rejected))
        for score in store.scores(None)
        if score.rejected
    )
    return [(stage, reason, n) for (stage, reason), n in counts.most_common(most)]


def _outcomes(store: SearchStore) -> dict[int, Counter[str]]:
    """Return how the rules of each generation ended."""

    def origin_of(score: Score) -> tuple[int, int]:
        return score.candidate.generation, score.candidate.index

    outcomes: dict[int, Counter[str]] = {}
    for (generation, _), group in groupby(store.scores(None), origin_of):
        outcomes.setdefault(generation, Counter())[_outcome(list(group))] += 1
    return outcomes


def _outcome(scores: list[Score]) -> str:
    for score in scores:
        if score.rejected:
            return f"rejected by {score.candidate.stage}"
    lost = [score.status for score in scores if score.status not in VIABLE]
    if lost:
        return lost[0]
    return RAN if any(score.candidate.stage == PROTOCOL for score in scores) else "under way"
