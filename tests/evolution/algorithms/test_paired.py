"""The search by pairs finds what noise hides, within limits, and keeps families apart."""

import numpy as np
import pytest

from evolution.algorithms import RunningMoments, attach, make_algorithm
from evolution.algorithms.limits import excess, limits, within
from evolution.genome import RuleGenome, RuleSpace, StartConfig, VariationConfig
from nestml_models.rule import term
from v1cortex.tables import POPULATIONS

GENOME = RuleGenome(POPULATIONS)
RULES = RuleSpace(GENOME, StartConfig(), VariationConfig())
OPTIONS = {"terms": [["S_pre"], ["S_post"]], "groupings": ["signs"], "raw": True}
TRIAL_SD = 0.01
SIZE = 30


class Planted:
    """S_pre of excitatory cells helps, that of inhibitory ones too, but at the cost of rate."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def truth(self, vector):
        rule = GENOME.decode(vector)
        pre, post = (rule.coefficients[term(name).index] for name in ("S_pre", "S_post"))
        excitatory = pre[EXCITATORY].mean()
        inhibitory = pre[INHIBITORY].mean()
        error = 0.4 - 0.1 * excitatory - 0.2 * inhibitory + 0.05 * np.square(pre).mean()
        error += 0.05 * np.square(post).mean() + 0.03 * post.mean()
        rate = 5.0 + 5.0 * inhibitory
        return np.array([error, rule.n_active / 25, rate])

    def evaluate(self, candidates):
        """Set noisy objectives; the engine has corrected them for the effect of the seed."""
        for each in candidates:
            noise = [self.rng.normal(0, TRIAL_SD), 0.0, self.rng.normal(0, 0.05)]
            attach(each, RunningMoments.of(self.truth(each.X) + noise))


EXCITATORY = np.array([name.endswith("_E") for name in POPULATIONS])
INHIBITORY = ~EXCITATORY


def search(seed, generations=12, **options):
    problem = Planted(seed)
    algorithm = make_algorithm(RULES, 3, "paired", OPTIONS | options, SIZE, seed)
    for _ in range(generations):
        candidates = algorithm.ask()
        problem.evaluate(candidates)
        algorithm.tell(infills=candidates)
    return problem, algorithm


def best_of(problem, algorithm, name):
    """Return the kept rules of a family with their true objectives."""
    vectors = [
        each.X for each in algorithm.pop if list(GENOME.active(each.X)) == [term(name).index]
    ]
    moved = [v for v in vectors if v[GENOME.layout["coefficients"]].any()]
    return moved, [problem.truth(v) for v in moved]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_helps_is_found_within_the_limits(seed):
    problem, algorithm = search(seed)
    _, found = best_of(problem, algorithm, "S_pre")
    static = problem.truth(algorithm.families[0].origin)
    error, _, rate = found[0]
    assert error < static[0] - 0.03
    assert rate < static[2] * 1.3
    assert algorithm.pop[0].X[term("S_pre").index] == 1.0  # the best of all families comes first


def test_without_limits_more_is_found_at_a_higher_rate():
    problem, algorithm = search(1, worsening=100.0)
    _, found = best_of(problem, algorithm, "S_pre")
    _, limited = best_of(*search(1), "S_pre")
    assert found[0][0] < limited[0][0] - 0.02
    assert found[0][2] > limited[0][2] + 1.0


def test_families_and_directions_are_kept_apart():
    problem, algorithm = search(2)
    for name in ("S_pre", "S_post"):
        vectors, _ = best_of(problem, algorithm, name)
        assert vectors
    post, truths = best_of(problem, algorithm, "S_post")
    # S_post helps when it is negative: the downward rules are the better ones.
    downward = [
        t[0]
        for v, t in zip(post, truths, strict=True)
        if v[GENOME.blocks[term("S_post").index]].sum() < 0
    ]
    assert downward
    assert min(downward) < 0.4


def test_a_failed_rule_is_not_kept_and_does_not_drown_the_others():
    problem, algorithm = search(3, generations=1)
    for _ in range(8):
        candidates = algorithm.ask()
        problem.evaluate(candidates)
        for each in candidates:
            if problem.truth(each.X)[2] > 6.5:
                attach(each, RunningMoments.of(np.repeat([[1.0, 1.0, 1000.0]], 2, axis=0)))
        algorithm.tell(infills=candidates)
    vectors, found = best_of(problem, algorithm, "S_pre")
    assert vectors
    assert max(rate for *_, rate in found) <= 6.5
    assert min(error for error, *_ in found) < 0.38


def test_limits_are_those_of_the_static_network_and_its_noise():
    mean, variance = np.array([0.3, 4.0]), np.array([0.001, 1.0])
    np.testing.assert_allclose(
        limits(mean, variance, 4, floors=3.0, share=0.25), [0.3 + 3 * np.sqrt(0.004), 10.0]
    )
    np.testing.assert_allclose(
        limits(mean, np.full(2, np.nan), 1, floors=3.0, share=0.25), [0.375, 5.0]
    )
    assert excess(np.array([0.4, 5.0]), np.array([0.5, 4.0])) == pytest.approx(0.25)


def test_only_what_would_break_a_limit_is_left_out():
    direction, slopes = np.array([1.0, 1.0]), [np.array([0.0, 2.0]), np.array([1.0, 0.0])]
    np.testing.assert_allclose(within(direction, slopes, [10.0, 10.0], 1.0), direction)
    np.testing.assert_allclose(within(direction, slopes, [0.1, 10.0], 1.0), [1.0, 0.0])
    np.testing.assert_allclose(within(direction, slopes, [0.1, -1.0], 1.0), [0.0, 0.0])
    np.testing.assert_allclose(within(-direction, slopes, [0.0, -1.0], 1.0), -direction)


def test_the_best_of_each_family_come_first_with_what_is_expected_of_them():
    problem, algorithm = search(1)
    families = [estimate.family for _, estimate in algorithm.best]
    assert set(families[:2]) == {"S_pre", "S_post"}
    static = problem.truth(algorithm.families[0].static)[0]
    for each, estimate in algorithm.best:
        assert estimate.within_limits
        truth = static - problem.truth(each.X)[0]
        assert 0.0 < estimate.standard_error < 0.02
        assert abs(estimate.difference - truth) < 4 * estimate.standard_error
    first = algorithm.best[0][1]
    assert first.family == "S_pre"
    assert first.difference > 3 * first.standard_error


def test_what_breaks_limits_comes_last():
    _, algorithm = search(1, worsening=0.0, noise_floors=0.0)
    within = [estimate.within_limits for _, estimate in algorithm.best]
    assert within == sorted(within, reverse=True)
