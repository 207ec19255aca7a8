"""Expected changes are those of simulated Poisson trains."""

import numpy as np
import pytest
from scipy.signal import lfilter

from nestml_models.rule import TERMS, PlasticitySettings, term
from v1cortex.rules import expected_change

RATES_HZ, TAU_MS, DURATION_MS = np.array([4.0, 20.0]), np.array([20.0, 50.0]), 4_000_000


@pytest.fixture(scope="module")
def trains():
    """Spikes and traces of two Poisson neurons on a grid of 1 ms; shapes (2, n)."""
    rng = np.random.default_rng(1)
    spikes = rng.random((2, DURATION_MS)) < RATES_HZ[:, None] * 1e-3
    # A spike counts in the trace from the next step on, so that none meets its own.
    decay = np.exp(-1.0 / TAU_MS)
    traces = [lfilter([0.0, d], [1.0, -d], own) for d, own in zip(decay, spikes, strict=True)]
    return spikes.astype(float), np.stack(traces)


@pytest.mark.parametrize("name", [each.name for each in TERMS if not each.r])
def test_changes_are_those_of_poisson_trains(trains, name):
    spikes, traces = trains
    each = term(name)
    found = expected_change(each, RATES_HZ, TAU_MS, DURATION_MS)
    factors = [
        spikes**s * traces**x if s + x else np.ones_like(spikes)
        for s, x in ((each.s_pre, each.x_pre), (each.s_post, each.x_post))
    ]
    scale = PlasticitySettings().scale(each.kind)
    for pre, post in ((0, 1), (1, 0)):
        own = {"pair": (pre, post), "pre": pre, "post": post}[each.scope]
        simulated = scale * float(factors[0][pre] @ factors[1][post])
        # Coincidences within 1 ms are few: 320 expected.
        assert found[own] == pytest.approx(simulated, rel=0.2 if name == "S_pre*S_post" else 0.06)


def test_shapes_and_the_least_rate():
    for each in TERMS:
        found = expected_change(each, RATES_HZ, TAU_MS, 1000.0)
        assert found.shape == {"pair": (2, 2), "pre": (2,), "post": (2,), "global": ()}[each.scope]
        assert np.all(found > 0)
    silent = expected_change(term("S_pre"), [0.0, 0.5], TAU_MS, 1000.0)
    assert silent[0] == silent[1]
