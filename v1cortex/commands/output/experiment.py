"""Tables of experiments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from v1cortex.commands.output.tables import FittedTable, table
from v1cortex.commands.output.text import results, with_error
from v1cortex.evaluation import (
    READOUT_NAMES,
    SCORE_LABELS,
    DecodedImages,
    OtherReadout,
    Protocol,
    WeightPoint,
    about_score,
)
from v1cortex.experiments import Row
from validation.adaptation import Adaptation
from validation.comparison import Estimate
from validation.weights import WeightMovement

__all__ = ["print_analyses", "print_remarks", "print_rows"]

COLUMNS = ("condition", "AUC", "accuracy", "difference", "p", "E->E", "at bound", "Hz")


def print_rows(title: str, rows: Sequence[Row], protocol: Protocol) -> None:
    """Print one row per condition, and the meaning of the columns."""
    results.print(table(title, COLUMNS, [_cells(row) for row in rows]))
    score = protocol.resolved_score
    controls = sorted({row.control for row in rows if row.control})
    results.print(
        f"Mean ± standard deviation over seeds, means over {', '.join(protocol.tasks)}. "
        f"{about_score(score, protocol.readout)} difference: {SCORE_LABELS[score]} minus that of "
        f"the control on the same seeds ({'; '.join(controls)}), in brackets its 95 % interval; p: "
        "paired t test, corrected for the comparisons of this table (Holm). "
        "E->E: final mean weight, relative to the initial one; at bound: "
        "change of the share of E->E weights at a bound.",
        highlight=False,
        soft_wrap=True,
    )
    print_remarks(rows)


def print_remarks(rows: Sequence[Row]) -> None:
    """Print the linear read-out of static networks, and evaluations with problems."""
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


def print_analyses(rows: Sequence[Row]) -> None:
    """Print image decoding and weights over training, if requested."""
    for task in {task: None for row in rows for task in row.analyses}:
        own = [(row.condition, row.analyses[task]) for row in rows if task in row.analyses]
        decoded = [(name, found.decoding) for name, found in own if found.decoding]
        if decoded:
            results.print(_decoding_table(task, decoded))
        readouts = [(name, found.readouts) for name, found in own if found.readouts]
        if readouts:
            results.print(readouts_table(task, readouts))
        adapted = [(name, found.adaptation) for name, found in own if found.adaptation]
        if adapted:
            results.print(adaptation_table(task, adapted))
        courses = [(name, found.weight_course) for name, found in own if found.weight_course]
        if courses:
            results.print(_course_table(task, courses))


def _decoding_table(task: str, decoded: Sequence[tuple[str, DecodedImages]]) -> FittedTable:
    chance = float(np.mean([found.chance for _, found in decoded]))
    columns = [f"{row.begin_ms:.0f}-{row.end_ms:.0f} ms" for row in decoded[0][1].bins]
    rows = [
        (
            name,
            *(f"{row.present:.2f} / {row.previous:.2f}" for row in found.bins),
            f"{found.persistence_ms:.0f} ms",
        )
        for name, found in decoded
    ]
    title = f"{task}: current / previous image decoded from all neurons (chance {chance:.2f})"
    return table(title, ("condition", *columns, "told for"), rows)


def readouts_table(
    task: str, measured: Sequence[tuple[str, Sequence[OtherReadout]]]
) -> FittedTable:
    """Return a table of additional read-outs: conditions and their results."""
    rows = [
        (
            name,
            f"{READOUT_NAMES[each.name]} ({each.n_pools:.0f} x {each.n_cells:.0f})",
            f"{each.rate_Hz:.1f}",
            f"{each.auc:.3f}",
            "-" if each.auc_within_images is None else f"{each.auc_within_images:.3f}",
        )
        for name, readouts in measured
        for each in readouts
    ]
    columns = ("condition", "read out (pools x cells)", "Hz", "AUC", "within images")
    return table(f"{task}: additional read-outs of rates", columns, rows)


def adaptation_table(task: str, measured: Sequence[tuple[str, Adaptation]]) -> FittedTable:
    """Return a table of responses to repeats, omissions and after gaps, by population."""
    gaps_ms = measured[0][1].gaps_ms
    last = len(measured[0][1].populations[0].repeats_Hz) - 1
    columns = ("condition", "population", "change", "1st", f"{last}th", "change / repeat")
    gaps = [f"after {gap_ms / 1000:.2g} s" for gap_ms in gaps_ms]
    rows = [
        (
            name,
            each.population,
            *(f"{each.repeats_Hz[k]:.1f}" for k in (0, 1, last)),
            "-" if each.change_over_repeat is None else f"{each.change_over_repeat:.2f}",
            f"{each.omitted_Hz:.1f}",
            f"{each.gray_Hz:.1f}",
            *(f"{rate_Hz:.1f}" for rate_Hz in each.after_gap_Hz),
        )
        for name, found in measured
        for each in found.populations
    ]
    title = f"{task}: rates (Hz) at a change, its repeats, an omitted one, in gray and after gaps"
    return table(title, (*columns, "omitted", "gray", *gaps), rows)


def _course_table(task: str, courses: Sequence[tuple[str, Sequence[WeightPoint]]]) -> FittedTable:
    columns = [f"{point.trials:.0f} trials" for point in courses[0][1]]
    rows = [
        (name, *(_moved(point.kinds["E->E"]) for point in points))
        for name, points in courses
        if all("E->E" in point.kinds for point in points)
    ]
    title = f"{task}: E->E weights over training, mean relative to the first (share at a bound)"
    return table(title, ("condition", *columns), rows)


def _moved(weights: WeightMovement) -> str:
    at_bound = weights.share_at_zero + weights.share_at_bound
    return f"{weights.relative_mean:.3f} ({at_bound:.0%})"


def _cells(row: Row) -> tuple[str, ...]:
    difference = row.difference
    return (
        row.condition,
        _mean(row.auc),
        _mean(row.accuracy),
        _difference(difference.estimate) if difference else "",
        "" if row.p_corrected is None else _p_value(row.p_corrected),
        "" if row.ee_weight is None else f"{row.ee_weight:.2f}",
        "" if row.share_at_bound is None else f"{row.share_at_bound:+.1%}",
        "" if row.rate_Hz is None else f"{row.rate_Hz:.1f}",
    )


def _mean(estimate: Estimate) -> str:
    return with_error(estimate.mean, estimate.sd)


def _difference(estimate: Estimate) -> str:
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f" [{estimate.low:+.3f}, {estimate.high:+.3f}]"
    return f"{estimate.mean:+.3f}{interval}"


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
