"""What all evaluations of a family of rules say about an objective: a slope and a curvature.

Scores of single rules are noisier than the effects that are looked for, so the best of them is
mostly luck, and a slope that is measured anew in every round forgets what the rounds before it
cost. A parabola through all evaluations uses every one, pairs and single steps alike; evaluations
of one generation share their seed, and only their differences count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import require

__all__ = ["Surface", "fit_surface"]

FloatArray = NDArray[np.float64]

CURVATURE_SCALE = 3.0
"""How much larger than a slope a curvature is expected to be (*choice*), for steps of about 1."""


@dataclass(frozen=True, eq=False)
class Surface:
    """An objective over the places of a family, up to a constant: ``slope @ z + curvature z @ z``.

    Parameters
    ----------
    slope
        Posterior mean at the family's start, shape (n_dimensions,).
    curvature
        Posterior mean.
    covariance
        Of slope and curvature, shape (n_dimensions + 1, n_dimensions + 1).
    """

    slope: FloatArray
    curvature: float
    covariance: FloatArray

    def rise(self, place: FloatArray) -> float:
        """Return the difference to the family's start."""
        return float(self.slope @ place + self.curvature * (place @ place))

    def rise_sd(self, place: FloatArray) -> float:
        """Return the standard deviation of `rise`."""
        row = np.append(place, place @ place)
        return float(np.sqrt(row @ self.covariance @ row))

    def slope_at(self, place: FloatArray) -> FloatArray:
        """Return the slope at a place."""
        return np.asarray(self.slope + 2.0 * self.curvature * place)

    def best_length(self, place: FloatArray, unit: FloatArray, longest: float) -> float:
        """Return how far to go from a place in a direction of length 1 for the lowest value."""
        fall = -float(self.slope_at(place) @ unit)
        if fall <= 0:
            return 0.0
        sd = float(np.sqrt(self.covariance[-1, -1]))
        if self.curvature < 2 * sd:
            return longest / 4
        return min(longest, fall / (2.0 * self.curvature))


def fit_surface(
    places: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    groups: Sequence[int],
    ties: FloatArray,
) -> Surface:
    """Fit a parabola to evaluations.

    Slope and noise have a prior whose widths maximise the evidence (scikit-learn's
    `BayesianRidge`), as for a single gradient. Dimensions that are tied in a coarser layer have a
    slope in common, and one of their own.

    Parameters
    ----------
    places
        Shape (n, n_dimensions).
    values
        An objective, shape (n,).
    weights
        Number of evaluations of each, shape (n,).
    groups
        What each was evaluated with; only differences within a group count.
    ties
        Membership of dimensions in those of coarser layers, shape (n_dimensions, n_coarser).
    """
    require("sklearn")
    from sklearn.linear_model import BayesianRidge  # takes a second to import
    from threadpoolctl import threadpool_limits

    n = places.shape[1]
    basis = np.zeros((n + 1, n + 1 + ties.shape[1]))
    basis[:n, :n], basis[n, n], basis[:n, n + 1 :] = np.eye(n), CURVATURE_SCALE, ties
    rows = np.column_stack([places, np.square(places).sum(axis=1)]) @ basis
    rows, differences = (_centred(each, weights, groups) for each in (rows, values[:, None]))
    with threadpool_limits(1):  # small matrices; and the same bits with any number of cores
        fit = BayesianRidge(fit_intercept=False).fit(rows, differences[:, 0], sample_weight=weights)
    found = basis @ fit.coef_
    return Surface(found[:n], float(found[n]), np.asarray(basis @ fit.sigma_ @ basis.T))


def _centred(values: FloatArray, weights: FloatArray, groups: Sequence[int]) -> FloatArray:
    _, index = np.unique(np.asarray(groups), return_inverse=True)
    total = np.bincount(index, weights)
    means = np.array([np.bincount(index, weights * column) / total for column in values.T]).T
    return np.asarray(values - means[index])
