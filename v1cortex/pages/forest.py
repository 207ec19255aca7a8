"""Forest plots: conditions with their intervals, and differences from their controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from v1cortex.evaluation import SCORE_LABELS
from v1cortex.pages.markup import Markup, escape, table

__all__ = ["forest_data", "forest_markup", "gain_text", "is_significant", "score_text"]

ALPHA = 0.05
"""Level of what is called better or worse, after Holm's correction."""

CHANCE = 0.5
"""Chance score, for AUC and for accuracy with balanced labels."""

HEAD = ("control", "difference", "95 % interval", "p (Holm)")


def forest_data(
    rows: Sequence[Mapping[str, Any]],
    score: str,
    luck: float | None = None,
    n_tried: int = 1,
) -> dict[str, Any]:
    """Return each condition's score and difference with intervals, as data for the figures.

    Parameters
    ----------
    rows
        Rows of an experiment or re-test (`v1cortex.experiments.Row.to_dict`).
    score
        ``auc`` or ``accuracy``.
    luck
        What the best of `n_tried` rules is expected to reach by chance; None if only one was tried.
    n_tried
        Number of rules that were tried.
    """
    return {
        "score": SCORE_LABELS[score],
        "rows": [
            {
                "condition": row["condition"],
                "rule": bool(row["control"]) and "," not in row["condition"],
                "score": _interval(row[score]),
                "seeds": [round(each, 5) for each in row.get("by_seed", {}).get(score, ())],
                "difference": _interval(row["difference"] and row["difference"]["estimate"]),
            }
            for row in rows
        ],
        "chance": CHANCE,
        "luck": luck,
        "tried": n_tried,
    }


def forest_markup(
    rows: Sequence[Mapping[str, Any]],
    score: str,
    caption: str,
    failed: Sequence[Mapping[str, Any]] = (),
) -> Markup:
    """Return the places of both figures, their caption, and the same as a table.

    Parameters
    ----------
    rows, score
        As for `forest_data`.
    caption
        Text below the figures.
    failed
        Conditions without a result: ``condition``, ``control`` and ``message``.
    """
    cells = [_cells(row, score) for row in rows]
    cells += [
        (each["condition"], "failed", each["control"], "", each["message"], "") for each in failed
    ]
    head = ("condition", f"{SCORE_LABELS[score]} ± s.e.", *HEAD)
    places = "".join(
        f"<div class='plot' id='forest-{name}' style='min-height:{98 + 26 * len(rows)}px' "
        f"role='img' aria-label='{what} with 95 % intervals, as in the table below'></div>"
        for name, what in (("score", "All scores"), ("difference", "Differences from controls"))
    )
    return Markup(
        f"<div class='pair'>{places}</div>"
        f"<p class='caption'>{escape(caption)}</p>"
        f"{table(head, cells, 'Scores and differences of all conditions')}"
    )


def gain_text(row: Mapping[str, Any]) -> str:
    """Return a condition's difference from its control, in words."""
    estimate, p = row["difference"]["estimate"], row["p_corrected"]
    tested = "" if p is None else f"; p = {p:.2g} after Holm's correction"
    interval = _interval_text(estimate)
    within = f"95 % interval {interval}" if interval else "no interval from one network"
    return f"{estimate['mean']:+.3f} by {row['condition']} ({within}{tested})"


def score_text(estimate: Mapping[str, Any]) -> str:
    """Return a mean with its standard error, if it has one."""
    error = estimate["standard_error"]
    return f"{estimate['mean']:.3f}" + ("" if error is None else f" ± {error:.3f}")


def is_significant(row: Mapping[str, Any]) -> bool:
    """Return whether a condition differs from its control, after correction."""
    return row["p_corrected"] is not None and row["p_corrected"] < ALPHA


def _cells(row: Mapping[str, Any], score: str) -> tuple[str, ...]:
    estimate = row["difference"] and row["difference"]["estimate"]
    return (
        row["condition"],
        score_text(row[score]),
        row["control"],
        f"{estimate['mean']:+.3f}" if estimate else "",
        _interval_text(estimate) if estimate else "",
        "" if row["p_corrected"] is None else f"{row['p_corrected']:.2g}",
    )


def _interval_text(estimate: Mapping[str, Any]) -> str:
    if estimate.get("low") is None:
        return ""
    return f"{estimate['low']:+.3f} to {estimate['high']:+.3f}"


def _interval(estimate: Mapping[str, Any] | None) -> list[float | None] | None:
    """Return mean, low and high."""
    if not estimate:
        return None
    return [estimate["mean"], estimate.get("low"), estimate.get("high")]
