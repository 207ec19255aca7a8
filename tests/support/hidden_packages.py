"""Runs Python without some of the installed packages: they are nowhere on its path."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import v1cortex

ROOT = Path(v1cortex.__file__).parents[1]
PROGRAM = """
import sys
sys.path[:0] = {path!r}
sys.argv = ["v1cortex", *{arguments!r}]
{code}
"""
COMMAND_LINE = "from v1cortex.commands.cli import main\nmain()"


def without(folder, packages):
    """Fill a folder with links to all installed packages but some, given by their import names."""
    owners = packages_distributions()
    hidden = {owner for package in packages for owner in owners[package]} - {"v1cortex"}
    names = {re.sub(r"[-_.]+", "_", owner).lower() for owner in hidden}
    names |= {module for module, owner in owners.items() if hidden.issuperset(owner)}
    for site in map(Path, sys.path):
        for entry in site.iterdir() if site.name == "site-packages" else ():
            link = folder / entry.name
            if entry.name.partition("-")[0].lower() not in names and not link.exists():
                link.symlink_to(entry)
    return folder


def run(folder, *arguments, code=COMMAND_LINE, cwd=None):
    """Run the command line, or code, with only the packages in the folder and v1cortex."""
    program = PROGRAM.format(path=[str(folder), str(ROOT)], arguments=arguments, code=code)
    command = [sys.executable, "-S", "-E", "-c", program]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
