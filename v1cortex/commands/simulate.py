"""`v1cortex simulate`: a static circuit under a stimulus, with spikes and plots."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from v1cortex import ranks
from v1cortex.circuit import Circuit
from v1cortex.commands.common import (
    AsJson,
    CalibrationName,
    CircuitFolder,
    Seed,
    Threads,
    messages,
    print_json,
    progress_bar,
    results,
    table,
)
from v1cortex.plots import raster, rates
from v1cortex.simulation import simulate as run
from v1cortex.sonata import load_circuit
from v1cortex.spike_files import write_spikes
from v1cortex.stimuli import Movie, drifting_grating, grating, gray_movie, still_movie
from v1cortex.tables import POPULATIONS
from validation.scores import compare_rates
from validation.spikes import SpikeTrains
from validation.statistics import rate_summary


class Stimulus(StrEnum):
    """What the LGN sees."""

    gray = "gray"
    grating = "grating"
    drifting = "drifting"


def simulate(
    circuit: CircuitFolder,
    stimulus: Annotated[Stimulus, typer.Option(help="What the LGN sees.")] = Stimulus.drifting,
    duration: Annotated[int, typer.Option(help="Biological time in ms.", min=100)] = 2000,
    orientation: Annotated[float, typer.Option(help="Of a grating, in degrees.")] = 0.0,
    contrast: Annotated[float, typer.Option(help="Of a grating.", min=0)] = 1.0,
    seed: Seed = 1,
    threads: Threads = 1,
    dt_ms: Annotated[
        float, typer.Option("--dt-ms", help="Time step in ms.", min=0.05, max=1)
    ] = 1.0,
    calibration: CalibrationName = "mouse-classes",
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")] = Path("simulation"),
    as_json: AsJson = False,
) -> None:
    """Simulate a static circuit; write spikes, a raster and rates beside the mouse's."""
    loaded = load_circuit(circuit, mapped=ranks.size() > 1)
    movie = _movie(stimulus, duration, orientation, contrast)
    out.mkdir(parents=True, exist_ok=True)
    with progress_bar("simulating") as report:
        spikes = run(
            loaded,
            movie,
            seed=seed,
            dt_ms=dt_ms,
            threads=threads,
            calibration=calibration,
            report=report,
        )
    if spikes.duration_ms < duration:
        messages.print(f"interrupted after {spikes.duration_ms:.0f} ms; what was recorded is kept")
    if ranks.is_first():
        files = _write(loaded, spikes, out)
        _report(loaded, spikes, files, as_json)


def _movie(stimulus: Stimulus, duration_ms: int, orientation_deg: float, contrast: float) -> Movie:
    if stimulus is Stimulus.gray:
        return gray_movie(duration_ms)
    if stimulus is Stimulus.grating:
        return still_movie(grating(orientation_deg, contrast=contrast), duration_ms)
    return drifting_grating(orientation_deg, duration_ms, contrast=contrast)


def _write(circuit: Circuit, spikes: SpikeTrains, out: Path) -> dict[str, Path]:
    population = circuit.nodes.population
    return {
        "spikes": write_spikes(spikes, out / "spikes.h5"),
        "raster": raster(spikes, population, POPULATIONS, out / "raster.png"),
        "rates": rates(spikes.rates_Hz(), population, POPULATIONS, out / "rates.png"),
    }


def _report(circuit: Circuit, spikes: SpikeTrains, files: dict[str, Path], as_json: bool) -> None:
    rates_Hz = spikes.rates_Hz()
    rows = compare_rates(rates_Hz, circuit.nodes.population, POPULATIONS)
    summary = rate_summary(rates_Hz)
    if as_json:
        print_json(
            {
                "files": {name: str(path) for name, path in files.items()},
                "duration_ms": spikes.duration_ms,
                "rates": summary,
                "populations": rows,
            }
        )
        return
    columns = ("population", "cells", "mean Hz", "mouse", "median Hz", "mouse ", "distance Hz")
    results.print(
        table(
            f"firing rates over {spikes.duration_ms:.0f} ms",
            columns,
            [
                (
                    row.population,
                    row.n_model,
                    f"{row.model_mean_Hz:.2f}",
                    f"{row.mouse_mean_Hz:.2f}",
                    f"{row.model_median_Hz:.2f}",
                    f"{row.mouse_median_Hz:.2f}",
                    f"{row.distance_Hz:.2f}",
                )
                for row in rows
            ],
        )
    )
    for path in files.values():
        results.print(f"written {path}")
