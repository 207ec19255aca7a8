"""Independent random streams of a circuit, one per purpose and key; blocks of draws.

A stream depends only on the circuit's seed and its own key: the draws of one part of the circuit
never affect another part, whatever the order, block size or process.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

PLACEMENT = 0
WIRING = 1
LGN_MOSAIC = 2
LGN_WIRING = 3


def stream(seed: int, purpose: int, *key: int) -> np.random.Generator:
    """Return the generator for a purpose (a constant of this module) and a key."""
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose, *key)))
    )


def blocks(ends: NDArray[np.int64], block_size: int) -> Iterator[slice]:
    """Yield slices of consecutive items with about `block_size` candidates in total.

    Parameters
    ----------
    ends : int64[n]
        Running total of the items' candidates.
    block_size : int
        Candidates per block; only a single item with more candidates exceeds it.
    """
    first = 0
    while first < len(ends):
        done = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, done + block_size, side="right")), first + 1)
        yield slice(first, last)
        first = last
