"""Answers of several pools compared with counts by hand and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from v1cortex.errors import TaskError
from v1cortex.evaluation.rewards import Rewards
from v1cortex.evaluation.several_pools import choice_auc, most_active, score_choices
from v1cortex.tasks import load

BLOCK = load("digits").block(20, "training", 1)


def test_pools_that_are_equally_active_take_turns():
    evidence = np.array([1.0, 3.0, 3.0])
    assert [most_active(evidence, trial) for trial in range(4)] == [1, 2, 1, 2]


def test_two_pools_are_told_apart_by_their_difference():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 30).astype(np.int8)
    rates = rng.normal(5, 2, (60, 2)) + np.eye(2)[labels]
    area, error = choice_auc(labels, rates)
    assert area == pytest.approx(roc_auc_score(labels, rates[:, 1] - rates[:, 0]))
    assert 0.03 < error < 0.09


def test_pools_that_know_the_digit_answer_it():
    counts = np.zeros((10, 20, BLOCK.trial_ms), dtype=np.int32)
    counts[BLOCK.labels, np.arange(20), BLOCK.window_ms[0]] = 3
    result = score_choices(BLOCK, counts, 30, np.zeros(10))
    assert (result.accuracy, result.auc) == (1.0, 1.0)
    np.testing.assert_array_equal(result.confusion, 2 * np.eye(10))
    assert [row.auc for row in result.auc_by_bin] == [0.5, 0.5, 1.0, 0.5]


def test_a_pool_that_always_fires_most_is_compared_with_its_usual_rate():
    counts = np.zeros((10, 20, BLOCK.trial_ms), dtype=np.int32)
    counts[BLOCK.labels, np.arange(20), BLOCK.window_ms[0]] = 1
    counts[0, :, BLOCK.window_ms[0]] += 5
    raw = score_choices(BLOCK, counts, 30, np.zeros(10))
    assert raw.accuracy == 0.1
    seconds = 30 * (BLOCK.window_ms[1] - BLOCK.window_ms[0]) * 1e-3
    usual_Hz = counts.sum(axis=2).mean(axis=1) / seconds
    assert score_choices(BLOCK, counts, 30, usual_Hz).accuracy == 1.0


def test_counts_that_do_not_fit_are_refused():
    with pytest.raises(TaskError, match=r"\(9, 20, 200\).*\(10, 20, 200\)"):
        score_choices(BLOCK, np.zeros((9, 20, 200), dtype=np.int32), 30, np.zeros(10))


def test_running_decisions_of_several_pools():
    rewards = Rewards(None, "correct")
    judge = rewards.judge(np.array([1, 0, 1], dtype=np.int8))
    # Pool 0 always fires more; after the first trial, the lead over the usual rate decides.
    judge(0, np.array([8.0, 2.0]))
    judge(1, np.array([9.0, 2.0]))
    judge(2, np.array([8.0, 3.0]))
    assert rewards.correct == [False, True, True]
    raw = Rewards(5.0, "correct")
    judge = raw.judge(np.array([1], dtype=np.int8))
    judge(0, np.array([8.0, 2.0]))
    assert raw.correct == [False]


def test_shuffled_rewards_are_as_many_but_tell_nothing():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 4000).astype(np.int8)
    rewards = Rewards(5.0, "shuffled", np.random.default_rng(3))
    judge = rewards.judge(labels)
    # Right in three of four trials.
    said = np.where(rng.random(4000) < 0.75, labels, 1 - labels)
    errors = np.array([judge(k, np.array([10.0 * say])) for k, say in enumerate(said)])
    correct = np.array(rewards.correct)
    # Errors are rewards minus their running mean: their signs indicate rewards.
    assert np.mean(errors > 0) == pytest.approx(correct.mean(), abs=0.03)
    assert abs(np.corrcoef(errors, correct)[0, 1]) < 4 / np.sqrt(4000)
