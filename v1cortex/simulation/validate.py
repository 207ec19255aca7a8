"""Spikes of any source against the mouse's, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from v1cortex.circuit import Circuit
from v1cortex.errors import CircuitError, ConfigError
from v1cortex.simulation.result import Simulation
from v1cortex.sonata import OWN, CellGroups, of_circuit, one_group, read_cells
from v1cortex.spike_validation import (
    CellSource,
    LabelledSpikes,
    SpikeValidation,
    load_spikes,
    validate_spikes,
)
from validation.reference import load_reference
from validation.spikes import SpikeTrains

__all__ = ["Source", "validate"]

Source = Simulation | SpikeTrains | Path | str
"""Spikes: a simulation, spike trains, or a SONATA file."""


def validate(
    spikes: Source | Sequence[Source],
    circuit: Circuit | Path | str | None = None,
    *,
    condition: Literal["gratings", "spontaneous"] = "gratings",
    period_ms: float | None = None,
) -> SpikeValidation:
    """Compare spikes with recordings of mouse V1: rates, variability, correlations.

    Parameters
    ----------
    spikes
        A simulation, spike trains or a SONATA spike file; several of them are runs of the same
        network, and are also compared with each other.
    circuit
        Whose spikes they are: a circuit, a SONATA network, or a CSV table of ``node_id`` and
        ``population``. A simulation, and a file next to its ``simulation.json``, knows it. Without,
        all neurons are compared with all of the mouse's units.
    condition
        Activity of the mouse to compare with: under drifting gratings, or before a gray screen.
    period_ms
        Length of a trial, in recordings of several.

    Returns
    -------
    SpikeValidation
        Statistics, what was assumed (``notes``), and `to_frame` for a table by population.

    Raises
    ------
    CircuitError
        If spikes and circuit do not fit each other.
    ConfigError
        If there is no such condition.
    StatisticsError
        If the period does not fit the recording.
    """
    given = [spikes] if isinstance(spikes, Source) else list(spikes)
    runs = [_labelled(each, circuit) for each in given]
    reference = load_reference()
    if condition == "spontaneous":
        reference = reference.spontaneous()
    elif condition != "gratings":
        raise ConfigError(f"no condition {condition!r}: write 'gratings' or 'spontaneous'")
    return validate_spikes(runs, reference, period_ms)


def _labelled(spikes: Source, circuit: Circuit | Path | str | None) -> LabelledSpikes:
    """Return spikes with the population of each neuron."""
    if isinstance(spikes, Simulation):
        return _with_cells(spikes.spikes, of_circuit(spikes.circuit))
    if isinstance(spikes, SpikeTrains):
        if circuit is None:
            notes = ("no circuit was given: neurons are compared with all of the mouse's units",)
            return _with_cells(spikes, one_group(spikes.n_neurons), notes)
        if isinstance(circuit, Circuit):
            return _with_cells(spikes, of_circuit(circuit))
        return _with_cells(spikes, read_cells(Path(circuit), OWN.population))
    if not isinstance(circuit, Circuit):
        source = CellSource(None if circuit is None else Path(circuit))
        return load_spikes(Path(spikes), source)
    found = load_spikes(Path(spikes), CellSource(n_neurons=circuit.n_neurons))
    nodes = found.cells.node_id
    if nodes[0] > 1 or nodes[-1] - nodes[0] != len(nodes) - 1:
        raise CircuitError(
            f"{spikes} has nodes from {nodes[0]} to {nodes[-1]}; which neuron of the circuit each "
            "is cannot be told. Number them 0 to n - 1, or pass the circuit's folder"
        )
    return _with_cells(found.spikes, of_circuit(circuit), found.notes[:-1])


def _with_cells(
    spikes: SpikeTrains, cells: CellGroups, notes: tuple[str, ...] = ()
) -> LabelledSpikes:
    if len(cells) != spikes.n_neurons:
        raise CircuitError(
            f"the spikes are of {spikes.n_neurons} neurons, the circuit has {len(cells)}; is it "
            "the circuit of these spikes?"
        )
    return LabelledSpikes(spikes, cells, notes)
