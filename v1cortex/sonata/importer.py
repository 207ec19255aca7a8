"""Circuits from SONATA networks written by other programs, if their cells are GLIF3 neurons.

What a network does not specify, its connection probabilities, is marked as unknown (NaN). Anything
that this package cannot simulate raises an error that names it; nothing is left out silently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit, LgnEdges, LgnUnits, Nodes
from v1cortex.errors import CircuitError
from v1cortex.sonata.cells import CellModel, cell_model
from v1cortex.sonata.edges import (
    NodeIndex,
    TargetCells,
    lgn_edges,
    recurrent_edges,
)
from v1cortex.sonata.folder import is_sampled, load_circuit
from v1cortex.sonata.reader import EdgeGroup, NodeGroup, find_files, read_edges, read_nodes
from v1cortex.tables import POPULATIONS, CellTable, Tables, load_tables

__all__ = ["ImportedCircuit", "import_circuit", "open_circuit"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ImportedCircuit:
    """A circuit from another program.

    Attributes
    ----------
    circuit : Circuit
        The circuit. Its tables contain the network's own cell models and synapse types.
    population : str
        Name of the network's node population.
    node_id : int64[n_neurons]
        Id of each neuron in the network: here neurons are sorted by population.
    notes : tuple of str
        What was assumed or left out.
    """

    circuit: Circuit
    population: str
    node_id: NDArray[np.int64]
    notes: tuple[str, ...]


def import_circuit(
    path: Path | str,
    *,
    populations: Mapping[str, str] | None = None,
    leave_out: Sequence[str] = (),
) -> ImportedCircuit:
    """Read a SONATA network.

    Parameters
    ----------
    path
        Configuration file or folder, see `v1cortex.sonata.reader.find_files`.
    populations
        V1 population (such as ``L4_E``) of each cell type whose name does not tell it.
    leave_out
        Virtual node populations to ignore, such as a background: neurons have their own, from the
        calibration.

    Raises
    ------
    CircuitError
        If a file is missing or damaged, an edge leads to a missing node, a value is not finite, or
        the network has unsupported parts: cell models other than GLIF3, receptors with other time
        constants, plastic synapses, unknown weight functions or virtual populations.
    """
    files, tables = find_files(Path(path)), load_tables()
    nodes = [group for pair in files.nodes for group in read_nodes(*pair)]
    edges = [group for pair in files.edges for group in read_edges(*pair)]
    cortex, lgn = _sort_out(nodes, edges, tables, leave_out)
    edges = [group for group in edges if group.source_population not in leave_out]
    notes = [*files.notes, *(f"left out: virtual population '{name}'" for name in leave_out)]
    models = {
        type_id: cell_model(cortex, type_id, files.components, tables, populations or {})
        for type_id in cortex.used_types()
    }
    neurons, order = _neurons(cortex, models, notes)
    cells = TargetCells(neurons, order, cortex, list(models.values()))
    own = [group for group in edges if group.source_population == cortex.name]
    connectivity, arrays, dynamics = recurrent_edges(own, cells, files.components)
    units, unit_edges = _lgn_input(lgn, edges, cells, files.components, tables)
    own_tables = replace(
        tables, cells=_cell_table(models), connectivity=connectivity, short_term=dynamics
    )
    circuit = Circuit(neurons, arrays, units, unit_edges, 0, own_tables)
    return ImportedCircuit(circuit, cortex.name, cortex.node_id[order], tuple(notes))


def open_circuit(
    path: Path | str,
    *,
    populations: Mapping[str, str] | None = None,
    leave_out: Sequence[str] = (),
    mapped: bool = False,
) -> ImportedCircuit:
    """Read a circuit of this package (`load_circuit`) or of another program.

    Imported and saved circuits count as those of another program: they have their own tables.
    """
    folder = Path(path)
    if is_sampled(folder) or not folder.exists():
        circuit = load_circuit(folder, mapped=mapped)
        return ImportedCircuit(circuit, "v1", np.arange(circuit.n_neurons), ())
    return import_circuit(path, populations=populations, leave_out=leave_out)


def _sort_out(
    nodes: Sequence[NodeGroup],
    edges: Sequence[EdgeGroup],
    tables: Tables,
    leave_out: Sequence[str],
) -> tuple[NodeGroup, NodeGroup | None]:
    """Find the neurons and the LGN among the node populations, and reject any other."""
    names = [group.name for group in nodes]
    for name in leave_out:
        if name not in names:
            raise CircuitError(f"no population '{name}' to leave out, only {', '.join(names)}")
    for group in edges:
        for name in (group.source_population, group.target_population):
            if name not in names:
                raise CircuitError(
                    f"{group.path}: edges '{group.name}' connect population '{name}', which is not "
                    "in the network"
                )
    kept = [group for group in nodes if group.name not in leave_out and len(group)]
    real = [group for group in kept if not _is_virtual(group)]
    virtual = [group for group in kept if _is_virtual(group)]
    if len(real) != 1:
        raise CircuitError(
            f"there are {len(real)} populations of neurons "
            f"({', '.join(group.name for group in real) or 'none'}); exactly one is supported"
        )
    lgn = [group for group in virtual if _unit_types(group, tables)]
    other = [group.name for group in virtual if not _unit_types(group, tables)]
    if other or len(lgn) > 1:
        names = other or [group.name for group in lgn[1:]]
        raise CircuitError(
            f"virtual population '{names[0]}' is not supported: only one, of LGN units (pop_name "
            f"{tables.lgn_units.unit[0]} and so on), is. Leave it out with "
            f"leave_out=['{names[0]}'] (--leave-out {names[0]}); neurons have their own "
            "background, from the calibration"
        )
    return real[0], lgn[0] if lgn else None


def _is_virtual(group: NodeGroup) -> bool:
    return all(group.text(each, "model_type") == "virtual" for each in group.used_types())


def _unit_types(group: NodeGroup, tables: Tables) -> dict[int, int]:
    """Return each node type's row in the table of LGN units; empty if one is not a unit."""
    names = tables.lgn_units.unit
    rows = {}
    for type_id in group.used_types():
        name = group.text(type_id, "pop_name")
        if name not in names:
            return {}
        rows[type_id] = names.index(name)
    return rows


