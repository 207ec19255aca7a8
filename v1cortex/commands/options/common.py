"""Options that most verbs have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from v1cortex.circuit.full_model import FULL_NEURONS
from v1cortex.errors import CircuitError
from v1cortex.plots import FigureFormat

MAX_SEED = 2**63 - 1
"""Largest seed of the command line (*choice*)."""

MAX_SEEDS = 1000
"""Maximum number of networks in an experiment, as in a re-test (*choice*)."""

MAX_THREADS = 64

PROTOCOLS = "the protocol's"
"""Default of options that replace a setting of the protocol."""


def within(low: int, high: int) -> Callable[[int | None], int | None]:
    """Return a check of an option's value, whose message names the value and the range."""

    def check(value: int | None) -> int | None:
        if value is not None and not low <= value <= high:
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
Seeds = Annotated[
    int,
    typer.Option(
        "--seeds",
        help="Number of networks, each with a seed of its own.",
        min=1,
        max=MAX_SEEDS,
    ),
]
Sizes = Annotated[str, typer.Option("--sizes", help="Numbers of neurons, comma-separated.")]
FirstSeed = Annotated[
    int,
    typer.Option(
        "--first-seed", help="First seed; the others follow it.", callback=within(0, MAX_SEED)
    ),
]
THREADS = f"NEST virtual processes, 1 to {MAX_THREADS}; part of the result."
Threads = Annotated[int, typer.Option("--threads", help=THREADS, callback=within(1, MAX_THREADS))]
ThreadsOfProtocol = Annotated[
    int | None,
    typer.Option(
        "--threads", help=THREADS, callback=within(1, MAX_THREADS), show_default=PROTOCOLS
    ),
]
FigureFormatOption = Annotated[
    FigureFormat,
    typer.Option("--format", help="Format of figures; 300 dpi."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")]
CALIBRATION = (
    "Background of the neurons: published, mouse-classes, mouse-classes-rat or mouse-classes-table "
    "(with short-term dynamics and gains), or a table's file."
)
CALIBRATIONS = "the calibration's"
"""Default of options that replace what a calibration was fitted for."""

CalibrationName = Annotated[str, typer.Option("--calibration", help=CALIBRATION)]
CalibrationOfProtocol = Annotated[
    str | None, typer.Option("--calibration", help=CALIBRATION, show_default=PROTOCOLS)
]
SHORT_TERM = (
    "Short-term dynamics of synapses: off, circuit (as the circuit was built), table (mouse), "
    "rat (depressing E->E synapses), or a table's file."
)
ShortTermName = Annotated[
    str | None, typer.Option("--short-term", help=SHORT_TERM, show_default=CALIBRATIONS)
]
ShortTermOfProtocol = Annotated[
    str | None, typer.Option("--short-term", help=SHORT_TERM, show_default=PROTOCOLS)
]
WeightGain = Annotated[
    list[str] | None,
    typer.Option(
        "--weight-gain",
        help="KIND=FACTOR on weights, such as E->E=1.5 or L4_E->Pvalb=2; repeatable. Kinds: pairs "
        "of E, I, classes and populations.",
        show_default=CALIBRATIONS,
    ),
]
RULE = "A shipped rule, random:SEED, or a rule file."
RuleName = Annotated[str, typer.Argument(help=RULE)]
RuleNames = Annotated[list[str], typer.Argument(help=f"{RULE[:-1]}; one or more.")]
TauMs = Annotated[
    float, typer.Option("--tau-ms", help="Time constant of eligibility traces, in ms.")
]
Populations = Annotated[
    list[str] | None,
    typer.Option(
        "--population",
        help="NAME=POPULATION for cell types with other names; repeatable.",
        show_default="none",
    ),
]
CircuitFolder = Annotated[Path, typer.Argument(help="A folder written by `v1cortex build`.")]


def populations_of(given: Sequence[str] | None) -> dict[str, str]:
    """Return the population of each name that `Populations` gives.

    Raises
    ------
    CircuitError
        If a part is not a pair of names.
    """
    pairs = {}
    for each in given or ():
        name, equals, meaning = each.partition("=")
        if not (name and equals and meaning):
            raise CircuitError(f"--population {each}: write NAME=POPULATION, such as exc=L4_E")
        pairs[name] = meaning
    return pairs
