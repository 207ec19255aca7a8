"""`v1cortex runs`: reads the store of a search, even while it is running."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolution.commands.columns import COLUMNS, EXPECTED
from evolution.commands.options import RunPath
from nestml_models.common import csv_text, dump_yaml, parse_yaml, write_whole
from v1cortex.commands.options.common import AsJson
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import print_json, results
from v1cortex.errors import RuleError, V1CortexError

if TYPE_CHECKING:
    from evolution.reports import RunSummary

app = typer.Typer(help="List searches and read their results.", no_args_is_help=True)


class Format(StrEnum):
    """Format of a front."""

    csv = "csv"
    yaml = "yaml"


@app.command("list")
def list_runs(
    folder: Annotated[Path, typer.Argument(help="Where to look, subfolders included.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """List the runs at or below a folder."""
    from evolution.reports import find_runs, summarise  # here: plots and algorithms are heavy

    summaries, unreadable = [], []
    for path in find_runs(folder):
        try:
            summaries.append(summarise(path))
        except V1CortexError as error:
            unreadable.append(f"{path}: {error}")
    if as_json:
        print_json([_plain(summary) for summary in summaries])
        return
    rows = [
        (
            summary.folder,
            summary.state,
            f"{summary.n_tried} of {summary.n_planned}",
            summary.n_evaluations,
            f"{summary.core_hours:.2f}",
            f"{summary.best['error']:.3f}" if summary.best else "-",
        )
        for summary in summaries
    ]
    columns = ("run", "state", "rules", "evaluations", "core hours", "smallest error")
    results.print(table(f"{len(rows)} runs", columns, rows))
    for line in unreadable:
        results.print(line, highlight=False, soft_wrap=True)


@app.command()
def show(run: RunPath, as_json: AsJson = False) -> None:
    """Show the progress of a run, the cost of its stages, and its re-test."""
    from evolution.reports import read_retest, summarise
    from evolution.runs import RunFolder
    from v1cortex.commands.output.retest import print_retest
    from validation.objectives import OBJECTIVES

    summary, retest = summarise(run), read_retest(RunFolder(run))
    if as_json:
        print_json(_plain(summary) | {"retest": retest})
        return
    config = summary.config
    by = f" by {summary.in_use_by}" if summary.in_use_by else ""
    results.print(f"{run}: {summary.state}{by}", highlight=False, soft_wrap=True)
    results.print(
        f"{summary.n_tried} of {summary.n_planned} rules tried; {config.neurons} neurons, "
        f"{config.algorithm.name}, population {config.population_size}, "
        f"{config.generations} generations, {config.mode}; {summary.core_hours:.2f} core hours",
        highlight=False,
        soft_wrap=True,
    )
    _print_costs(summary)
    if summary.best:
        rows = [
            (each.label, f"{summary.best[each.name]:.3g}", f"{summary.median[each.name]:.3g}")
            for each in OBJECTIVES
        ]
        results.print(table("", ("objective", "best", "median"), rows))
    if retest is not None:
        print_retest(retest)


@app.command()
def front(
    run: RunPath,
    form: Annotated[
        Format | None,
        typer.Option(
            "--as", help="Print as csv or yaml, for other programs.", show_default="a table"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the front of all rules evaluated so far."""
    from evolution.reports import Run
    from evolution.runs import front_rows
    from v1cortex.evaluation import about_error
    from validation.objectives import OBJECTIVES

    of_run = Run(run)
    config, found = of_run.config, of_run.pareto_front()
    rows = front_rows(found, config.genome)
    if as_json:
        print_json({"n_tried": found.n_tried, "front": rows})
    elif form is Format.csv:
        typer.echo(csv_text(rows), nl=False)
    elif form is Format.yaml:
        typer.echo(dump_yaml(rows), nl=False)
    else:
        shown = [
            (row["rule"], row["evaluations"], *(f"{row[each.name]:.3g}" for each in OBJECTIVES))
            for row in rows
        ]
        results.print(table(found.title, ("rule", "n", *COLUMNS), shown))
        protocol = config.protocol
        explained = about_error(protocol.resolved_score, protocol.readout)
        results.print(explained, highlight=False, soft_wrap=True)
        for row, member in zip(rows, found.members, strict=True):
            results.print(f"{row['rule']}: {row['formula']}", highlight=False)
            if member.estimate is not None:
                results.print(f"{EXPECTED}: {member.estimate}", highlight=False, soft_wrap=True)


@app.command("rule")
def show_rule(
    run: RunPath,
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="rule_001 of the front, or GENERATION.CANDIDATE of any rule."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="File to write, for `evaluate --rule`.", show_default="the terminal"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a rule of a run as YAML for `v1cortex evaluate --rule`."""
    from evolution.reports import Run

    text = Run(run).rule(name).to_yaml()
    if as_json:
        print_json(parse_yaml(text, name, RuleError))
        return
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_whole(out, text)
        results.print(f"rule: {out}", highlight=False, soft_wrap=True)


def _print_costs(summary: RunSummary) -> None:
    rows = [
        (
            cost.stage,
            cost.n_evaluations,
            cost.n_rejected,
            cost.n_lost,
            f"{cost.seconds:.0f}",
            f"{cost.cpu_seconds:.0f}",
            f"{cost.cpu_seconds / cost.n_evaluations:.2f}",
        )
        for cost in summary.costs
    ]
    columns = ("stage", "evaluations", "rejected", "failed", "seconds", "core seconds", "each")
    results.print(table("", columns, rows))


def _plain(summary: RunSummary) -> dict[str, object]:
    """Return a summary as plain data."""
    return {
        "folder": str(summary.folder),
        "state": summary.state,
        "in_use_by": summary.in_use_by,
        "n_tried": summary.n_tried,
        "n_planned": summary.n_planned,
        "n_evaluations": summary.n_evaluations,
        "core_hours": summary.core_hours,
        "stages": [asdict(cost) for cost in summary.costs],
        "best": summary.best,
        "median": summary.median,
        "config": summary.config.model_dump(mode="json"),
    }