def _neurons(
    group: NodeGroup, models: Mapping[int, CellModel], notes: list[str]
) -> tuple[Nodes, NDArray[np.int64]]:
    """Sort the neurons by population; return them and their positions in the network."""
    if not len(group):
        raise CircuitError(f"{group.path}: population '{group.name}' has no neurons")
    type_ids = np.array(list(models))
    model = np.searchsorted(type_ids, group.type_id)
    index = np.array([POPULATIONS.index(each.population) for each in models.values()])
    population = index[model]
    order = np.argsort(population, kind="stable")
    x, y, z = _positions(group, notes)
    direction = _attribute(group, "tuning_angle", notes, "preferred directions")
    return (
        Nodes(
            population=population[order].astype(np.int8),
            cell_model=model[order].astype(np.int16),
            x_um=x[order],
            depth_um=-y[order],
            z_um=z[order],
            preferred_direction_deg=np.mod(direction, 360.0)[order],
        ),
        order,
    )


def _positions(group: NodeGroup, notes: list[str]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return x, y (minus the depth) and z of each node in µm."""
    if "positions" in group.own:
        columns = np.asarray(group.own["positions"], dtype=np.float64)
        if columns.shape != (len(group), 3) or not np.all(np.isfinite(columns)):
            raise CircuitError(f"{group.path}: 'positions' must be {len(group)} finite x, y, z")
        return columns[:, 0], columns[:, 1], columns[:, 2]
    x, y, z = (_attribute(group, name, notes, f"{name} positions") for name in "xyz")
    return x, y, z


def _attribute(group: NodeGroup, name: str, notes: list[str], meaning: str) -> FloatArray:
    values = group.number(name)
    if values is None:
        notes.append(f"'{group.name}' has no {meaning} ('{name}'): taken as 0")
        return np.zeros(len(group))
    broken = np.flatnonzero(~np.isfinite(values))
    if len(broken):
        first = broken[0]
        raise CircuitError(
            f"{group.path}: '{name}' of node {group.node_id[first]} (type {group.type_id[first]}) "
            f"in '{group.name}' is {values[first]} or missing ({len(broken)} of {len(group)} "
            "nodes); it must be a finite number for all of them, or for none"
        )
    return values


def _lgn_input(
    group: NodeGroup | None,
    edges: Sequence[EdgeGroup],
    cells: TargetCells,
    folders: Mapping[str, Path],
    tables: Tables,
) -> tuple[LgnUnits, LgnEdges]:
    """Read the LGN units that reach a neuron, and their connections."""
    if group is None:
        none = np.zeros(0)
        units = LgnUnits(np.zeros(0, np.int8), none, none, none, none)
        return units, lgn_edges([], NodeIndex(cells.order[:0], cells.order[:0]), cells, folders)
    own = [each for each in edges if each.source_population == group.name]
    places = NodeIndex(group.node_id, np.arange(len(group)))
    drawn = lgn_edges(own, places, cells, folders)
    reaching, source = np.unique(drawn.source, return_inverse=True)
    rows = _unit_types(group, tables)
    kind = np.array([rows[int(type_id)] for type_id in group.type_id[reaching]], dtype=np.int8)
    columns = []
    for name in ("x", "y", "spatial_size"):
        values = _attribute(group, name, [], name)
        if group.number(name) is None:
            raise CircuitError(f"{group.path}: LGN units need '{name}', in degrees")
        columns.append(values[reaching])
    angle = group.number("tuning_angle")
    angle = np.full(len(reaching), np.nan) if angle is None else angle[reaching]
    tuned = tables.lgn_units.orientation_tuned[kind]
    if np.any(tuned & ~np.isfinite(angle)):
        raise CircuitError(f"{group.path}: units with two subfields need a 'tuning_angle'")
    x_deg, y_deg, size_deg = columns
    units = LgnUnits(kind, x_deg, y_deg, size_deg, np.where(tuned, angle, np.nan))
    return units, replace(drawn, source=source.astype(np.int32))


def _cell_table(models: Mapping[int, CellModel]) -> CellTable:
    each = list(models.values())
    numbers = {
        name: np.array([getattr(model, name) for model in each])
        for name in ("C_m_pF", "g_nS", "E_L_mV", "V_th_mV", "t_ref_ms")
    }
    amplitude = np.array([model.asc_amp_pA for model in each])
    tau = np.array([model.asc_tau_ms for model in each])
    return CellTable(
        specimen_id=np.array(list(models), dtype=np.int64),
        population=np.array([POPULATIONS.index(m.population) for m in each], dtype=np.int8),
        label=tuple(model.label for model in each),
        **numbers,
        asc_amp_1_pA=amplitude[:, 0],
        asc_amp_2_pA=amplitude[:, 1],
        asc_tau_1_ms=tau[:, 0],
        asc_tau_2_ms=tau[:, 1],
    )
