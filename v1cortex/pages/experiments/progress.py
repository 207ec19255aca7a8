"""The score over the levels of a search by pairs: in the search, and on fresh networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from v1cortex.evaluation import SCORE_LABELS
from v1cortex.pages.figures import GREY, ORANGE, Figure, error_bars

__all__ = ["progress_figure"]

START = "static network"

SEARCHED, TESTED = GREY, ORANGE
"""Colours of differences in the search, and of those on fresh networks."""

CAPTION = (
    "Grey: the steps taken, added up, with the 95 % interval of each level's own step, on the "
    "networks of the search. The best of several steps is partly luck. Orange: what was found up "
    "to each level, on fresh networks with 95 % intervals; these are the figures to report."
)


def progress_figure(
    levels: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], score: str
) -> Figure:
    """Draw how much higher the score is than the static network's, level by level.

    Parameters
    ----------
    levels
        The levels (`v1cortex.experiments.paired.Level.to_dict`).
    rows
        Rows of the test: ``found``, or ``gains of LEVEL``.
    score
        ``auc`` or ``accuracy``.
    """
    places = [START, *(level["grouping"] for level in levels)]
    label = f"{SCORE_LABELS[score]} minus the static network's"
    return Figure(
        "progress",
        f"{label}, after each level of the search",
        [_searched(places, levels), _tested(places, levels, rows)],
        {
            "xaxis": {"title": "level", "type": "category", "showgrid": False},
            "yaxis": {"title": label, "zeroline": True},
        },
        caption=CAPTION,
    )


def _searched(places: Sequence[str], levels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of the steps taken, with the interval of each level's step."""
    heights, intervals = [0.0], [(0.0, 0.0)]
    for level in levels:
        taken = _taken(level)
        rise, low, high = _interval(taken) if taken else (0.0, 0.0, 0.0)
        heights.append(heights[-1] + rise)
        intervals.append((rise - low, high - rise))
    line = {"color": SEARCHED, "dash": "dot"}
    return _points("in the search", places, heights, intervals, SEARCHED) | {
        "mode": "lines+markers",
        "line": line,
    }


def _tested(
    places: Sequence[str], levels: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what was found up to each level, as tested on fresh networks."""
    moved = [level["grouping"] for level in levels if any(level["step"].values())]
    tested = {f"gains of {name}": name for name in moved}
    if moved:
        tested["found"] = moved[-1]
    found = {
        tested[row["condition"]]: _interval(row)
        for row in rows
        if row["condition"] in tested and row["difference"]
    }
    own = [place for place in places if place in found]
    means = [found[place][0] for place in own]
    intervals = [(mean - low, high - mean) for mean, low, high in (found[each] for each in own)]
    return _points("on fresh networks", own, means, intervals, TESTED)


def _taken(level: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the tried step that was taken, if one was."""
    return next((each for each in level["lengths"] if each["size"] == level["size"]), None)


def _interval(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return mean, low and high of a difference; one network has no interval."""
    found = row["difference"]["estimate"]
    mean = found["mean"]
    if found["low"] is None:
        return mean, mean, mean
    return mean, found["low"], found["high"]


def _points(
    name: str,
    x: Sequence[str],
    y: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    colour: str,
) -> dict[str, Any]:
    below, above = ([round(each[side], 5) for each in intervals] for side in (0, 1))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": list(x),
        "y": [round(each, 5) for each in y],
        "error_y": error_bars(above, below),
        "marker": {"color": colour, "size": 10},
    }
