"""Independent random streams of a circuit, one per purpose and place.

A stream depends on the circuit's seed and its own key alone: what one part of the circuit draws
never changes another part, whatever the order, block size or process.
"""

from __future__ import annotations

import numpy as np

PLACEMENT = 0
WIRING = 1
LGN_MOSAIC = 2
LGN_WIRING = 3


def stream(seed: int, purpose: int, *key: int) -> np.random.Generator:
    """Return the generator for a purpose (a constant of this module) and a key."""
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose, *key)))
    )
