"""The columns of the tables, as frozen dataclasses of read-only NumPy arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from nestml_models.rule import ShortTerm
from v1cortex.errors import TableError

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int8]
Kind = Literal["text", "integer", "number", "optional", "flag", "population", "receptor"]

POPULATIONS: tuple[str, ...] = (
    "L1_Htr3a",
    "L23_E",
    "L23_Pvalb",
    "L23_Sst",
    "L23_Htr3a",
    "L4_E",
    "L4_Pvalb",
    "L4_Sst",
    "L4_Htr3a",
    "L5_E",
    "L5_Pvalb",
    "L5_Sst",
    "L5_Htr3a",
    "L6_E",
    "L6_Pvalb",
    "L6_Sst",
    "L6_Htr3a",
)
"""The 17 neuron populations: layer and class, from the pia down."""


@dataclass(frozen=True, eq=False)
class PopulationTable:
    """Populations: cells within 400 µm of the axis, and depth range below the pia.

    Attributes
    ----------
    population
        Name, such as L4_E.
    n_core
        Cells within 400 µm of the axis.
    depth_top_um, depth_bottom_um
        Range of depth below the pia, µm.
    """

    population: tuple[str, ...]
    n_core: NDArray[np.int64]
    depth_top_um: FloatArray
    depth_bottom_um: FloatArray

    KINDS: ClassVar[dict[str, Kind]] = {
        "population": "text",
        "n_core": "integer",
        "depth_top_um": "number",
        "depth_bottom_um": "number",
    }


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Labels (genetically or otherwise defined subclasses) of each population."""

    population: IndexArray
    label: tuple[str, ...]
    n_core: NDArray[np.int64]

    KINDS: ClassVar[dict[str, Kind]] = {
        "population": "population",
        "label": "text",
        "n_core": "integer",
    }


@dataclass(frozen=True, eq=False)
class CellTable:
    """GLIF3 cell models: membrane, threshold and two after-spike currents.

    Attributes
    ----------
    specimen_id
        Specimen in the Allen Cell Types Database.
    population, label
        The cells that it represents.
    C_m_pF, g_nS, E_L_mV, V_th_mV, t_ref_ms
        Capacitance, leak, resting (and reset) potential, threshold, refractory time.
    asc_amp_1_pA, asc_tau_1_ms, asc_amp_2_pA, asc_tau_2_ms
        Amplitudes and time constants of the after-spike currents.
    """

    specimen_id: NDArray[np.int64]
    population: IndexArray
    label: tuple[str, ...]
    C_m_pF: FloatArray
    g_nS: FloatArray
    E_L_mV: FloatArray
    V_th_mV: FloatArray
    t_ref_ms: FloatArray
    asc_amp_1_pA: FloatArray
    asc_tau_1_ms: FloatArray
    asc_amp_2_pA: FloatArray
    asc_tau_2_ms: FloatArray

    KINDS: ClassVar[dict[str, Kind]] = {
        "specimen_id": "integer",
        "population": "population",
        "label": "text",
        "C_m_pF": "number",
        "g_nS": "number",
        "E_L_mV": "number",
        "V_th_mV": "number",
        "t_ref_ms": "number",
        "asc_amp_1_pA": "number",
        "asc_tau_1_ms": "number",
        "asc_amp_2_pA": "number",
        "asc_tau_2_ms": "number",
    }


@dataclass(frozen=True, eq=False)
class ConnectivityTable:
    """Synapse types: one row per connected ordered pair of populations.

    `like_to_like_ratio` is NaN where connection does not depend on preferred orientation.

    Attributes
    ----------
    pre, post
        Populations.
    p_0_75um
        Mean connection probability within 75 µm.
    sigma_um
        Width of its Gaussian fall-off, µm.
    like_to_like_ratio
        Ratio of the probability at 90 to that at 0 degrees of orientation difference.
    weight_pA_per_pF
        Peak current of a synapse per capacitance of the target.
    weight_sigma_deg
        Width of the fall-off of weights with the difference in preferred direction.
    delay_ms, receptor
        Delay, and receptor 1 to 4 of the target.
    unitary_psp_mV
        Published amplitude to which the weight was fitted.
    """

    pre: IndexArray
    post: IndexArray
    p_0_75um: FloatArray
    sigma_um: FloatArray
    like_to_like_ratio: FloatArray
    weight_pA_per_pF: FloatArray
    weight_sigma_deg: FloatArray
    delay_ms: FloatArray
    receptor: IndexArray
    unitary_psp_mV: FloatArray

    KINDS: ClassVar[dict[str, Kind]] = {
        "pre": "population",
        "post": "population",
        "p_0_75um": "number",
        "sigma_um": "number",
        "like_to_like_ratio": "optional",
        "weight_pA_per_pF": "number",
        "weight_sigma_deg": "number",
        "delay_ms": "number",
        "receptor": "receptor",
        "unitary_psp_mV": "number",
    }


