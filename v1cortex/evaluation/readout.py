"""Decisions, scores and reward prediction from spike counts of the read-out pool."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nestml_models.common import require
from v1cortex.errors import TaskError
from v1cortex.evaluation.task_result import BinScore, TaskResult
from v1cortex.tasks import TrialBlock

__all__ = [
    "BIN_MS",
    "N_REMEMBERED",
    "RewardPredictor",
    "auc",
    "auc_by_bin",
    "bin_rates_Hz",
    "binomial_error",
    "fit_threshold",
    "mean_area",
    "score_trials",
]

BIN_MS = 50
"""Width of the bins in which the pool's information is tracked through the trial."""
N_REMEMBERED = 20
"""Number of past rewards averaged to give the expected reward (Ye et al., ICLR 2026)."""

FloatArray = NDArray[np.float64]


class RewardPredictor:
    """Predicts the mean of recent rewards.

    *Choice*: before the first reward the expectation is 0, so that the error of the first trial is
    its reward; until there are 20 rewards, the mean is over those so far.
    """

    def __init__(self, n_remembered: int = N_REMEMBERED) -> None:
        self._last: deque[float] = deque(maxlen=n_remembered)

    @property
    def expected(self) -> float:
        """The currently expected reward."""
        return float(np.mean(self._last)) if self._last else 0.0

    def error(self, reward: float) -> float:
        """Return reward minus expected reward, then store the reward."""
        difference = reward - self.expected
        self._last.append(reward)
        return difference


def auc(labels: ArrayLike, scores: ArrayLike) -> tuple[float, float | None]:
    """Return the area under the ROC curve and its standard error.

    Parameters
    ----------
    labels : (n,) array-like
        1 for changes, 0 for the others.
    scores : (n,) array-like
        Evidence for a change; larger means more.

    Returns
    -------
    float, float or None
        The area, and its standard error after DeLong, DeLong and Clarke-Pearson 1988 (Biometrics
        44:837); None if a class has a single trial.

    Raises
    ------
    TaskError
        If lengths differ, a score is not finite, or one of the two classes is missing.
    """
    require("sklearn")
    from sklearn import config_context, metrics

    changed, values = _checked(labels, scores)
    # What roc_auc_score does once it has checked again what has been checked here.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        false_alarms, hits, _ = metrics.roc_curve(changed, values)
        area = float(metrics.auc(false_alarms, hits))
    return area, _delong_error(values[changed], values[~changed])


def mean_area(found: Sequence[tuple[float, float | None]]) -> tuple[float, float | None]:
    """Return the mean of areas and of their standard errors (of `auc`), None if one is None."""
    pairs = [(area, np.nan if error is None else error) for area, error in found]
    area, error = np.mean(pairs, axis=0)
    return float(area), None if np.isnan(error) else float(error)


def _delong_error(positive: FloatArray, negative: FloatArray) -> float | None:
    """Return the standard error of the area, from the spread of the placements of each class."""
    if min(len(positive), len(negative)) < 2:
        return None
    above = _placements(positive, negative)
    below = _placements(-negative, -positive)
    return float(np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)))


def _placements(values: FloatArray, others: FloatArray) -> FloatArray:
    """Return the share of the others that each value exceeds, with ties counted half."""
    others = np.sort(others)
    below = np.searchsorted(others, values, side="left")
    not_above = np.searchsorted(others, values, side="right")
    share: FloatArray = (below + not_above) / (2.0 * len(others))
    return share


def fit_threshold(labels: ArrayLike, rates_Hz: ArrayLike) -> float:
    """Return the threshold with the highest balanced accuracy.

    A trial is classified as a change if its rate exceeds the threshold. Candidates lie midway
    between neighbouring rates, and beyond both ends. Among equally good ones, the one nearest to
    the median rate is taken (*choice*), and the lower of two.

    Parameters
    ----------
    labels : (n,) array-like
        1 for changes, 0 for the others.
    rates_Hz : (n,) array-like
        Rate of the pool in each trial.

    Raises
    ------
    TaskError
        If lengths differ, a rate is not finite, or one of the two classes is missing.
    """
    changed, rates = _checked(labels, rates_Hz)
    levels = np.unique(rates)
    middles = (levels[1:] + levels[:-1]) / 2
    candidates = np.concatenate([[levels[0] - 0.5], middles, [levels[-1] + 0.5]])
    said_change = rates > candidates[:, None]
    hits = said_change[:, changed].mean(axis=1)
    false_alarms = said_change[:, ~changed].mean(axis=1)
    gain = np.round(hits - false_alarms, 12)
    best = candidates[gain == gain.max()]
    return float(best[np.argmin(np.abs(best - np.median(rates)))])


