"""`v1cortex doctor`: what is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import typer
from rich.table import Table
from rich.text import Text

from v1cortex.commands.doctor_checks import checks
from v1cortex.commands.options.common import AsJson
from v1cortex.commands.output.consoles import bold
from v1cortex.commands.output.text import print_json, results


def doctor(as_json: AsJson = False) -> None:
    """Check NEST, NESTML, the C++ compiler and the cache; exit code 1 if something is missing."""
    found = checks()
    if as_json:
        print_json(found)
    else:
        drawn = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        drawn.add_column(style="bold", no_wrap=True)
        drawn.add_column(no_wrap=True)
        drawn.add_column(overflow="fold")
        for check in found:
            state = Text("ok", style="green") if check.ok else bold("PROBLEM", "red")
            text = Text(check.text)
            if not check.ok:
                text.append(f"\n{check.remedy}", style="bold")
            drawn.add_row(check.name, state, text)
        results.print(drawn)
    if not all(check.ok for check in found):
        raise typer.Exit(1)
