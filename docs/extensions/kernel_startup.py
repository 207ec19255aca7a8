"""Run by every page's kernel before its cells."""

import os
import subprocess
import sys

from IPython import get_ipython

# Kernels ask the programs that they start for colours; pages want plain text of one width.
for _name in ("FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR"):
    os.environ.pop(_name, None)
os.environ.update(NO_COLOR="1", TERM="dumb", COLUMNS="100")


def _bash(_line: str, cell: str) -> None:
    """Run a cell in a shell and print all at once, so that no line is torn apart."""
    done = subprocess.run(["bash", "-e"], input=cell, text=True, capture_output=True, check=False)
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr}")


get_ipython().register_magic_function(_bash, "cell", "bash")
