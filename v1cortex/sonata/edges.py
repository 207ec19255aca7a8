"""Connections of SONATA networks of other programs: weights, receptors, delays, synapse types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nestml_models.rule import ShortTerm
from v1cortex.circuit import (
    LGN_DELAY_MS,
    Edges,
    LgnEdges,
    Nodes,
    Retinotopy,
    direction_difference_deg,
    phase_exponent,
)
from v1cortex.errors import CircuitError
from v1cortex.sonata.cells import CellModel
from v1cortex.sonata.reader import EdgeGroup, NodeGroup, read_parameters
from v1cortex.sonata.short_term import STATIC, dynamics_of_type
from v1cortex.sonata.type_rows import whole_number
from v1cortex.sonata.type_tables import TAU_SYN_MS
from v1cortex.tables import POPULATIONS, ConnectivityTable, SynapseDynamics, is_excitatory

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

PLAIN_WEIGHTS = ("default_weight_fnc", "set_syn_weight", "wmax")
"""BMTK's names for weight = syn_weight x nsyns."""
MAX_DELAY_MS = 200.0
"""Longest delay accepted (*choice*): every neuron in NEST has buffers for it."""
DIRECTION_RULE, DIRECTION_RULE_EE = "DirectionRule_others", "DirectionRule_EE"
"""Weight functions of the published V1 model (Billeh et al. 2020)."""


class NodeIndex:
    """Finds the position of a node by its id; memory and time scale with the number of nodes.

    Parameters
    ----------
    node_id
        Id of each node, int64[n].
    place
        Position of each node, int64[n].
    """

    def __init__(self, node_id: IntArray, place: IntArray) -> None:
        order = np.argsort(node_id)
        self._node_id, self._place = node_id[order], place[order]

    def of(self, node_id: IntArray) -> IntArray:
        """Return the position of each id; -1 for ids without a node."""
        if not len(self._node_id):
            return np.full(len(node_id), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self._node_id, node_id), len(self._node_id) - 1)
        return np.where(self._node_id[found] == node_id, self._place[found], -1)


@dataclass(frozen=True, eq=False)
class TargetCells:
    """The neurons of an imported network.

    Attributes
    ----------
    nodes : Nodes
        The neurons, sorted by population.
    order : int64[n_neurons]
        Position of each neuron in the network.
    group : NodeGroup
        The network's population.
    models : list of CellModel
        Cell models, by their index in ``nodes.cell_model``.
    """

    nodes: Nodes
    order: IntArray
    group: NodeGroup
    models: Sequence[CellModel]

    @cached_property
    def index(self) -> NodeIndex:
        """Neuron of each node id."""
        rank = np.empty(len(self.order), dtype=np.int64)
        rank[self.order] = np.arange(len(self.order))
        return NodeIndex(self.group.node_id, rank)

    @cached_property
    def retinotopy(self) -> Retinotopy:
        """Geometry of the published weight rule."""
        return Retinotopy.of(self.nodes)


@dataclass(frozen=True, eq=False)
class _Connections:
    """Connections of all edge groups, one entry per connection."""

    source: IntArray
    target: IntArray
    weight_pA: FloatArray
    n_synapses: FloatArray
    receptor: NDArray[np.int8]
    delay_ms: FloatArray
    dynamics: NDArray[np.int16]


