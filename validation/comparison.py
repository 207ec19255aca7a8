"""Statistics of comparisons: estimates over seeds, paired differences, the best of many by chance.

All intervals are Student's t intervals over independent seeds. P-values are two-sided, against the
null hypothesis of no difference. `best_by_chance` returns what the best of many equally good
candidates would reach by chance alone; a best value below that is not a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when first used: reading settings needs none

from validation.errors import StatisticsError

__all__ = [
    "CONFIDENCE",
    "BestByChance",
    "Estimate",
    "PairedDifference",
    "best_by_chance",
    "corrected_p_value",
    "detectable_difference",
    "estimate",
    "holm",
    "paired_difference",
]

FloatArray = npt.NDArray[np.float64]

CONFIDENCE = 0.95
"""Default coverage of the intervals."""


@dataclass(frozen=True)
class Estimate:
    """A mean over independent seeds.

    Parameters
    ----------
    n
        Number of seeds.
    mean
        Mean.
    sd
        Standard deviation over seeds (n - 1); None for a single one.
    standard_error
        Of the mean; None as above.
    low, high
        Confidence interval of the mean; None as above.
    confidence
        Coverage of the interval.
    """

    n: int
    mean: float
    sd: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    confidence: float


@dataclass(frozen=True)
class PairedDifference:
    """How much better one condition is than another on the same seeds.

    Parameters
    ----------
    estimate
        Mean difference, condition minus control, with its interval.
    p_value
        Two-sided p-value of the paired t test; None for a single seed. 1 if all differences are 0,
        0 if all are equal but not 0.
    effect_size
        Mean difference in standard deviations of the differences; None if that is 0 or unknown.
    n_better
        Seeds in which the condition was better than the control.
    """

    estimate: Estimate
    p_value: float | None
    effect_size: float | None
    n_better: int


@dataclass(frozen=True)
class BestByChance:
    """The best of several equally good candidates.

    Parameters
    ----------
    n_tried
        Number of candidates.
    expected
        Mean of the best value.
    quantile
        The value that the best stays below with probability `confidence`.
    confidence
        See `quantile`.
    """

    n_tried: int
    expected: float
    quantile: float
    confidence: float


def estimate(values: npt.ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Return the mean, spread and confidence interval of one value per seed.

    Raises
    ------
    StatisticsError
        There is no value, one is not finite, or the confidence is not between 0 and 1.
    """
    sample = _sample(values)
    _check_share("confidence", confidence)
    n, mean = len(sample), float(sample.mean())
    if n < 2:
        return Estimate(n, mean, None, None, None, None, confidence)
    sd = float(sample.std(ddof=1))
    error = sd / np.sqrt(n)
    reach = float(scipy.stats.t.ppf(0.5 + confidence / 2, n - 1)) * error
    return Estimate(n, mean, sd, float(error), mean - reach, mean + reach, confidence)


def paired_difference(
    values: npt.ArrayLike, control: npt.ArrayLike, confidence: float = CONFIDENCE
) -> PairedDifference:
    """Compare a condition with its control, seed by seed.

    Parameters
    ----------
    values, control
        One value per seed, in the same order of seeds; float64[n].
    confidence
        Coverage of the interval.

    Raises
    ------
    StatisticsError
        As `estimate`, or the numbers of seeds differ.
    """
    sample, reference = _sample(values), _sample(control)
    if sample.shape != reference.shape:
        raise StatisticsError(
            f"{len(sample)} values cannot be paired with {len(reference)} control values; give "
            "both for the same seeds"
        )
    differences = sample - reference
    found = estimate(differences, confidence)
    # Rounding: differences that should be equal may differ in the last digit.
    spread = found.sd is not None and found.sd > 1e-12 * max(1.0, float(np.abs(sample).max()))
    p_value: float | None = None
    if found.n > 1:
        p_value = float(found.mean == 0.0)
        if spread:
            p_value = float(scipy.stats.ttest_rel(sample, reference).pvalue)
    effect = found.mean / found.sd if spread and found.sd is not None else None
    return PairedDifference(found, p_value, effect, int(np.count_nonzero(differences > 0)))


