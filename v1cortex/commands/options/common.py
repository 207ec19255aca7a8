"""Options that most verbs have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MAX_NEURONS = 230_924
"""Cells of the full model (radius 845 um), Billeh et al. 2020."""
MAX_SEED = 2**63 - 1
"""Largest seed of the command line (*choice*)."""

Neurons = Annotated[
    int,
    typer.Option(
        "--neurons", "-n", help="Cells of the circuit.", show_default=True, min=1, max=MAX_NEURONS
    ),
]
Seed = Annotated[
    int, typer.Option("--seed", help="Seed; the same gives the same result.", min=0, max=MAX_SEED)
]
Threads = Annotated[
    int,
    typer.Option("--threads", help="NEST virtual processes; part of the result.", min=1, max=64),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output, messages aside.")
]
CalibrationName = Annotated[str, typer.Option("--calibration", help="published or mouse-classes.")]
CircuitFolder = Annotated[Path, typer.Argument(help="A folder that `v1cortex build` wrote.")]
