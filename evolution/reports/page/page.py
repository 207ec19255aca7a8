"""One self-contained page of a run: re-test, front, families, course, methods, settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evolution.engine import read_sessions
from evolution.genome import RuleGenome
from evolution.reports.family_report import FamilyReport, analyse
from evolution.reports.page.course import course_data, rejections
from evolution.reports.page.methods import methods_text
from evolution.reports.page.points import point_data, term_data
from evolution.reports.retest import read_retest
from evolution.reports.run import Run
from evolution.reports.summary import RunSummary, summarise
from evolution.reports.windows import read_windows
from evolution.runs import CONFIG, Front, RunFolder, rule_name
from nestml_models.common import write_whole
from v1cortex.evaluation import Protocol, about_error
from v1cortex.pages import (
    Markup,
    Section,
    asset,
    escape,
    folded,
    formula_markup,
    html_page,
    methods_markup,
    retest_forest,
    retest_markup,
    table,
)
from validation.objectives import OBJECTIVES

__all__ = ["REPORT", "report_page", "write_report"]

REPORT = "report.html"
"""File name of the page in the folder of a run."""

SCRIPTS = ("front.js", "rule.js", "search.js", "run.js")

MAX_FAMILIES = 12
"""Number of families, the largest, that are drawn."""


def write_report(path: Path, out: Path | None = None) -> Path:
    """Write the page of a run, whole or not at all, and return its path.

    Parameters
    ----------
    path
        Folder of the run; it may be running.
    out
        File to write; ``report.html`` in the run's folder if None.

    Raises
    ------
    RunFolderError
        If there is no run.
    CacheError
        If the file cannot be written.
    """
    out = out or path / REPORT
    write_whole(out, report_page(path))
    return out


def report_page(path: Path) -> str:
    """Return a run as one HTML page that needs no other files and no network.

    Figures are drawn by plotly.js, which is packed into the page; without scripts its tables
    remain.

    Parameters
    ----------
    path
        Folder of the run; it may be running.

    Raises
    ------
    RunFolderError
        If there is no run.
    """
    folder, run, summary = RunFolder(path), Run(path), summarise(path)
    front, retest, genome = run.pareto_front(), read_retest(RunFolder(path)), run.config.genome
    families = _families(front, genome, run.config.protocol.plastic)
    title = f"Search for plasticity rules: {path.resolve().name}"
    sections = (
        Section("retest", "Re-test", retest_markup(retest)),
        Section("front", "Front", _front(front, genome, run.config.protocol)),
        Section("families", "Families of rules", _families_section(families)),
        Section("course", "Course of the search", _course(folder, summary)),
        Section("methods", "Methods", _methods(folder, summary, retest)),
        Section("settings", "Settings and versions", _files(folder)),
    )
    data = _data(folder, front, genome, retest, families)
    return html_page(title, _heading(summary), sections, data, [_asset(name) for name in SCRIPTS])


def _asset(name: str) -> str:
    return asset(name, "evolution.reports.page")


def _data(
    folder: RunFolder,
    front: Front,
    genome: RuleGenome,
    retest: Mapping[str, Any] | None,
    families: FamilyReport | None,
) -> dict[str, Any]:
    """Return all data for the figures."""
    labels = families.families.label if families else ()
    with folder.store(read_only=True) as store:
        return {
            "run": str(folder.path),
            "objectives": [
                {"name": each.name, "label": each.label, "unit": each.unit} for each in OBJECTIVES
            ],
            "terms": term_data(),
            "types": list(genome.types),
            "forest": retest_forest(retest),
            "course": course_data(store, front),
            **point_data(store, front, genome, labels, read_windows(folder.path)),
        }


def _heading(summary: RunSummary) -> Markup:
    config = summary.config
    return Markup(
        f"<p>{summary.state.capitalize()}: {summary.n_tried:,} of {summary.n_planned:,} rules "
        f"tried, {summary.n_evaluations:,} evaluations, {summary.core_hours:.2f} core hours. "
        f"{config.neurons:,} neurons, {escape(config.algorithm.name)}, population of "
        f"{config.population_size}, seed {config.seed}.</p>"
    )


def _front(front: Front, genome: RuleGenome, protocol: Protocol) -> Markup:
    heads = [f"{each.label}{f' ({each.unit})' if each.unit else ''}" for each in OBJECTIVES]
    rows = []
    for number, member in enumerate(front.members, start=1):
        rule = genome.decode(member.genome, rule_name(number))
        button = Markup(
            f"<button type='button' class='rule' data-rule='{rule.name}'>{rule.name}</button>"
        )
        values = [f"{value:.3g}" for value in member.objectives]
        rows.append((button, formula_markup(rule), *values))
    return Markup(
        f"<p>{len(front.members)} of {front.n_tried} rules: no other rule is better in all "
        "objectives at once. Smaller is better for all. "
        f"{escape(about_error(protocol.resolved_score, protocol.readout))}</p>"
        f"{_asset('front.html')}"
        + folded(
            "All rules of the front",
            table(("rule", "formula", *heads), rows, "Rules of the front"),
            opened=True,
        )
    )


def _families(front: Front, genome: RuleGenome, plastic: str) -> FamilyReport | None:
    return analyse(front, genome, plastic) if front.members else None


def _families_section(report: FamilyReport | None) -> Markup:
    if report is None:
        return Markup("<p>The front has no rules yet.</p>")
    found = report.families.families
    shown = found[:MAX_FAMILIES]
    panels = []
    for family in shown:
        rule = report.rules.genome.decode(report.rules.vectors[family.medoid])
        n = len(family.members)
        name = rule_name(family.medoid + 1)
        panels.append(
            f"<figure><figcaption>Family {family.number}: {n} rule{'s' if n > 1 else ''}, such as "
            f"<button type='button' class='rule' data-rule='{name}'>{name}</button> "
            f"{formula_markup(rule)}</figcaption><div class='plot small' data-family="
            f"'{family.number}' role='img' aria-label='Family {family.number} within the front'>"
            "</div></figure>"
        )
    n = len(found)
    text = (
        f"The {len(report.front.members)} rules of the front fall into {n} famil"
        f"{'y' if n == 1 else 'ies'}, by their terms and then by their coefficients"
        + (f"; the largest {len(shown)} are drawn" if n > len(shown) else "")
        + ". Axes are those chosen for the front. More: v1cortex families RUN."
    )
    return Markup(f"<p>{text}</p><div class='panels'>{''.join(panels)}</div>")


def _course(folder: RunFolder, summary: RunSummary) -> Markup:
    rows = [
        (
            cost.stage,
            f"{cost.n_evaluations:,}",
            f"{cost.n_rejected:,}",
            f"{cost.n_lost:,}",
            f"{cost.cpu_seconds / 3600:.2f}",
            f"{cost.cpu_seconds / cost.n_evaluations:.1f}",
        )
        for cost in summary.costs
    ]
    head = ("stage", "evaluations", "rejected", "failed", "core hours", "core s each")
    with folder.store(read_only=True) as store:
        reasons = rejections(store)
    why = ""
    if reasons:
        heads = ("hurdle", "reason", "rules")
        why = f"<h3>Why rules were rejected</h3>{table(heads, reasons, 'Reasons of rejections')}"
    return Markup(f"{_asset('course.html')}{table(head, rows, 'Cost of the stages')}{why}")


def _methods(folder: RunFolder, summary: RunSummary, retest: Mapping[str, Any] | None) -> Markup:
    text = methods_text(folder, summary, read_sessions(folder.path), retest)
    return methods_markup(text)


def _files(folder: RunFolder) -> Markup:
    versions = folder.versions()
    config = (folder.path / CONFIG).read_text(encoding="utf-8", errors="replace")
    settings = folded(CONFIG, f"<pre>{escape(config)}</pre>")
    return Markup(settings + table(("program", "version"), list(versions.items()), "Versions"))