@dataclass(frozen=True, eq=False)
class BackgroundTable:
    """Background input per label: weight of one synapse, number of synapses, delay.

    Attributes
    ----------
    population, label
        Target cells.
    weight_pA, n_synapses, delay_ms
        Weight of a synapse, number of synapses of the source, delay.
    """

    population: IndexArray
    label: tuple[str, ...]
    weight_pA: FloatArray
    n_synapses: FloatArray
    delay_ms: FloatArray

    KINDS: ClassVar[dict[str, Kind]] = {
        "population": "population",
        "label": "text",
        "weight_pA": "number",
        "n_synapses": "number",
        "delay_ms": "number",
    }


@dataclass(frozen=True, eq=False)
class LgnUnitTable:
    """LGN unit types: number over the full field, field size, temporal kernel.

    Attributes
    ----------
    unit
        Name of the unit type.
    n_full_field
        Units in the field of 240 x 120 degrees.
    size_min_deg, size_max_deg
        Range of field sizes.
    orientation_tuned
        Whether it has two subfields.
    kernel_weight_1, kernel_weight_2
        Weights of the two lobes of the temporal kernel, as defined by BMTK's FilterNet.
    kernel_peak_1_ms, kernel_peak_2_ms, kernel_delay_1_ms, kernel_delay_2_ms
        Peaks and delays of the lobes.
    """

    unit: tuple[str, ...]
    n_full_field: NDArray[np.int64]
    size_min_deg: FloatArray
    size_max_deg: FloatArray
    orientation_tuned: NDArray[np.bool_]
    kernel_weight_1: FloatArray
    kernel_weight_2: FloatArray
    kernel_peak_1_ms: FloatArray
    kernel_peak_2_ms: FloatArray
    kernel_delay_1_ms: FloatArray
    kernel_delay_2_ms: FloatArray

    KINDS: ClassVar[dict[str, Kind]] = {
        "unit": "text",
        "n_full_field": "integer",
        "size_min_deg": "number",
        "size_max_deg": "number",
        "orientation_tuned": "flag",
        "kernel_weight_1": "number",
        "kernel_weight_2": "number",
        "kernel_peak_1_ms": "number",
        "kernel_peak_2_ms": "number",
        "kernel_delay_1_ms": "number",
        "kernel_delay_2_ms": "number",
    }


@dataclass(frozen=True, eq=False)
class LgnConnectivityTable:
    """LGN input per target; an empty label stands for every label of the population.

    Attributes
    ----------
    population, label
        Target cells.
    probability
        Share of them with LGN input.
    poisson_tf_parameter, son_ratio
        Preferred temporal frequencies; share of sustained ON cells.
    subfield_distance_min_deg, subfield_distance_max_deg
        Range of the distance between the two subfields, degrees.
    subfield_width_min_deg, subfield_width_max_deg
        Range of their width, degrees.
    aspect_min, aspect_max
        Range of the ratio of length to width.
    n_synapses, weight_pA, receptor
        Number of synapses of a unit, weight of each, receptor.
    """

    population: IndexArray
    label: tuple[str, ...]
    probability: FloatArray
    poisson_tf_parameter: FloatArray
    son_ratio: FloatArray
    subfield_distance_min_deg: FloatArray
    subfield_distance_max_deg: FloatArray
    subfield_width_min_deg: FloatArray
    subfield_width_max_deg: FloatArray
    aspect_min: FloatArray
    aspect_max: FloatArray
    n_synapses: FloatArray
    weight_pA: FloatArray
    receptor: IndexArray

    KINDS: ClassVar[dict[str, Kind]] = {
        "population": "population",
        "label": "text",
        "probability": "number",
        "poisson_tf_parameter": "number",
        "son_ratio": "number",
        "subfield_distance_min_deg": "number",
        "subfield_distance_max_deg": "number",
        "subfield_width_min_deg": "number",
        "subfield_width_max_deg": "number",
        "aspect_min": "number",
        "aspect_max": "number",
        "n_synapses": "number",
        "weight_pA": "number",
        "receptor": "receptor",
    }


