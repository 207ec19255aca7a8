"""The circuits of a run: one for the protocol, and one for each hurdle with another size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evolution.errors import RunFolderError
from evolution.runs.candidates import PROTOCOL
from evolution.runs.config import EvolveConfig
from evolution.runs.folder import RunFolder
from evolution.runs.progress import Progress
from v1cortex.circuit import Circuit, build_circuit
from v1cortex.evaluation import Protocol, check_circuit
from v1cortex.sonata import load_circuit, save_circuit

CIRCUIT = "circuit"
"""Folder of the protocol's circuit within the run folder; `v1cortex evaluate` takes it."""


@dataclass(frozen=True)
class Stage:
    """Circuit and protocol of one stage of a search.

    Parameters
    ----------
    circuit
        Folder of the circuit.
    protocol
        Protocol of its evaluations.
    """

    circuit: Path
    protocol: Protocol


def run_circuits(config: EvolveConfig, folder: RunFolder, progress: Progress) -> dict[int, Circuit]:
    """Return the circuits of a run by number of neurons, from its folder if they exist.

    Raises
    ------
    RunFolderError
        If a different circuit is there.
    TaskError
        If a circuit has too few cells for the read-out pool.
    """
    circuits: dict[int, Circuit] = {}
    for neurons, protocol in _sizes(config).values():
        if neurons not in circuits:
            progress.notice(f"preparing the circuit of {neurons} neurons")
            circuits[neurons] = _circuit(config, neurons, folder)
        check_circuit(circuits[neurons], protocol)
    return circuits


def save_circuits(
    config: EvolveConfig, folder: RunFolder, circuits: Mapping[int, Circuit]
) -> dict[str, Stage]:
    """Save the circuits of a run that do not exist yet, and return its stages by name."""
    for neurons, circuit in circuits.items():
        if not _path(config, neurons, folder).exists():
            save_circuit(circuit, _path(config, neurons, folder))
    return {
        name: Stage(_path(config, neurons, folder).resolve(), protocol)
        for name, (neurons, protocol) in _sizes(config).items()
    }


def _sizes(config: EvolveConfig) -> dict[str, tuple[int, Protocol]]:
    """Return size and protocol of each stage by name."""
    stages = {PROTOCOL: (config.neurons, config.protocol)}
    return stages | {
        hurdle.name: (hurdle.neurons or config.neurons, hurdle.applied_to(config.protocol))
        for hurdle in config.hurdles
    }


def _path(config: EvolveConfig, neurons: int, folder: RunFolder) -> Path:
    name = CIRCUIT if neurons == config.neurons else f"{CIRCUIT}_{neurons}"
    return folder.path / name


def _circuit(config: EvolveConfig, neurons: int, folder: RunFolder) -> Circuit:
    path = _path(config, neurons, folder)
    if not path.exists():
        return build_circuit(neurons, config.circuit_seed)
    circuit = load_circuit(path)
    if (circuit.n_neurons, circuit.seed) != (neurons, config.circuit_seed):
        raise RunFolderError(
            f"{path} contains a circuit of {circuit.n_neurons} neurons and seed {circuit.seed}, "
            f"not of {neurons} and {config.circuit_seed}; choose another --out"
        )
    return circuit
