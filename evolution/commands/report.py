"""`v1cortex report`: one page of a run, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evolution.reports import report_page
from nestml_models.common import write_whole
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

    How far it is and what it cost, the re-test, the front, pictures, settings and versions.
    """
    path = out or run / "report.html"
    write_whole(path, report_page(run).encode())
    if as_json:
        print_json({"file": str(path)})
    else:
        results.print(f"written {path}", highlight=False, soft_wrap=True)