def recurrent_edges(
    groups: Sequence[EdgeGroup], cells: TargetCells, folders: Mapping[str, Path]
) -> tuple[ConnectivityTable, Edges, SynapseDynamics | None]:
    """Read connections between the neurons.

    Connections of one pair of populations with the same receptor and delay form a synapse type;
    several between the same two neurons are merged, with summed weight.
    """
    known = {STATIC: 0}
    drawn = _join(
        [_connections(group, cells.index, cells, folders, known, True) for group in groups]
    )
    _check_signs(drawn, cells.nodes, groups)
    population = cells.nodes.population
    columns = (
        population[drawn.source].astype(np.float64),
        population[drawn.target].astype(np.float64),
        drawn.receptor.astype(np.float64),
        drawn.delay_ms,
        drawn.dynamics.astype(np.float64),
    )
    kinds, kind = _unique_rows(np.stack(columns, axis=1))
    order, kind = _sorted(kind, drawn.source, drawn.target)
    first, last = _runs(kind, drawn.source[order], drawn.target[order])
    number = np.add.reduceat(drawn.n_synapses[order], first) if len(first) else np.zeros(0)
    weight = np.add.reduceat(drawn.weight_pA[order], first) if len(first) else np.zeros(0)
    source, target = (a[order][last].astype(np.int32) for a in (drawn.source, drawn.target))
    edges = Edges(
        source=source,
        target=target,
        weight_pA=weight,
        n_synapses=np.minimum(number, np.iinfo(np.int8).max).astype(np.int8),
        type_offsets=np.searchsorted(kind[last], np.arange(len(kinds) + 1)).astype(np.int64),
    )
    capacitance_pF = np.array([model.C_m_pF for model in cells.models])
    per_pF = weight / (capacitance_pF[cells.nodes.cell_model[target]] * np.maximum(number, 1))
    return _connectivity(kinds, per_pF, edges), edges, _dynamics(kinds, list(known))


def lgn_edges(
    groups: Sequence[EdgeGroup],
    unit_index: NodeIndex,
    cells: TargetCells,
    folders: Mapping[str, Path],
) -> LgnEdges:
    """Read connections from LGN units to the neurons.

    Parameters
    ----------
    groups
        Edge populations from LGN units.
    unit_index
        Index of each unit by its id in the network.
    cells
        The neurons.
    folders
        Component folders of the network.

    Raises
    ------
    CircuitError
        If a delay or a receptor is not supported.
    """
    known = {STATIC: 0}
    drawn = _join(
        [_connections(group, unit_index, cells, folders, known, False) for group in groups]
    )
    if len(known) > 1:
        raise CircuitError(
            "connections of LGN units have short-term dynamics; only static ones are supported"
        )
    other = np.flatnonzero(np.abs(drawn.delay_ms - LGN_DELAY_MS) > 1e-9)
    if len(other):
        raise CircuitError(
            f"a connection of an LGN unit has a delay of {drawn.delay_ms[other[0]]:g} ms; only "
            f"{LGN_DELAY_MS:g} ms is supported"
        )
    order = np.lexsort((drawn.source, drawn.target))
    return LgnEdges(
        source=drawn.source[order].astype(np.int32),
        target=drawn.target[order].astype(np.int32),
        weight_pA=drawn.weight_pA[order],
        receptor=drawn.receptor[order],
    )


def _connections(
    group: EdgeGroup,
    source_index: NodeIndex,
    cells: TargetCells,
    folders: Mapping[str, Path],
    known: dict[ShortTerm, int],
    recurrent: bool,
) -> _Connections:
    """Read a group's connections; `known` numbers short-term dynamics, and gets new ones."""
    source = _known(group, group.source, source_index, "source", group.source_population)
    target = _known(group, group.target, cells.index, "target", group.target_population)
    number = group.number("nsyns")
    per_synapse = _required(group, "syn_weight")
    weight = per_synapse * (np.ones(len(group)) if number is None else number)
    receptor = np.zeros(len(group), dtype=np.int8)
    dynamics = np.zeros(len(group), dtype=np.int16)
    for type_id in group.used_types():
        own = group.type_id == type_id
        where = f"edge type {type_id} of '{group.name}'"
        found = dynamics_of_type(group, type_id, where, folders)
        dynamics[own] = known.setdefault(found, len(known))
        weight[own] *= found.U  # what a synapse at rest transmits
        receptor[own] = _receptors(group, type_id, where, target[own], cells, folders)
        weight[own] *= _weight_factor(group, type_id, where, source, target, cells, own, recurrent)
    if number is None:
        number = group.number("n_synapses")
    return _Connections(
        source=source,
        target=target,
        weight_pA=_finite(group, "weight", weight),
        n_synapses=np.ones(len(group)) if number is None else _finite(group, "nsyns", number),
        receptor=receptor,
        delay_ms=_delays(group, "delay", _required(group, "delay")),
        dynamics=dynamics,
    )


