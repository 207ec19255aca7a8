"""The arrays that a circuit consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ArrayGroup:
    """Base class of the groups: read-only arrays, accessed by field name."""

    def __post_init__(self) -> None:
        for _, array in self.items():
            array.setflags(write=False)

    def items(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Names and arrays, in the order of the fields."""
        for field in fields(self):
            yield field.name, getattr(self, field.name)

    def update(self, sha: hashlib._Hash) -> None:
        """Update a hash with names, types, shapes and bytes of all arrays."""
        for name, array in self.items():
            sha.update(f"{type(self).__name__}.{name}:{array.dtype.str}{array.shape}".encode())
            sha.update(np.ascontiguousarray(array).data)


@dataclass(frozen=True, eq=False)
class Nodes(ArrayGroup):
    """V1 neurons, sorted by population.

    Attributes
    ----------
    population : int8[N]
        Index into `v1cortex.tables.POPULATIONS`.
    cell_model : int16[N]
        Row of the table of cell models.
    x_um, depth_um, z_um : float64[N]
        Position; x and z are lateral, with the origin on the axis of the cylinder; depth is
        measured from the pia.
    preferred_direction_deg : float64[N]
        Preferred direction of motion in [0, 360).
    """

    population: NDArray[np.int8]
    cell_model: NDArray[np.int16]
    x_um: FloatArray
    depth_um: FloatArray
    z_um: FloatArray
    preferred_direction_deg: FloatArray

    def __len__(self) -> int:
        return len(self.population)


@dataclass(frozen=True, eq=False)
class Edges(ArrayGroup):
    """Recurrent connections, grouped by synapse type, within a type by (target, source).

    Attributes
    ----------
    source, target : int32[E]
        Node indices.
    weight_pA : float64[E]
        Peak of the alpha-shaped postsynaptic current caused by one spike through all synapses of
        the connection; negative for inhibition.
    n_synapses : int8[E]
        Number of synapses of the connection.
    type_offsets : int64[187]
        Edges of synapse type k (row of the connectivity table) are
        ``type_offsets[k]:type_offsets[k + 1]``.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight_pA: FloatArray
    n_synapses: NDArray[np.int8]
    type_offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True, eq=False)
class LgnUnits(ArrayGroup):
    """LGN units that reach the circuit.

    Attributes
    ----------
    unit_type : int8[U]
        Row of the table of LGN unit types.
    x_deg, y_deg : float64[U]
        Centre of the field, in degrees from the lower left corner of the 240 x 120 degree field.
    size_deg : float64[U]
        Field size as in the table of unit types.
    tuning_angle_deg : float64[U]
        Orientation of the axis between the two subfields; NaN for units with one field.
    """

    unit_type: NDArray[np.int8]
    x_deg: FloatArray
    y_deg: FloatArray
    size_deg: FloatArray
    tuning_angle_deg: FloatArray

    def __len__(self) -> int:
        return len(self.unit_type)


@dataclass(frozen=True, eq=False)
class LgnEdges(ArrayGroup):
    """Connections from LGN units to V1 neurons, sorted by (target, source).

    Attributes
    ----------
    source : int32[K]
        Index of the LGN unit.
    target : int32[K]
        Node index.
    weight_pA : float64[K]
        Peak current caused by one spike through all synapses of the unit.
    receptor : int8[K]
        Receptor of the target.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight_pA: FloatArray
    receptor: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.source)
