import numpy as np
import pytest

from validation.correlation import (
    correlation_matrix,
    mean_correlation,
    sample_neurons,
    synchrony,
)
from validation.errors import StatisticsError
from validation.spikes import SpikeTrains


def shared_source(n_neurons, share, rate_Hz=10.0, duration_ms=120_000.0, seed=0):
    """Return Poisson trains that each take a common train's spikes with probability sqrt(share).

    With a mother process of rate r / p thinned with probability p, counts of two trains have the
    correlation p (Kuhn, Aertsen, Rotter 2003, Neural Comput 15:67).
    """
    rng = np.random.default_rng(seed)
    if share == 0:
        n = rng.poisson(rate_Hz * duration_ms / 1000, n_neurons)
        senders = np.repeat(np.arange(n_neurons), n)
        return SpikeTrains.from_events(
            rng.random(senders.size) * duration_ms, senders, n_neurons, duration_ms
        )
    n_mother = rng.poisson(rate_Hz / share * duration_ms / 1000)
    mother = np.sort(rng.random(n_mother) * duration_ms)
    senders, events = np.nonzero(rng.random((n_neurons, n_mother)) < share)
    return SpikeTrains.from_events(mother[events], senders, n_neurons, duration_ms)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_correlation_of_a_shared_source(share):
    trains = shared_source(40, share)
    value = mean_correlation(trains, np.arange(40), bin_ms=10.0)
    assert value == pytest.approx(share, abs=0.012)


def test_elephant_and_numpy_agree():
    trains = shared_source(20, 0.1, duration_ms=20_000.0)
    ours = np.corrcoef(trains.counts(10.0))
    np.testing.assert_allclose(correlation_matrix(trains, np.arange(20)), ours, atol=1e-12)


def flashed(n_trials=400, period=200, independent=True, seed=0):
    """Return Poisson trains whose rate jumps from 2 to 50 Hz for 50 ms of every trial."""
    rng = np.random.default_rng(seed)
    rate = np.where((np.arange(period) >= 100) & (np.arange(period) < 150), 50.0, 2.0)
    expected = np.tile(rate, n_trials) / 1000
    gain = rng.uniform(0.2, 1.8, n_trials).repeat(period)
    if not independent:
        expected = expected * gain
    counts = rng.poisson(np.broadcast_to(expected, (30, expected.size)))
    senders, steps = np.nonzero(counts)
    return SpikeTrains.from_events(steps + 1.0, senders, 30, float(n_trials * period))


def test_removing_the_psth_leaves_the_correlation_between_trials():
    locked = flashed()
    assert synchrony(locked, np.arange(30)) > 0.1
    assert synchrony(locked, np.arange(30), period_ms=200.0) < 0.005
    # A gain common to all neurons but different in each trial is not part of the PSTH.
    modulated = flashed(independent=False)
    assert synchrony(modulated, np.arange(30), period_ms=200.0) > 0.02


def test_residual_correlation_against_numpy():
    trains = flashed(n_trials=50)
    counts = trains.counts(10.0, np.arange(5)).astype(float).reshape(5, 50, 20)
    residual = (counts - counts.mean(axis=1, keepdims=True)).reshape(5, -1)
    expected = np.corrcoef(residual)[np.triu_indices(5, k=1)].mean()
    assert mean_correlation(trains, np.arange(5), 10.0, 200.0) == pytest.approx(expected, abs=1e-12)


def test_synchrony_is_clipped_and_always_a_number():
    n = 100
    alternate = SpikeTrains.from_events(
        np.arange(n) * 10.0 + 5.0, np.arange(n) % 2, 4, n * 10.0
    )  # two neurons that take turns: correlation -1
    assert mean_correlation(alternate, [0, 1]) == pytest.approx(-1.0)
    assert synchrony(alternate, [0, 1]) == 0.0
    assert mean_correlation(alternate, [2, 3]) is None
    assert synchrony(alternate, [0, 2, 3]) == 0.0
    identical = SpikeTrains.from_events(
        np.repeat(np.arange(1, 50) * 20.0, 4), np.tile(np.arange(4), 49), 4, 1000.0
    )
    assert synchrony(identical, np.arange(4)) == pytest.approx(1.0)
    assert synchrony(identical, np.arange(4), period_ms=1000.0 / 2) == pytest.approx(1.0)
    # The same in every trial: nothing is left after subtracting the mean over trials.
    assert synchrony(identical.window(0.0, 800.0), np.arange(4), period_ms=20.0) == 0.0


def test_constant_and_silent_neurons_are_left_out():
    clock = np.arange(100) * 10.0 + 5.0  # one spike in every bin: no variance
    rng = np.random.default_rng(0)
    others = rng.random(60) * 1000
    senders = np.concatenate([np.zeros(100, int), np.repeat([1, 2], 30)])
    trains = SpikeTrains.from_events(np.concatenate([clock, others]), senders, 5, 1000.0)
    assert mean_correlation(trains, np.arange(5)) == mean_correlation(trains, [1, 2])
    with pytest.raises(StatisticsError, match="does not vary"):
        correlation_matrix(trains, [0, 1])


def test_neurons_that_fire_only_after_the_last_whole_bin_are_left_out():
    trains = SpikeTrains.from_events([5.0, 7.0, 99.0], [0, 1, 2], 3, 100.0)
    assert mean_correlation(trains, [0, 1, 2], bin_ms=30.0) == pytest.approx(1.0)


def test_sample_is_fixed_by_its_seed():
    candidates = np.arange(1000)
    assert np.array_equal(sample_neurons(candidates, 50), sample_neurons(candidates, 50))
    assert not np.array_equal(sample_neurons(candidates, 50), sample_neurons(candidates, 50, 1))
    assert np.array_equal(sample_neurons(candidates[:5], 50), candidates[:5])


def test_periods_must_fit():
    trains = flashed(n_trials=3)
    with pytest.raises(StatisticsError, match="not a multiple"):
        synchrony(trains, np.arange(30), period_ms=205.0)
    with pytest.raises(StatisticsError, match="shorter than two periods"):
        synchrony(trains, np.arange(30), period_ms=400.0)
