"""Compares spikes from any source with the mouse's in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from v1cortex.circuit import Circuit
from v1cortex.errors import CircuitError, ConfigError
from v1cortex.simulation.result import Simulation
from v1cortex.simulation.spike_validation import (
    CellSource,
    LabelledSpikes,
    SpikeValidation,
    load_spikes,
    validate_spikes,
)
from v1cortex.spikes import OWN, of_circuit, one_group, read_cells
from validation.reference import load_reference
from validation.spikes import SpikeTrains

__all__ = ["Source", "validate"]

Source = Simulation | SpikeTrains | Path | str
"""Spikes: a simulation, spike trains, or a file."""


def validate(
    spikes: Source | Sequence[Source],
    circuit: Circuit | Path | str | None = None,
    *,
    condition: Literal["gratings", "spontaneous"] = "gratings",
    period_ms: float | None = None,
    start_ms: float | None = None,
    stop_ms: float | None = None,
) -> SpikeValidation:
    """Compare spikes with recordings of mouse V1: rates, variability, correlations.

    Parameters
    ----------
    spikes
        A simulation, spike trains or a spike file (see `v1cortex.spikes.formats`); several of
        them are runs of the same network, and are also compared with each other.
    circuit
        Source of the spikes: a circuit, a SONATA network, or a CSV table of ``node_id`` and
        ``population``. Not needed for a simulation, or a file next to its ``simulation.json``.
        Without it, all neurons are compared with all of the mouse's units.
    condition
        Activity of the mouse to compare with: during drifting gratings, or with a gray screen.
    period_ms
        Length of a trial, for recordings of several.
    start_ms, stop_ms
        The part of the recording to use, by default all. Files that do not say when they end are
        assumed to end with the last spike, which is noted.

    Returns
    -------
    SpikeValidation
        Statistics, assumptions (``notes``), and `to_frame` for a table by population.

    Raises
    ------
    CircuitError
        If spikes and circuit do not match.
    ConfigError
        If there is no such condition.
    StatisticsError
        If the period is not valid for the recording.
    """
    given = [spikes] if isinstance(spikes, Source) else list(spikes)
    runs = [_labelled(each, circuit, start_ms, stop_ms) for each in given]
    reference = load_reference()
    if condition == "spontaneous":
        reference = reference.spontaneous()
    elif condition != "gratings":
        raise ConfigError(f"no condition {condition!r}: write 'gratings' or 'spontaneous'")
    return validate_spikes(runs, reference, period_ms)


def _labelled(
    spikes: Source,
    circuit: Circuit | Path | str | None,
    start_ms: float | None,
    stop_ms: float | None,
) -> LabelledSpikes:
    """Return spikes with the population of each neuron."""
    if isinstance(spikes, Simulation | SpikeTrains):
        trains = spikes if isinstance(spikes, SpikeTrains) else spikes.spikes
        if start_ms is not None or stop_ms is not None:
            trains = trains.window(
                trains.start_ms if start_ms is None else start_ms,
                trains.stop_ms if stop_ms is None else stop_ms,
            )
        known = spikes.circuit if isinstance(spikes, Simulation) else circuit
        return _with_cells(trains, known)
    source = CellSource(
        circuit=None if circuit is None or isinstance(circuit, Circuit) else Path(circuit),
        n_neurons=circuit.n_neurons if isinstance(circuit, Circuit) else None,
    )
    found = load_spikes(Path(spikes), source, start_ms=start_ms, stop_ms=stop_ms)
    if not isinstance(circuit, Circuit):
        return found
    nodes = found.cells.node_id
    if nodes[0] > 1 or nodes[-1] - nodes[0] != len(nodes) - 1:
        raise CircuitError(
            f"{spikes} has nodes from {nodes[0]} to {nodes[-1]}, which cannot be assigned to the "
            "circuit's neurons. Number them 0 to n - 1, or pass the circuit's folder"
        )
    # The last note says that populations are unknown, which is no longer true.
    return _with_cells(found.spikes, circuit, found.notes[:-1])


def _with_cells(
    spikes: SpikeTrains, circuit: Circuit | Path | str | None, notes: tuple[str, ...] = ()
) -> LabelledSpikes:
    """Return spike trains with the population of each neuron."""
    if circuit is None:
        cells = one_group(spikes.n_neurons)
        notes = ("no circuit was given: neurons are compared with all of the mouse's units",)
    elif isinstance(circuit, Circuit):
        cells = of_circuit(circuit)
    else:
        cells = read_cells(Path(circuit), OWN.population)
    if len(cells) != spikes.n_neurons:
        raise CircuitError(
            f"the spikes are of {spikes.n_neurons} neurons, the circuit has {len(cells)}; is it "
            "the circuit of these spikes?"
        )
    return LabelledSpikes(spikes, cells, notes)
