"""A re-test on a page: verdict in words, forest plots, and table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v1cortex.evaluation import READOUT_NAMES, SCORE_LABELS
from v1cortex.pages.forest import forest_data, forest_markup, gain_text, is_significant
from v1cortex.pages.markup import Markup, escape

__all__ = ["retest_forest", "retest_markup", "verdict"]

POWER = "80 %"
"""Power for the stated detectable difference (`RetestResult.detectable`)."""

MISSING = (
    "This run has no re-test yet: nothing shows that any of its rules is better than the static "
    "network. The best of many noisy scores is partly luck."
)


def retest_forest(retest: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the data of a re-test's forest plots; None without a re-test."""
    if retest is None:
        return None
    luck = retest["by_chance"]["expected"]
    return forest_data(retest["rows"], retest["score"], luck, retest["n_tried"])


def verdict(retest: Mapping[str, Any]) -> str:
    """Return what the re-test says, in words."""
    rules = [row for row in retest["rows"] if row["control"] and "," not in row["condition"]]
    score, seeds = SCORE_LABELS[retest["score"]], len(retest["seeds"])
    better: list[str] = []
    worse: list[str] = []
    for row in rules:
        gain = row["difference"]["estimate"]["mean"]
        if is_significant(row):
            (better if gain > 0 else worse).append(gain_text(row))
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
            f"the same seeds. The largest difference in {score} was {gain_text(best)}."
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


def retest_markup(retest: Mapping[str, Any] | None) -> Markup:
    """Return the content of a re-test's section."""
    if retest is None:
        return Markup(f"<p class='note'>{escape(MISSING)}</p>")
    forest = forest_markup(
        retest["rows"], retest["score"], _caption(retest), retest.get("failed", ())
    )
    return Markup(f"<p class='verdict'>{escape(verdict(retest))}</p>{forest}")


def _caption(retest: Mapping[str, Any]) -> str:
    chance = retest["by_chance"]["expected"]
    return (
        f"Means over {len(retest['seeds'])} fresh networks with 95 % intervals; a higher "
        f"{SCORE_LABELS[retest['score']]} is better, and 0.5 is chance. Cells read out: "
        f"{READOUT_NAMES[_readout(retest)]}. In the search, {retest['n_tried']} rules were tried: "
        "the best of that many rules without any effect is "
        f"expected to reach {chance:.2f} in one evaluation by chance. Second figure: difference "
        "from the control on the same seeds. Small dots are single networks."
    )


def _readout(retest: Mapping[str, Any]) -> str:
    """Return the cells that are scored."""
    return str(retest.get("protocol", {}).get("readout", "pool"))


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
