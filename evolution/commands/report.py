"""`v1cortex report`: one page about a run, for human readers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evolution.commands.elsewhere import or_elsewhere
from evolution.commands.options import RunPath
from evolution.reports import simulate_windows, write_report
from v1cortex.commands.options.common import AsJson
from v1cortex.commands.output.text import print_json, results


def report(
    run: RunPath,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write: HTML.", show_default="RUN/report.html"),
    ] = None,
    windows: Annotated[
        int,
        typer.Option(
            "--windows",
            min=0,
            help="Simulate pairing windows of this many rules of the front, about 2 s each; those "
            "of re-tested rules are there after a search.",
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Write a run as one self-contained HTML page.

    The re-test, the front to click on, families, the course of the search, methods to paste,
    settings and versions. It needs no network.
    """
    if windows:
        simulate_windows(run, windows)
    with or_elsewhere(out):
        path = write_report(run, out)
    if as_json:
        print_json({"file": str(path)})
    else:
        results.print(f"written {path}", highlight=False, soft_wrap=True)