def best_by_chance(
    n_tried: int, mean: float, standard_error: float, confidence: float = CONFIDENCE
) -> BestByChance:
    """Return what the best of `n_tried` equally good candidates reaches by chance.

    Each candidate's value is taken to be normal and independent of the others. Candidates that saw
    the same stimuli share part of their noise: then this is an upper bound.

    Parameters
    ----------
    n_tried
        Number of candidates.
    mean
        True value of every candidate, such as 0.5 for the accuracy of guessing.
    standard_error
        Standard error of one candidate's value. For an accuracy over n trials it is
        sqrt(0.25 / n).
    confidence
        Probability that the best stays below the quantile returned.

    Raises
    ------
    StatisticsError
        If a number is out of range.
    """
    if n_tried < 1:
        raise StatisticsError(f"n_tried is {n_tried}; at least one candidate must have been tried")
    if not (np.isfinite(mean) and np.isfinite(standard_error) and standard_error >= 0):
        raise StatisticsError(
            f"mean {mean} and standard error {standard_error} must be finite, the latter 0 or more"
        )
    _check_share("confidence", confidence)
    deviations = float(scipy.stats.norm.ppf(confidence ** (1.0 / n_tried)))
    return BestByChance(
        n_tried=n_tried,
        expected=mean + standard_error * _expected_normal_maximum(n_tried),
        quantile=mean + standard_error * deviations,
        confidence=confidence,
    )


def corrected_p_value(p_value: float, n_tried: int) -> float:
    """Return the p-value of the best of `n_tried` independent candidates (Sidak 1967).

    This is the probability that at least one of them would reach `p_value` by chance.

    Raises
    ------
    StatisticsError
        If the p-value is not between 0 and 1, or nothing was tried.
    """
    if not 0 <= p_value <= 1:
        raise StatisticsError(f"a p-value lies between 0 and 1; this one is {p_value}")
    if n_tried < 1:
        raise StatisticsError(f"n_tried is {n_tried}; at least one candidate must have been tried")
    return float(-np.expm1(n_tried * np.log1p(-p_value))) if p_value < 1 else 1.0


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for the number of comparisons in a table (Holm 1979).

    Parameters
    ----------
    p_values
        One per comparison. None where there is none: it stays None and is not counted.

    Raises
    ------
    StatisticsError
        If a p-value is not between 0 and 1.
    """
    known = [(p, k) for k, p in enumerate(p_values) if p is not None]
    for p, _ in known:
        if not 0 <= p <= 1:
            raise StatisticsError(f"a p-value lies between 0 and 1; this one is {p}")
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, position) in enumerate(sorted(known)):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        corrected[position] = largest
    return corrected


def detectable_difference(
    sd: float, n: int, power: float = 0.8, significance: float = 0.05
) -> float:
    """Return the mean paired difference that a two-sided t test finds with the given power.

    It says what a negative result is worth: smaller differences may have been missed.

    Parameters
    ----------
    sd
        Standard deviation of the differences over seeds.
    n
        Number of seeds; 2 or more.
    power
        Probability of finding the difference.
    significance
        Level of the test; divide it by the number of comparisons to correct for them.

    Raises
    ------
    StatisticsError
        If a number is out of range.
    """
    if n < 2 or not (np.isfinite(sd) and sd >= 0):
        raise StatisticsError(
            f"sd {sd} over {n} seeds: at least two seeds and a finite spread are needed"
        )
    _check_share("power", power)
    _check_share("significance", significance)
    if sd == 0:
        return 0.0
    critical = float(scipy.stats.t.ppf(1 - significance / 2, n - 1))

    def misses(shift: float) -> float:
        return float(scipy.stats.nct.cdf(critical, n - 1, shift)) - (1 - power)

    low, high = 0.0, critical + 10.0
    while misses(high) > 0:
        high *= 2
    for _ in range(100):  # bisection: the non-central t is smooth and falls with the shift
        middle = (low + high) / 2
        low, high = (middle, high) if misses(middle) > 0 else (low, middle)
    return high * sd / float(np.sqrt(n))


def _expected_normal_maximum(n: int) -> float:
    """Mean of the largest of n standard normal numbers."""

    def density(x: float) -> float:
        log_below = (n - 1) * float(scipy.stats.norm.logcdf(x))
        return x * n * float(np.exp(log_below)) * float(scipy.stats.norm.pdf(x))

    # The largest of n lies near this quantile; the integrand is a narrow peak there.
    centre = float(scipy.stats.norm.ppf(1 - 1 / (n + 1)))
    value, _ = scipy.integrate.quad(density, centre - 8.0, centre + 8.0, limit=200)
    return float(value)


def _sample(values: npt.ArrayLike) -> FloatArray:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample):
        raise StatisticsError(f"values have shape {sample.shape}; give one value for each seed")
    if not np.isfinite(sample).all():
        raise StatisticsError(f"{np.count_nonzero(~np.isfinite(sample))} values are not finite")
    return sample


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise StatisticsError(f"{name} is {value}; it must lie between 0 and 1")
