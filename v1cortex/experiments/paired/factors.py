"""A level of a search that scales what was found, increases and decreases apart.

Depression limits itself, potentiation runs away: three times as much of the one with a fifth of the
other can be stable where equal factors are not. The mean of both is the learning rate, on a
logarithmic scale.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["FACTORS", "UNIT", "factor_names", "factor_of", "scaled"]

FACTORS = "factors"
"""Name of the level, given like a grouping."""

UNIT = 4.0
"""Factor of a step of 1 (*choice*: the default steps reach a third and three times)."""


def factor_names(increases: str, decreases: str) -> tuple[str, str]:
    """Return the names of the level's two dimensions."""
    return (f"{FACTORS} {increases}", f"{FACTORS} {decreases}")


def factor_of(step: float) -> float:
    """Return the factor by which a step of this level multiplies."""
    return float(UNIT**step)


def scaled(values: NDArray[np.float64], step: Mapping[str, float]) -> NDArray[np.float64]:
    """Return values whose positive and negative ones are multiplied by their factors.

    Parameters
    ----------
    values
        Coefficients, or logarithms of gains.
    step
        The step for positive and that for negative values, in this order.
    """
    positive, negative = (factor_of(size) for size in step.values())
    return np.asarray(values * np.where(values > 0, positive, negative))
