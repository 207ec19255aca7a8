import numpy as np
import pytest

from validation.errors import StatisticsError
from validation.weights import weight_summary


def test_lognormal_weights_are_recognised():
    weights = -np.exp(np.random.default_rng(0).normal(0.5, 0.9, 50_000))
    summary = weight_summary(weights)
    assert summary.mean == pytest.approx(np.exp(0.5 + 0.405), rel=0.03)
    assert summary.mean_log == pytest.approx(0.5, abs=0.02)
    assert summary.sd_log == pytest.approx(0.9, rel=0.02)
    assert summary.skewness_log == pytest.approx(0.0, abs=0.05)
    assert summary.lognormal_distance < 0.01
    uniform = weight_summary(np.random.default_rng(1).random(50_000))
    assert uniform.lognormal_distance > 0.1


def test_shares_at_the_bounds():
    weights = np.array([0.0, 0.0, 1.0, 2.0, 4.0])
    summary = weight_summary(weights, upper_bound=np.array([2.0, 2.0, 2.0, 2.0, 4.0]))
    assert summary.zero_share == 0.4
    assert summary.upper_share == 0.4
    assert weight_summary(-weights, upper_bound=4.0).upper_share == 0.2
    assert weight_summary(weights).upper_share is None


def test_degenerate_weights():
    equal = weight_summary(np.full(5, 2.0))
    assert equal.sd_log == 0.0
    assert equal.skewness_log is None
    assert equal.zero_share == 0.0
    zero = weight_summary(np.zeros(5))
    assert zero.zero_share == 1.0
    assert zero.mean_log is None
    with pytest.raises(StatisticsError):
        weight_summary([])
    with pytest.raises(StatisticsError, match="bounds"):
        weight_summary(np.ones(3), upper_bound=np.ones(2))
