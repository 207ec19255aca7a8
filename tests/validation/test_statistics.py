"""Statistics of processes with known statistics."""

import neo
import numpy as np
import pytest
import quantities as pq
from elephant.statistics import fanofactor

from validation.errors import StatisticsError
from validation.spikes import SpikeTrains
from validation.statistics import (
    elephant_isi,
    fano_factors,
    isi_variability,
    population_fano,
    rate_summary,
)


def gamma_trains(n_neurons, duration_ms, rate_Hz, shape, seed=0):
    """Return gamma renewal processes: CV = 1 / sqrt(shape), Fano factor -> 1 / shape."""
    rng = np.random.default_rng(seed)
    n = int(duration_ms / 1000 * rate_Hz * 1.3 + 100)
    isi = rng.gamma(shape, 1000 / rate_Hz / shape, (n_neurons, n))
    times = np.cumsum(isi, axis=1) - 5000.0  # burn-in: the start is no renewal
    neurons = np.repeat(np.arange(n_neurons), n)
    flat = times.ravel()
    assert times[:, -1].min() > duration_ms
    kept = (flat > 0) & (flat <= duration_ms)
    return SpikeTrains.from_events(flat[kept], neurons[kept], n_neurons, duration_ms)


@pytest.fixture(scope="module")
def regular():
    return gamma_trains(60, 120_000.0, 10.0, shape=4.0)


@pytest.fixture(scope="module")
def poisson():
    return gamma_trains(60, 120_000.0, 10.0, shape=1.0)


def standard_error(values):
    return values.std() / np.sqrt(values.size)


@pytest.mark.parametrize(
    ("name", "expected_cv", "expected_lv"),
    # LV of a gamma process is 3 / (2 shape + 1) (Shinomoto et al. 2003).
    [("poisson", 1.0, 1.0), ("regular", 0.5, 3 / 9)],
)
def test_interval_variability_of_gamma_processes(request, name, expected_cv, expected_lv):
    cv, lv = isi_variability(request.getfixturevalue(name))
    assert abs(cv.mean() - expected_cv) < 4 * standard_error(cv) + 0.001
    assert abs(lv.mean() - expected_lv) < 4 * standard_error(lv)


def test_interval_variability_agrees_with_elephant(regular):
    cv, lv = isi_variability(regular)
    sample = [3, 0, 41]
    elephant_cv, elephant_lv = elephant_isi(regular, sample)
    np.testing.assert_allclose(cv[sample], elephant_cv, rtol=1e-12)
    np.testing.assert_allclose(lv[sample], elephant_lv, rtol=1e-12)


def test_interval_variability_of_few_spikes():
    # Neurons with 0, 1, 2, 3 and 4 spikes; NumPy's and Elephant's definitions by hand for the rest.
    times = [5.0, 1.0, 4.0, 1.0, 2.0, 5.0, 10.0, 11.0, 13.0, 17.0]
    senders = [1, 2, 2, 3, 3, 3, 4, 4, 4, 4]
    trains = SpikeTrains.from_events(times, senders, 5, 20.0)
    cv, lv = isi_variability(trains)
    assert np.isnan(cv[:3]).all()
    assert np.isnan(lv[:3]).all()
    np.testing.assert_allclose(cv[3:], [1 / 2, np.std([1, 2, 4]) / np.mean([1, 2, 4])])
    np.testing.assert_allclose(lv[3:], [3 / 4, 3 / 2 * (1 / 9 + 4 / 36)])
    expected = elephant_isi(trains, range(5))
    np.testing.assert_allclose(cv, expected[0])
    np.testing.assert_allclose(lv, expected[1])


def test_local_variation_ignores_a_slow_change_of_rate():
    rng = np.random.default_rng(3)
    slow = np.cumsum(rng.exponential(200.0, 1000))
    fast = slow[-1] + np.cumsum(rng.exponential(20.0, 1000))
    times = np.concatenate([slow, fast])
    trains = SpikeTrains.from_events(times, np.zeros(times.size, int), 1, float(times[-1]))
    cv, lv = isi_variability(trains)
    assert cv[0] > 1.4
    assert lv[0] == pytest.approx(1.0, abs=0.12)


