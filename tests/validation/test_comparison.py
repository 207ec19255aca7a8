"""Comparisons over seeds checked with textbook figures, simulation and exact binomials."""

import numpy as np
import pytest
from scipy import stats

from validation.comparison import (
    best_by_chance,
    corrected_p_value,
    detectable_difference,
    estimate,
    holm,
    paired_difference,
)
from validation.errors import StatisticsError


def test_interval_of_a_mean_is_students():
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.n, found.mean) == (5, 3.0)
    assert found.sd == pytest.approx(np.sqrt(2.5))
    # t(0.975, 4) = 2.776, from any table.
    assert found.high - found.mean == pytest.approx(2.776 * np.sqrt(2.5 / 5), rel=1e-3)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(1)
    samples = rng.normal(0.6, 0.1, (2000, 5))
    found = [estimate(sample, 0.9) for sample in samples]
    covered = np.mean([each.low < 0.6 < each.high for each in found])
    assert covered == pytest.approx(0.9, abs=0.03)


def test_a_single_seed_has_no_spread():
    found = estimate([0.7])
    assert (found.mean, found.sd, found.standard_error, found.low) == (0.7, None, None, None)
    assert paired_difference([0.7], [0.6]).p_value is None


def test_pairing_removes_what_seeds_share():
    rng = np.random.default_rng(2)
    seeds = rng.normal(0.6, 0.2, 8)
    condition = seeds + 0.05 + rng.normal(0, 0.01, 8)
    found = paired_difference(condition, seeds)
    reference = stats.ttest_rel(condition, seeds)
    assert found.p_value == pytest.approx(reference.pvalue)
    interval = reference.confidence_interval()
    assert (found.estimate.low, found.estimate.high) == pytest.approx((interval.low, interval.high))
    assert found.p_value < 1e-3 < stats.ttest_ind(condition, seeds).pvalue
    assert found.n_better == 8


def test_equal_conditions_do_not_differ():
    values = [0.61, 0.7, 0.58]
    assert paired_difference(values, values).p_value == 1.0
    shifted = paired_difference([0.75, 0.5], [0.5, 0.25])
    assert (shifted.p_value, shifted.effect_size) == (0.0, None)


@pytest.mark.parametrize("n_tried", [1, 10, 300])
def test_luck_of_the_best_is_that_of_simulated_candidates(n_tried):
    rng = np.random.default_rng(3)
    best = rng.normal(0.5, 0.05, (20_000, n_tried)).max(axis=1)
    found = best_by_chance(n_tried, 0.5, 0.05)
    assert found.expected == pytest.approx(best.mean(), abs=0.002)
    assert np.mean(best < found.quantile) == pytest.approx(0.95, abs=0.01)


def test_luck_of_thousands_of_guessing_rules():
    """Best accuracy of 3000 rules guessing 100 trials: close to the exact binomial median, 0.68."""
    exact = stats.binom.ppf(0.5 ** (1 / 3000), 100, 0.5) / 100
    assert best_by_chance(3000, 0.5, 0.05).expected == pytest.approx(exact, abs=0.01)
    assert best_by_chance(600_000, 0.5, 0.05).expected == pytest.approx(0.74, abs=0.01)


def test_corrections_for_many_tries():
    assert corrected_p_value(0.01, 1) == pytest.approx(0.01)
    assert corrected_p_value(0.01, 200) == pytest.approx(1 - 0.99**200)
    assert corrected_p_value(1e-18, 10) == pytest.approx(1e-17)
    assert corrected_p_value(1.0, 5) == 1.0
    # Example of Holm 1979, with one comparison that could not be made.
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])


def test_power_is_what_a_simulation_finds():
    difference = detectable_difference(0.05, 5)
    rng = np.random.default_rng(4)
    samples = rng.normal(difference, 0.05, (4000, 5))
    found = np.mean(stats.ttest_1samp(samples, 0.0, axis=1).pvalue < 0.05)
    assert found == pytest.approx(0.8, abs=0.02)
    assert detectable_difference(0.0, 5) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: estimate([]), "shape"),
        (lambda: estimate([0.5, float("nan")]), "1 values are not finite"),
        (lambda: estimate([0.5], 95), "confidence is 95"),
        (lambda: paired_difference([1, 2], [1, 2, 3]), "2 values cannot be paired with 3"),
        (lambda: best_by_chance(0, 0.5, 0.1), "n_tried is 0"),
        (lambda: best_by_chance(3, 0.5, float("inf")), "finite"),
        (lambda: corrected_p_value(1.5, 3), "this one is 1.5"),
        (lambda: holm([0.5, -1.0]), "this one is -1"),
        (lambda: detectable_difference(0.1, 1), "over 1 seeds"),
    ],
)
def test_impossible_input_is_refused(make, message):
    with pytest.raises(StatisticsError, match=message):
        make()
