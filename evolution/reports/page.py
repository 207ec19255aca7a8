"""A self-contained page about a run: progress, re-test, front, plots and settings."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evolution.genome import RuleGenome
from evolution.reports.retest import read_retest
from evolution.reports.run import Run
from evolution.reports.summary import RunSummary, summarise
from evolution.runs import CONFIG, Front, RunFolder
from v1cortex.tables import POPULATIONS
from validation.objectives import OBJECTIVES

__all__ = ["report_page"]

PICTURES = {
    "front.png": "All rules tried (small) and the front, by pairs of objectives; "
    "how often terms occur in the front.",
    "generations.png": "Objectives over generations.",
}
"""Plots in a run folder, with their captions."""

_STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; font-size: 14px; }
th, td { padding: 3px 10px; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.wide td:last-child { text-align: left; min-width: 18em; }
img { max-width: 100%; }
pre { background: #f4f4f4; padding: 1em; overflow-x: auto; font-size: 12px; }
.wide { overflow-x: auto; }
.note { border-left: 4px solid #d55e00; padding-left: 1em; }
"""

_LUCK = (
    "<p class='note'>The best of many noisy scores is partly luck. {more}</p>",
    "Only the re-test on fresh networks and stimuli shows what a rule is worth.",
    "This run has no re-test yet: nothing shows that a rule is better than its control.",
)


def report_page(path: Path) -> str:
    """Return a run as one HTML page that needs no other files.

    Parameters
    ----------
    path
        Folder of the run; it may be running.

    Raises
    ------
    RunFolderError
        If there is no run.
    """
    folder = RunFolder(path)
    summary, front = summarise(path), Run(path).pareto_front()
    retest = read_retest(folder)
    title = f"Search for plasticity rules: {path.resolve().name}"
    body = [
        f"<h1>{html.escape(title)}</h1>",
        _course(summary),
        _LUCK[0].format(more=_LUCK[1] if retest else _LUCK[2]),
        *([_retest(retest)] if retest else []),
        _front(front),
        *(_picture(path / name, text) for name, text in PICTURES.items()),
        _files(folder),
    ]
    return (
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body>{''.join(body)}</body></html>\n"
    )


def _course(summary: RunSummary) -> str:
    config = summary.config
    rows = [
        (cost.stage, cost.n_evaluations, cost.n_rejected, cost.n_lost, f"{cost.cpu_seconds:.0f}")
        for cost in summary.costs
    ]
    return (
        f"<p>{summary.state}: {summary.n_tried} of {summary.n_planned} rules tried, "
        f"{summary.n_evaluations} evaluations, {summary.core_hours:.2f} core hours. "
        f"{config.neurons:,} neurons, {html.escape(config.algorithm.name)}, population of "
        f"{config.population_size}, seed {config.seed}.</p>"
        + _table(("stage", "evaluations", "rejected", "lost", "processor s"), rows)
    )


def _retest(retest: Mapping[str, Any]) -> str:
    score, chance = retest["score"], retest["by_chance"]
    rows = []
    for row in retest["rows"]:
        estimate = row["difference"] and row["difference"]["estimate"]
        interval = f"{estimate['low']:+.3f} to {estimate['high']:+.3f}" if estimate else ""
        rows.append(
            (
                row["condition"],
                f"{row[score]['mean']:.3f} ± {row[score]['standard_error']:.3f}",
                row["control"],
                f"{estimate['mean']:+.3f}" if estimate else "",
                interval,
                "" if row["p_corrected"] is None else f"{row['p_corrected']:.2g}",
            )
        )
    rows += [
        (each["condition"], "failed", each["control"], "", each["message"], "")
        for each in retest.get("failed", ())
    ]
    head = ("condition", f"{score} ± s.e.", "control", "difference", "95 % interval", "p (Holm)")
    return (
        f"<h2>Re-test</h2><p>On {len(retest['seeds'])} fresh networks. {retest['n_tried']} rules "
        f"were tried; the best of that many rules without any effect is expected to reach "
        f"{chance['expected']:.2f} in the search by chance.</p>{_table(head, rows)}"
    )


def _front(front: Front) -> str:
    genome = RuleGenome(POPULATIONS)
    rows = [
        (
            f"rule_{number:03d}",
            *(f"{value:.3g}" for value in member.objectives),
            genome.decode(member.genome, "").formula(),
        )
        for number, member in enumerate(front.members, start=1)
    ]
    heads = [f"{each.label}{f', {each.unit}' if each.unit else ''}" for each in OBJECTIVES]
    return (
        f"<h2>Front</h2><p>{len(front.members)} of {front.n_tried} rules: no other is better in "
        f"all objectives at once. Smaller is better for all.</p>"
        f"<div class='wide'>{_table(('rule', *heads, 'formula'), rows)}</div>"
    )


def _picture(path: Path, text: str) -> str:
    if not path.is_file():
        return ""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    label = html.escape(text)
    return (
        f"<figure><img alt='{label}' src='data:image/png;base64,{data}'>"
        f"<figcaption>{label}</figcaption></figure>"
    )


def _files(folder: RunFolder) -> str:
    versions = folder.versions()
    config = (folder.path / CONFIG).read_text(encoding="utf-8", errors="replace")
    return (
        f"<h2>Settings</h2><details><summary>{CONFIG}</summary><pre>{html.escape(config)}</pre>"
        f"</details><h2>Versions</h2>{_table(('program', 'version'), versions.items())}"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def cells(tag: str, row: Sequence[object]) -> str:
        return "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row)

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><tr>{cells('th', head)}</tr>{lines}</table>"
