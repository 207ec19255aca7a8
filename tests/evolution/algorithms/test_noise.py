"""Running means and variances, and the uncertainty of the members of a population."""

import numpy as np
import pytest
from pymoo.core.population import Population

from evolution.algorithms import COUNT, RunningMoments, attach
from evolution.algorithms.noise import PRIOR_EVALUATIONS, VARIANCE, variances_of_means


def population(*evaluations):
    """Return individuals with these evaluations, shape (n, n_objectives) each."""
    individuals = Population.empty(len(evaluations))
    for individual, values in zip(individuals, evaluations, strict=True):
        attach(individual, RunningMoments.of(values))
    return individuals


def test_moments_are_those_of_all_evaluations():
    # With a large offset, sums of squares would lose all digits.
    values = 1e9 + np.random.default_rng(1).normal(size=(20, 3))
    moments = RunningMoments.of(values)
    assert moments.n == 20
    np.testing.assert_allclose(moments.mean, values.mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(moments.variance, values.var(axis=0, ddof=1), rtol=1e-6)
    np.testing.assert_allclose(moments.variance_of_mean, moments.variance / 20)


def test_moments_do_not_depend_on_how_they_came_together():
    values = np.random.default_rng(2).normal(size=(5, 2))
    first = RunningMoments.of(values[:2])
    for row in values[2:]:
        first = first.add(row)
    at_once = RunningMoments.of(values)
    np.testing.assert_array_equal(first.mean, at_once.mean)
    np.testing.assert_array_equal(first.squares, at_once.squares)


def test_one_evaluation_has_no_variance():
    (individual,) = population([[1.0, 2.0]])
    assert individual.F.tolist() == [1.0, 2.0]
    assert np.isnan(individual.get(VARIANCE)).all()
    assert individual.get(COUNT) == 1


def test_single_evaluations_take_the_pooled_variance():
    members = population([[0.0, 5.0]], [[1.0, 5.0], [3.0, 5.0]], [[0.0, 5.0], [6.0, 5.0]])
    # Sample variances 2 and 18 with one degree of freedom each; the second objective is exact.
    pooled = (2 + 18) / 2
    moderated = [(PRIOR_EVALUATIONS * pooled + v) / (PRIOR_EVALUATIONS + 1) / 2 for v in (2, 18)]
    np.testing.assert_allclose(variances_of_means(members)[:, 0], [pooled, *moderated])
    assert not variances_of_means(members)[:, 1].any()


def test_many_evaluations_count_for_themselves():
    rng = np.random.default_rng(3)
    quiet, loud = rng.normal(0, 0.1, (3000, 1)), rng.normal(0, 1, (3000, 1))
    found = variances_of_means(population(quiet, loud))[:, 0]
    # Five standard errors of a variance, and what the pooled one adds: 4 / 3004 of 0.5.
    np.testing.assert_allclose(found * 3000, [0.01, 1.0], rtol=5 * np.sqrt(2 / 3000) + 0.07)


def test_failures_are_exact_and_do_not_dilute_the_noise():
    failed = [[1.0, 1.0], [1.0, 1.0]]
    members = population([[0.0, 0.0], [2.0, 2.0]], [[0.0, 0.0]], failed, failed, failed)
    found = variances_of_means(members)
    np.testing.assert_allclose(found[:2], [[1.0, 1.0], [2.0, 2.0]])
    assert not found[2:].any()


@pytest.mark.parametrize("marked", [False, True])
def test_without_repeated_evaluations_nothing_is_known(marked):
    members = population([[0.0, 1.0]], [[1.0, 0.0]])
    if not marked:
        members = Population.new("X", np.zeros((2, 1)), "F", np.eye(2))
    assert not variances_of_means(members).any()


def test_the_estimate_is_right_on_average():
    """The moderated variances of means, over many candidates, are those of the noise."""
    rng = np.random.default_rng(4)
    members = population(*(rng.normal(k, 0.5, (2, 1)) for k in range(2000)))
    found = variances_of_means(members)[:, 0]
    # Mean of 2000 chi-squared variables of one degree of freedom: standard error 3 %.
    assert found.mean() == pytest.approx(0.25 / 2, rel=0.16)
    # With two evaluations alone, 8 % of the candidates would seem five times as exact as they are.
    assert np.mean(found < 0.1 * 0.25) == 0