def _known(
    group: EdgeGroup, number: IntArray, index: NodeIndex, side: str, population: str
) -> IntArray:
    """Return the index of each end of the edges."""
    place = index.of(number)
    missing = np.flatnonzero(place < 0)
    if len(missing):
        raise CircuitError(
            f"{group.path}: {len(missing)} edges of '{group.name}' have a {side} node that is not "
            f"in '{population}', the first one node {number[missing[0]]}"
        )
    return place


def _required(group: EdgeGroup, name: str) -> FloatArray:
    return _finite(group, name, _of_all(group, name))


def _of_all(group: EdgeGroup, name: str) -> FloatArray:
    values = group.number(name)
    if values is None and len(group):
        raise CircuitError(
            f"{group.path}: edges '{group.name}' and their types have no attribute '{name}'; give "
            "it in the table of edge types"
        )
    return np.zeros(0) if values is None else values


def _finite(group: EdgeGroup, name: str, values: FloatArray) -> FloatArray:
    broken = np.flatnonzero(~np.isfinite(values))
    if len(broken):
        edge = broken[0]
        raise CircuitError(
            f"{group.path}: {name} of edge {edge} in '{group.name}' (type {group.type_id[edge]}) "
            f"is {values[edge]} or missing ({len(broken)} such edges); it must be a finite number"
            + _without_row(group, int(group.type_id[edge]))
        )
    return values


def _without_row(group: EdgeGroup, type_id: int) -> str:
    known = ", ".join(map(str, list(group.types)[:8]))
    text = f". Type {type_id} has no row in the table of edge types, which has {known or 'none'}"
    return "" if type_id in group.types else text


def _delays(group: EdgeGroup, name: str, values: FloatArray) -> FloatArray:
    wrong = np.flatnonzero(~((values > 0) & (values <= MAX_DELAY_MS)))
    if len(wrong):
        edge = wrong[0]
        raise CircuitError(
            f"{group.path}: '{name}' of edge {edge} in '{group.name}' (type {group.type_id[edge]}) "
            f"is {values[edge]:g} ms; it must be above 0 and at most {MAX_DELAY_MS:g} ms"
        )
    return values


def _receptors(
    group: EdgeGroup,
    type_id: int,
    where: str,
    target: IntArray,
    cells: TargetCells,
    folders: Mapping[str, Path],
) -> NDArray[np.int8]:
    """Return the GLIF3 receptor with the time constant of the edges' receptor."""
    text = group.text(type_id, "receptor_type")
    file = group.text(type_id, "dynamics_params")
    if text is None and file is not None:
        text = str(read_parameters(folders, "synaptic_models_dir", file).get("receptor_type"))
    port = whole_number(text or "")
    if port is None or port < 1:
        raise CircuitError(f"{where}: receptor_type is {text}; it must be the number of a receptor")
    receptor = np.zeros(len(cells.models), dtype=np.int8)
    for number in np.unique(cells.nodes.cell_model[target]):
        model = cells.models[number]
        tau = model.tau_syn_ms[port - 1] if port <= len(model.tau_syn_ms) else np.nan
        same = np.flatnonzero(np.abs(np.array(TAU_SYN_MS) - tau) < 1e-9)
        if not len(same):
            raise CircuitError(
                f"{where}: receptor {text} of '{model.label}' has a time constant of {tau:g} ms; "
                f"supported are {', '.join(f'{each:g}' for each in TAU_SYN_MS)} ms"
            )
        receptor[number] = same[0] + 1
    return receptor[cells.nodes.cell_model[target]]


def _weight_factor(
    group: EdgeGroup,
    type_id: int,
    where: str,
    source: IntArray,
    target: IntArray,
    cells: TargetCells,
    own: NDArray[np.bool_],
    recurrent: bool,
) -> FloatArray:
    """Return the ratio of a weight function to syn_weight x nsyns."""
    name = group.text(type_id, "weight_function")
    if name is None or name in PLAIN_WEIGHTS:
        return np.ones(np.count_nonzero(own))
    if not recurrent or name not in (DIRECTION_RULE, DIRECTION_RULE_EE):
        known = (*PLAIN_WEIGHTS, *((DIRECTION_RULE, DIRECTION_RULE_EE) if recurrent else ()))
        raise CircuitError(
            f"{where}: weight_function '{name}' is not supported; known are {', '.join(known)}"
        )
    direction = cells.nodes.preferred_direction_deg
    sigma_deg = _of_all(group, "weight_sigma")[own]
    if not np.all(sigma_deg > 0):
        raise CircuitError(f"{where}: weight_function '{name}' needs a 'weight_sigma' above 0")
    difference_deg = direction_difference_deg(direction[source[own]], direction[target[own]])
    exponent = (difference_deg / sigma_deg) ** 2
    if name == DIRECTION_RULE:
        return np.exp(-exponent)
    exponent += phase_exponent(source[own], target[own], cells.nodes, cells.retinotopy)
    return np.asarray(cells.retinotopy.scale[target[own]] * np.exp(-exponent))


