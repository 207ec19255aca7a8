"""The shape of a distribution of synaptic weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from validation.errors import StatisticsError


@dataclass(frozen=True)
class WeightSummary:
    """Magnitudes of the weights of one kind of synapse.

    Cortical synaptic weights are close to log-normal, with a standard deviation of the logarithm
    of about 0.9 for excitatory synapses (Song et al. 2005, PLoS Biol 3:e68; Buzsaki and Mizuseki
    2014, Nat Rev Neurosci 15:264).

    Parameters
    ----------
    n
        Number of synapses.
    mean, median
        Of the magnitudes, in the unit of the weights.
    mean_log, sd_log
        Log-normal fit: mean and standard deviation of the logarithm of the magnitudes above zero.
        None if there are none.
    skewness_log
        Skewness of the logarithm: 0 for a log-normal distribution. None if all weights are equal.
    lognormal_distance
        Kolmogorov-Smirnov distance to the fitted log-normal distribution; None as above.
    zero_share
        Share of synapses at the lower bound, zero.
    upper_share
        Share of synapses at the upper bound; None without a bound.
    """

    n: int
    mean: float
    median: float
    mean_log: float | None
    sd_log: float | None
    skewness_log: float | None
    lognormal_distance: float | None
    zero_share: float
    upper_share: float | None


@dataclass(frozen=True)
class WeightMovement:
    """How far the weights of one kind of connection have moved.

    Parameters
    ----------
    relative_mean
        Mean weight, relative to the initial one.
    initial_share_at_zero
        Share of weights that were zero initially.
    share_at_zero, share_at_bound
        Current shares at the lower bound, zero, and at the upper bound.
    """

    relative_mean: float
    initial_share_at_zero: float
    share_at_zero: float
    share_at_bound: float

    @property
    def newly_at_bound(self) -> float:
        """Current share at either bound, less the share that was zero initially."""
        return self.share_at_zero + self.share_at_bound - self.initial_share_at_zero


def weight_summary(
    weights: npt.ArrayLike, upper_bound: npt.ArrayLike | None = None, tolerance: float = 1e-9
) -> WeightSummary:
    """Summarise the magnitudes of synaptic weights.

    Parameters
    ----------
    weights
        Weights of either sign, any unit; float64[n].
    upper_bound
        Upper bound of the magnitudes: a single number or one for each synapse.
    tolerance
        Distance from a bound, relative to the largest magnitude or bound, that counts as at the
        bound.

    Raises
    ------
    StatisticsError
        There is no weight, one is not finite, or the bounds do not match.
    """
    magnitude = np.abs(np.asarray(weights, dtype=np.float64).reshape(-1))
    if magnitude.size == 0 or not np.all(np.isfinite(magnitude)):
        raise StatisticsError("a weight summary needs at least one weight, all of them finite")
    upper_share = None
    if upper_bound is not None:
        bound = np.asarray(upper_bound, dtype=np.float64)
        if bound.shape not in ((), magnitude.shape):
            raise StatisticsError(f"{bound.shape} bounds for {magnitude.shape} weights")
        upper_share = float(np.mean(magnitude >= bound * (1 - tolerance)))
    return WeightSummary(
        n=int(magnitude.size),
        mean=float(magnitude.mean()),
        median=float(np.median(magnitude)),
        zero_share=float(np.mean(magnitude <= tolerance * magnitude.max())),
        upper_share=upper_share,
        **_lognormal_fit(magnitude[magnitude > 0]),
    )


def _lognormal_fit(positive: npt.NDArray[np.float64]) -> dict[str, float | None]:
    from scipy.stats import kstest, skew  # here, since the import takes about a second

    logs = np.log(positive)
    varied = logs.size > 1 and float(np.ptp(logs)) > 0
    centre, spread = (float(logs.mean()), float(logs.std())) if logs.size else (None, None)
    distance = float(kstest(logs, "norm", args=(centre, spread)).statistic) if varied else None
    return {
        "mean_log": centre,
        "sd_log": spread,
        "skewness_log": float(skew(logs)) if varied else None,
        "lognormal_distance": distance,
    }
