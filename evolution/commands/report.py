"""`v1cortex report`: one page about a run, for human readers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evolution.reports import write_report
from v1cortex.commands.options.common import AsJson
from v1cortex.commands.output.text import print_json, results


def report(
    run: Annotated[Path, typer.Argument(help="Folder of a run, which may still be running.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="HTML file to write: RUN/report.html.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a run as one self-contained HTML page.

    The re-test, the front to click on, families, the course of the search, methods to paste,
    settings and versions. It needs no network.
    """
    path = write_report(run, out)
    if as_json:
        print_json({"file": str(path)})
    else:
        results.print(f"written {path}", highlight=False, soft_wrap=True)
