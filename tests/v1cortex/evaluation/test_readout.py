"""Decisions, scores and rewards compared with brute force and simulation."""

import itertools

import numpy as np
import pytest

from v1cortex.errors import TaskError
from v1cortex.evaluation.readout import (
    RewardPredictor,
    auc,
    auc_by_bin,
    bin_rates_Hz,
    fit_threshold,
    score_trials,
)
from v1cortex.tasks import load


def test_the_expected_reward_is_the_mean_of_the_last_twenty():
    rewards = np.random.default_rng(1).integers(0, 2, 60).astype(float)
    predictor = RewardPredictor()
    errors = [predictor.error(reward) for reward in rewards]
    assert errors[0] == rewards[0]
    for trial in range(1, 60):
        expected = rewards[trial] - rewards[max(0, trial - 20) : trial].mean()
        assert errors[trial] == pytest.approx(expected)


def test_a_predicted_reward_is_no_surprise():
    predictor = RewardPredictor()
    errors = [predictor.error(1.0) for _ in range(5)]
    assert errors == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert predictor.error(0.0) == -1.0


def test_auc_is_the_share_of_ordered_pairs():
    rng = np.random.default_rng(2)
    labels = rng.permutation(np.repeat([0, 1], [30, 20]))
    scores = rng.integers(0, 6, 50).astype(float)
    pairs = itertools.product(scores[labels == 1], scores[labels == 0])
    shares = [1.0 if high > low else 0.5 if high == low else 0.0 for high, low in pairs]
    assert auc(labels, scores)[0] == pytest.approx(np.mean(shares))


def test_the_standard_error_of_auc_is_its_spread_over_repetitions():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 50)
    found = [auc(labels, np.round(rng.normal(0.6 * labels, 1.0), 1)) for _ in range(400)]
    areas, errors = np.array(found).T
    # 400 repetitions determine a standard deviation to 3.5 %.
    assert errors.mean() == pytest.approx(areas.std(), rel=0.12)


def test_auc_of_perfect_and_single_trials():
    assert auc([0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0]) == (1.0, 0.0)
    area, error = auc([0, 1], [2.0, 1.0])
    assert area == 0.0
    assert error is None


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_is_better_than_the_fitted_one(seed):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1], [25, 15]))
    rates = rng.poisson(4 + 2 * labels) * 0.67

    def balanced(threshold):
        said = rates > threshold
        return (said[labels == 1].mean() + (~said[labels == 0]).mean()) / 2

    best = max(balanced(threshold) for threshold in np.linspace(-1, rates.max() + 1, 3000))
    assert balanced(fit_threshold(labels, rates)) == pytest.approx(best)


def test_fitted_thresholds_lie_between_rates():
    assert fit_threshold([0, 0, 1, 1], [1.0, 2.0, 4.0, 5.0]) == 3.0
    assert fit_threshold([0, 1], [3.0, 3.0]) in (2.5, 3.5)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1, 1], [1.0, 2.0], "do not match"),
        ([0, 1], [1.0, np.nan], "1 scores are not finite"),
        ([1, 1], [1.0, 2.0], "2 of 2 trials are changes"),
        ([0, 0], [1.0, 2.0], "0 of 2 trials are changes"),
    ],
)
def test_scores_that_say_nothing_are_refused(labels, scores, message):
    for function in (auc, fit_threshold):
        with pytest.raises(TaskError, match=message):
            function(labels, scores)


def test_bins_hold_rates_of_the_pool():
    counts = np.zeros((2, 120), dtype=np.int32)
    counts[0, 0] = counts[0, 49] = counts[0, 50] = 3
    counts[1, 119] = 7  # after the last whole bin
    rates = bin_rates_Hz(counts, pool_size=30)
    np.testing.assert_allclose(rates, [[4.0, 2.0], [0.0, 0.0]])


def test_a_block_is_scored():
    block = load("gratings").block(20, "validation", seed=6)
    counts = np.zeros((20, block.trial_ms), dtype=np.int32)
    counts[:, 10] = 50  # outside the window: must not count
    begin, end = block.window_ms
    counts[block.labels == 1, begin] = 6
    counts[block.labels == 0, end - 1] = 3
    missed = np.flatnonzero(block.labels)[:2]
    counts[missed, begin] = 1
    result = score_trials(block, counts, pool_size=30, threshold_Hz=3.0)
    assert (result.hit_rate, result.false_alarm_rate) == (0.8, 0.0)
    assert result.accuracy == pytest.approx(0.9)
    assert result.accuracy_standard_error == pytest.approx(np.sqrt(0.09 / 20))
    assert result.auc == pytest.approx(0.8)
    assert result.pool_rate_Hz == pytest.approx((8 * 4 + 2 * 2 / 3 + 10 * 2) / 20)
    bins = result.auc_by_bin
    assert [row.begin_ms for row in bins] == [0.0, 50.0, 100.0, 150.0]
    assert [row.auc for row in bins] == [0.5, 0.5, pytest.approx(0.8), 0.5]
    assert bins == auc_by_bin(block.labels, counts, 30)
    with pytest.raises(TaskError, match=r"\(20, 199\)"):
        score_trials(block, counts[:, 1:], pool_size=30, threshold_Hz=3.0)
