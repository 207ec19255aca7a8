"""Trials on a live network: recording, reward and freezing are correct."""

import numpy as np
import pytest

from nestml_models.rule import PlasticitySettings
from v1cortex.errors import SimulationError
from v1cortex.evaluation import Session
from v1cortex.evaluation.session import Runaway
from v1cortex.lgn import firing_rates_Hz
from v1cortex.network import Network, NetworkSettings, calibration_for, with_gain
from v1cortex.rules.library import uniform_rule
from v1cortex.tasks import load, pool, pools

TASK = load("gratings", "clear")
TRIAL_MS = TASK.trial_ms


def _session(circuit, rule=None, limit_Hz=100.0, **settings):
    network = Network(circuit, rule, NetworkSettings(flush_ms=TRIAL_MS, **settings))
    return Session(network, pool(circuit), limit_Hz)


def _run(session, n_trials=4, **options):
    circuit = session.network.circuit
    block = TASK.block(n_trials, "training", 1)
    rates_Hz = firing_rates_Hz(circuit.lgn_units, circuit.tables, block.movie)
    return block, session.run(block, [rates_Hz], np.random.default_rng(2), **options)


def test_pool_counts_are_the_pools_spikes(small_circuit):
    session = _session(small_circuit)
    _, record = _run(session, record=True)
    spikes = record.spikes
    assert spikes.duration_ms == 4 * TRIAL_MS
    in_pool = np.isin(spikes.senders, session.pools)
    assert in_pool.any()
    expected = np.bincount(spikes.times_ms[in_pool].astype(int) - 1, minlength=4 * TRIAL_MS)
    assert np.array_equal(record.pool_counts.ravel(), expected)
    counts = np.histogram(spikes.times_ms - 1, bins=np.arange(5) * TRIAL_MS)[0]
    expected_Hz = counts / (500 * TRIAL_MS * 1e-3)
    np.testing.assert_allclose(record.mean_rates_Hz, expected_Hz)


def test_input_in_pieces_is_that_of_the_whole_block(small_circuit):
    """Without the noise of spikes, the cut leaves no trace; the second piece follows at once."""
    block = TASK.block(4, "training", 1)
    rates_Hz = firing_rates_Hz(small_circuit.lgn_units, small_circuit.tables, block.movie)
    found = []
    for cuts in ([], [TRIAL_MS, 3 * TRIAL_MS]):
        session = _session(small_circuit, lgn_mode="current")
        pieces = np.split(rates_Hz, cuts, axis=1)
        found.append(session.run(block, pieces, np.random.default_rng(2), record=True))
    assert found[0].pool_counts.any()
    assert np.array_equal(found[0].spikes.times_ms, found[1].spikes.times_ms)
    assert np.array_equal(found[0].spikes.senders, found[1].spikes.senders)


def test_several_pools_are_counted_apart(small_circuit):
    both = pools(small_circuit, 2, n=20)
    session = Session(Network(small_circuit, None, NetworkSettings(flush_ms=TRIAL_MS)), both)
    seen = []
    block, record = _run(
        session, record=True, judge=lambda _trial, rates_Hz: float(seen.append(rates_Hz) or 0)
    )
    assert record.pool_counts.shape == (2, 4, TRIAL_MS)
    for cells, counts in zip(both, record.pool_counts, strict=True):
        expected = np.isin(record.spikes.senders, cells).sum()
        assert counts.sum() == expected > 0
    np.testing.assert_allclose(seen, record.pool_rates_Hz(block.window_ms))


def test_finer_time_step_gives_similar_rates(small_circuit):
    _, coarse = _run(_session(small_circuit), n_trials=10)
    _, fine = _run(_session(small_circuit, dt_ms=0.5), n_trials=10)
    ratio = fine.mean_rates_Hz.mean() / coarse.mean_rates_Hz.mean()
    assert ratio == pytest.approx(1, abs=0.15)


