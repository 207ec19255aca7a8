"""Compares any spike file with the mouse: reads it with the populations of its cells, scores it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from v1cortex.errors import CircuitError
from v1cortex.sonata import read_record
from v1cortex.spikes import (
    CellGroups,
    SpikeEvents,
    of_nodes,
    read_cells,
    read_events,
    recorded_nodes,
    recorded_window,
)
from validation.distribution import seed_floor
from validation.objectives import Against
from validation.reference import ALL_UNITS, Reference
from validation.scores import NetworkStatistics, network_statistics
from validation.spikes import TIME_TOLERANCE_MS, SpikeTrains

if TYPE_CHECKING:
    import pandas as pd

SIMULATION = "simulation.json"
"""File that `v1cortex simulate` writes next to its spikes."""


@dataclass(frozen=True)
class CellSource:
    """What is given about the cells of a spike file.

    Attributes
    ----------
    circuit
        A SONATA network or a table of cells, see `v1cortex.spikes.cell_groups.read_cells`. None for
        the circuit named in ``simulation.json`` next to the spikes; without that, all neurons are
        one group, which is compared with all of the mouse's units.
    populations
        V1 population of each cell type whose name does not tell it.
    n_neurons
        Number of neurons, for files that do not give it, if there is no circuit.
    """

    circuit: Path | None = None
    populations: Mapping[str, str] | None = None
    n_neurons: int | None = None


@dataclass(frozen=True, eq=False)
class LabelledSpikes:
    """Spike trains with the group of each neuron.

    Attributes
    ----------
    spikes : SpikeTrains
        The trains, in the order of `cells`.
    cells : CellGroups
        The neurons.
    notes : tuple of str
        Assumptions that were made.
    """

    spikes: SpikeTrains
    cells: CellGroups
    notes: tuple[str, ...]


def load_spikes(
    path: Path,
    source: CellSource,
    *,
    node_population: str | None = None,
    start_ms: float | None = None,
    stop_ms: float | None = None,
    unit: str | None = None,
) -> LabelledSpikes:
    """Read a spike file of any program.

    Parameters
    ----------
    path
        A spike file, see `v1cortex.spikes.formats.read_events`.
    source
        What is known about its cells.
    node_population
        The node population to read, if the file has several.
    start_ms, stop_ms
        The part of the recording to use: spikes after `start_ms` and up to `stop_ms`; if this is
        the start of the recording, or 0 ms, also those at `start_ms`. Default: all of it. If the
        file does not say when it ended, it ends with the last spike, which is noted.
    unit
        Unit of the times, ``ms``, ``s`` or ``us``, for files that do not give it.

    Raises
    ------
    CircuitError
        If file or cells cannot be read or do not match, or no time is left.
    """
    events = read_events(path, node_population, unit=unit)
    notes = list(events.notes)
    source = _with_own_circuit(path, source, notes)
    first_ms, last_ms = recorded_window(events, start_ms, stop_ms, notes)
    cells = _cells(events, source, notes)
    cells.index_of(np.unique(events.node_id))  # includes spikes outside the chosen part
    at_start = first_ms <= max(0.0, events.start_ms)
    late_enough = np.greater_equal if at_start else np.greater
    inside = late_enough(events.times_ms, first_ms) & (
        events.times_ms <= last_ms + TIME_TOLERANCE_MS
    )
    senders = cells.index_of(events.node_id[inside])
    times_ms = np.minimum(events.times_ms[inside], last_ms)
    spikes = SpikeTrains.from_events(times_ms, senders, len(cells), last_ms - first_ms, first_ms)
    return LabelledSpikes(spikes, cells, tuple(notes))


@dataclass(frozen=True)
class SpikeValidation:
    """Statistics of one or several runs of the same network.

    Attributes
    ----------
    runs
        Statistics of each run.
    between_runs_Hz
        Mean Wasserstein distance between the rates of two runs, by population; empty for one run.
    notes
        Assumptions that were made.
    """

    runs: tuple[NetworkStatistics, ...]
    between_runs_Hz: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each run and population.

        Returns
        -------
        frame
            Indexed by ``run`` (0, 1, ...) and ``population``, the whole ``network`` first: number
            of neurons, mean and median rate, mean CV and LV of inter-spike intervals and Fano
            factor of spike counts; number of the mouse's units, their mean and median rate, the
            Wasserstein distance between the two rate distributions (``distance_Hz``), that between
            two equally large samples of the mouse (``floor_Hz``), and 1 minus the
            Kolmogorov-Smirnov distance (``similarity``). NaN without mouse data, or with too few
            spikes.
        """
        import pandas as pd  # here, since the statistics do not need it

        frames = []
        for run in self.runs:
            rates = [("network", run.rates)]
            rates += [(each.population, each.rates) for each in run.populations]
            model = pd.DataFrame(
                [(name, each.n, each.mean, each.median) for name, each in rates],
                columns=["population", "n_model", "model_mean_Hz", "model_median_Hz"],
            )
            for name in ("cv_isi", "lv_isi", "fano"):
                values = [None, *(getattr(each, name) for each in run.populations)]
                model[name] = np.array(values, dtype=np.float64)
            mouse = pd.DataFrame([asdict(row) for row in run.comparisons])
            own = ["population", *(name for name in mouse if name not in model)]
            frame = model.merge(mouse[own], on="population", how="left")
            frames.append(frame.fillna({"n_mouse": 0}).astype({"n_mouse": "int64"}))
        table = pd.concat(frames, keys=range(len(frames)), names=["run"])
        return table.reset_index(level="run").set_index(["run", "population"])


