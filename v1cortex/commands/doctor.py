"""`v1cortex doctor`: what is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import typer

from nestml_models.toolchain import inspect
from v1cortex.commands.common import AsJson, print_json, results, table


def doctor(as_json: AsJson = False) -> None:
    """Check NEST, NESTML, the C++ compiler and the cache; exit code 1 if something is missing."""
    checks = inspect().checks
    if as_json:
        print_json(checks)
    else:
        rows = [(check.name, "ok" if check.ok else "PROBLEM", check.text) for check in checks]
        results.print(table("v1cortex doctor", ("what", "state", "found"), rows))
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
