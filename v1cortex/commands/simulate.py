"""`v1cortex simulate`: a static circuit under a stimulus, with spikes and plots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from v1cortex import ranks
from v1cortex.circuit import Circuit
from v1cortex.commands.common import (
    AsJson,
    CalibrationName,
    Seed,
    Threads,
    messages,
    print_json,
    progress_bar,
    results,
    table,
)
from v1cortex.commands.stimulus import PSTH_BIN_MS, Stimulus, StimulusOptions
from v1cortex.commands.tuning import show_tuning
from v1cortex.errors import CircuitError
from v1cortex.plots import psth, raster, rates
from v1cortex.simulation import Recording, record
from v1cortex.sonata_import import ImportedCircuit, open_circuit
from v1cortex.spike_files import NodeNames, write_spikes
from v1cortex.tables import POPULATIONS
from v1cortex.voltages import spread_sample, write_voltages
from validation.reference import Reference
from validation.scores import compare_rates
from validation.spikes import SpikeTrains
from validation.statistics import rate_summary

Duration = Annotated[
    int | None,
    typer.Option(help="Biological time of a trial in ms; default 2000, or the movie's.", min=100),
]


def simulate(
    circuit: Annotated[
        Path,
        typer.Argument(help="A folder that `v1cortex build` wrote, or another SONATA network."),
    ],
    stimulus: Annotated[
        Stimulus,
        typer.Option(help="What the LGN sees; none: it is silent; tuning: 8 directions."),
    ] = Stimulus.drifting,
    duration: Duration = None,
    trials: Annotated[int, typer.Option(help="How often it is shown.", min=1)] = 1,
    orientation: Annotated[float, typer.Option(help="Of a grating, in degrees.")] = 0.0,
    contrast: Annotated[float, typer.Option(help="Of a grating or an image file.", min=0)] = 1.0,
    file: Annotated[
        Path | None, typer.Option(help="Image, or movie: .npy file or folder of images.")
    ] = None,
    frame_rate: Annotated[float, typer.Option(help="Of a movie, in Hz.")] = 30.0,
    voltages: Annotated[
        int, typer.Option(help="Record membrane potentials of this many cells a population.", min=0)
    ] = 0,
    population: Annotated[
        list[str] | None,
        typer.Option(help="NAME=POPULATION for cell types of another SONATA network; repeatable."),
    ] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="Virtual SONATA population to ignore; repeatable.")
    ] = None,
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
    shown = StimulusOptions(stimulus, duration, orientation, contrast, file, frame_rate, trials)
    opened = _open(circuit, population or [], leave_out or [])
    loaded = opened.circuit
    out.mkdir(parents=True, exist_ok=True)
    if stimulus is Stimulus.tuning:
        show_tuning(loaded, trials, seed, threads, dt_ms, calibration, out, as_json)
        return
    trial_ms = shown.trial().n_steps
    with progress_bar("simulating") as report:
        recording = record(
            loaded,
            shown.movie(),
            seed=seed,
            dt_ms=dt_ms,
            threads=threads,
            calibration=calibration,
            lgn=shown.lgn,
            voltages_of=spread_sample(loaded, voltages) if voltages else None,
            report=report,
        )
    recorded_ms = recording.spikes.duration_ms
    if recorded_ms < trial_ms * trials:
        messages.print(f"interrupted after {recorded_ms:.0f} ms; what was recorded is kept")
    if ranks.is_first():
        reference = shown.reference()
        files = _write(opened, recording, shown.period_ms(trial_ms), reference, out)
        _report(loaded, recording.spikes, reference, files, as_json)


def _open(path: Path, population: list[str], leave_out: list[str]) -> ImportedCircuit:
    pairs = [each.partition("=") for each in population]
    for each, (name, equals, meaning) in zip(population, pairs, strict=True):
        if not (name and equals and meaning):
            raise CircuitError(f"--population {each}: write NAME=POPULATION, such as exc=L4_E")
    populations = {name: meaning for name, _, meaning in pairs}
    opened = open_circuit(
        path, populations=populations, leave_out=leave_out, mapped=ranks.size() > 1
    )
    for note in opened.notes:
        messages.print(f"note: {note}", markup=False)
    return opened


def _write(
    opened: ImportedCircuit,
    recording: Recording,
    period_ms: int | None,
    reference: Reference,
    out: Path,
) -> dict[str, Path]:
    spikes, population = recording.spikes, opened.circuit.nodes.population
    names = NodeNames(opened.population, opened.node_id)
    files = {
        "spikes": write_spikes(spikes, out / "spikes.h5", names),
        "raster": raster(spikes, population, POPULATIONS, out / "raster.png"),
        "rates": rates(
            spikes.rates_Hz(), population, POPULATIONS, out / "rates.png", reference=reference
        ),
    }
    if period_ms is not None and spikes.duration_ms >= 2 * period_ms:
        files["psth"] = psth(
            spikes,
            population,
            POPULATIONS,
            out / "psth.png",
            period_ms=period_ms,
            bin_ms=PSTH_BIN_MS,
        )
    if recording.voltages is not None:
        files["voltages"] = write_voltages(recording.voltages, out / "voltages.h5", names)
    return files


def _report(
    circuit: Circuit,
    spikes: SpikeTrains,
    reference: Reference,
    files: dict[str, Path],
    as_json: bool,
) -> None:
    rates_Hz = spikes.rates_Hz()
    rows = compare_rates(rates_Hz, circuit.nodes.population, POPULATIONS, reference)
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
