"""The event-by-event reference compared with brute-force integration, term by term."""

import numpy as np
from plastic_reference import Synapse, follow, follow_by_steps

from nestml_models.rule import TERMS

TAUS = (12.0, 23.0, 31.0)
PRE = [3.0, 8.0, 15.0, 15.5, 27.0, 31.0, 44.0]
POST = [2.0, 6.5, 13.5, 20.0, 25.5, 26.0, 41.0]
DELAY = 1.5
"""Two pairs of spikes coincide at the synapse: 8.0 with 6.5, and 27.0 with 25.5."""
REWARDS = [5.0, 26.0, 33.0]
DELTA = 0.8
END_MS = 50.0


def exact_changes() -> np.ndarray:
    changes = []
    for term in TERMS:
        synapse = Synapse({term.name: 1.0}, *TAUS, weight=100.0, delta=DELTA, dt_ms=0.1)
        follow(synapse, PRE, POST, DELAY, REWARDS, flushes=[END_MS])
        changes.append(synapse.weight - 100.0)
    return np.array(changes)


def test_euler_converges_to_the_reference_at_first_order():
    exact = exact_changes()
    assert np.all(np.abs(exact) > 0.05)
    errors = [
        follow_by_steps(np.ones(25), TAUS, DELTA, PRE, POST, DELAY, REWARDS, END_MS, h) - exact
        for h in (0.004, 0.002, 0.001)
    ]
    assert np.max(np.abs(errors[2] / exact)) < 3e-4
    with_traces = np.array([bool(term.x_pre + term.x_post + term.r) for term in TERMS])
    np.testing.assert_allclose(errors[2][~with_traces], 0.0, atol=1e-12)
    for coarse, fine in ((errors[0], errors[1]), (errors[1], errors[2])):
        ratio = coarse[with_traces] / fine[with_traces]
        np.testing.assert_allclose(ratio, 2.0, rtol=0.02)


def test_flushes_change_nothing_without_limits():
    """The integrals are exact: updating a synapse more often must not matter."""
    often, once = (
        Synapse({term.name: 0.3 for term in TERMS}, *TAUS, weight=100.0, delta=DELTA, dt_ms=0.1)
        for _ in range(2)
    )
    follow(often, PRE, POST, DELAY, REWARDS, flushes=np.arange(1, 501) / 10)
    follow(once, PRE, POST, DELAY, REWARDS, flushes=[END_MS])
    np.testing.assert_allclose(often.weight, once.weight, rtol=1e-13)
