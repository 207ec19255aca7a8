"""Steps that leave the firing rate as it is.

What raises a score often raises the rate too, up to the limit at which a search has to stop. The
pairs that measure the score's slope measure that of the log rate as well; a step up the score's
slope without its part along the other leaves the rate unchanged to first order. The curvature is
corrected from step to step, by what the shorter ones did to the rate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import ExperimentError
from v1cortex.experiments.paired.antithetic import Gradient, gradient, point_along

__all__ = ["RateCorrection", "log_rate_gradient", "without_component"]


def log_rate_gradient(
    steps: NDArray[np.float64], plus_Hz: Sequence[float], minus_Hz: Sequence[float]
) -> Gradient:
    """Estimate the gradient of the natural logarithm of the mean rate.

    Parameters
    ----------
    steps
        Half of each pair's distance, shape (n_pairs, n).
    plus_Hz, minus_Hz
        Mean rate at either end of each pair. Pairs with a rate that is 0 or NaN are left out.

    Raises
    ------
    ExperimentError
        If fewer than two pairs have rates.
    """
    plus, minus = np.asarray(plus_Hz, np.float64), np.asarray(minus_Hz, np.float64)
    known = (plus > 0) & (minus > 0)
    if known.sum() < 2:
        raise ExperimentError(
            f"only {known.sum()} of {len(known)} pairs have networks with a rate at both ends; "
            "steps of constant rate need at least 2. Try smaller steps of pairs (--step)"
        )
    return gradient(steps[known], list(np.log(plus[known] / minus[known])))


def without_component(
    slope: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a slope without its component along a direction; as it is if that has length 0."""
    squared = float(direction @ direction)
    return slope - direction * (float(slope @ direction) / squared) if squared else slope


class RateCorrection:
    """Steps of growing size along a slope, bent so that the log rate stays as it is.

    Parameters
    ----------
    slope
        Direction of the steps, orthogonal to `rate`; shape (n,).
    rate
        Gradient of the log rate, shape (n,).
    """

    def __init__(self, slope: NDArray[np.float64], rate: NDArray[np.float64]) -> None:
        self._slope, self._rate = slope, rate
        self._sizes: list[float] = []
        self._excess: list[float] = []
        self._corrected = 0.0

    def step(self, size: float) -> NDArray[np.float64]:
        """Return the step of a size, corrected by what was learned from those before it.

        The correction is not longer than the step itself.
        """
        straight = point_along(self._slope, size)
        squared = float(self._rate @ self._rate)
        if not squared:
            self._corrected = 0.0
            return straight
        most = float(np.linalg.norm(straight)) * np.sqrt(squared)
        self._corrected = float(np.clip(self._expected(size), -most, most))
        return straight - self._rate * (self._corrected / squared)

    def learn(self, size: float, log_change: float) -> None:
        """Take note of what the last step did to the log rate; NaN is ignored."""
        if np.isfinite(log_change):
            self._sizes.append(size)
            self._excess.append(log_change + self._corrected)

    def _expected(self, size: float) -> float:
        """Return the change of the log rate without correction: a parabola through the origin.

        One step gives the curvature alone, since the slope is zero but for its error.
        """
        if not self._sizes:
            return 0.0
        sizes = np.array(self._sizes)
        powers = (2,) if len(sizes) == 1 else (1, 2)
        shape = np.stack([sizes**power for power in powers], axis=1)
        fit, *_ = np.linalg.lstsq(shape, np.array(self._excess), rcond=None)
        return float(fit @ [size**power for power in powers])
