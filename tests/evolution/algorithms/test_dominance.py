"""Probabilistic dominance compared with sampling and noise-free NSGA-II, and in spite of luck."""

import numpy as np
import pytest
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from evolution.algorithms import RunningMoments, attach
from evolution.algorithms.dominance import (
    ProbabilisticSurvival,
    cautious_values,
    expected_dominators,
)

PROBLEM = Problem(n_var=1, n_obj=2, xl=0, xu=1)


def test_cautious_values_are_quantiles():
    mean, variance = np.array([[2.0, 3.0]]), np.array([[0.25, 0.0]])
    drawn = np.random.default_rng(1).normal(2.0, 0.5, 200_000)
    found = cautious_values(mean, variance, 0.84)[0]
    assert np.mean(drawn <= found[0]) == pytest.approx(0.84, abs=0.005)
    assert found[1] == 3.0
    np.testing.assert_array_equal(cautious_values(mean, variance, 0.5), mean)


def test_expected_dominators_are_what_sampling_gives():
    rng = np.random.default_rng(2)
    means, variances = rng.random((7, 3)), rng.random((7, 3)) * 0.1
    variances[:, 2] = 0  # an exact objective
    means[3, 2] = means[4, 2]
    drawn = means + np.sqrt(variances) * rng.standard_normal((40_000, 7, 3))
    as_good = np.all(drawn[:, :, None] <= drawn[:, None], axis=3).mean(axis=0)
    np.fill_diagonal(as_good, 0)
    # Standard error of each probability at most 0.0025; six are summed.
    np.testing.assert_allclose(
        expected_dominators(means, variances), as_good.sum(axis=0), atol=5 * 0.0025 * np.sqrt(6)
    )


def test_expected_dominators_do_not_depend_on_blocks():
    rng = np.random.default_rng(3)
    means, variances = rng.random((600, 2)), rng.random((600, 2)) * 0.01
    whole = expected_dominators(means, variances)
    order = rng.permutation(600)
    np.testing.assert_allclose(expected_dominators(means[order], variances[order]), whole[order])


def test_without_noise_selection_is_nsga2s():
    objectives = np.random.default_rng(4).random((60, 2))
    ours, theirs = (
        survival.do(
            PROBLEM,
            Population.new("X", np.arange(60.0)[:, None], "F", objectives),
            n_survive=30,
            random_state=np.random.default_rng(5),
        )
        for survival in (ProbabilisticSurvival(0.84, "cd"), RankAndCrowding())
    )
    assert sorted(ours.get("X")[:, 0]) == sorted(theirs.get("X")[:, 0])


def test_a_noisy_candidate_must_win_clearly():
    """A single lucky value displaces a well-known candidate only if it is far better."""
    rng = np.random.default_rng(6)
    known = [rng.normal(value, 0.1, (30, 1)) * [1, 1] for value in (0.5, 0.6, 0.7)]

    def survivor(lucky_value):
        members = Population.new("X", np.arange(4.0)[:, None])
        for member, values in zip(members, [*known, [[lucky_value] * 2]], strict=True):
            attach(member, RunningMoments.of(values))
        chosen = ProbabilisticSurvival(0.84, "cd").do(
            PROBLEM, members, n_survive=1, random_state=rng
        )
        return int(chosen[0].X[0])

    assert survivor(0.45) == 0
    assert survivor(0.1) == 3


@pytest.mark.parametrize("name", ["zdt1", "dtlz2"])
def test_fewer_lucky_candidates_than_with_plain_dominance(name, benchmark):
    """Noise of 0.1 on each objective, half of the survivors re-evaluated; 6 seeds each."""
    problem = benchmark.problem_of(name, benchmark.NOISY[name])
    lucky, volume = ({"plain": [], "probabilistic": []} for _ in range(2))
    for seed in range(6):
        for dominance, found in lucky.items():
            outcome = benchmark.search(
                problem, "swarm", {"dominance": dominance}, seed, 1500, noise=0.1, again=0.5
            )
            found.append(outcome.lucky)
            volume[dominance].append(benchmark.hypervolume(name, outcome.true))
    difference = np.subtract(lucky["plain"], lucky["probabilistic"])
    assert difference.mean() > 3 * difference.std(ddof=1) / np.sqrt(6)
    assert np.mean(lucky["probabilistic"]) < 0.75 * np.mean(lucky["plain"])
    # And not by keeping worse ones.
    assert np.mean(volume["probabilistic"]) > 0.9 * np.mean(volume["plain"])
