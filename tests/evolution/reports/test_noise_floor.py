"""The noise floor is the distance between rules that act alike, with and without shared seeds."""

import numpy as np
import pytest

from evolution.reports.noise_floor import Repeats, squared_floor


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def mean_squared_difference(rules):
    means = np.array([rule.values.mean(axis=0) for rule in rules])
    first, second = np.triu_indices(len(rules), 1)
    return np.mean((means[first] - means[second]) ** 2)


def alike(seeds_of, rng, n_rules=400, seed_effect=3.0, own=0.5, n_features=4):
    """Return rules with one behaviour; a seed shifts all rules, and each individually a little."""
    shifts = seed_effect * rng.standard_normal((10_000, n_features))
    return [
        Repeats(
            seeds,
            7 + shifts[list(seeds)] + own * rng.standard_normal((len(seeds), n_features)),
        )
        for seeds in map(seeds_of, range(n_rules))
    ]


@pytest.mark.parametrize(
    "seeds_of",
    [
        lambda k: (1, 2, 3),
        lambda k: (3 * k, 3 * k + 1, 3 * k + 2),
        lambda k: (5, 6) if k % 2 else (1, 2, 3, 4),
        lambda k: (1,) if k % 4 else (1, 2, 3),
    ],
    ids=["the same seeds", "different seeds", "two sets of seeds", "most with one evaluation"],
)
def test_the_floor_is_what_noise_makes(seeds_of, rng):
    # Which seeds are drawn matters for all pairs at once: average over many worlds.
    worlds = [alike(seeds_of, rng, n_rules=40) for _ in range(300)]
    expected = np.mean([mean_squared_difference(rules) for rules in worlds])
    found = np.mean([squared_floor(rules) for rules in worlds])
    assert found == pytest.approx(expected, rel=0.15)


def test_the_effect_of_shared_seeds_is_no_difference(rng):
    rules = alike(lambda k: (1, 2), rng, seed_effect=1000.0)
    assert squared_floor(rules) == pytest.approx(mean_squared_difference(rules), rel=0.1)


def test_without_repeats_nothing_is_known():
    rules = [Repeats((1,), np.ones((1, 2))), Repeats((1,), np.zeros((1, 2)))]
    assert np.isnan(squared_floor(rules))
