"""Answers of several read-out pools, one for each class: the most active pool wins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import TaskError
from v1cortex.evaluation.readout import BIN_MS, auc, bin_rates_Hz, binomial_error, mean_area
from v1cortex.evaluation.task_result import BinScore, TaskResult
from v1cortex.tasks import TrialBlock

__all__ = ["choice_auc", "most_active", "score_choices"]

FloatArray = NDArray[np.float64]


def most_active(evidence_Hz: FloatArray, trial: int) -> int:
    """Return the pool with the most evidence; tied pools take turns (*choice*)."""
    best = np.flatnonzero(evidence_Hz == evidence_Hz.max())
    return int(best[trial % len(best)])


def choice_auc(labels: NDArray[np.int8], evidence_Hz: FloatArray) -> tuple[float, float | None]:
    """Return how well each pool's lead over the others indicates its class, with its error.

    This is the area under the ROC curve of each class against all others, for the rate of its pool
    minus the mean rate of the other pools, averaged over classes; for two classes, that for the
    difference between their two pools.

    Parameters
    ----------
    labels : int8[n_trials]
        Classes, 0 to n_pools - 1.
    evidence_Hz : float64[n_trials, n_pools]
        Rates of the pools.

    Returns
    -------
    float, float or None
        The area, and its standard error: the mean of the classes' errors after DeLong. Since errors
        of different classes partly average out, this is an upper bound. None if a class has a
        single trial.

    Raises
    ------
    TaskError
        If shapes do not match, or a class is missing.
    """
    n_pools = evidence_Hz.shape[1]
    others_Hz = (evidence_Hz.sum(axis=1, keepdims=True) - evidence_Hz) / (n_pools - 1)
    return mean_area(
        [auc(labels == answer, (evidence_Hz - others_Hz)[:, answer]) for answer in range(n_pools)]
    )


def score_choices(
    block: TrialBlock,
    pool_counts: NDArray[np.integer[Any]],
    pool_size: int,
    usual_Hz: FloatArray,
) -> TaskResult:
    """Score the answers of several pools in a block of trials.

    Parameters
    ----------
    block
        The trials.
    pool_counts : (n_pools, n_trials, trial_ms) array of int
        Spikes of the pools per millisecond of the trial.
    pool_size
        Number of cells in each pool.
    usual_Hz : float64[n_pools]
        Subtracted from the pools' rates before they are compared.

    Raises
    ------
    TaskError
        If the counts do not match the block.
    """
    n_pools = len(usual_Hz)
    expected = (n_pools, block.n_trials, block.trial_ms)
    if pool_counts.shape != expected:
        raise TaskError(
            f"spike counts have shape {pool_counts.shape}; pools, trials and ms are {expected}"
        )
    begin, end = block.window_ms
    rates_Hz = pool_counts[:, :, begin:end].sum(axis=2).T / (pool_size * (end - begin) * 1e-3)
    evidence_Hz = rates_Hz - usual_Hz
    answers = np.array([most_active(row, trial) for trial, row in enumerate(evidence_Hz)])
    pairs = block.labels.astype(int) * n_pools + answers
    confusion = np.bincount(pairs, minlength=n_pools**2).reshape(n_pools, n_pools)
    accuracy = float(np.trace(confusion) / block.n_trials)
    area, area_error = choice_auc(block.labels, evidence_Hz)
    return TaskResult(
        n_trials=block.n_trials,
        accuracy=accuracy,
        accuracy_standard_error=binomial_error(accuracy, block.n_trials),
        auc=area,
        auc_standard_error=area_error,
        confusion=tuple(map(tuple, confusion.tolist())),
        usual_Hz=tuple(usual_Hz.tolist()),
        pool_rate_Hz=float(rates_Hz.mean()),
        auc_by_bin=_auc_by_bin(block.labels, pool_counts, pool_size),
    )


def _auc_by_bin(
    labels: NDArray[np.int8], pool_counts: NDArray[np.integer[Any]], pool_size: int
) -> tuple[BinScore, ...]:
    """Do the same as `v1cortex.evaluation.readout.auc_by_bin` for several pools."""
    rates_Hz = np.stack([bin_rates_Hz(counts, pool_size) for counts in pool_counts], axis=2)
    rows = []
    for index in range(rates_Hz.shape[1]):
        area, error = choice_auc(labels, rates_Hz[:, index])
        rows.append(
            BinScore(
                begin_ms=float(index * BIN_MS),
                end_ms=float((index + 1) * BIN_MS),
                rate_Hz=float(rates_Hz[:, index].mean()),
                auc=area,
                standard_error=error,
            )
        )
    return tuple(rows)
