"""Options that most verbs have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from v1cortex.circuit.full_model import FULL_NEURONS

MAX_SEED = 2**63 - 1
"""Largest seed of the command line (*choice*)."""

MAX_THREADS = 64


def within(low: int, high: int) -> Callable[[int], int]:
    """Return a check of an option's value, whose message names the value and the range."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise typer.BadParameter(f"{value} is not within {low:,} to {high:,}")
        return value

    return check


Neurons = Annotated[
    int,
    typer.Option(
        "--neurons",
        "-n",
        help=f"Cells of the circuit, 1 to {FULL_NEURONS:,}.",
        show_default=True,
        callback=within(1, FULL_NEURONS),
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        help="Seed, 0 or more; the same gives the same result.",
        callback=within(0, MAX_SEED),
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads",
        help=f"NEST virtual processes, 1 to {MAX_THREADS}; part of the result.",
        callback=within(1, MAX_THREADS),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")]
CalibrationName = Annotated[str, typer.Option("--calibration", help="published or mouse-classes.")]
ShortTermOption = Annotated[
    str | None,
    typer.Option(
        "--short-term",
        help="Short-term dynamics of synapses: off (default), circuit (as the circuit was built), "
        "table (the shipped one), or the file of a table.",
    ),
]
WeightGain = Annotated[
    list[str] | None,
    typer.Option(
        "--weight-gain",
        help="KIND=FACTOR on weights, such as E->E=1.5; repeatable. Kinds: E->E, I->E, E->I, I->I.",
    ),
]
CircuitFolder = Annotated[Path, typer.Argument(help="A folder written by `v1cortex build`.")]
