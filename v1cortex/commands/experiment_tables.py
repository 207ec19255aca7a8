"""Tables of experiments."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from v1cortex.commands.common import results, table
from v1cortex.config import ProtocolConfig
from v1cortex.experiments.rows import Row
from validation.comparison import Estimate

__all__ = ["print_rows"]

COLUMNS = ("condition", "AUC", "accuracy", "difference", "p", "E->E", "at bound", "Hz")

WIDTH = 120
"""Columns of a table that does not go to a terminal."""


def print_rows(title: str, rows: Sequence[Row], protocol: ProtocolConfig) -> None:
    """Print a row for each condition, and what the columns mean."""
    # In a file or a pipe, lines are as long as they need to be.
    console = results if results.is_terminal else Console(width=WIDTH)
    console.print(table(title, COLUMNS, [_cells(row) for row in rows]))
    score = {"auc": "AUC", "accuracy": "accuracy"}[protocol.resolved_score]
    controls = sorted({row.control for row in rows if row.control})
    results.print(
        f"Mean ± standard deviation over seeds, means over {', '.join(protocol.tasks)}. difference"
        f": {score} minus that of the control on the same seeds ({'; '.join(controls)}), in "
        "brackets its 95 % interval; p: paired t test, corrected for the comparisons of this "
        "table (Holm). "
        "E->E: final mean weight, relative to the initial one; at bound: "
        "share of E->E weights that came to a bound.",
        highlight=False,
        soft_wrap=True,
    )
    for row in rows:
        if row.linear and not row.control:
            results.print(
                f"Linear read-out of all neurons, trained on the same trials ({row.condition}): "
                f"AUC {_mean(row.linear['auc'])}, accuracy {_mean(row.linear['accuracy'])}.",
                highlight=False,
                soft_wrap=True,
            )
    unusual = [row for row in rows if set(row.statuses) != {"ok"}]
    for row in unusual:
        counts = ", ".join(f"{n} {status}" for status, n in sorted(row.statuses.items()))
        results.print(f"{row.condition}: {counts}", highlight=False, soft_wrap=True)


def _cells(row: Row) -> tuple[str, ...]:
    difference = row.difference
    return (
        row.condition,
        _mean(row.auc),
        _mean(row.accuracy),
        _difference(difference.estimate) if difference else "",
        "" if row.p_corrected is None else _p_value(row.p_corrected),
        "" if row.ee_weight is None else f"{row.ee_weight:.2f}",
        "" if row.share_at_bound is None else f"{row.share_at_bound:.1%}",
        "" if row.rate_Hz is None else f"{row.rate_Hz:.1f}",
    )


def _mean(estimate: Estimate) -> str:
    spread = "" if estimate.sd is None else f" ± {estimate.sd:.3f}"
    return f"{estimate.mean:.3f}{spread}"


def _difference(estimate: Estimate) -> str:
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f" [{estimate.low:+.3f}, {estimate.high:+.3f}]"
    return f"{estimate.mean:+.3f}{interval}"


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
