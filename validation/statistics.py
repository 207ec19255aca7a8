"""Statistics of single spike trains and of the pooled population spike count.

NumPy computes them for all neurons at once. `elephant_isi` computes the same with Elephant for a
sample of neurons only, since Neo and Elephant take about 0.2 ms per train; both agree up to
rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from validation.errors import StatisticsError
from validation.reference import FanoCurve
from validation.spikes import SpikeTrains

FloatArray = npt.NDArray[np.float64]

SILENT_BELOW_HZ = 0.1
"""Neurons below this rate count as silent (*choice*); 1.7 % of the mouse's units are below it."""

MIN_ISIS = 10
"""Minimum number of inter-spike intervals of a neuron that enters a mean CV or LV (*choice*)."""

COUNTS_AT_ONCE = 50_000_000
"""Number of spike counts held in memory at a time: 0.6 GB."""


@dataclass(frozen=True)
class RateSummary:
    """Firing rates of a group of neurons in Hz.

    Parameters
    ----------
    n
        Number of neurons.
    mean, median, maximum
        Of the rates, Hz.
    q05, q25, q75, q95
        Quantiles, Hz.
    sd_log
        Standard deviation of the natural logarithm of the rates above zero.
    silent_share
        Share of neurons below `SILENT_BELOW_HZ`.
    """

    n: int
    mean: float
    median: float
    maximum: float
    q05: float
    q25: float
    q75: float
    q95: float
    sd_log: float
    silent_share: float


def rate_summary(rates_Hz: npt.ArrayLike) -> RateSummary:
    """Summarise the firing rates of a group of neurons.

    Raises
    ------
    StatisticsError
        There is no neuron, or a rate is not a number.
    """
    rates = np.asarray(rates_Hz, dtype=np.float64).reshape(-1)
    if rates.size == 0 or not np.all(np.isfinite(rates)):
        raise StatisticsError("a rate summary needs at least one rate, all of them finite")
    q05, q25, q75, q95 = (float(q) for q in np.quantile(rates, [0.05, 0.25, 0.75, 0.95]))
    positive = rates[rates > 0]
    return RateSummary(
        n=int(rates.size),
        mean=float(rates.mean()),
        median=float(np.median(rates)),
        maximum=float(rates.max()),
        q05=q05,
        q25=q25,
        q75=q75,
        q95=q95,
        sd_log=float(np.log(positive).std()) if positive.size else 0.0,
        silent_share=float(np.mean(rates < SILENT_BELOW_HZ)),
    )


def isi_variability(trains: SpikeTrains) -> tuple[FloatArray, FloatArray]:
    """Return the CV and the local variation LV of every neuron's inter-spike intervals (ISIs).

    CV is the standard deviation of the intervals divided by their mean. LV compares neighbouring
    intervals only, and so ignores slow changes in rate (Shinomoto et al. 2003, Neural Comput
    15:2823): ``3 / (n - 1) sum(((I_k - I_k+1) / (I_k + I_k+1))^2)`` over n intervals. Both are 1
    for a Poisson process and 0 for regular firing.

    Returns
    -------
    cv, lv
        float64[n_neurons] each; NaN where a neuron has fewer than two intervals.
    """
    times, offsets = trains.by_neuron
    cv, lv = np.full((2, trains.n_neurons), np.nan)
    fired = np.flatnonzero(trains.spike_counts)
    if fired.size == 0:
        return cv, lv
    first, last = offsets[fired], offsets[fired + 1] - 1
    count = trains.spike_counts[fired]
    # Entry k is the interval from spike k to the same neuron's next spike, 0 for its last spike.
    intervals = np.append(np.diff(times), 0.0)
    intervals[last] = 0.0
    n = np.where(count > 2, count - 1.0, np.nan)
    mean = np.add.reduceat(intervals, first) / n
    deviation = intervals - np.repeat(mean, count)
    deviation[last] = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        cv[fired] = np.sqrt(np.add.reduceat(deviation**2, first) / n) / mean
    relative = _relative_differences(intervals)
    relative[last] = 0.0
    relative[np.maximum(last - 1, first)] = 0.0
    lv[fired] = 3.0 / (n - 1) * np.add.reduceat(relative, first)
    return cv, lv


def _relative_differences(intervals: FloatArray) -> FloatArray:
    """Return ((I_k - I_k+1) / (I_k + I_k+1))^2; 0 for the last one and for two intervals of 0."""
    following = np.append(intervals[1:], 0.0)
    total = intervals + following
    total[total == 0] = 1.0
    return np.asarray(((intervals - following) / total) ** 2, dtype=np.float64)