def _check_signs(drawn: _Connections, nodes: Nodes, groups: Sequence[EdgeGroup]) -> None:
    """Reject excitatory cells with negative weights and inhibitory ones with positive weights."""
    excitatory = is_excitatory(nodes.population[drawn.source])
    wrong = np.flatnonzero(np.where(excitatory, drawn.weight_pA < 0, drawn.weight_pA > 0))
    if len(wrong):
        edge = wrong[0]
        name = POPULATIONS[int(nodes.population[drawn.source[edge]])]
        names = ", ".join(group.name for group in groups)
        raise CircuitError(
            f"{len(wrong)} edges of '{names}' have weights of the wrong sign, the first "
            f"{drawn.weight_pA[edge]:g} pA from a cell of {name}"
        )


def _join(parts: Sequence[_Connections]) -> _Connections:
    def column(name: str, dtype: type) -> NDArray[np.generic]:
        return np.concatenate([np.zeros(0, dtype), *(getattr(part, name) for part in parts)])

    return _Connections(
        source=column("source", np.int64).astype(np.int64),
        target=column("target", np.int64).astype(np.int64),
        weight_pA=column("weight_pA", np.float64).astype(np.float64),
        n_synapses=column("n_synapses", np.float64).astype(np.float64),
        receptor=column("receptor", np.int8).astype(np.int8),
        delay_ms=column("delay_ms", np.float64).astype(np.float64),
        dynamics=column("dynamics", np.int16).astype(np.int16),
    )


def _unique_rows(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the unique rows, ascending, and the index of each row among them."""
    # Delays take few values: sorting their indices is a hundred times faster than sorting rows.
    code = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        values, place = np.unique(column, return_inverse=True)
        code = code * len(values) + place
    _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    return rows[first], kind.astype(np.int64)


def _sorted(kind: IntArray, source: IntArray, target: IntArray) -> tuple[IntArray, IntArray]:
    order = np.lexsort((source, target, kind))
    return order, kind[order]


def _runs(kind: IntArray, source: IntArray, target: IntArray) -> tuple[IntArray, IntArray]:
    """Return the first and the last entry of each run of equal (kind, source, target)."""
    if not len(kind):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    new = np.any(np.diff(np.stack([kind, source, target]), axis=1) != 0, axis=0)
    first = np.flatnonzero(np.append(True, new))
    return first, np.append(first[1:], len(kind)) - 1


def _dynamics(kinds: FloatArray, known: Sequence[ShortTerm]) -> SynapseDynamics | None:
    """Return the short-term dynamics of the synapse types; None if all are static."""
    if len(known) == 1:
        return None
    found = [known[int(number)] for number in kinds[:, 4]]
    return SynapseDynamics.from_types(found)


def _connectivity(kinds: FloatArray, per_pF: FloatArray, edges: Edges) -> ConnectivityTable:
    """Describe the synapse types; probabilities and their parameters are unknown."""
    unknown = np.full(len(kinds), np.nan)
    sizes = np.diff(edges.type_offsets)
    total = np.add.reduceat(per_pF, edges.type_offsets[:-1]) if len(kinds) else np.zeros(0)
    return ConnectivityTable(
        pre=kinds[:, 0].astype(np.int8),
        post=kinds[:, 1].astype(np.int8),
        p_0_75um=unknown,
        sigma_um=unknown,
        like_to_like_ratio=unknown,
        weight_pA_per_pF=total / sizes,
        weight_sigma_deg=unknown,
        delay_ms=kinds[:, 3],
        receptor=kinds[:, 2].astype(np.int8),
        unitary_psp_mV=unknown,
    )