def bin_rates_Hz(
    pool_counts: NDArray[np.integer[Any]], pool_size: int, bin_ms: int = BIN_MS
) -> FloatArray:
    """Return the pool's rate in bins of each trial.

    Parameters
    ----------
    pool_counts : (n_trials, trial_ms) array of int
        Spikes of the pool per millisecond of the trial.
    pool_size
        Number of cells in the pool.
    bin_ms
        Width of a bin; the rest of the trial after the last whole bin is not used.

    Returns
    -------
    float64[n_trials, trial_ms // bin_ms]
    """
    n_trials, trial_ms = pool_counts.shape
    n_bins = trial_ms // bin_ms
    counts = pool_counts[:, : n_bins * bin_ms].reshape(n_trials, n_bins, bin_ms).sum(axis=2)
    return np.asarray(counts / (pool_size * bin_ms * 1e-3))


def auc_by_bin(
    labels: ArrayLike,
    pool_counts: NDArray[np.integer[Any]],
    pool_size: int,
    bin_ms: int = BIN_MS,
) -> tuple[BinScore, ...]:
    """Return how well the pool's rate in each bin of the trial detects the change.

    Parameters
    ----------
    labels
        Whether the image changed; bool[trials].
    pool_counts
        The pool's spikes in each ms; int[trials, ms].
    pool_size
        Number of cells in the pool.
    bin_ms
        Bin width.
    """
    rates_Hz = bin_rates_Hz(pool_counts, pool_size, bin_ms)
    rows = []
    for index, column in enumerate(rates_Hz.T):
        area, error = auc(labels, column)
        rows.append(
            BinScore(
                begin_ms=float(index * bin_ms),
                end_ms=float((index + 1) * bin_ms),
                rate_Hz=float(column.mean()),
                auc=area,
                standard_error=error,
            )
        )
    return tuple(rows)


def score_trials(
    block: TrialBlock,
    pool_counts: NDArray[np.integer[Any]],
    pool_size: int,
    threshold_Hz: float,
) -> TaskResult:
    """Score the pool's answers in a block of trials.

    Parameters
    ----------
    block
        The trials.
    pool_counts : (n_trials, trial_ms) array of int
        Spikes of the pool per millisecond of the trial.
    pool_size
        Number of cells in the pool.
    threshold_Hz
        A trial is classified as a change if the pool's rate in the window exceeds this.

    Raises
    ------
    TaskError
        If the counts do not match the block.
    """
    expected = (block.n_trials, block.trial_ms)
    if pool_counts.shape != expected:
        raise TaskError(
            f"spike counts have shape {pool_counts.shape}; the block has trials and ms {expected}"
        )
    begin, end = block.window_ms
    rates_Hz = pool_counts[:, begin:end].sum(axis=1) / (pool_size * (end - begin) * 1e-3)
    changed = block.labels == 1
    said_change = rates_Hz > threshold_Hz
    accuracy = float(np.mean(said_change == changed))
    area, area_error = auc(block.labels, rates_Hz)
    return TaskResult(
        n_trials=block.n_trials,
        accuracy=accuracy,
        accuracy_standard_error=binomial_error(accuracy, block.n_trials),
        hit_rate=float(said_change[changed].mean()),
        false_alarm_rate=float(said_change[~changed].mean()),
        auc=area,
        auc_standard_error=area_error,
        threshold_Hz=float(threshold_Hz),
        pool_rate_Hz=float(rates_Hz.mean()),
        auc_by_bin=auc_by_bin(block.labels, pool_counts, pool_size),
    )


def binomial_error(share: float, n: int) -> float:
    """Return the binomial standard error of a share of `n` trials."""
    return float(np.sqrt(share * (1 - share) / n))


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], FloatArray]:
    changed = np.asarray(labels) == 1
    values = np.asarray(scores, dtype=np.float64)
    if changed.shape != values.shape or changed.ndim != 1:
        raise TaskError(f"{changed.shape} labels do not match {values.shape} scores")
    if not np.isfinite(values).all():
        raise TaskError(f"{np.count_nonzero(~np.isfinite(values))} scores are not finite")
    if not 0 < np.count_nonzero(changed) < len(changed):
        raise TaskError(
            f"{np.count_nonzero(changed)} of {len(changed)} trials are changes; both kinds are "
            "needed"
        )
    return changed, values
