"""What all evaluations of a search say about an objective: a slope and a curvature by family.

Scores of single rules are noisier than the effects that are looked for, so the best of them is
mostly luck, and a slope that is measured anew in every round forgets what the rounds before it
cost. A parabola through all evaluations of a family uses every one, pairs and single steps alike.
All families are fitted together: they share the network without a rule, the noise, and what the
seed of a generation adds to all that were evaluated with it; only differences count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolution.algorithms.evidence import fit_parts
from nestml_models.common import require

__all__ = ["Places", "Surface", "fit_surfaces"]

FloatArray = NDArray[np.float64]

CURVATURE_SCALE = 3.0
"""How much larger than a slope a curvature, or the difference between a family's start and the
network without a rule, is expected to be (*choice*), for steps of about 1."""


@dataclass(frozen=True, eq=False)
class Surface:
    """An objective over the places of a family, relative to the network without a rule.

    It is ``offset + slope @ z + curvature z @ z``.

    Parameters
    ----------
    slope
        Posterior mean at the family's start, shape (n_dimensions,).
    curvature
        Posterior mean.
    offset
        Posterior mean of the difference at the family's start; 0 if it starts without a rule.
    covariance
        Of slope, curvature and offset, shape (n_dimensions + 2, n_dimensions + 2).
    noise
        Variance of a single evaluation around the surface.
    """

    slope: FloatArray
    curvature: float
    offset: float
    covariance: FloatArray
    noise: float

    def rise(self, place: FloatArray) -> float:
        """Return the difference to the network without a rule."""
        return float(self.offset + self.slope @ place + self.curvature * (place @ place))

    def rise_sd(self, place: FloatArray) -> float:
        """Return the standard deviation of `rise`."""
        row = np.array([*place, place @ place, 1.0])
        return float(np.sqrt(max(row @ self.covariance @ row, 0.0)))

    def slope_at(self, place: FloatArray) -> FloatArray:
        """Return the slope at a place."""
        return np.asarray(self.slope + 2.0 * self.curvature * place)

    def best_length(self, place: FloatArray, unit: FloatArray, longest: float) -> float:
        """Return how far to go from a place in a direction of length 1 for the lowest value."""
        return self._length(-float(self.slope_at(place) @ unit), longest)

    def lowest(self, longest: float) -> float:
        """Return the value expected at the best place within a distance from the start.

        What is not known of the slope counts as well: a family that was hardly looked at may have a
        steep one.
        """
        n = len(self.slope)
        steepness = float(np.sqrt(self.slope @ self.slope + np.trace(self.covariance[:n, :n])))
        length = self._length(steepness, longest)
        return self.offset - steepness * length + self.curvature * length**2

    def _length(self, fall: float, longest: float) -> float:
        if fall <= 0:
            return 0.0
        sd = float(np.sqrt(max(self.covariance[-2, -2], 0.0)))
        if self.curvature < 2 * sd or not self.curvature > 0:
            return longest / 4
        return min(longest, fall / (2.0 * self.curvature))


@dataclass(frozen=True, eq=False)
class Places:
    """Where a family was evaluated.

    Parameters
    ----------
    rows
        Which of all evaluations these are, shape (n,).
    places
        Shape (n, n_dimensions).
    ties
        Membership of dimensions in those of coarser layers, which have a slope in common, shape
        (n_dimensions, n_coarser).
    starts_static
        Whether the family starts from the network without a rule.
    """

    rows: NDArray[np.intp]
    places: FloatArray
    ties: FloatArray
    starts_static: bool = True

    @property
    def bases(self) -> list[FloatArray]:
        """What coefficients add to slope, curvature and offset: each dimension's own, and ties'."""
        n, n_coarser = self.ties.shape
        own, tied = np.eye(n + 2), np.zeros((n + 2, n_coarser))
        own[n, n] = CURVATURE_SCALE
        own[n + 1, n + 1] = 0.0 if self.starts_static else CURVATURE_SCALE
        tied[:n] = self.ties
        return [own, tied] if n_coarser else [own]

    def regressors(self, n: int) -> list[FloatArray]:
        """Return the regressors of the model for all n evaluations, for each basis."""
        found = np.zeros((n, self.ties.shape[0] + 2))
        squares = np.square(self.places).sum(axis=1)
        found[self.rows] = np.column_stack([self.places, squares, np.ones(len(squares))])
        return [found @ basis for basis in self.bases]


def fit_surfaces(
    families: Sequence[Places], values: FloatArray, shifts: FloatArray
) -> tuple[list[Surface], FloatArray]:
    """Fit a parabola to the evaluations of each family.

    Parameters
    ----------
    families
        Where each was evaluated; evaluations of none of them are those without a rule.
    values
        An objective, shape (n,).
    shifts
        Share of each seed in each evaluation, shape (n, n_seeds).

    Returns
    -------
    surfaces
        One for each family.
    shifts
        Value of the network without a rule with each seed, shape (n_seeds,).
    """
    require("sklearn")
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    parts = [part for family in families for part in family.regressors(len(values))]
    with threadpool_limits(1):  # small matrices; and the same bits with any number of cores
        found, level = fit_parts(parts, values, shifts)
    surfaces, first = [], 0
    for family in families:
        basis = np.concatenate(family.bases, axis=1)
        own = slice(first, first + basis.shape[1])
        mean = basis @ found.mean[own]
        covariance = np.asarray(basis @ found.covariance[own, own] @ basis.T)
        curvature, offset = float(mean[-2]), float(mean[-1])
        surfaces.append(Surface(mean[:-2], curvature, offset, covariance, found.noise))
        first = own.stop
    return surfaces, level