def validate_spikes(
    runs: Sequence[LabelledSpikes], reference: Reference, period_ms: float | None = None
) -> SpikeValidation:
    """Compute all statistics and compare them with the mouse's.

    Parameters
    ----------
    runs
        Recordings of the same cells, for instance with different seeds.
    reference
        Mouse data.
    period_ms
        Length of a trial, for recordings of several: correlations are then also given with the
        mean over trials removed.

    Raises
    ------
    CircuitError
        If the runs have different cells.
    StatisticsError
        If the period is not valid for the recording.
    """
    cells = runs[0].cells
    if period_ms is not None:
        _check_period(runs, period_ms)
    for run in runs:
        if not np.array_equal(run.cells.group, cells.group):
            raise CircuitError(f"runs of {len(cells)} and {len(run.cells)} cells do not match")
    against: Against = "all" if cells.names == (ALL_UNITS,) else "composition"
    statistics = tuple(
        network_statistics(
            run.spikes,
            cells.excitatory,
            cells.group,
            cells.names,
            reference,
            against=against,
            period_ms=period_ms,
        )
        for run in runs
    )
    notes = tuple(dict.fromkeys(note for run in runs for note in run.notes))
    return SpikeValidation(statistics, _between(runs), notes)


def _check_period(runs: Sequence[LabelledSpikes], period_ms: float) -> None:
    shortest_ms = min(run.spikes.duration_ms for run in runs)
    if not 0 < period_ms <= shortest_ms / 2:
        raise CircuitError(
            f"the period is {period_ms:g} ms; for a recording of {shortest_ms:g} ms it must be "
            f"above 0 and at most {shortest_ms / 2:g} ms, so that there are two"
        )


def _between(runs: Sequence[LabelledSpikes]) -> dict[str, float]:
    if len(runs) < 2:
        return {}
    cells = runs[0].cells
    rates_Hz = [run.spikes.rates_Hz() for run in runs]
    floors = {"network": seed_floor(rates_Hz)}
    for index, name in enumerate(cells.names):
        members = cells.group == index
        if members.any():
            floors[name] = seed_floor([rates[members] for rates in rates_Hz])
    return floors


def _with_own_circuit(path: Path, source: CellSource, notes: list[str]) -> CellSource:
    """Use the circuit named in the simulation's own record, if none is given."""
    record = path.parent / SIMULATION
    if source.circuit is not None or source.n_neurons is not None or not record.is_file():
        return source
    named = read_record(record)
    if named is None:
        notes.append(f"{record} was not written by `v1cortex simulate`; it is not used")
        return source
    named.check()
    populations = {**named.populations, **(source.populations or {})}
    return replace(source, circuit=named.path, populations=populations)


def _cells(events: SpikeEvents, source: CellSource, notes: list[str]) -> CellGroups:
    if source.circuit is not None:
        cells = read_cells(source.circuit, events.population, source.populations)
        for said, who in ((events.n_neurons, events.path), (source.n_neurons, "--cells")):
            if said not in (None, len(cells)):
                raise CircuitError(
                    f"{events.path} was recorded from {said} neurons according to {who}, but "
                    f"{source.circuit} has {len(cells)}; is it the circuit of these spikes?"
                )
        return cells
    if source.populations:
        raise CircuitError(
            f"populations are given for {', '.join(source.populations)}, but no circuit with cells "
            "of these types: pass a SONATA network or a table of cells to --circuit"
        )
    nodes = recorded_nodes(events, source.n_neurons, notes)
    notes.append(
        "populations are unknown, so all neurons are compared with all of the mouse's units; "
        "--circuit accepts a SONATA network or a table of cells"
    )
    return of_nodes(nodes)
