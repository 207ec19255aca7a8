"""Connections from LGN units to V1 neurons.

As in the LGN module of Billeh et al. 2020 (Neuron 106:388), a V1 neuron receives input from units
in two ellipses, elongated across its preferred direction and side by side along it: one with
sustained units (ON or OFF), one with transient OFF units. Units with two subfields are taken from a
small ellipse between the two, if their own axis matches the preferred orientation.

Which ellipse lies ahead determines the direction of motion that drives both at once. A sustained
OFF unit responds to the same edge as a transient one, but later: it lies behind, where the edge
arrives first. A sustained ON unit responds half a cycle of the grating apart from an OFF unit,
which reverses the preference: it lies ahead. The published builder places every sustained ellipse
behind, so that cells with ON input prefer the direction opposite to the assigned one; the same
group's later builder (github.com/AllenInstitute/biorealistic-v1-model) reverses them, and so does
this one (*choice*; docs/cortex.md has the measurement).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit.arrays import LgnEdges, LgnUnits, Nodes
from v1cortex.circuit.connection_rules import DEG_PER_UM_X, DEG_PER_UM_Z, orientation_difference_deg
from v1cortex.circuit.lgn_mosaic import FIELD_HEIGHT_DEG, FIELD_WIDTH_DEG, lgn_mosaic
from v1cortex.circuit.random_streams import LGN_WIRING, blocks, stream
from v1cortex.tables import Tables

TUNING_TOLERANCE_DEG = 15.0
"""Largest difference between the axis of a two-subfield unit and its target's orientation."""
LGN_DELAY_MS = 1.7
"""Delay of LGN input (Billeh et al. 2020)."""
BLOCK_SIZE = 2**20
"""Candidate connections processed at a time; limits memory, does not change the result."""
_BAND_DEG = 5.0

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def connect_lgn(nodes: Nodes, seed: int, tables: Tables) -> tuple[LgnUnits, LgnEdges]:
    """Draw the LGN input of a circuit.

    Parameters
    ----------
    nodes : Nodes
        The V1 neurons.
    seed : int
        Seed of the circuit.
    tables : Tables
        The model's tables.

    Returns
    -------
    LgnUnits, LgnEdges
        The units that reach at least one neuron, renumbered, and the connections sorted by
        (target, source).
    """
    mosaic = lgn_mosaic(seed, tables)
    pools = _pools(mosaic, tables)
    table = tables.lgn_connectivity
    sources, targets, weights, receptors = [], [], [], []
    for row in range(len(table.population)):
        source, target = _connect_row(row, mosaic, pools, nodes, seed, tables)
        sources.append(source)
        targets.append(target)
        weights.append(np.full(len(source), table.n_synapses[row] * table.weight_pA[row]))
        receptors.append(np.full(len(source), table.receptor[row], dtype=np.int8))
    target, source = np.concatenate(targets), np.concatenate(sources)
    order = np.lexsort((source, target))
    reached, source = np.unique(source[order], return_inverse=True)
    units = LgnUnits(**{name: array[reached] for name, array in mosaic.items()})
    edges = LgnEdges(
        source=source.astype(np.int32),
        target=target[order].astype(np.int32),
        weight_pA=np.concatenate(weights)[order],
        receptor=np.concatenate(receptors)[order],
    )
    return units, edges


def visual_field_position(nodes: Nodes) -> tuple[FloatArray, FloatArray]:
    """Return the retinotopic position of each neuron in the field, x and y in linear degrees.

    Cortical distance maps to visual angle (0.07 degrees per µm along x, 0.04 along z); its tangent,
    converted back to degrees, is the position on a flat screen.
    """
    x = np.rad2deg(np.tan(np.deg2rad(DEG_PER_UM_X * nodes.x_um)))
    y = np.rad2deg(np.tan(np.deg2rad(DEG_PER_UM_Z * nodes.z_um)))
    return FIELD_WIDTH_DEG / 2 + x, FIELD_HEIGHT_DEG / 2 + y


