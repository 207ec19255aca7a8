"""The folder written by `v1cortex simulate`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nestml_models.common import csv_text, program_versions, write_whole
from v1cortex.commands.output.text import command_line, json_text
from v1cortex.network import write_voltages
from v1cortex.plots import FigureFormat, TrialAverages, averages, raster, rates, save
from v1cortex.simulation import Simulation, Tuning
from v1cortex.sonata import ImportedCircuit
from v1cortex.spikes import NodeNames, write_spikes
from v1cortex.tables import POPULATIONS
from validation.reference import Reference
from validation.scores import Comparison

FILES = (
    "spikes.h5",
    "voltages.h5",
    "trials.csv",
    "rates.csv",
    "tuning.csv",
    *(f"{name}.{kind}" for name in ("raster", "rates", "psth", "tuning") for kind in FigureFormat),
    "simulation.json",
    "report.html",
)
"""Everything that a simulation may write."""


def write_recording(opened: ImportedCircuit, recording: Simulation, out: Path) -> dict[str, Path]:
    """Write spikes, and voltages if there are any, before anything else, so that none are lost."""
    names = NodeNames(opened.population, opened.node_id)
    files = {"spikes": write_spikes(recording.spikes, out / "spikes.h5", names)}
    if recording.voltages is not None:
        files["voltages"] = write_voltages(recording.voltages, out / "voltages.h5", names)
    return files


def draw_activity(
    opened: ImportedCircuit,
    recording: Simulation,
    reference: Reference,
    averaged: TrialAverages,
    out: Path,
    *,
    period_name: str,
    kind: str,
) -> dict[str, Path]:
    """Draw raster, rates next to the mouse's, and rates averaged over periods."""
    spikes, population = recording.spikes, opened.circuit.nodes.population
    pictures = {
        "raster": raster(spikes, population, POPULATIONS),
        "rates": rates(spikes.rates_Hz(), population, POPULATIONS, reference=reference),
        "psth": averages(averaged, period_name=period_name),
    }
    return {name: save(picture, out / f"{name}.{kind}") for name, picture in pictures.items()}


def write_rates(rows: Sequence[Comparison], out: Path) -> Path:
    """Write the rates of each population next to the mouse's as a table."""
    return write_table([asdict(row) for row in rows], out / "rates.csv")


def write_table(rows: Sequence[Mapping[str, object]], path: Path) -> Path:
    """Write rows as CSV, whole or not at all; unknown numbers are left empty."""
    cells = [{key: _cell(value) for key, value in row.items()} for row in rows]
    write_whole(path, csv_text(cells))
    return path


def write_settings(
    opened: ImportedCircuit, settings: Mapping[str, Any], recording: Simulation, out: Path
) -> tuple[dict[str, Any], Path]:
    """Write what was simulated and with which settings; return that and the file."""
    circuit = opened.circuit
    content = {
        "settings": settings,
        "circuit": {
            "n_neurons": circuit.n_neurons,
            "seed": circuit.seed,
            "digest": circuit.digest(),
        },
        "recorded_ms": recording.spikes.duration_ms,
        "versions": program_versions(),
    }
    path = out / "simulation.json"
    text = json_text(content)
    write_whole(path, text)
    return json.loads(text), path


def write_page(
    recording: Simulation,
    rows: Sequence[Comparison],
    reference: Reference,
    averaged: TrialAverages,
    about: Mapping[str, Any],
    out: Path,
    *,
    period_name: str,
    measured: Tuning | None,
) -> Path:
    """Write the page of a simulation and return its path."""
    from v1cortex.pages import simulation_page, tuning_figure  # here: the help does not need it

    tuned = None if measured is None else tuning_figure(measured, recording.circuit)
    page = simulation_page(
        recording, rows, averaged, reference, about, command_line(), tuned, period_name
    )
    path = out / "report.html"
    write_whole(path, page)
    return path


def remove_others(files: Mapping[str, Path], out: Path) -> None:
    """Remove files that an earlier simulation wrote to the folder and this one did not."""
    for name in FILES:
        if out / name not in files.values():
            (out / name).unlink(missing_ok=True)


def _cell(value: object) -> object:
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else f"{value:.6g}"
    return value