def elephant_isi(trains: SpikeTrains, neurons: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return CV and LV of a sample of neurons, computed by Elephant; float64[neurons] each."""
    from elephant.statistics import cv, isi, lv  # here, since the import takes about a second

    intervals = [isi(train).rescale("ms").magnitude for train in trains.to_neo(neurons)]
    long_enough = [values if values.size >= 2 else None for values in intervals]
    with np.errstate(divide="ignore", invalid="ignore"):  # two spikes at the same time
        return (
            np.array([np.nan if v is None else float(cv(v)) for v in long_enough]),
            np.array([np.nan if v is None else float(lv(v)) for v in long_enough]),
        )


def mean_over_neurons(values: FloatArray, enough: npt.NDArray[np.bool_]) -> float | None:
    """Return the mean of the non-NaN `values` where `enough`; None if there are none."""
    chosen = values[enough & np.isfinite(values)]
    return float(chosen.mean()) if chosen.size else None


def fano_factors(trains: SpikeTrains, window_ms: float) -> FloatArray:
    """Return the Fano factor of each neuron's spike count in consecutive windows.

    Variance (with divisor n, as in Elephant's ``fanofactor``) of the count over its mean; 1 for a
    Poisson process. With windows of one trial it measures trial-to-trial variability.

    Returns
    -------
    fano
        float64[n_neurons]; NaN for neurons without a spike in a whole window.

    Raises
    ------
    StatisticsError
        The recording is shorter than two windows.
    """
    n_windows = trains.n_bins(window_ms)
    if n_windows < 2:
        raise StatisticsError(
            f"a Fano factor needs two windows of {window_ms} ms; the recording of "
            f"{trains.duration_ms} ms has {n_windows}"
        )
    at_once = max(1, COUNTS_AT_ONCE // n_windows)
    if trains.n_neurons <= at_once:
        return _variance_over_mean(trains.counts(window_ms))
    fano = np.full(trains.n_neurons, np.nan)
    fired = np.flatnonzero(trains.spike_counts)  # the others have none
    for first in range(0, fired.size, at_once):
        block = fired[first : first + at_once]
        fano[block] = _variance_over_mean(trains.counts(window_ms, block))
    return fano


def _variance_over_mean(counts: npt.NDArray[np.int32]) -> FloatArray:
    mean = counts.mean(axis=1)
    mean[mean == 0] = np.nan
    return np.asarray(counts.var(axis=1) / mean, dtype=np.float64)


def population_fano(
    trains: SpikeTrains,
    neurons: npt.ArrayLike,
    bin_ms: npt.ArrayLike,
    window_ms: float = 1800.0,
    units: int = 70,
    draws: int = 10,
    seed: int = 0,
) -> FanoCurve:
    """Return the Fano factor of the summed spike count of random groups of neurons.

    The mouse's curve is for about 70 simultaneously recorded units in windows of 1,800 ms, and both
    the number of units and the window affect it; hence the defaults. Within each window the
    variance of the count over bins is divided by its mean, then averaged over windows.

    Parameters
    ----------
    trains
        Spike trains.
    neurons
        The neurons to draw from; if there are fewer than `units`, all are taken.
    bin_ms
        Bin widths, each at most half the window.
    window_ms
        Length of the windows; at most that of the recording.
    units
        Neurons in each group.
    draws
        Number of groups.
    seed
        Seed of the draws.

    Returns
    -------
    curve
        Mean and standard deviation over groups, by bin width. NaN where no group had spikes.

    Raises
    ------
    StatisticsError
        There is no neuron, or a bin is longer than half the window.
    """
    candidates = trains.check_neurons(neurons)
    widths = np.atleast_1d(np.asarray(bin_ms, dtype=np.float64))
    window = min(window_ms, trains.duration_ms)
    if candidates.size == 0 or np.any(widths <= 0) or np.any(widths > window / 2):
        raise StatisticsError(
            f"population Fano factor: {candidates.size} neurons, bins {widths} ms in {window} ms"
        )
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    values = np.full((draws, widths.size), np.nan)
    for draw in range(draws):
        group = rng.choice(candidates, min(units, candidates.size), replace=False)
        times = _phases(trains.select(group), window)
        values[draw] = [_windowed_fano(*times, window, float(width)) for width in widths]
    used = values[np.isfinite(values).all(axis=1)]
    if used.size == 0:
        used = np.full((1, widths.size), np.nan)
    return FanoCurve(widths, used.mean(axis=0), used.std(axis=0), draws)


def _phases(trains: SpikeTrains, window_ms: float) -> tuple[npt.NDArray[np.int64], FloatArray, int]:
    """Return each spike's window, its time within the window, and the number of windows."""
    index = trains.bin_index(window_ms)
    n_windows = trains.n_bins(window_ms)
    kept = index < n_windows
    phase = trains.times_ms[kept] - trains.start_ms - index[kept] * window_ms
    return index[kept], phase, n_windows


def _windowed_fano(
    index: npt.NDArray[np.int64], phase: FloatArray, n_windows: int, window: float, width: float
) -> float:
    n_bins = int(window / width + 1e-9)
    bins = np.maximum(np.ceil(phase / width - 1e-9).astype(np.int64) - 1, 0)
    kept = bins < n_bins
    flat = index[kept] * n_bins + bins[kept]
    counts = np.bincount(flat, minlength=n_windows * n_bins).reshape(n_windows, n_bins)
    mean = counts.mean(axis=1)
    fired = mean > 0
    if not fired.any():
        return float("nan")
    return float(np.mean(counts.var(axis=1)[fired] / mean[fired]))
