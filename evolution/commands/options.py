"""Arguments that several verbs of searches have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunPath = Annotated[Path, typer.Argument(help="Folder of a run, which may still be running.")]
