"""Biology as limits: what may not become worse than in the network without a rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["excess", "limits", "within"]

FloatArray = NDArray[np.float64]


def limits(
    mean: FloatArray, variance_of_mean: FloatArray, n: int, floors: float, share: float
) -> FloatArray:
    """Return the limit of each objective from repeated evaluations of the static network.

    Parameters
    ----------
    mean, variance_of_mean
        Of the static network's objectives; the variance is NaN after one evaluation.
    n
        Number of its evaluations.
    floors
        Allowed worsening in standard deviations over its evaluations, the noise floor.
    share
        Allowed worsening relative to its mean, which counts while the noise floor is unknown, or
        is the smaller of both.
    """
    noise = np.sqrt(np.nan_to_num(variance_of_mean, nan=0.0) * n)
    return np.asarray(mean + np.maximum(floors * noise, share * np.abs(mean)))


def excess(objectives: FloatArray, allowed: FloatArray) -> float:
    """Return by how much limits are exceeded, relative to each, summed; 0 if none is."""
    over = np.maximum(objectives - allowed, 0.0) / np.maximum(np.abs(allowed), 1e-12)
    return float(over.sum())


def within(
    direction: FloatArray, slopes: Sequence[FloatArray], room: Sequence[float], length: float
) -> FloatArray:
    """Return a direction without what would break limits within a length.

    Parameters
    ----------
    direction
        Shape (n,).
    slopes
        Gradient of each limited objective, shape (n,).
    room
        How far each is below its limit.
    length
        Euclidean length of the longest step.

    Returns
    -------
    float64[n]
        Components along slopes that would break their limits are removed one after the other, the
        worst first, until none would.
    """
    left = list(range(len(slopes)))
    while left and direction.any():
        unit = direction / np.linalg.norm(direction)
        rise = [float(slopes[k] @ unit) * length - max(room[k], 0.0) for k in left]
        worst = int(np.argmax(rise))
        if rise[worst] <= 0:
            break
        slope = slopes[left.pop(worst)]
        direction = direction - slope * (float(slope @ direction) / float(slope @ slope))
    return direction
