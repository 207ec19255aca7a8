"""Options that most verbs have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Neurons = Annotated[
    int,
    typer.Option("--neurons", "-n", help="Cells of the circuit, 1 to 230,924.", show_default=True),
]
Seed = Annotated[
    int, typer.Option("--seed", help="Seed; the same gives the same result, 0 or more.")
]
Threads = Annotated[
    int, typer.Option("--threads", help="NEST virtual processes; part of the result.", min=1)
]
AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output, messages aside.")
]
CalibrationName = Annotated[str, typer.Option("--calibration", help="published or mouse-classes.")]
CircuitFolder = Annotated[Path, typer.Argument(help="A folder that `v1cortex build` wrote.")]