@dataclass(frozen=True, eq=False)
class SynapseDynamics:
    """Short-term dynamics of each synapse type, `nestml_models.rule.ShortTerm` as columns.

    Attributes
    ----------
    U
        Utilisation at rest, in (0, 1]; shape (n_synapse_types,).
    tau_rec_ms, tau_fac_ms
        Time constants of recovery and facilitation; a type with both 0 is static. Same shape.
    """

    U: FloatArray
    tau_rec_ms: FloatArray
    tau_fac_ms: FloatArray

    @classmethod
    def from_types(cls, types: Sequence[ShortTerm]) -> SynapseDynamics:
        """Return the dynamics of synapse types that are given one by one."""
        return cls(
            U=np.array([each.U for each in types]),
            tau_rec_ms=np.array([each.tau_rec_ms for each in types]),
            tau_fac_ms=np.array([each.tau_fac_ms for each in types]),
        )

    def of(self, type_index: int) -> ShortTerm | None:
        """Return the dynamics of a synapse type; None if it is static.

        Raises
        ------
        RuleError
            If a parameter is not valid.
        """
        values = (float(each[type_index]) for each in (self.U, self.tau_rec_ms, self.tau_fac_ms))
        found = ShortTerm(*values)
        return found if found.tau_rec_ms or found.tau_fac_ms else None


@dataclass(frozen=True, eq=False)
class Tables:
    """All tables of the model. Circuits use their row numbers as indices.

    Attributes
    ----------
    populations, labels, cells, connectivity, background, lgn_units, lgn_connectivity
        The seven tables.
    short_term
        Short-term dynamics that belong to a circuit's synapse types; None for a circuit without.
    """

    populations: PopulationTable
    labels: LabelTable
    cells: CellTable
    connectivity: ConnectivityTable
    background: BackgroundTable
    lgn_units: LgnUnitTable
    lgn_connectivity: LgnConnectivityTable
    short_term: SynapseDynamics | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of every column of every table that there is."""
        sha = hashlib.sha256()
        for table in fields(self):
            columns = getattr(self, table.name)
            if columns is None:
                continue
            for column in fields(columns):
                sha.update(f"{table.name}.{column.name}:".encode())
                sha.update(_column_bytes(getattr(columns, column.name)))
        return sha.hexdigest()

    @property
    def n_synapse_types(self) -> int:
        """Number of connected ordered population pairs."""
        return len(self.connectivity.pre)

    def population_index(self, name: str) -> int:
        """Index of a population.

        Raises
        ------
        TableError
            If there is no population of that name.
        """
        names = self.populations.population
        if name not in names:
            raise TableError(f"No population {name!r}. {did_you_mean(name, names)}")
        return names.index(name)

    def synapse_type_index(self, pre: str, post: str) -> int:
        """Row of the connectivity table for an ordered pair of populations.

        Raises
        ------
        TableError
            If a population is unknown, or the pair is not connected.
        """
        pair = self.population_index(pre), self.population_index(post)
        if pair not in self._types_by_pair:
            raise TableError(f"{pre} does not connect to {post} in the model.")
        return self._types_by_pair[pair]

    def synapse_type_name(self, type_index: int) -> str:
        """Name of a synapse type, such as ``L4_E_to_L23_E``.

        If a pair of populations has several types, as may be the case in imported circuits,
        receptor, delay and short-term dynamics are part of the name.
        """
        names, table = self.populations.population, self.connectivity
        pre, post = table.pre[type_index], table.post[type_index]
        name = f"{names[pre]}_to_{names[post]}"
        if np.count_nonzero((table.pre == pre) & (table.post == post)) == 1:
            return name
        name += f"_receptor_{table.receptor[type_index]}_{table.delay_ms[type_index]:g}_ms"
        own = self.short_term.of(type_index) if self.short_term else None
        if own is None:
            return name
        return f"{name}_U_{own.U:g}_rec_{own.tau_rec_ms:g}_fac_{own.tau_fac_ms:g}_ms"

    @cached_property
    def _types_by_pair(self) -> dict[tuple[int, int], int]:
        pairs = zip(self.connectivity.pre.tolist(), self.connectivity.post.tolist(), strict=True)
        return {pair: row for row, pair in enumerate(pairs)}


def is_excitatory(population: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Return which neurons are excitatory, given their populations (indices into `POPULATIONS`)."""
    excitatory: NDArray[np.bool_] = np.array([name.endswith("_E") for name in POPULATIONS])
    return np.asarray(excitatory[population])


def _column_bytes(column: tuple[str, ...] | NDArray[Any]) -> bytes:
    if isinstance(column, tuple):
        return "\n".join(column).encode()
    return column.dtype.str.encode() + np.ascontiguousarray(column).tobytes()
