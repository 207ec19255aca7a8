"""The re-test on the page: forest plot, verdict in words, and table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evolution.reports.page.markup import Markup, escape, table
from v1cortex.evaluation import READOUT_NAMES, SCORE_LABELS

__all__ = ["forest_data", "retest_section", "verdict"]

ALPHA = 0.05
"""Level of the verdict, after Holm's correction."""

POWER = "80 %"
"""Power for the stated detectable difference (`RetestResult.detectable`)."""

MISSING = (
    "This run has no re-test yet: nothing shows that any of its rules is better than the static "
    "network. The best of many noisy scores is partly luck."
)


def forest_data(retest: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return each condition's score and difference with intervals, chance and best by chance."""
    if retest is None:
        return None
    score, by_chance = retest["score"], retest["by_chance"]
    rows = [
        {
            "condition": row["condition"],
            "rule": bool(row["control"]) and "," not in row["condition"],
            "score": _interval(row[score]),
            "difference": _interval(row["difference"] and row["difference"]["estimate"]),
        }
        for row in retest["rows"]
    ]
    return {
        "score": SCORE_LABELS[score],
        "rows": rows,
        "chance": 0.5,
        "luck": by_chance["expected"],
        "tried": retest["n_tried"],
    }


def verdict(retest: Mapping[str, Any]) -> str:
    """Return what the re-test says, in words."""
    rules = [row for row in retest["rows"] if row["control"] and "," not in row["condition"]]
    score, seeds = SCORE_LABELS[retest["score"]], len(retest["seeds"])
    better: list[str] = []
    worse: list[str] = []
    for row in rules:
        gain = row["difference"]["estimate"]["mean"]
        if row["p_corrected"] is not None and row["p_corrected"] < ALPHA:
            (better if gain > 0 else worse).append(_gain(row))
    parts = []
    if better:
        parts.append(
            f"On {seeds} fresh networks, {len(better)} of {len(rules)} re-tested rules reached a "
            f"higher {score} than the static network of the same seeds: {'; '.join(better)}."
        )
        parts.append(_matched(retest, rules))
    elif rules:
        best = max(rules, key=lambda row: row["difference"]["estimate"]["mean"])
        parts.append(
            f"On {seeds} fresh networks, no re-tested rule was better than the static network of "
            f"the same seeds. The largest difference in {score} was {_gain(best)}."
        )
        limit = retest.get("detectable_difference")
        if limit:
            parts.append(
                f"{seeds} networks detect a difference of {limit:.3f} with a power of {POWER}; "
                "smaller ones cannot be ruled out."
            )
    if failed := retest.get("failed"):
        names = ", ".join(each["condition"] for each in failed)
        parts.append(f"The re-test of some conditions failed: {names}.")
    if worse:
        parts.append(f"Worse than the static network: {'; '.join(worse)}.")
    return " ".join(part for part in parts if part)


def retest_section(retest: Mapping[str, Any] | None) -> Markup:
    """Return the section of the re-test."""
    if retest is None:
        return Markup(f"<p class='note'>{escape(MISSING)}</p>")
    score = retest["score"]
    rows = [_cells(row, score) for row in retest["rows"]]
    rows += [
        (each["condition"], "failed", each["control"], "", each["message"], "")
        for each in retest.get("failed", ())
    ]
    head = (
        "condition",
        f"{SCORE_LABELS[score]} ± s.e.",
        "control",
        "difference",
        "95 % interval",
        "p (Holm)",
    )
    return Markup(
        f"<p class='verdict'>{escape(verdict(retest))}</p>"
        "<div class='pair'><div class='plot' id='forest-score' role='img' aria-label='Scores of "
        "all conditions with 95 % intervals, as in the table below'></div>"
        "<div class='plot' id='forest-difference' role='img' aria-label='Differences from the "
        "control with 95 % intervals, as in the table below'></div></div>"
        f"<p class='caption'>{escape(_caption(retest))}</p>"
        f"{table(head, rows, 'Re-test')}"
    )


def _caption(retest: Mapping[str, Any]) -> str:
    chance = retest["by_chance"]["expected"]
    return (
        f"Means over {len(retest['seeds'])} fresh networks with 95 % intervals; a higher "
        f"{SCORE_LABELS[retest['score']]} is better, and 0.5 is chance. Cells read out: "
        f"{READOUT_NAMES[_readout(retest)]}. In the search, {retest['n_tried']} rules were tried: "
        "the best of that many rules without any effect is "
        f"expected to reach {chance:.2f} in one evaluation by chance. Right: difference from the "
        "control on the same seeds."
    )


def _readout(retest: Mapping[str, Any]) -> str:
    """Return the cells that are scored."""
    return str(retest.get("protocol", {}).get("readout", "pool"))


def _cells(row: Mapping[str, Any], score: str) -> tuple[str, ...]:
    value, estimate = row[score], row["difference"] and row["difference"]["estimate"]
    return (
        row["condition"],
        f"{value['mean']:.3f} ± {value['standard_error']:.3f}",
        row["control"],
        f"{estimate['mean']:+.3f}" if estimate else "",
        f"{estimate['low']:+.3f} to {estimate['high']:+.3f}" if estimate else "",
        "" if row["p_corrected"] is None else f"{row['p_corrected']:.2g}",
    )


def _gain(row: Mapping[str, Any]) -> str:
    estimate, p = row["difference"]["estimate"], row["p_corrected"]
    tested = "" if p is None else f"; p = {p:.2g} after Holm's correction"
    return (
        f"{estimate['mean']:+.3f} by {row['condition']} (95 % interval {estimate['low']:+.3f} to "
        f"{estimate['high']:+.3f}{tested})"
    )


def _matched(retest: Mapping[str, Any], rules: list[Mapping[str, Any]]) -> str:
    """Return whether the gain alone explains it, if networks with matched gain were tested."""
    scores = {row["condition"]: row[retest["score"]]["mean"] for row in retest["rows"]}
    matched = [
        f"{row['condition']} {scores[row['condition']]:.3f}, static network of its gain "
        f"{scores[name]:.3f}"
        for row in rules
        if (name := f"{row['condition']}, matched gain") in scores
    ]
    if not matched:
        return "No network with matched gain was tested: the gain alone may explain this."
    return f"With E->E weights scaled to the rule's final mean instead: {'; '.join(matched)}."


def _interval(estimate: Mapping[str, Any] | None) -> list[float | None] | None:
    """Return mean, low and high."""
    if not estimate:
        return None
    return [estimate["mean"], estimate.get("low"), estimate.get("high")]
