"""`v1cortex simulate`: a static circuit with a stimulus, spikes and plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from v1cortex.commands.options.common import (
    AsJson,
    CalibrationName,
    FigureFormatOption,
    Populations,
    Seed,
    ShortTermName,
    Threads,
    WeightGain,
    populations_of,
)
from v1cortex.commands.options.protocol import synapses_of
from v1cortex.commands.options.stimulus import Stimulus, StimulusOptions
from v1cortex.commands.output.progress import progress_bar
from v1cortex.commands.output.simulation_folder import (
    draw_activity,
    remove_others,
    write_page,
    write_rates,
    write_recording,
    write_settings,
)
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import messages, print_json, print_notes, results
from v1cortex.commands.output.tuning import (
    DEFAULT_REPEATS,
    plain_tuning,
    print_tuning,
    write_trials,
    write_tuning,
)
from v1cortex.nest import ranks
from v1cortex.network import SHIPPED, SHORT_TERM, calibration_notes, delay_notes, spread_sample
from v1cortex.plots import FigureFormat, trial_averages
from v1cortex.simulation import Simulation, TuningRow, order_of_directions, tuning_movie, tuning_of
from v1cortex.simulation import simulate as run
from v1cortex.sonata import ImportedCircuit, open_circuit, path_from
from v1cortex.stimuli import Movie
from v1cortex.tables import POPULATIONS
from validation.scores import Comparison, compare_rates
from validation.spikes import SpikeTrains
from validation.statistics import rate_summary

Duration = Annotated[
    int | None,
    typer.Option(
        "--duration",
        help="Length of each stimulus in ms.",
        min=100,
        show_default="2000, for drifting 5000, or the movie's",
    ),
]


def simulate(
    circuit: Annotated[
        Path,
        typer.Argument(help="A folder written by `v1cortex build`, or another SONATA network."),
    ],
    stimulus: Annotated[
        Stimulus,
        typer.Option(
            help="What the LGN sees: gray and spontaneous: a gray screen; drifting: a grating at "
            "2 Hz; none: the LGN is silent; tuning: gratings of 8 directions, 2 s each."
        ),
    ] = Stimulus.drifting,
    duration: Duration = None,
    trials: Annotated[
        int | None,
        typer.Option(help="Repetitions of the stimulus.", min=1, show_default="1; for tuning 5"),
    ] = None,
    orientation: Annotated[float, typer.Option(help="Direction of a grating in degrees.")] = 0.0,
    contrast: Annotated[
        float, typer.Option(help="Contrast of a grating or an image file.", min=0, max=10)
    ] = 1.0,
    file: Annotated[
        Path | None,
        typer.Option(
            help="What is shown with --stimulus image or movie: an image, a .npy file, or a "
            "folder of images.",
            show_default="none",
        ),
    ] = None,
    frame_rate: Annotated[float, typer.Option(help="Frame rate of a movie in Hz.")] = 30.0,
    voltages: Annotated[
        int, typer.Option(help="Cells per population to record membrane potentials of.", min=0)
    ] = 0,
    lgn_mode: Annotated[
        str, typer.Option(help="LGN input: poisson (spikes) or current (their mean, no noise).")
    ] = "poisson",
    population: Populations = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="Virtual SONATA population to ignore; repeatable.", show_default="none"),
    ] = None,
    seed: Seed = 1,
    threads: Threads = 1,
    dt_ms: Annotated[
        float, typer.Option("--dt-ms", help="Time step in ms.", min=0.05, max=1)
    ] = 1.0,
    calibration: CalibrationName = "mouse-classes",
    short_term: ShortTermName = None,
    gain: WeightGain = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")] = Path("simulation"),
    figure_format: FigureFormatOption = FigureFormat.png,
    as_json: AsJson = False,
) -> None:
    """Simulate a static circuit; write spikes, a raster and rates next to the mouse's.

    Ctrl-C ends the simulation and keeps what was recorded.
    """
    tuning = stimulus is Stimulus.tuning
    synapses = synapses_of(calibration, short_term, gain)
    print_notes(calibration_notes(calibration, synapses.short_term))
    trials = trials or (DEFAULT_REPEATS if tuning else 1)
    shown = StimulusOptions(stimulus, duration, orientation, contrast, file, frame_rate, trials)
    order = order_of_directions(trials, seed) if tuning else None
    notes: list[str] = []
    movie = shown.movie(notes) if order is None else tuning_movie(order)
    print_notes(notes)
    opened = _open(circuit, population or [], leave_out or [])
    print_notes(delay_notes(opened.circuit, dt_ms))
    out.mkdir(parents=True, exist_ok=True)
    try:
        with progress_bar("simulating") as report:
            recording = run(
                opened.circuit,
                movie,
                seed=seed,
                dt_ms=dt_ms,
                threads=threads,
                calibration=calibration,
                short_term=synapses.short_term,
                weight_gain=synapses.weight_gain,
                lgn=shown.lgn,
                lgn_mode=lgn_mode,
                voltages_of=spread_sample(opened.circuit, voltages) if voltages else None,
                report=report,
            )
    except KeyboardInterrupt:
        messages.print(f"interrupted before anything was recorded; {out} is unchanged")
        raise
    if recording.spikes.duration_ms < movie.n_steps:
        kept_ms = recording.spikes.duration_ms
        messages.print(f"interrupted after {kept_ms:.0f} ms; the recording until then is kept")
    if ranks.is_first():
        settings = {
            "circuit": path_from(out, circuit),
            "populations": populations_of(population or []),
            "leave_out": leave_out or [],
            "stimulus": stimulus,
            "trial_ms": movie.n_steps // trials,
            "trials": trials,
            "orientation_deg": orientation,
            "contrast": contrast,
            "file": None if file is None else path_from(out, file),
            "frame_rate_Hz": frame_rate,
            "lgn_mode": lgn_mode,
            "seed": seed,
            "threads": threads,
            "dt_ms": dt_ms,
            "calibration": _as_seen_from(out, calibration, SHIPPED),
            "short_term": _as_seen_from(out, synapses.short_term, SHORT_TERM),
            "weight_gain": dict(synapses.weight_gain),
        }
        _finish(opened, recording, shown, movie, order, settings, out, figure_format, as_json)


def _finish(
    opened: ImportedCircuit,
    recording: Simulation,
    shown: StimulusOptions,
    movie: Movie,
    order: NDArray[np.int64] | None,
    settings: dict[str, Any],
    out: Path,
    kind: str,
    as_json: bool,
) -> None:
    """Write all files, spikes first, and report."""
    spikes, circuit, reference = recording.spikes, opened.circuit, shown.reference()
    files = write_recording(opened, recording, out)
    about, files["settings"] = write_settings(opened, settings, recording, out)
    if order is not None:
        files["trials"] = write_trials(order, out)
    trial_ms = movie.n_steps // shown.trials if order is None else movie.n_steps // len(order)
    period_ms = shown.period_ms(trial_ms)
    period_name = "trial" if period_ms == trial_ms else "cycle"
    averaged = trial_averages(
        spikes,
        circuit.nodes.population,
        POPULATIONS,
        period_ms=min(period_ms, int(spikes.duration_ms)),
    )
    files |= draw_activity(
        opened, recording, reference, averaged, out, period_name=period_name, kind=kind
    )
    rows = compare_rates(spikes.rates_Hz(), circuit.nodes.population, POPULATIONS, reference)
    files["rates_table"] = write_rates(rows, out)
    tuned: list[TuningRow] = []
    measured = None
    # An interrupted measurement of tuning may be too short for it.
    if order is not None and spikes.duration_ms >= movie.n_steps / shown.trials:
        measured = tuning_of(spikes, order, int(settings["seed"]))
        tuned, own = write_tuning(measured, circuit, out, kind)
        files |= own
    elif order is not None:
        messages.print("no tuning: not all directions were shown")
    files["report"] = write_page(
        recording,
        rows,
        reference,
        averaged,
        about,
        out,
        period_name=period_name,
        measured=measured,
    )
    remove_others(files, out)
    if as_json:
        print_json(
            {
                "files": {name: str(path) for name, path in files.items()},
                "duration_ms": spikes.duration_ms,
                "rates": rate_summary(spikes.rates_Hz()),
                "populations": rows,
                "tuning": plain_tuning(tuned),
            }
        )
        return
    _print_rates(spikes, rows)
    if tuned:
        print_tuning(tuned)
    for path in files.values():
        results.print(f"written {path}", soft_wrap=True)


def _as_seen_from(out: Path, name: str, names: Sequence[str]) -> str:
    """Return the name of a setting, or the path of its table relative to the folder."""
    return name if name in names else path_from(out, name)


def _open(path: Path, population: list[str], leave_out: list[str]) -> ImportedCircuit:
    populations = populations_of(population)
    opened = open_circuit(
        path, populations=populations, leave_out=leave_out, mapped=ranks.size() > 1
    )
    print_notes(opened.notes)
    return opened


def _print_rates(spikes: SpikeTrains, rows: Sequence[Comparison]) -> None:
    columns = ("population", "cells", "mean Hz", "mouse", "median Hz", "mouse ", "distance Hz")
    cells = [
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
    ]
    results.print(table(f"firing rates over {spikes.duration_ms:.0f} ms", columns, cells))
