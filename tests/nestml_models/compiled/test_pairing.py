"""The pairing protocol compared with the closed form of its pairs."""

import numpy as np
import pytest

from nestml_models.compiled import N_PAIRINGS, compile_rule, simulate_window
from nestml_models.rule import PlasticitySettings, Rule

TAU_MS, TAU_R_MS = 18.0, 60.0
LARGEST_LAG_MS = 12


def window(coefficients, **options):
    rule = Rule.of_terms(("all",), coefficients, tau_E_ms=TAU_MS, tau_R_ms=TAU_R_MS)
    compiled = compile_rule(rule, specialised=False)
    return simulate_window(compiled, largest_lag_ms=LARGEST_LAG_MS, **options)


def pair_sum(lag_ms):
    """Trace seen by the second spike of a pair, over all pairings; earlier ones have decayed."""
    return 5e-3 * N_PAIRINGS * np.exp(-np.abs(lag_ms) / TAU_MS)


@pytest.mark.parametrize("inhibitory", [False, True])
def test_additive_stdp(simulator, inhibitory):
    found = window({"S_post*X_pre": 1.0, "S_pre*X_post": -0.8}, inhibitory=inhibitory)
    lag = found.lag_ms
    expected = pair_sum(lag) * np.select([lag > 0, lag < 0], [1.0, -0.8], 0.0)
    np.testing.assert_allclose(found.change[0.0], expected, rtol=1e-10, atol=1e-12)


def test_reward_comes_with_the_first_spike(simulator):
    found = window({"S_post*X_pre*R": 1.0})
    lag = found.lag_ms
    # What is left of R and X after a second is below 1e-7.
    expected = np.where(lag > 0, pair_sum(lag) * np.exp(-lag / TAU_R_MS), 0.0)
    np.testing.assert_allclose(found.change[1.0], expected, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(found.change[-1.0], -found.change[1.0], rtol=1e-12)
    np.testing.assert_array_equal(found.change[0.0], 0.0)


def test_cap_and_bound_hold(simulator):
    settings = PlasticitySettings(learning_rate=100.0, max_fraction=0.01, bound_factor=1.5)
    found = window({"S_pre": 1.0}, settings=settings)
    np.testing.assert_allclose(found.change[0.0], 0.5, rtol=1e-12)
    settings = PlasticitySettings(learning_rate=100.0, max_fraction=0.001)
    found = window({"S_pre": 1.0}, settings=settings)
    np.testing.assert_allclose(found.change[0.0], 1.001**N_PAIRINGS - 1, rtol=1e-10)
