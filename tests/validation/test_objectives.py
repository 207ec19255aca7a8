import json
from dataclasses import asdict

import numpy as np
import pytest

from validation.errors import StatisticsError
from validation.objectives import (
    OBJECTIVE_NAMES,
    OBJECTIVES,
    biological_objectives,
    compared_rates,
    worst_values,
)
from validation.reference import load_reference
from validation.scores import compare_rates, network_statistics
from validation.spikes import SpikeTrains

NAMES = ("L23_E", "L23_Pvalb", "L4_Htr3a")
DURATION_MS = 60_000.0


@pytest.fixture(scope="module")
def population():
    return np.repeat(np.array([0, 1, 2], dtype=np.int8), [400, 80, 20])


@pytest.fixture(scope="module")
def mouse_like(population):
    """Return Poisson trains with rates drawn from the mouse's quantiles; 200 Hz without data."""
    reference = load_reference()
    rng = np.random.default_rng(5)
    rates = [
        reference.row(name).quantile(rng.uniform(0.0005, 0.9995, n))
        for name, n in zip(NAMES, (400, 80), strict=False)
    ]
    expected = np.concatenate([*rates, np.full(20, 200.0)]) * DURATION_MS / 1000
    counts = rng.poisson(expected)
    senders = np.repeat(np.arange(500), counts)
    times = rng.random(senders.size) * DURATION_MS
    return SpikeTrains.from_events(times, senders, 500, DURATION_MS)


def test_six_objectives_in_order():
    assert OBJECTIVE_NAMES == (
        "error",
        "complexity",
        "peak_rate_Hz",
        "synchrony",
        "rate_error_Hz",
        "rate_distance_Hz",
    )
    assert list(worst_values()) == list(OBJECTIVE_NAMES)
    assert all(np.isfinite(objective.worst) for objective in OBJECTIVES)


def test_a_mouse_like_network_scores_near_zero(mouse_like, population):
    objectives = biological_objectives(mouse_like, population == 0, population, NAMES)
    assert objectives["rate_error_Hz"] < 0.5
    assert objectives["rate_distance_Hz"] < 0.5
    assert objectives["synchrony"] < 0.005
    # The population without mouse data only counts for the highest rate.
    assert objectives["peak_rate_Hz"] == mouse_like.rates_Hz().max() > 180


def test_shifted_rates_are_measured_exactly(population):
    rates = np.where(population == 0, 1.0, 50.0)
    compared, mouse = compared_rates(rates, population, NAMES)
    assert compared.size == 480
    reference = load_reference()
    a, b = (reference.row(name).distribution().mean for name in NAMES[:2])
    assert mouse.mean == pytest.approx((400 * a + 80 * b) / 480)


def test_comparison_with_all_units_uses_all_neurons(mouse_like, population):
    compared, mouse = compared_rates(mouse_like.rates_Hz(), population, NAMES, against="all")
    assert compared.size == 500
    assert mouse.mean == pytest.approx(load_reference().all_units().mean)
    with pytest.raises(StatisticsError, match="'mouse'"):
        compared_rates(mouse_like.rates_Hz(), population, NAMES, against="mouse")


@pytest.mark.parametrize("events", [([], []), ([1.0], [0])])
def test_silent_networks_have_finite_objectives(population, events):
    silent = SpikeTrains.from_events(*events, 500, DURATION_MS)
    objectives = biological_objectives(silent, population == 0, population, NAMES, period_ms=200.0)
    assert all(np.isfinite(value) for value in objectives.values())
    assert objectives["rate_distance_Hz"] == pytest.approx(objectives["rate_error_Hz"], abs=1e-3)


def test_nothing_is_worse_than_the_worst(population):
    steps = np.arange(1.0, 1001.0)  # every neuron in every step of one second
    trains = SpikeTrains(
        np.repeat(steps, 500), np.tile(np.arange(500, dtype=np.int32), 1000), 500, 1000.0
    )
    objectives = biological_objectives(trains, population == 0, population, NAMES)
    worst = worst_values()
    assert all(0 <= value <= worst[name] for name, value in objectives.items())


def test_objectives_are_reproducible(mouse_like, population):
    again = SpikeTrains(mouse_like.times_ms, mouse_like.senders, 500, DURATION_MS)
    arguments = (population == 0, population, NAMES)
    assert biological_objectives(again, *arguments) == biological_objectives(mouse_like, *arguments)


def test_wrong_populations_are_refused(mouse_like, population):
    with pytest.raises(StatisticsError, match="indices into 2 names"):
        biological_objectives(mouse_like, [0], population, NAMES[:2])
    with pytest.raises(StatisticsError, match="populations"):
        biological_objectives(mouse_like, [0], population[:-1], NAMES)


def test_comparison_by_population(mouse_like, population):
    rows = compare_rates(mouse_like.rates_Hz(), population, NAMES)
    assert [row.population for row in rows] == ["network", "L23_E", "L23_Pvalb"]
    by_name = {row.population: row for row in rows}
    assert by_name["L23_E"].n_mouse == 503
    assert by_name["L23_E"].n_model == 400
    assert by_name["network"].n_mouse == 503 + 133
    for row in rows:  # drawn from the mouse: no further away than samples are
        assert row.distance_Hz < 2.5 * row.floor_Hz
        assert row.similarity > 0.85
    far = compare_rates(mouse_like.rates_Hz() + 20.0, population, NAMES)
    assert all(row.distance_Hz > 8 * row.floor_Hz for row in far)


def test_network_statistics_of_poisson_trains(mouse_like, population):
    result = network_statistics(mouse_like, population == 0, population, NAMES, period_ms=200.0)
    assert [row.population for row in result.populations] == list(NAMES)
    for row in result.populations:
        assert row.cv_isi == pytest.approx(1.0, abs=0.05)
        assert row.cv_isi_sample == pytest.approx(row.cv_isi, abs=0.15)
        assert row.lv_isi == pytest.approx(1.0, abs=0.05)
        assert row.fano == pytest.approx(1.0, abs=0.05)
    assert abs(result.correlation) < 0.005
    assert abs(result.residual_correlation) < 0.005
    assert len(result.fano_curve) == 19
    assert result.fano_curve[0].model == pytest.approx(1.0, abs=0.03)
    json.dumps(asdict(result), allow_nan=False)


def test_network_statistics_of_a_silent_network(population):
    silent = SpikeTrains.from_events([], [], 500, 300.0)
    result = network_statistics(silent, population == 0, population, NAMES)
    assert result.correlation is None
    assert result.rates.silent_share == 1.0
    assert all(row.cv_isi is None and row.fano is None for row in result.populations)
    json.dumps(asdict(result), allow_nan=False)
