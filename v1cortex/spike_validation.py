"""Any spike file against the mouse: reading it with what is known of its cells, and scoring it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from v1cortex.errors import CircuitError
from v1cortex.sonata import CellGroups, SpikeEvents, one_group, read_cells, read_events
from validation.distribution import seed_floor
from validation.objectives import Against
from validation.reference import ALL_UNITS, Reference
from validation.scores import NetworkStatistics, network_statistics
from validation.spikes import TIME_TOLERANCE_MS, SpikeTrains

if TYPE_CHECKING:
    import pandas as pd

SIMULATION = "simulation.json"
"""What `v1cortex simulate` writes beside its spikes."""


@dataclass(frozen=True)
class CellSource:
    """What is said about the cells of a spike file.

    Attributes
    ----------
    circuit
        A SONATA network or a table of cells, see `v1cortex.sonata.cell_groups.read_cells`.
        None: the
        circuit that ``simulation.json`` beside the spikes names; without, all neurons are one
        group, which is compared with all of the mouse's units.
    populations
        Population of V1 of each cell type whose name does not say it.
    n_neurons
        Number of neurons, for files that do not say it, without a circuit.
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
        What was assumed.
    """

    spikes: SpikeTrains
    cells: CellGroups
    notes: tuple[str, ...]


def load_spikes(
    path: Path,
    source: CellSource,
    *,
    node_population: str | None = None,
    start_ms: float = 0.0,
    stop_ms: float | None = None,
) -> LabelledSpikes:
    """Read a spike file of any program.

    Parameters
    ----------
    path
        A SONATA spike file.
    source
        What is known of its cells.
    node_population
        Which spikes to take from a file with several node populations.
    start_ms, stop_ms
        The part of the recording that counts; its end is needed for files that do not say it, and
        otherwise taken to be the last spike, which is noted.

    Raises
    ------
    CircuitError
        If file and cells cannot be read or do not fit each other, or no time is left.
    """
    events = read_events(path, node_population)
    notes: list[str] = []
    source = _with_own_circuit(path, source, notes)
    end_ms = _end_ms(events, stop_ms, notes)
    if not 0 <= start_ms < end_ms:
        raise CircuitError(f"{path}: from {start_ms:g} to {end_ms:g} ms there is nothing to count")
    cells = _cells(events, source, notes)
    inside = (events.times_ms > start_ms) & (events.times_ms <= end_ms + TIME_TOLERANCE_MS)
    senders = cells.index_of(events.node_id[inside])
    times_ms = np.minimum(events.times_ms[inside], end_ms)
    spikes = SpikeTrains.from_events(times_ms, senders, len(cells), end_ms - start_ms, start_ms)
    return LabelledSpikes(spikes, cells, tuple(notes))


@dataclass(frozen=True)
class SpikeValidation:
    """Statistics of one or several runs of the same network.

    Attributes
    ----------
    runs
        Statistics of each.
    between_runs_Hz
        By population: mean Wasserstein distance between the rates of two runs; empty for one run.
    notes
        What was assumed.
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
            Wasserstein distance of the two distributions of rates (``distance_Hz``), that of two
            samples of the mouse as large (``floor_Hz``), and 1 minus the Kolmogorov-Smirnov
            distance (``similarity``). NaN where there are no mouse data, or too few spikes.
        """
        import pandas as pd  # here, since the statistics do without

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
        Recordings of the same cells, such as of different seeds.
    reference
        Mouse data.
    period_ms
        Length of a trial, for recordings of many: correlations are then also given without what
        all trials have in common.

    Raises
    ------
    CircuitError
        If the runs have different cells.
    StatisticsError
        If the period does not fit the recording.
    """
    cells = runs[0].cells
    for run in runs:
        if not np.array_equal(run.cells.group, cells.group):
            raise CircuitError(f"runs of {len(cells)} and {len(run.cells)} cells are not alike")
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
    """Take the circuit that the simulation's own record names, if none is given."""
    record = path.parent / SIMULATION
    if source.circuit is not None or not record.is_file():
        return source
    try:
        settings = json.loads(record.read_text(encoding="utf-8"))["settings"]
        named = Path(settings["circuit"])
    except (OSError, ValueError, KeyError, TypeError):
        return source
    if not named.exists():
        notes.append(f"{record} names the circuit {named}, which is not there (any more)")
        return source
    return replace(source, circuit=named)


def _end_ms(events: SpikeEvents, stop_ms: float | None, notes: list[str]) -> float:
    if stop_ms is not None:
        return stop_ms
    if events.duration_ms is not None:
        return events.duration_ms
    if not events.times_ms.size:
        raise CircuitError(f"{events.path} has no spikes and no duration; give --stop, in ms")
    last_ms = float(np.ceil(events.times_ms.max()))
    notes.append(
        f"{events.path} does not say when the recording ended; taken: its last spike, "
        f"{last_ms:.0f} ms (--stop says otherwise)"
    )
    return last_ms


def _cells(events: SpikeEvents, source: CellSource, notes: list[str]) -> CellGroups:
    if source.circuit is not None:
        cells = read_cells(source.circuit, events.population, source.populations)
        if events.n_neurons not in (None, len(cells)):
            raise CircuitError(
                f"{events.path} was recorded from {events.n_neurons} neurons, but "
                f"{source.circuit} has {len(cells)}; is it the circuit of these spikes?"
            )
        return cells
    n_neurons = source.n_neurons or events.n_neurons
    if n_neurons is None:
        if not events.node_id.size:
            raise CircuitError(f"{events.path} has no spikes; say of how many --neurons")
        n_neurons = int(events.node_id.max()) + 1
        notes.append(
            f"{events.path} does not say how many neurons were recorded; taken: {n_neurons}, up to "
            "the last that fires (--neurons, or --circuit, says otherwise)"
        )
    notes.append(
        "populations are not known, so all neurons are compared with all of the mouse's units; "
        "--circuit takes a SONATA network or a table of cells"
    )
    return one_group(n_neurons)
