"""`v1cortex calibrate`: rates of static circuits compared with the mouse's, and their fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nestml_models.common import csv_text, write_whole
from v1cortex.circuit import build_circuit
from v1cortex.commands.experiment_run import whole_numbers
from v1cortex.commands.options.common import (
    MAX_SEEDS,
    AsJson,
    CalibrationName,
    FirstSeed,
    Seeds,
    ShortTermName,
    Sizes,
    WeightGain,
)
from v1cortex.commands.options.protocol import synapses_of
from v1cortex.commands.output.progress import progress_bar
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import command_line, messages, print_json, results
from v1cortex.network import SHORT_TERM, Synapses, population_background_pA
from v1cortex.simulation import FloatArray, RateTable, fit, rate_table, target_rates_Hz
from v1cortex.sonata import path_from
from v1cortex.tables import POPULATIONS


def calibrate(
    sizes: Sizes = "1000,3000",
    seeds: Seeds = 2,
    first_seed: FirstSeed = 1,
    held_out_seeds: Annotated[
        int,
        typer.Option(
            help="Number of networks whose rates are reported; their seeds follow the others.",
            min=1,
            max=MAX_SEEDS,
        ),
    ] = 2,
    calibration: CalibrationName = "mouse-classes",
    short_term: ShortTermName = None,
    gain: WeightGain = None,
    iterations: Annotated[
        int, typer.Option(help="Corrections of the background; 0 only measures.", min=0)
    ] = 0,
    duration: Annotated[
        int, typer.Option("--duration", help="Length of each stimulus in ms.", min=200)
    ] = 1000,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write: a calibration table.", show_default="none"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the mean rates of static circuits with the mouse's; with --iterations, fit them.

    The background is fitted to --seeds circuits of each size. Drifting gratings in four directions,
    and gray. The table written to --out can be used for every --calibration option. It brings the
    --short-term dynamics and --weight-gain that it was fitted with, which another such option
    replaces.
    """
    n_neurons = whole_numbers(sizes)
    fitted = range(first_seed, first_seed + seeds)
    held_out = range(fitted.stop, fitted.stop + held_out_seeds)
    background_pA = population_background_pA(calibration)
    synapses = synapses_of(calibration, short_term, gain)
    with progress_bar("building circuits") as report:
        if iterations:
            circuits = [build_circuit(n, s) for n in n_neurons for s in fitted]
            background_pA = fit(circuits, background_pA, duration, iterations, report, synapses)
        tables = []
        for n in n_neurons:
            report(f"rates of {n} neurons", 1.0)
            tables.append(
                rate_table(
                    [build_circuit(n, s) for s in held_out], background_pA, duration, synapses
                )
            )
    rows = _rows(tables, background_pA)
    if out is not None:
        write_whole(out, _csv(rows, _beside(out, synapses)))
        messages.print(f"written {out}")
    if as_json:
        print_json(rows)
    else:
        cells = [[f"{x:.2f}" if isinstance(x, float) else x for x in row.values()] for row in rows]
        results.print(table("mean firing rates of held-out circuits", list(rows[0]), cells))


def _rows(tables: Sequence[RateTable], background_pA: FloatArray) -> list[dict[str, str | float]]:
    targets_Hz = target_rates_Hz()
    return [
        {
            "population": name,
            "background_pA": float(background_pA[k]),
            "mouse_gratings_Hz": round(float(targets_Hz[k]), 3),
            **{
                f"{what}_{rates.n_neurons}_Hz": round(float(values[k]), 3)
                for rates in tables
                for what, values in (("gratings", rates.gratings_Hz), ("gray", rates.gray_Hz))
            },
        }
        for k, name in enumerate(POPULATIONS)
    ]


def _csv(rows: Sequence[dict[str, str | float]], synapses: Synapses) -> str:
    what = "Mean rates of held-out circuits, compared with the mouse's."
    return f"# {what} Made by: {command_line()}\n{synapses.header()}{csv_text(rows)}"


def _beside(out: Path, synapses: Synapses) -> Synapses:
    """Return the synapses with the path of their table relative to the calibration's."""
    own = synapses.short_term
    if own in SHORT_TERM:
        return synapses
    return replace(synapses, short_term=path_from(out.parent, own))
