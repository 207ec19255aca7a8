"""`v1cortex validate`: compares the spikes of any model with the mouse's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from nestml_models.common import program_versions, write_whole
from v1cortex.commands.options.common import (
    AsJson,
    FigureFormatOption,
    Populations,
    populations_of,
)
from v1cortex.commands.output.progress import status
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import command_line, json_text, print_json, print_notes, results
from v1cortex.plots import (
    FigureFormat,
    averages,
    distances,
    raster,
    rates,
    remove_figure,
    save_alone,
    trial_averages,
    variability,
)
from v1cortex.simulation import (
    CellSource,
    LabelledSpikes,
    SpikeValidation,
    load_spikes,
    validate_spikes,
)
from v1cortex.spikes import distinct_recordings
from validation.reference import ALL_UNITS, Reference, load_reference
from validation.scores import Comparison


class Condition(StrEnum):
    """What the animal saw."""

    gratings = "gratings"
    spontaneous = "spontaneous"


def validate(
    spikes: Annotated[
        list[Path],
        typer.Argument(
            help="Spike file (SONATA, NWB, NEST's .dat, a table of times and node ids, Neo's "
            "formats); several: runs of the same network."
        ),
    ],
    circuit: Annotated[
        Path | None,
        typer.Option(
            help="The cells: a SONATA network, or a table (.csv, .tsv, .txt) of "
            "node_id,population.",
            show_default="as the file says",
        ),
    ] = None,
    population: Populations = None,
    nodes: Annotated[
        str | None,
        typer.Option(help="Node population whose spikes to take.", show_default="the only one"),
    ] = None,
    cells: Annotated[
        int | None,
        typer.Option(
            help="Number of cells, silent ones included.", show_default="as file or --circuit say"
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="Unit of the times: ms, s or us (µs).", show_default="as the file says"),
    ] = None,
    start: Annotated[
        float | None,
        typer.Option(help="Leave out spikes before this time in ms.", show_default="0"),
    ] = None,
    stop: Annotated[
        float | None,
        typer.Option(
            help="Leave out spikes after this time in ms; the end of the recording, if the file "
            "does not give it.",
            show_default="as the file says",
        ),
    ] = None,
    period: Annotated[
        float | None,
        typer.Option(
            help="Length of a trial in ms, for recordings of several.", show_default="none"
        ),
    ] = None,
    condition: Annotated[
        Condition, typer.Option(help="Activity of the mouse to compare with.")
    ] = Condition.gratings,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")] = Path("validated"),
    figure_format: FigureFormatOption = FigureFormat.png,
    as_json: AsJson = False,
) -> None:
    """Compare spikes with the mouse's: rates, variability, correlations, with noise floors.

    Pictures and `statistics.json` are written to the folder; pictures are of the first file.
    """
    source = CellSource(circuit, populations_of(population), cells)
    with status("reading spikes") as report:
        runs = [
            load_spikes(
                path, source, node_population=nodes, start_ms=start, stop_ms=stop, unit=unit
            )
            for path in distinct_recordings(spikes)
        ]
        report("computing statistics")
        reference = load_reference()
        if condition is Condition.spontaneous:
            reference = reference.spontaneous()
        found = validate_spikes(runs, reference, period)
        report("drawing")
        files = _write(runs, spikes, found, reference, period, out, figure_format)
    print_notes(note for run in runs for note in run.notes)
    if as_json:
        print_json({"files": {key: str(path) for key, path in files.items()}, **_plain(found)})
        return
    _print(found, runs[0], condition)
    for path in files.values():
        results.print(f"written {path}", highlight=False, soft_wrap=True)


def _plain(found: SpikeValidation) -> dict[str, Any]:
    return {"runs": found.runs, "between_runs_Hz": dict(found.between_runs_Hz)}


def _write(
    runs: Sequence[LabelledSpikes],
    paths: Sequence[Path],
    found: SpikeValidation,
    reference: Reference,
    period_ms: float | None,
    out: Path,
    kind: str,
) -> dict[str, Path]:
    """Write statistics, pictures and the page; return them by name."""
    from v1cortex.pages import validation_page  # here, so that the help does not wait for it

    run = runs[0]
    spikes, group, names = run.spikes, run.cells.group, run.cells.names
    statistics = found.runs[0]
    pictures = {
        "raster": raster(spikes, group, names),
        "rates": rates(spikes.rates_Hz(), group, names, reference=reference),
        "distances": distances(statistics.comparisons),
        "variability": variability(statistics),
    }
    averaged = None
    if period_ms is not None:
        averaged = trial_averages(spikes, group, names, period_ms=period_ms)
        pictures["psth"] = averages(averaged)
    files = {"statistics": out / "statistics.json", "report": out / "report.html"}
    write_whole(files["statistics"], json_text(_plain(found)))
    settings = {"spikes": [str(path) for path in paths], "period_ms": period_ms}
    page = validation_page(
        runs, found, reference, averaged, settings, command_line(), program_versions()
    )
    write_whole(files["report"], page)
    for name, picture in pictures.items():
        files[name] = save_alone(picture, out / f"{name}.{kind}")
    if averaged is None:
        remove_figure(out / "psth")
    return files


def _print(found: SpikeValidation, run: LabelledSpikes, condition: Condition) -> None:
    many = len(found.runs) > 1
    columns = ["population", "cells", "mean Hz", "mouse", "CV", "Fano", "distance", "floor"]
    columns += ["runs"] * many
    results.print(
        table(
            f"firing rates next to the mouse's ({condition}), {run.spikes.duration_ms:.0f} ms"
            + f", mean of {len(found.runs)} runs" * many,
            columns,
            [_row(found, k, many) for k in range(len(found.runs[0].comparisons))],
        )
    )
    results.print(
        "CV: of inter-spike intervals; Fano: factor of single neurons' counts; distance: "
        "Wasserstein distance of the distributions of rates, Hz; floor: that of two samples of the "
        "mouse" + "; runs: that between runs" * many
    )
    _print_network(found)


def _row(found: SpikeValidation, index: int, many: bool) -> list[object]:
    rows: list[Comparison] = [run.comparisons[index] for run in found.runs]
    name = rows[0].population
    cv, fano = (_mean_statistic(found, name, key) for key in ("cv_isi", "fano"))
    runs = [_number(found.between_runs_Hz[_group(found, name)])] if many else []
    return [
        name,
        rows[0].n_model,
        _number(np.mean([row.model_mean_Hz for row in rows])),
        _number(rows[0].mouse_mean_Hz),
        cv,
        fano,
        _number(np.mean([row.distance_Hz for row in rows])),
        _number(rows[0].floor_Hz),
        *runs,
    ]


def _group(found: SpikeValidation, name: str) -> str:
    return name if name in found.between_runs_Hz else ALL_UNITS


def _mean_statistic(found: SpikeValidation, name: str, key: str) -> str:
    name = ALL_UNITS if len(found.runs[0].comparisons) == 1 else name
    values = [
        getattr(row, key) for run in found.runs for row in run.populations if row.population == name
    ]
    known = [value for value in values if value is not None and math.isfinite(value)]
    return _number(np.mean(known)) if known else ""


def _print_network(found: SpikeValidation) -> None:
    for label, key in (
        ("pairwise correlation in 10 ms", "correlation"),
        ("the same with the mean over trials removed", "residual_correlation"),
    ):
        values = [getattr(run, key) for run in found.runs]
        if all(value is not None for value in values):
            results.print(f"{label}: {np.mean(values):.4f}", highlight=False)
    points = found.runs[0].fano_curve
    near = min(points, key=lambda point: abs(point.bin_ms - 100), default=None)
    if near is not None and near.model is not None:
        results.print(
            f"population Fano factor in {near.bin_ms:.0f} ms: {near.model:.2f}, mouse "
            f"{near.mouse:.2f} ± {near.mouse_sd:.2f}",
            highlight=False,
        )


def _number(value: float | np.floating[Any]) -> str:
    return f"{float(value):.2f}"
