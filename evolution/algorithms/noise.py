"""Noisy objectives: running means and variances, and how certain comparisons are.

An evaluation depends on the seed of stimuli and noise, so one value of an objective is a draw, and
the best of many draws is partly luck. A genome that is evaluated again under new seeds has a mean
and a variance; pymoo's individuals carry them:

- ``F``: the mean of each objective, shape (n_objectives,);
- ``F_variance``: the estimated variance of that mean, NaN with one evaluation;
- ``n_evaluations``: the number of evaluations in the mean.

Callers set them after each evaluation (`attach`), including repeated evaluations of members of the
population; selection reads them (`variances_of_means`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pymoo.core.population import Population

FloatArray = NDArray[np.float64]

VARIANCE, COUNT, VALUES = "F_variance", "n_evaluations", "values_by_seed"
"""Names of the attributes of individuals; the last has objectives by seed of the evaluation, and
none if the individual is not viable."""

PRIOR_EVALUATIONS = 4.0
"""Weight of the pooled variance relative to a candidate's own, in degrees of freedom (*choice*)."""


@dataclass(frozen=True, eq=False)
class RunningMoments:
    """Mean and variance of a genome's objectives over the evaluations made so far.

    Welford's recurrence (Technometrics 4:419, 1962), which avoids cancellation. Its last bits
    depend on the order: add evaluations in the order of their seeds, so that a resumed search is
    identical.

    Parameters
    ----------
    n
        Number of evaluations.
    mean
        Mean of each objective, shape (n_objectives,).
    squares
        Sums of squared deviations from the mean, shape (n_objectives,).
    """

    n: int
    mean: FloatArray
    squares: FloatArray

    @classmethod
    def of(cls, values: ArrayLike) -> Self:
        """Return the moments of one or more evaluations, shape (n, n_objectives)."""
        rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
        moments = cls(1, rows[0].copy(), np.zeros(rows.shape[1]))
        for row in rows[1:]:
            moments = moments.add(row)
        return moments

    def add(self, values: ArrayLike) -> Self:
        """Return the moments with one more evaluation, shape (n_objectives,)."""
        new = np.asarray(values, dtype=np.float64)
        n = self.n + 1
        mean = self.mean + (new - self.mean) / n
        return type(self)(n, mean, self.squares + (new - self.mean) * (new - mean))

    @property
    def variance(self) -> FloatArray:
        """Variance between evaluations, unbiased; NaN with one evaluation."""
        if self.n < 2:
            return np.full_like(self.squares, np.nan)
        return self.squares / (self.n - 1)

    @property
    def variance_of_mean(self) -> FloatArray:
        """Estimated variance of the mean, the squared standard error; NaN with one evaluation."""
        return self.variance / self.n


def attach(individual: Any, moments: RunningMoments) -> None:  # noqa: ANN401
    """Set the mean, its variance and the number of evaluations on a pymoo individual."""
    individual.set("F", moments.mean)
    individual.set(VARIANCE, moments.variance_of_mean)
    individual.set(COUNT, moments.n)


def variances_of_means(population: Population) -> FloatArray:
    """Return how uncertain the objectives of each individual are.

    The spread of two or three evaluations is itself noisy: a candidate whose evaluations happen to
    agree would count as exact. Each variance is therefore moderated by the one pooled over the
    population, which counts for `PRIOR_EVALUATIONS` degrees of freedom (the posterior mean of a
    variance under a conjugate prior, as in Smyth 2004, doi 10.2202/1544-6115.1027). A candidate
    with a single evaluation gets the pooled variance. Individuals whose repeated evaluations agree
    in all objectives are exact (a failure has the worst values, whatever the seed) and are not
    pooled.

    Parameters
    ----------
    population
        Individuals with ``F`` and, where known, ``F_variance`` and ``n_evaluations``.

    Returns
    -------
    variances
        Variance of the mean of each objective, shape (n_individuals, n_objectives). All are 0 if no
        individual has more than one evaluation: the noise is unknown then, and the plain values are
        compared.
    """
    means = np.array([each.F for each in population], dtype=np.float64)
    n = np.array([each.get(COUNT) or 1 for each in population], dtype=np.float64)[:, None]
    between = n * _known_variances(population, means.shape)
    freedom = np.where(n > 1, n - 1, 0.0)
    exact = (n[:, 0] > 1) & ~np.any(between > 0, axis=1)
    counted = (freedom[:, 0] > 0) & ~exact
    if not counted.any():
        return np.zeros_like(means)
    weighted = freedom * between
    pooled = weighted[counted].sum(axis=0) / freedom[counted].sum()
    moderated = (PRIOR_EVALUATIONS * pooled + weighted) / (PRIOR_EVALUATIONS + freedom) / n
    moderated[exact] = 0.0
    return np.asarray(moderated)


def _known_variances(population: Population, shape: tuple[int, ...]) -> FloatArray:
    """Return the individuals' variances of the mean, 0 where unknown."""
    unknown = np.zeros(shape[1])
    given = (each.get(VARIANCE) for each in population)
    rows = [unknown if variance is None else variance for variance in given]
    return np.nan_to_num(np.array(rows, dtype=np.float64).reshape(shape), nan=0.0)
