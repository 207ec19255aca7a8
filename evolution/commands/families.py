"""`v1cortex families`: the kinds of rules that a search found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evolution.commands.elsewhere import or_elsewhere
from evolution.commands.options import RunPath
from evolution.reports import (
    COEFFICIENT_DISTANCE,
    GATE_DISTANCE,
    FamilyReport,
    Run,
    analyse,
    family_page,
    write,
)
from evolution.runs import RunFolder, rule_name
from nestml_models.common import write_whole
from v1cortex.commands.options.common import AsJson, FigureFormatOption
from v1cortex.commands.output.progress import status
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import command_line, print_json, results
from v1cortex.evaluation import Protocol, about_error
from v1cortex.plots import FigureFormat

N_SHOWN = 15
"""Number of families, and of pairs of families, listed; all of them are in the tables."""


def families(
    run: RunPath,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder to write tables and pictures to.", show_default="RUN/families"
        ),
    ] = None,
    gates: Annotated[
        float,
        typer.Option("--gates", help="Largest distance of terms in a family; 0: the same terms."),
    ] = GATE_DISTANCE,
    coefficients: Annotated[
        float,
        typer.Option("--coefficients", help="Largest distance of coefficients in a family, to 2."),
    ] = COEFFICIENT_DISTANCE,
    figure_format: FigureFormatOption = FigureFormat.png,
    as_json: AsJson = False,
) -> None:
    """Cluster the rules of a run's front by their terms, then by their coefficients.

    Writes each family's formula, size, objectives and coefficient maps over all pairs of neuron
    types, and how far families are apart in parameters and in behaviour.
    """
    found = Run(run)
    front, config = found.pareto_front(), found.config
    report = analyse(front, config.genome, config.protocol.plastic, gates, coefficients)
    with status("drawing"), or_elsewhere(out):
        out = out or run / "families"
        written = write(report, out, figure_format)
        limits = {"run": str(run), "gates": gates, "coefficients": coefficients}
        versions = RunFolder(run).versions()
        page = family_page(report, run.resolve().name, limits, command_line(), versions)
        write_whole(out / "report.html", page)
        written.append(out / "report.html")
    if as_json:
        print_json({**report.summary(), "files": [str(path) for path in written]})
    else:
        _print(report, out, config.protocol)


def _print(report: FamilyReport, out: Path, protocol: Protocol) -> None:
    found = report.families.families
    kind = "family" if len(found) == 1 else "families"
    title = f"{len(found)} {kind} of {len(report.front.members)} rules"
    if len(found) > N_SHOWN:
        title += f"; the {N_SHOWN} largest"
    rows = [
        (
            family.number,
            len(family.members),
            f"{report.front.values[list(family.members), 0].min():.3f}",
            f"{report.front.values[list(family.members), 0].mean():.3f}",
            rule_name(family.medoid + 1),
        )
        for family in found[:N_SHOWN]
    ]
    columns = ("family", "rules", "smallest error", "mean error", "representative")
    results.print(table(title, columns, rows))
    explained = about_error(protocol.resolved_score, protocol.readout)
    results.print(explained, highlight=False, soft_wrap=True)
    for family in found[:N_SHOWN]:
        text = f"{family.number}: {report.formula(family)}"
        results.print(text, highlight=False, soft_wrap=True)
    _print_degeneracy(report)
    results.print(f"tables and pictures: {out}", highlight=False, soft_wrap=True)


def _print_degeneracy(report: FamilyReport) -> None:
    if report.behaviour is None:
        results.print("A single rule: there are no distances.")
        return
    if report.families.silhouette is not None:
        results.print(f"silhouette of the families: {report.families.silhouette:.2f}")
    if report.correlation is not None:
        results.print(
            "distances in parameters against behaviour: rank correlation "
            f"{report.correlation.rho:.2f}, p = {report.correlation.p:.3f}"
        )
    alike = [pair for pair in report.pairs if pair.degenerate]
    known = any(pair.degenerate is not None for pair in report.pairs)
    if alike:
        results.print(
            f"{len(alike)} of {len(report.pairs)} pairs of families act alike, the most different "
            f"in parameters: {alike[0].first} and {alike[0].second}"
        )
    elif known:
        results.print("no two families act alike")
