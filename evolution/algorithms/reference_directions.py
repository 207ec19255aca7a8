"""Reference directions of NSGA-III."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

INNER_SCALE = 0.5
"""Size of the inner layer relative to the outer one (Deb and Jain 2014, section V)."""


def n_directions(n_objectives: int, partitions: int) -> int:
    """Return the number of directions that `reference_directions` gives."""
    return sum(comb(p + n_objectives - 1, p) for p in _layers(n_objectives, partitions))


def most_partitions(n_objectives: int, population_size: int) -> int:
    """Return the most partitions (at least 1) with no more directions than candidates.

    Each direction should have its own candidate (Deb and Jain 2014, section IV).
    """
    partitions = 1
    while n_directions(n_objectives, partitions + 1) <= population_size:
        partitions += 1
    return partitions


def reference_directions(n_objectives: int, partitions: int) -> NDArray[np.float64]:
    """Return evenly spread directions (Das and Dennis 1998, doi 10.1137/S1052623496307510).

    With fewer partitions than objectives all of them lie on the edges, where some objective has
    zero weight; a second layer of half the size is then added inside.

    Parameters
    ----------
    n_objectives
        Number of objectives, 2 or more.
    partitions
        Parts that each axis is divided into.

    Returns
    -------
    directions
        Shape (n_directions, n_objectives); each sums to 1.
    """
    # Here, not above: options are checked by counting directions, which needs no pymoo.
    from pymoo.util.reference_direction import UniformReferenceDirectionFactory

    scales = (1.0, INNER_SCALE)
    return np.concatenate(
        [
            UniformReferenceDirectionFactory(n_objectives, n_partitions=p, scaling=scale).do()
            for p, scale in zip(_layers(n_objectives, partitions), scales, strict=False)
        ]
    )


def _layers(n_objectives: int, partitions: int) -> tuple[int, ...]:
    """Return the partitions of each layer."""
    return (partitions, partitions - 1) if partitions < n_objectives else (partitions,)