def test_judge_sees_each_scored_trial_once(small_circuit):
    seen = []

    def judge(trial, rate_Hz):
        seen.append((trial, rate_Hz))
        return 0.0

    session = _session(small_circuit)
    block, record = _run(session, judge=judge)
    assert [trial for trial, _ in seen] == [0, 1, 2, 3]
    np.testing.assert_allclose(
        [rate for _, (rate,) in seen], record.pool_rates_Hz(block.window_ms)[:, 0]
    )


def test_reward_error_moves_weights_by_its_integral(small_circuit):
    """The term R adds scale x delta x tau_R to each weight once the trace has decayed."""
    session = _session(small_circuit, uniform_rule("R", ("R",)), plastic="E->E")
    network = session.network
    row = next(iter(network.plastic.models))
    session.settle(np.zeros((len(small_circuit.lgn_units), TRIAL_MS), np.float32), _rng())
    before = network.plastic.sample(row, 1000).weight_pA
    network.plastic.deliver_reward_error(0.5)
    network.simulate(TRIAL_MS)
    after = network.plastic.sample(row, 1000).weight_pA
    reference_pA, _ = network.plastic.bounds_pA(row)
    expected = 1e-4 * reference_pA * 0.5 * 20.0
    # The cap of a tenth of the weight limits the smallest weights.
    free = before * 0.1 > 2 * expected
    np.testing.assert_allclose((after - before)[free], expected, rtol=1e-3)


@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_a_gain_does_not_scale_learning(small_circuit, gain):
    """Changes are those of the unscaled weights, to the last digits; the bound moves along."""
    plain = calibration_for(small_circuit, "mouse-classes")
    changes, bounds = [], []
    for calibration in (plain, with_gain(small_circuit, plain, {"E->E": gain})):
        rule = uniform_rule("R", ("R",))
        session = _session(
            small_circuit,
            rule,
            plastic="E->E",
            calibration=calibration,
            plasticity=PlasticitySettings(max_fraction=None),
        )
        network = session.network
        row = next(iter(network.plastic.models))
        session.settle(np.zeros((len(small_circuit.lgn_units), TRIAL_MS), np.float32), _rng())
        before = network.plastic.sample(row, 1000)
        network.plastic.deliver_reward_error(0.5)
        network.simulate(TRIAL_MS)
        after = network.plastic.sample(row, 1000)
        changes.append(after.weight_pA - before.weight_pA)
        bounds.append(after.bound_pA)
    np.testing.assert_allclose(changes[1], changes[0], rtol=1e-9)
    assert bounds[1] == pytest.approx(gain * bounds[0])


def test_frozen_weights_stay(small_circuit):
    session = _session(small_circuit, uniform_rule("S", ("S_pre", "X_post")))
    plastic = session.network.plastic
    row = next(iter(plastic.models))
    _run(session)
    plastic.set_active(False)
    frozen = plastic.sample(row, 1000)
    _run(session)
    again = plastic.sample(row, 1000)
    assert np.array_equal(frozen.weight_pA, again.weight_pA)
    assert not np.array_equal(frozen.weight_pA, frozen.initial_pA)


def test_frozen_for_good_is_frozen_to_the_last_bit(small_circuit):
    found = []
    for freeze in ("set_active", "freeze"):
        session = _session(small_circuit, uniform_rule("S", ("S_pre*X_post", "X_pre*R")))
        plastic = session.network.plastic
        _run(session, judge=lambda _trial, _rates: 0.5)
        plastic.set_active(False) if freeze == "set_active" else plastic.freeze()
        _, record = _run(session, record=True)
        weights = plastic.sample(next(iter(plastic.models)), 1000).weight_pA
        found.append((record.spikes.times_ms, record.spikes.senders, weights))
    assert all(map(np.array_equal, *found))
    plastic.deliver_reward_error(0.5)
    plastic.set_active(False)
    with pytest.raises(SimulationError, match="learning cannot continue"):
        plastic.set_active(True)


def test_limit_on_the_rate_ends_the_session(small_circuit):
    with pytest.raises(Runaway, match=r"mean rate \d+ Hz in trial -1 exceeds 0.01 Hz"):
        _run(_session(small_circuit, limit_Hz=0.01))


def _rng():
    return np.random.default_rng(0)
