"""The re-test of rules as a table, the same for searches and experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v1cortex.commands.output.tables import FittedTable, table
from v1cortex.commands.output.text import results, with_error
from v1cortex.evaluation import SCORE_LABELS, about_score

__all__ = ["print_retest"]


def print_retest(retest: Mapping[str, Any]) -> None:
    """Print a re-test: every condition with its standard error, and why conditions failed.

    Parameters
    ----------
    retest
        Its data, as returned by `v1cortex.experiments.retest_data`.
    """
    results.print(_table(retest))
    readout = retest.get("protocol", {}).get("readout", "pool")
    results.print(about_score(retest["score"], readout), highlight=False, soft_wrap=True)
    for failed in retest.get("failed", ()):
        count = f"{failed['n_failed']} of {failed['n_evaluations']} evaluations, "
        results.print(
            f"{failed['condition']} failed: {count if failed['n_failed'] else ''}"
            f"{failed['message']}",
            highlight=False,
            soft_wrap=True,
        )


def _table(retest: Mapping[str, Any]) -> FittedTable:
    score = retest["score"]
    rows = []
    for row in retest["rows"]:
        value, difference = row[score], row["difference"]
        estimate = difference and difference["estimate"]
        rows.append(
            (
                row["condition"],
                with_error(value["mean"], value["standard_error"]),
                row["control"] or "-",
                f"{estimate['mean']:+.3f}" if estimate else "-",
                f"[{estimate['low']:+.3f}, {estimate['high']:+.3f}]" if estimate else "-",
                "-" if row["p_corrected"] is None else f"{row['p_corrected']:.2g}",
            )
        )
    for failed in retest.get("failed", ()):
        rows.append((failed["condition"], "failed", failed["control"] or "-", "-", "-", "-"))
    chance = retest["by_chance"]
    title = (
        f"re-test on {len(retest['seeds'])} fresh networks, {retest['n_tried']} rules tried "
        f"(the best of that many at chance reaches {chance['expected']:.2f} in one evaluation by "
        "luck)"
    )
    return table(
        title,
        ("condition", f"{SCORE_LABELS[score]} ± s.e.", "control", "difference", "95 %", "p (Holm)"),
        rows,
    )
