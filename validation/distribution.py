"""Weighted samples, and distances between distributions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt

from validation.errors import StatisticsError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Distribution:
    """A distribution as weighted samples; build it with `Distribution.of`.

    Parameters
    ----------
    values
        Samples, ascending; float64[n].
    weights
        Their probabilities, with sum 1; float64[n].
    """

    values: FloatArray
    weights: FloatArray

    @classmethod
    def of(cls, values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Self:
        """Sort samples and normalise their weights (equal ones by default).

        Raises
        ------
        StatisticsError
            There is no sample, one is not finite, or the weights do not match.
        """
        samples = np.asarray(values, dtype=np.float64).reshape(-1)
        if samples.size == 0 or not np.all(np.isfinite(samples)):
            raise StatisticsError("a distribution needs at least one sample, all of them finite")
        mass = np.ones(samples.size) if weights is None else np.asarray(weights, dtype=np.float64)
        if mass.shape != samples.shape or np.any(mass < 0) or not mass.sum() > 0:
            raise StatisticsError("give one weight per sample, none negative and not all 0")
        order = np.argsort(samples, kind="stable")
        return cls(samples[order], mass[order] / mass.sum())

    @property
    def mean(self) -> float:
        """Mean."""
        return float(np.sum(self.values * self.weights))

    @property
    def median(self) -> float:
        """Median."""
        return float(self.quantile(0.5))

    @property
    def sd_log(self) -> float:
        """Standard deviation of the natural logarithm of the positive values."""
        positive = self.values > 0
        logs, mass = np.log(self.values[positive]), self.weights[positive]
        if mass.sum() == 0:
            return 0.0
        centre = np.average(logs, weights=mass)
        return float(np.sqrt(np.average((logs - centre) ** 2, weights=mass)))

    def quantile(self, probability: npt.ArrayLike) -> FloatArray:
        """Return quantiles: linear between samples, each at the middle of its weight."""
        middle = np.cumsum(self.weights) - self.weights / 2
        points = np.asarray(probability, dtype=np.float64)
        return np.asarray(np.interp(points, middle, self.values), dtype=np.float64)

    def share_below(self, value: float) -> float:
        """Return the probability of values smaller than `value`."""
        return float(self.weights[: np.searchsorted(self.values, value, side="left")].sum())

    def cumulative(self, points: npt.ArrayLike) -> FloatArray:
        """Return the probability of values up to and including each point."""
        total = np.concatenate([[0.0], np.cumsum(self.weights)])
        return np.asarray(total[np.searchsorted(self.values, points, side="right")])


def wasserstein(first: Distribution, second: Distribution) -> float:
    """Return the Wasserstein-1 (earth mover's) distance, in the unit of the values.

    It is the area between the cumulative distributions, as `scipy.stats.wasserstein_distance`
    computes it; but SciPy leaves the sum to a linear algebra library, whose last digits depend on
    its number of threads.
    """
    points = np.union1d(first.values, second.values)
    difference = np.abs(first.cumulative(points) - second.cumulative(points))
    return float(np.sum(difference[:-1] * np.diff(points)))


def similarity(first: Distribution, second: Distribution) -> float:
    """Return 1 minus the Kolmogorov-Smirnov distance: 1 for equal distributions, 0 for disjoint.

    The score by which Billeh et al. 2020 (Neuron 106:388) compare model and recordings.
    """
    points = np.union1d(first.values, second.values)
    return float(1.0 - np.max(np.abs(first.cumulative(points) - second.cumulative(points))))


def sampling_floor(source: Distribution, n_first: int, n_second: int, draws: int = 20) -> float:
    """Return the mean Wasserstein distance between two samples of the same distribution.

    Two recordings of the same tissue, of `n_first` and `n_second` neurons, differ by this much; a
    distance close to it is no evidence of a difference.

    Parameters
    ----------
    source
        The distribution that both are samples of.
    n_first, n_second
        Sizes of the samples; 1 or more.
    draws
        Pairs of samples whose distances are averaged; the same each time.

    Raises
    ------
    StatisticsError
        A sample is empty.
    """
    if min(n_first, n_second) < 1:
        raise StatisticsError(f"samples must not be empty: {n_first} and {n_second} neurons")
    return _sampling_floor(
        source.values.tobytes(), source.weights.tobytes(), n_first, n_second, draws
    )


@lru_cache(maxsize=64)  # of the mouse's populations and a few sizes of circuit (choice)
def _sampling_floor(
    values: bytes, weights: bytes, n_first: int, n_second: int, draws: int
) -> float:
    """Return the floor of a distribution, given by its bytes; the same for all rules."""
    from scipy.stats import wasserstein_distance  # here, since it takes a second to import

    source = Distribution(np.frombuffer(values), np.frombuffer(weights))
    rng = np.random.default_rng(np.random.SeedSequence([n_first, n_second]))
    distances = [
        wasserstein_distance(
            source.quantile(rng.random(n_first)), source.quantile(rng.random(n_second))
        )
        for _ in range(draws)
    ]
    return float(np.mean(distances))


def seed_floor(samples: list[FloatArray]) -> float:
    """Return the mean Wasserstein distance over all pairs of samples, one sample per random seed.

    Raises
    ------
    StatisticsError
        There are fewer than two samples.
    """
    from scipy.stats import wasserstein_distance

    if len(samples) < 2:
        raise StatisticsError("the distance between seeds needs at least two of them")
    distances = [
        wasserstein_distance(first, second)
        for index, first in enumerate(samples)
        for second in samples[index + 1 :]
    ]
    return float(np.mean(distances))
