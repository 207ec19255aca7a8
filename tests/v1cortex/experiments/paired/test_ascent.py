"""The ascent finds slopes that networks hide, and no slope where there is none."""

import numpy as np
import pytest

from v1cortex.errors import ExperimentError
from v1cortex.experiments.paired.antithetic import directions, gradient, point_along
from v1cortex.experiments.paired.ascent import AscentSettings, Measured, ascend, seeds_needed

NETWORK_SD, TRIAL_SD = 0.06, 0.02
"""Standard deviation of AUC over networks, and of a paired difference's members about it."""


class Planted:
    """A score with a known slope, networks that differ, and trials that are noisy."""

    def __init__(self, slope, curvature=0.0, seed=1, limit=np.inf):
        self.slope, self.curvature, self.limit = np.asarray(slope), curvature, limit
        self.rng, self.network, self.measured = np.random.default_rng(seed), {}, []

    def truth(self, x):
        return 0.65 + self.slope @ x - self.curvature * x @ x

    def __call__(self, points):
        found = []
        for x, seed in points:
            own = self.network.setdefault(seed, self.rng.normal(0, NETWORK_SD))
            noise = self.rng.normal(0, TRIAL_SD)
            failed = "too far" if np.abs(x).max() > self.limit else ""
            found.append(Measured(self.truth(x) + own + noise, failed))
        self.measured.extend(points)
        return found


def run(problem, n, settings=None, seed=1):
    how = settings or AscentSettings()
    seeds = range(100, 100 + seeds_needed(n, how))
    return ascend(np.zeros(n), problem, how, seeds, np.random.default_rng(seed))


def test_directions_are_orthogonal_and_of_the_asked_size():
    rows = directions(5, 12, 0.3, np.random.default_rng(1))
    assert rows.shape == (12, 5)
    for block in (rows[:5], rows[5:10]):
        np.testing.assert_allclose(block @ block.T, 0.3**2 * 5 * np.eye(5), atol=1e-12)
    np.testing.assert_allclose(np.sqrt((rows**2).mean(axis=1)), 0.3)


def test_a_gradient_is_found_within_its_error():
    rng = np.random.default_rng(2)
    errors = []
    for seed in range(40):
        slope = np.random.default_rng(seed).normal(0, 0.05, 20)
        steps = directions(20, 60, 0.3, rng)
        noise = rng.normal(0, TRIAL_SD * 2**0.5, 60)
        found = gradient(steps, 2 * steps @ slope + noise)
        assert found.noise_sd == pytest.approx(TRIAL_SD * 2**0.5, rel=0.5)
        errors.extend((found.mean - slope) / found.sd)
    assert np.std(errors) == pytest.approx(1.0, abs=0.15)  # the stated sd is the actual error


def test_a_gradient_needs_two_pairs():
    with pytest.raises(ExperimentError, match="1 pairs"):
        gradient(np.ones((1, 3)), [0.1])


@pytest.mark.parametrize("n", [4, 49])
def test_an_ascent_finds_what_single_scores_drown(n):
    """98 evaluations for 49 gains: the planted rise is far below the spread over networks."""
    rises, peaks = [], []
    for seed in range(8):
        slope = np.random.default_rng(seed).normal(0, 0.04, n) / np.sqrt(n / 4)
        problem = Planted(slope, curvature=0.02, seed=seed)
        rises.append(problem.truth(run(problem, n, seed=seed).point) - 0.65)
        peaks.append(slope @ slope / (4 * 0.02))
    assert min(rises) > -0.001
    assert np.mean(rises) > 0.5 * np.mean(peaks)


def test_where_nothing_is_to_be_had_little_is_claimed():
    """Without a slope, away from a peak: steps are only taken where luck hides the fall."""
    taken, claimed = [], []
    for seed in range(8):
        found = run(Planted(np.zeros(20), curvature=0.2, seed=seed), 20, seed=seed)
        taken.append(np.sqrt((found.point**2).mean()))
        claimed.append(abs(found.gradient.rise(found.point)[0]))
    assert max(taken) <= 0.1
    assert np.median(claimed) < 0.02


def test_steps_that_break_a_limit_are_not_taken_and_counted():
    problem = Planted([0.2, 0.0], limit=0.25)
    found = run(problem, 2)
    assert 0 < np.abs(found.point).max() <= 0.25
    assert found.lengths[-1].failed == {"too far": 6}
    assert found.failed["too far"] > 0
    assert found.viable
    assert not run(Planted([0.2, 0.0], limit=0.01), 2).viable


def test_members_of_a_pair_share_a_network_and_pairs_do_not():
    problem = Planted([0.1, 0.1, 0.1])
    found = run(problem, 3)
    pairs = problem.measured[: 2 * found.n_pairs]
    assert [seed for _, seed in pairs] == [100 + k // 2 for k in range(2 * found.n_pairs)]
    for (plus, _), (minus, _) in zip(pairs[::2], pairs[1::2], strict=True):
        np.testing.assert_allclose(plus, -minus)
    compared = {seed for _, seed in problem.measured[2 * found.n_pairs :]}
    assert not compared & {seed for _, seed in pairs}


def test_no_slope_is_no_step():
    assert not point_along(np.zeros(3), 0.5).any()
    assert np.sqrt((point_along(np.array([3.0, 4.0]), 0.5) ** 2).mean()) == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "pairs"), [(4, 12), (40, 40), (40, 80)])
def test_the_expected_error_is_that_of_the_gradient(n, pairs):
    """So that the number of pairs that a precision asks for is the right one."""
    rng, errors = np.random.default_rng(3), []
    for seed in range(30):
        slope = np.random.default_rng(seed).normal(0, 0.2, n)
        steps = directions(n, pairs, 0.3, rng)
        noise = rng.normal(0, TRIAL_SD * 2**0.5, pairs)
        found, *_ = np.linalg.lstsq(2 * steps, 2 * steps @ slope + noise, rcond=None)
        step = point_along(rng.normal(size=n), 0.3)
        errors.append((found - slope) @ step)
    expected = TRIAL_SD * np.sqrt(n / (2 * pairs))
    assert np.std(errors) == pytest.approx(expected, rel=0.35)
    settings = AscentSettings(pairs_per_dimension=pairs / n, least_pairs=2)
    settings.model_copy(update={"precision": expected * 1.01}).require_precision("groups", n)
    few = settings.model_copy(update={"precision": expected / 2})
    with pytest.raises(ExperimentError, match=f"{pairs} pairs in {n} dim.*{4 * pairs} would do"):
        few.require_precision("groups", n)
