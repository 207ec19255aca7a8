"""The mosaic of LGN units over the visual field.

It follows the LGN module of Billeh et al. 2020 (Neuron 106:388).
"""

from __future__ import annotations

import numpy as np

from v1cortex.circuit.arrays import LgnUnits
from v1cortex.circuit.placement import apportion
from v1cortex.circuit.random_streams import LGN_MOSAIC, stream
from v1cortex.tables import Tables

FIELD_WIDTH_DEG, FIELD_HEIGHT_DEG = 240.0, 120.0
"""Extent of the mosaic in linear degrees; the circuit's axis corresponds to its centre."""
MOSAIC_COLUMNS, MOSAIC_ROWS = 15, 10
"""Tiles of the mosaic: every tile contains the same number of units of a type."""


def lgn_mosaic(seed: int, tables: Tables) -> LgnUnits:
    """Draw all units of the mosaic, ordered by type, then tile.

    Positions are uniform within a tile, field sizes uniform in the type's range, and tuning angles
    of two-subfield units uniform over 360 degrees.
    """
    table = tables.lgn_units
    tiles = MOSAIC_COLUMNS * MOSAIC_ROWS
    parts = []
    for kind in range(len(table.unit)):
        rng = stream(seed, LGN_MOSAIC, kind)
        count = int(table.n_full_field[kind])
        tile = np.repeat(np.arange(tiles), apportion(count, np.ones(tiles)))
        column, row = np.divmod(tile, MOSAIC_ROWS)
        x = (column + rng.random(count)) * (FIELD_WIDTH_DEG / MOSAIC_COLUMNS)
        y = (row + rng.random(count)) * (FIELD_HEIGHT_DEG / MOSAIC_ROWS)
        size = rng.uniform(table.size_min_deg[kind], table.size_max_deg[kind], count)
        tuned = bool(table.orientation_tuned[kind])
        angle = rng.uniform(0.0, 360.0, count) if tuned else np.full(count, np.nan)
        parts.append(np.stack([np.full(count, float(kind)), x, y, size, angle]))
    kinds, x, y, size, angle = np.concatenate(parts, axis=1)
    return LgnUnits(kinds.astype(np.int8), x, y, size, angle)
