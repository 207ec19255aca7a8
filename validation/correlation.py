"""Pairwise correlation of binned spike trains: how synchronous a network is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from validation.errors import StatisticsError
from validation.spikes import SpikeTrains

FloatArray = npt.NDArray[np.float64]

SAMPLE_SIZE = 200
"""Size of the sample of neurons whose pairs are correlated: 19,900 pairs (*choice*)."""


def sample_neurons(
    candidates: npt.NDArray[np.int64], size: int, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Return at most `size` of the candidates, ascending; the same for the same seed."""
    if candidates.size <= size:
        return np.sort(candidates)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    return np.sort(rng.choice(candidates, size, replace=False))


def correlation_matrix(
    trains: SpikeTrains, neurons: npt.ArrayLike, bin_ms: float = 10.0
) -> FloatArray:
    """Return the Pearson correlation of the binned spike trains of all pairs of `neurons`.

    Computed by Elephant's ``correlation_coefficient``.

    Parameters
    ----------
    trains
        Spike trains.
    neurons
        The neurons to correlate; the spike count of each must vary.
    bin_ms
        Bin width.

    Returns
    -------
    correlation
        float64[neurons, neurons].

    Raises
    ------
    StatisticsError
        The spike count of a neuron does not vary.
    """
    import quantities as pq  # here, since Elephant takes about a second to import
    from elephant.conversion import BinnedSpikeTrain
    from elephant.spike_train_correlation import correlation_coefficient

    counts = trains.counts(bin_ms, neurons)
    if not bool(np.all(np.ptp(counts, axis=1) > 0)):
        raise StatisticsError("correlation of a neuron whose spike count does not vary")
    # Counts are passed, not trains: Elephant's bins are closed on the left.
    binned = BinnedSpikeTrain(counts, bin_size=bin_ms * pq.ms, t_start=trains.start_ms * pq.ms)
    matrix = np.asarray(correlation_coefficient(binned, fast=False), dtype=np.float64)
    return matrix.reshape(counts.shape[0], counts.shape[0])


def mean_correlation(
    trains: SpikeTrains,
    neurons: npt.ArrayLike,
    bin_ms: float = 10.0,
    period_ms: float | None = None,
    sample_size: int = SAMPLE_SIZE,
    seed: int = 0,
) -> float | None:
    """Return the mean correlation over the pairs of a fixed random sample of `neurons`.

    Neurons whose binned spike count does not vary, in particular silent ones, are left out before
    the sample is drawn.

    Parameters
    ----------
    trains
        Spike trains.
    neurons
        The neurons to draw from.
    bin_ms
        Bin width.
    period_ms
        If given, the length of one trial, a multiple of `bin_ms`: each neuron's mean over trials
        (its PSTH) is subtracted first. This removes stimulus-locked correlations and leaves those
        of the trial-to-trial variability.
    sample_size
        Maximum number of neurons to correlate.
    seed
        Seed of the sample.

    Returns
    -------
    correlation
        Between -1 and 1; None if fewer than two neurons are left.

    Raises
    ------
    StatisticsError
        The period is not a multiple of the bin, or the recording is shorter than two periods.
    """
    active = _varying(trains, trains.check_neurons(neurons), bin_ms)
    sample = sample_neurons(active, sample_size, seed)
    if sample.size < 2:
        return None
    if period_ms is not None:
        return _mean_residual_correlation(trains.counts(bin_ms, sample), bin_ms, period_ms)
    matrix = correlation_matrix(trains, sample, bin_ms)
    return float(matrix[np.triu_indices(sample.size, k=1)].mean())


def synchrony(
    trains: SpikeTrains,
    neurons: npt.ArrayLike,
    bin_ms: float = 10.0,
    period_ms: float | None = None,
    sample_size: int = SAMPLE_SIZE,
    seed: int = 0,
) -> float:
    """Return the mean pairwise correlation, at least 0 (*choice*): the synchrony objective.

    A network with fewer than two active neurons has synchrony 0: it is not synchronous, and the
    objectives on firing rates already count against it. See `mean_correlation`.
    """
    value = mean_correlation(trains, neurons, bin_ms, period_ms, sample_size, seed)
    return 0.0 if value is None else min(max(value, 0.0), 1.0)


def _varying(
    trains: SpikeTrains, neurons: npt.NDArray[np.int64], bin_ms: float
) -> npt.NDArray[np.int64]:
    """Return the neurons whose spike count varies between bins."""
    n_bins = trains.n_bins(bin_ms)
    whole = trains.bin_index(bin_ms) < n_bins
    fired = np.bincount(trains.senders[whole], minlength=trains.n_neurons)[neurons]
    candidates = neurons[fired > 0]
    # Only a neuron with a multiple of n_bins spikes can have the same count in every bin.
    suspects = candidates[fired[fired > 0] % n_bins == 0]
    if suspects.size:
        constant = suspects[np.ptp(trains.counts(bin_ms, suspects), axis=1) == 0]
        candidates = np.setdiff1d(candidates, constant)
    return candidates


def _mean_residual_correlation(
    counts: npt.NDArray[np.int32], bin_ms: float, period_ms: float
) -> float:
    """Return the mean correlation of all pairs of rows after their mean over trials is removed.

    With rows z_i scaled to length 1, all ordered pairs add up to |sum z_i|^2 - sum |z_i|^2. Unlike
    a matrix product, this does not depend on the number of threads of the BLAS library.
    """
    residuals = _residuals(counts, bin_ms, period_ms)
    length = np.sqrt((residuals**2).sum(axis=1))
    # A neuron that does the same in every trial has no residual: correlation 0, not NaN.
    scaled = residuals / np.where(length > 0, length, 1.0)[:, np.newaxis]
    pairs = float((scaled.sum(axis=0) ** 2).sum()) - int(np.count_nonzero(length))
    n = int(counts.shape[0])
    return pairs / (n * (n - 1))


def _residuals(counts: npt.NDArray[np.int32], bin_ms: float, period_ms: float) -> FloatArray:
    bins = round(period_ms / bin_ms)
    if bins < 1 or abs(bins * bin_ms - period_ms) > 1e-6:
        raise StatisticsError(f"period {period_ms} ms is not a multiple of the bin, {bin_ms} ms")
    n_trials = counts.shape[1] // bins
    if n_trials < 2:
        raise StatisticsError(f"the recording is shorter than two periods of {period_ms} ms")
    trials = counts[:, : n_trials * bins].reshape(counts.shape[0], n_trials, bins)
    residuals = trials - trials.mean(axis=1, keepdims=True)
    return np.asarray(residuals.reshape(counts.shape[0], -1), dtype=np.float64)
