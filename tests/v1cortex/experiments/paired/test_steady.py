"""Steps of constant rate find what can be had within a limit of the rate."""

import numpy as np
import pytest

from v1cortex.errors import ExperimentError
from v1cortex.experiments.paired.ascent import AscentSettings, Measured, ascend, seeds_needed
from v1cortex.experiments.paired.steady import (
    RateCorrection,
    log_rate_gradient,
    without_component,
)

N, STATIC_HZ, LIMIT_HZ = 12, 9.0, 10.0
NETWORK_SD, TRIAL_SD, LOG_RATE_SD = 0.06, 0.02, 0.02
"""Spread of AUC over networks, of an evaluation's trials, and of log rates over networks."""


class Planted:
    """A score that rises along one direction with the rate, and along another without it."""

    def __init__(self, seed):
        self.rng, self.network = np.random.default_rng(seed), {}
        along, other = np.linalg.qr(self.rng.normal(size=(N, 2)))[0].T
        self.rate = 0.5 * along
        self.slope = 0.15 * along + 0.06 * other
        self.free = 0.06 * other

    def log_rate(self, x):
        return self.rate @ x + 0.03 * x @ x  # upwards, as recurrent excitation makes it

    def rise(self, x):
        return self.slope @ x - 0.02 * x @ x

    def __call__(self, points):
        return [self.measured(x, seed) for x, seed in points]

    def measured(self, x, seed):
        own, own_rate = self.network.setdefault(
            seed, (self.rng.normal(0, NETWORK_SD), self.rng.normal(0, LOG_RATE_SD))
        )
        rate_Hz = STATIC_HZ * np.exp(self.log_rate(x) + own_rate + self.rng.normal(0, 0.005))
        score = 0.65 + self.rise(x) + own + self.rng.normal(0, TRIAL_SD)
        return Measured(score, "too high" if rate_Hz > LIMIT_HZ else "", rate_Hz)


def run(problem, seed, **changes):
    settings = AscentSettings(pairs_per_dimension=4, lengths=(0.8, 0.1, 0.2, 0.4), **changes)
    seeds = range(seeds_needed(N, settings))
    return ascend(np.zeros(N), problem, settings, seeds, np.random.default_rng(seed))


def test_more_is_found_within_a_limit_of_the_rate_without_raising_it():
    steady_rises, free_rises, ratios = [], [], []
    for seed in range(8):
        steady, free = Planted(seed), Planted(seed)
        found = run(steady, seed, constant_rate=True)
        steady_rises.append(steady.rise(found.point))
        ratios.extend(each.rate_ratio for each in found.lengths)
        free_rises.append(free.rise(run(free, seed).point))
        assert found.rate_gradient.mean == pytest.approx(steady.rate, abs=0.1)
        assert [each.size for each in found.lengths] == [0.1, 0.2, 0.4, 0.8]
    assert np.mean(steady_rises) > 0.02
    assert np.mean(steady_rises) > np.mean(free_rises) + 0.02
    assert np.abs(np.log(ratios)).max() < 0.15
    assert np.abs(np.log(ratios)).mean() < 0.05


def test_a_correction_follows_the_curvature_of_the_rate():
    slope, rate = np.array([1.0, 0.0]), np.array([0.0, 2.0])
    correction = RateCorrection(slope, rate)
    changes = []
    for size in (0.1, 0.2, 0.4, 0.8):
        step = correction.step(size)
        change = rate @ step + 0.3 * step[0] + 1.5 * step[0] ** 2
        correction.learn(size, change)
        changes.append(change)
    assert abs(changes[1]) < 0.1  # from one step: the curvature
    assert np.abs(changes[2:]).max() < 1e-9  # from two: the parabola


def test_a_correction_is_not_longer_than_its_step_and_ignores_what_is_unknown():
    correction = RateCorrection(np.array([1.0, 0.0]), np.array([0.0, 0.01]))
    correction.step(0.1)
    correction.learn(0.1, np.nan)
    assert correction.step(0.2) == pytest.approx([0.2 * 2**0.5, 0.0])
    correction.learn(0.2, 5.0)
    assert correction.step(0.4) == pytest.approx([0.4 * 2**0.5, -0.4 * 2**0.5])
    straight = RateCorrection(np.array([1.0, 0.0]), np.zeros(2))
    assert straight.step(0.1) == pytest.approx([0.1 * 2**0.5, 0.0])


def test_a_slope_loses_only_its_part_along_the_rate():
    left = without_component(np.array([3.0, 4.0]), np.array([0.0, 0.1]))
    assert left == pytest.approx([3.0, 0.0])
    assert without_component(np.array([3.0, 4.0]), np.zeros(2)) == pytest.approx([3.0, 4.0])


def test_pairs_without_rates_are_left_out():
    rng = np.random.default_rng(1)
    steps = rng.normal(size=(30, 3))
    logs = steps @ [0.1, -0.2, 0.3]
    plus, minus = 8 * np.exp(logs), 8 * np.exp(-logs)
    plus[0], minus[1] = np.nan, 0.0
    found = log_rate_gradient(steps, plus, minus)
    assert found.mean == pytest.approx([0.1, -0.2, 0.3], abs=1e-4)
    with pytest.raises(ExperimentError, match="only 1 of 30 pairs"):
        log_rate_gradient(steps, np.where(np.arange(30) == 2, plus, np.nan), minus)
