"""Random rules next to chance: their scores, and the best found so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.evaluation import SCORE_LABELS
from v1cortex.pages.figures import BLUE, GREY, ORANGE, Figure, curve, rounded
from v1cortex.pages.forest import CHANCE
from v1cortex.pages.markup import Markup, escape, table
from validation.comparison import best_by_chance

__all__ = ["outcomes_markup", "random_figures", "random_markup"]

MIN_BINS, MAX_BINS = 5, 40
"""Fewest and most bins; in between, the root of the number of rules (*choice*)."""


def random_figures(task: str, found: Mapping[str, Any], score: str) -> tuple[Figure, ...]:
    """Return the figures of a task: scores, differences, and the best of the first n rules.

    Parameters
    ----------
    task
        Name of the task.
    found
        The task's summary for one score (`v1cortex.experiments.random_rules`).
    score
        ``auc`` or ``accuracy``.
    """
    label = SCORE_LABELS[score]
    scores = _distribution(
        f"scores-{task}",
        np.array(found["values"]),
        label,
        [
            ("chance", CHANCE),
            ("static networks", found["static"]["mean"]),
            ("best by luck", found["best_by_chance"]["expected"]),
        ],
        "Rules whose network gave a score. Best by luck: expected for the best of as many static "
        "networks.",
    )
    differences = _distribution(
        f"differences-{task}",
        np.array(found["differences"]),
        f"{label} minus the static network's of the same seed",
        [
            ("no effect", 0.0),
            ("best by luck", found["best_difference_by_chance"]["expected"]),
        ],
        "Best by luck: at most expected for the best of as many rules without effect, from the "
        "noise of an evaluation.",
    )
    return scores, differences, _best_so_far(task, found, label)


def random_markup(task: str, figures: Sequence[Figure]) -> Markup:
    """Return the figures of a task under its name."""
    places = "".join(f"<div>{each.markup()}</div>" for each in figures)
    return Markup(f"<h3>{escape(task)}</h3><div class='pair'>{places}</div>")


def outcomes_markup(statuses: Mapping[str, float], n_rules: int, rates_Hz: str) -> Markup:
    """Return how evaluations ended, as a table.

    Parameters
    ----------
    statuses
        Share by outcome, and the share with ``plausible`` rates.
    n_rules
        Number of rules.
    rates_Hz
        What plausible rates are, in words.
    """
    cells = [
        (f"plausible: {rates_Hz}" if name == "plausible" else name, f"{share:.1%}")
        for name, share in statuses.items()
    ]
    head = ("outcome", f"share of {n_rules:,} rules")
    return table(head, cells, "How evaluations of random rules ended")


def _distribution(
    name: str,
    values: NDArray[np.float64],
    title: str,
    marks: Sequence[tuple[str, float]],
    caption: str,
) -> Figure:
    """Draw a histogram with vertical lines."""
    n_bins = int(np.clip(round(len(values) ** 0.5), MIN_BINS, MAX_BINS))
    counts, edges = np.histogram(values, n_bins)
    bars = {
        "type": "bar",
        "x": rounded((edges[:-1] + edges[1:]) / 2),
        "width": rounded(np.diff(edges)),
        "y": counts.tolist(),
        "name": "rules",
        "marker": {"color": BLUE},
    }
    colours = (GREY, ORANGE, "#009E73")
    lines = [
        curve([at, at], [0, int(counts.max())], f"{what}: {at:.3f}", colour)
        for (what, at), colour in zip(marks, colours, strict=False)
    ]
    return Figure(
        name,
        f"Distribution over random rules: {title}",
        [bars, *lines],
        {"xaxis": {"title": title}, "yaxis": {"title": "rules"}, "bargap": 0},
        caption=caption,
    )


def _best_so_far(task: str, found: Mapping[str, Any], label: str) -> Figure:
    """Draw the best of the first n rules, and what the best of n static networks would reach."""
    best = np.maximum.accumulate(found["values"])
    tried = np.arange(1, len(best) + 1)
    static = found["static"]
    spread = static["sd"] or found["noise_sd"]
    numbers = np.unique(np.geomspace(1, len(best), 40).round().astype(int))
    luck = [best_by_chance(int(n), static["mean"], spread) for n in numbers]
    share = luck[0].confidence
    above = curve(numbers, [each.quantile for each in luck], f"{share:.0%} of luck below", GREY)
    above["line"] = {**above["line"], "dash": "dot"}
    steps = curve(tried, best, "best of these rules", ORANGE)
    steps["line"] = {**steps["line"], "shape": "hv"}
    return Figure(
        f"best-{task}",
        f"Highest {label} of the first n random rules, and by luck",
        [curve(numbers, [each.expected for each in luck], "expected by luck", GREY), above, steps],
        {"xaxis": {"title": "rules tried"}, "yaxis": {"title": f"highest {label}"}},
        caption="By luck: the best of n static networks, with the spread of those measured.",
    )