@dataclass(frozen=True, eq=False)
class _Subfields:
    """Geometry and preferences of the targets of one table row."""

    node: IntArray
    x_deg: FloatArray
    y_deg: FloatArray
    direction_deg: FloatArray
    half_distance_deg: FloatArray
    short_radius_deg: FloatArray
    long_radius_deg: FloatArray
    frequency_Hz: IntArray
    sustained_on: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.bool_]) -> _Subfields:
        return _Subfields(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def _subfields(row: int, nodes: Nodes, seed: int, tables: Tables) -> _Subfields:
    """Draw which neurons of a table row get LGN input, and their subfields."""
    table = tables.lgn_connectivity
    chosen = nodes.population == table.population[row]
    if table.label[row]:
        labels = np.array(tables.cells.label)
        chosen &= (labels == table.label[row])[nodes.cell_model]
    rng = stream(seed, LGN_WIRING, row, 0)
    candidates = np.flatnonzero(chosen)
    node = candidates[rng.random(len(candidates)) < table.probability[row]]
    n = len(node)
    distance = rng.uniform(
        table.subfield_distance_min_deg[row], table.subfield_distance_max_deg[row], n
    )
    width = rng.uniform(table.subfield_width_min_deg[row], table.subfield_width_max_deg[row], n)
    aspect = rng.uniform(table.aspect_min[row], table.aspect_max[row], n)
    x_deg, y_deg = visual_field_position(nodes)
    return _Subfields(
        node=node,
        x_deg=x_deg[node],
        y_deg=y_deg[node],
        direction_deg=nodes.preferred_direction_deg[node],
        half_distance_deg=distance / 2,
        short_radius_deg=width / 2,
        long_radius_deg=width / 2 * aspect,
        frequency_Hz=_positive_poisson(rng.random(n), float(table.poisson_tf_parameter[row])),
        sustained_on=rng.random(n) < table.son_ratio[row],
    )


def _positive_poisson(uniform: FloatArray, mean: float) -> IntArray:
    """Return Poisson numbers conditioned on being positive, by inversion."""
    from scipy.stats import poisson  # here, since it takes a second to import

    zero = np.exp(-mean)
    numbers: IntArray = np.maximum(poisson.ppf(zero + (1 - zero) * uniform, mean), 1).astype(
        np.int64
    )
    return numbers


@dataclass(frozen=True, eq=False)
class _Pool:
    """Units of one class, sorted for searching: by band of the field, then by x."""

    unit: IntArray
    line: FloatArray  # x plus the field's width times the band: one sorted coordinate for all


def _pools(mosaic: LgnUnits, tables: Tables) -> dict[str, _Pool]:
    """Sort the units of each class; two-subfield units under the name `tuned`."""
    names, tuned = np.array(tables.lgn_units.unit), tables.lgn_units.orientation_tuned
    members = {
        prefix: np.strings.startswith(names, prefix) for prefix in ("sON_", "sOFF_", "tOFF_")
    }
    pools = {}
    for name, kinds in {**members, "tuned": tuned}.items():
        unit = np.flatnonzero(kinds[mosaic.unit_type])
        line = mosaic.x_deg[unit] + FIELD_WIDTH_DEG * np.floor(mosaic.y_deg[unit] / _BAND_DEG)
        order = np.argsort(line, kind="stable")
        pools[name] = _Pool(unit[order], line[order])
    return pools


def _connect_row(
    row: int,
    mosaic: LgnUnits,
    pools: dict[str, _Pool],
    nodes: Nodes,
    seed: int,
    tables: Tables,
) -> tuple[IntArray, IntArray]:
    """Draw the connections of one row of the LGN table; return units and nodes."""
    every = _subfields(row, nodes, seed, tables)
    on, off = every.take(every.sustained_on), every.take(~every.sustained_on)
    unit_names = np.array(tables.lgn_units.unit)
    probability = _type_probabilities(int(every.frequency_Hz.max(initial=1)), unit_names)
    none = np.empty(0, dtype=np.int64)
    sources, targets = [none], [none]
    for key, (prefix, fields) in enumerate((("sON_", on), ("sOFF_", off), ("tOFF_", every)), 1):
        rng = stream(seed, LGN_WIRING, row, key)
        pool = pools[prefix]
        sustained_side = np.where(fields.sustained_on, 1.0, -1.0)
        shift = sustained_side * fields.half_distance_deg * (-1.0 if prefix == "tOFF_" else 1.0)
        radii = fields.long_radius_deg, fields.short_radius_deg
        for unit, field in _in_ellipses(mosaic, pool, fields, shift, *radii):
            p = probability[fields.frequency_Hz[field], mosaic.unit_type[unit]]
            kept = rng.random(len(p)) < p
            sources.append(unit[kept])
            targets.append(fields.node[field[kept]])
    pool = pools["tuned"]
    radii = every.short_radius_deg, every.half_distance_deg / 2
    for unit, field in _in_ellipses(mosaic, pool, every, np.zeros(len(every.node)), *radii):
        angle = np.mod(mosaic.tuning_angle_deg[unit], 180.0)
        preferred = np.mod(every.direction_deg[field], 180.0)
        kept = orientation_difference_deg(angle, preferred) < TUNING_TOLERANCE_DEG
        sources.append(unit[kept])
        targets.append(every.node[field[kept]])
    return np.concatenate(sources), np.concatenate(targets)


def _type_probabilities(highest_Hz: int, unit_names: NDArray[np.str_]) -> FloatArray:
    """Return the probability that a unit in a target's ellipse connects, [preferred Hz, unit type].

    For unit types of one class with frequencies f_i it falls linearly with the distance from the
    target's preferred frequency, and sums to 1: (1 - |F - f_i| / sum |F - f_j|) / (n - 1).
    Zero for types without a frequency in their name (those with two subfields).
    """
    probability = np.zeros((highest_Hz + 1, len(unit_names)))
    split = [name.partition("_TF") for name in unit_names]
    for prefix in sorted({prefix for prefix, mark, _ in split if mark}):
        types = [k for k, (start, mark, _) in enumerate(split) if mark and start == prefix]
        frequencies = np.array([float(split[k][2]) for k in types])
        gap = np.abs(np.arange(highest_Hz + 1)[:, None] - frequencies)
        probability[:, types] = (1 - gap / gap.sum(axis=1, keepdims=True)) / (len(types) - 1)
    return probability


def _in_ellipses(
    mosaic: LgnUnits,
    pool: _Pool,
    fields: _Subfields,
    shift_deg: FloatArray,
    across_deg: FloatArray,
    along_deg: FloatArray,
) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield units and fields (indices) of all units of a pool inside the fields' ellipses.

    The ellipse lies `shift_deg` ahead of the field's centre along its preferred direction, with
    semi-axes `along_deg` along that direction and `across_deg` across it. Fields are processed in
    order, in blocks; the candidates of a field are the units in its bounding box, band by band.
    """
    angle = np.deg2rad(fields.direction_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = fields.x_deg + shift_deg * cos, fields.y_deg + shift_deg * sin
    half_width = np.hypot(along_deg * cos, across_deg * sin)
    half_height = np.hypot(along_deg * sin, across_deg * cos)
    bands = np.arange(round(FIELD_HEIGHT_DEG / _BAND_DEG))
    lowest = np.clip(x - half_width, 0.0, FIELD_WIDTH_DEG)
    highest = np.clip(x + half_width, 0.0, FIELD_WIDTH_DEG)
    first = np.searchsorted(pool.line, lowest[:, None] + FIELD_WIDTH_DEG * bands)
    last = np.searchsorted(pool.line, highest[:, None] + FIELD_WIDTH_DEG * bands)
    overlap = (bands + 1) * _BAND_DEG >= (y - half_height)[:, None]
    overlap &= bands * _BAND_DEG <= (y + half_height)[:, None]
    count = np.where(overlap, last - first, 0)
    for block in blocks(np.cumsum(count.sum(axis=1)), BLOCK_SIZE):
        n = count[block].ravel()
        field = np.repeat(np.arange(block.start, block.stop), count[block].sum(axis=1))
        within = np.arange(len(field)) - np.repeat(np.cumsum(n) - n, n)
        unit = pool.unit[np.repeat(first[block].ravel(), n) + within]
        dx, dy = mosaic.x_deg[unit] - x[field], mosaic.y_deg[unit] - y[field]
        along = (dx * cos[field] + dy * sin[field]) / along_deg[field]
        across = (dx * sin[field] - dy * cos[field]) / across_deg[field]
        inside = along**2 + across**2 <= 1.0
        yield unit[inside], field[inside]