def test_fano_factors_of_gamma_processes(poisson, regular):
    fano = fano_factors(poisson, 200.0)
    assert abs(fano.mean() - 1.0) < 4 * standard_error(fano)
    # Variance of a stationary renewal process's count, long windows: 1 / shape plus a term in
    # 1 / mean count, (1 - 1/shape^2) / 6 (Cox 1962).
    fano = fano_factors(regular, 2000.0)
    expected = 1 / 4 + (1 - 1 / 16) / 6 / 20
    assert abs(fano.mean() - expected) < 4 * standard_error(fano)


def test_fano_factor_agrees_with_elephant(regular):
    window = 500.0
    pieces = []
    for k in range(240):
        times = regular.train_ms(7)
        inside = times[(times > k * window) & (times <= (k + 1) * window)]
        pieces.append(
            neo.SpikeTrain(inside * pq.ms, t_start=k * window * pq.ms, t_stop=(k + 1) * window)
        )
    assert fano_factors(regular, window)[7] == pytest.approx(fanofactor(pieces), rel=1e-12)


def test_fano_factors_are_the_same_in_parts(poisson, monkeypatch):
    whole = fano_factors(poisson, 200.0)
    monkeypatch.setattr("validation.statistics.COUNTS_AT_ONCE", 2000)
    assert np.array_equal(fano_factors(poisson, 200.0), whole)


def test_fano_factor_needs_windows(poisson):
    with pytest.raises(StatisticsError, match="two windows of 70000"):
        fano_factors(poisson, 70_000.0)


def test_population_fano_of_independent_and_common_input(poisson):
    bins = [5.0, 20.0, 100.0]
    curve = population_fano(poisson, np.arange(60), bins, window_ms=2000.0)
    # Over the n bins of a window the variance is (n - 1) / n of the process's.
    expected = 1 - np.array(bins) / 2000.0
    np.testing.assert_allclose(curve.mean, expected, atol=0.03)
    # Every spike shared by k neurons: k times the variance, k times the mean, Fano factor k.
    shared = poisson.select([0])
    copies = SpikeTrains.from_events(
        np.tile(shared.times_ms, 8), np.repeat(np.arange(8), shared.n_spikes), 8, 120_000.0
    )
    curve = population_fano(copies, np.arange(8), bins, window_ms=2000.0)
    np.testing.assert_allclose(curve.mean, 8 * expected, rtol=0.08)
    assert np.all(curve.sd < 1e-12)  # every draw is the whole group


def test_population_fano_is_reproducible_and_seeded(poisson):
    arguments = (poisson, np.arange(60), [10.0], 1800.0, 20, 3)
    first = population_fano(*arguments).mean
    assert np.array_equal(first, population_fano(*arguments).mean)
    assert not np.array_equal(first, population_fano(*arguments, seed=1).mean)


def test_population_fano_refuses_bins_that_fit_once(poisson):
    with pytest.raises(StatisticsError, match="1000"):
        population_fano(poisson, np.arange(60), [1000.0])


def test_rate_summary_of_a_lognormal_sample():
    rng = np.random.default_rng(0)
    rates = np.concatenate([np.exp(rng.normal(1.0, 0.8, 20_000)), np.zeros(5_000)])
    summary = rate_summary(rates)
    assert summary.n == 25_000
    assert summary.mean == pytest.approx(0.8 * np.exp(1 + 0.32), rel=0.03)
    assert summary.sd_log == pytest.approx(0.8, rel=0.03)
    assert summary.silent_share == pytest.approx(0.2, abs=0.001)
    assert summary.q25 < summary.median < summary.q75 < summary.maximum
    with pytest.raises(StatisticsError):
        rate_summary([])
