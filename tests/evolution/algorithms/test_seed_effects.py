"""The effects of seeds are found, and candidates with easy seeds gain nothing from them."""

import numpy as np
import pytest

from evolution.algorithms import fit

N_CANDIDATES, N_SEEDS, N_AGAIN = 300, 15, 20
SEED_SD, CANDIDATE_SD, NOISE_SD = 0.07, 0.03, 0.05


def search_like(rng):
    """Values as in a search: all with one seed, the best again with one more, and so on."""
    seeds = rng.normal(0.3, SEED_SD, N_SEEDS)
    candidates = rng.normal(0.0, CANDIDATE_SD, N_CANDIDATES)

    def draw(c, s):
        return np.array([seeds[s] + candidates[c] + rng.normal(0.0, NOISE_SD), 1.0 + c])

    values = {c: {0: draw(c, 0)} for c in range(N_CANDIDATES)}
    for s in range(1, N_SEEDS):
        mean = [np.mean([row[0] for row in values[c].values()]) for c in range(N_CANDIDATES)]
        for c in np.argsort(mean)[:N_AGAIN]:
            values[int(c)][s] = draw(int(c), s)
    return values, seeds, candidates


def test_effects_of_seeds_are_found_though_the_best_are_chosen():
    errors = []
    for k in range(10):
        values, seeds, _ = search_like(np.random.default_rng(k))
        found = np.array([fit(values).effects[s][0] for s in range(N_SEEDS)])
        assert found.mean() == pytest.approx(0.0, abs=1e-12)
        errors.append(found - (seeds - seeds.mean()))
    # A seed's effect is a mean of 20 noisy values at best.
    assert np.sqrt(np.mean(np.square(errors))) < 2 * NOISE_SD / np.sqrt(N_AGAIN)
    # The estimate for the first seed, by which they were chosen, is hardly too large.
    assert abs(np.mean([each[0] for each in errors])) < 0.02


def test_the_candidates_that_are_expected_to_be_best_are_better_than_those_with_the_best_means():
    gain = []
    for k in range(20):
        values, _, candidates = search_like(np.random.default_rng(100 + k))
        plain = {c: np.mean([row[0] for row in each.values()]) for c, each in values.items()}
        expected = {c: each[0] for c, each in fit(values).expected.items()}
        best_by = [sorted(score, key=score.get)[:5] for score in (plain, expected)]
        gain.append(np.subtract(*(candidates[best].mean() for best in best_by)))
    assert np.mean(gain) > 3 * np.std(gain) / np.sqrt(len(gain))
    assert np.mean(gain) > 0.005


def test_corrected_values_are_those_without_the_seeds():
    additive = {
        name: {seed: np.array([level + step, 7.0]) for seed, step in steps.items()}
        for name, level, steps in (
            ("a", 1.0, {1: 0.0, 2: 0.5, 3: -0.5}),
            ("b", 2.0, {1: 0.0, 2: 0.5, 3: -0.5}),
            ("c", 3.0, {1: 0.0, 3: -0.5}),
        )
    }
    model = fit(additive)
    assert model.effects[2][0] - model.effects[1][0] == pytest.approx(0.5, abs=1e-4)
    assert model.effects[3][0] - model.effects[1][0] == pytest.approx(-0.5, abs=1e-4)
    for name, level in (("a", 1.0), ("b", 2.0), ("c", 3.0)):
        rows = model.corrected(additive[name])
        np.testing.assert_allclose(rows[:, 0], level, atol=1e-4)
        np.testing.assert_array_equal(rows[:, 1], 7.0)


def test_what_cannot_be_told_apart_is_left_alone():
    once = {k: {k % 3: np.array([float(k)])} for k in range(9)}
    model = fit(once)
    assert all(effect == 0.0 for effect in model.effects.values())
    assert [model.expected[k][0] for k in range(9)] == pytest.approx(list(range(9)))
    same = fit({k: {1: np.array([0.4]), 2: np.array([0.4])} for k in range(4)})
    assert {float(each[0]) for each in same.expected.values()} == {0.4}
    assert fit({}).expected == {}
    assert fit({"failed": {}}).expected == {}
    assert fit({}).corrected({5: np.array([0.2])}).tolist() == [[0.2]]


def test_the_fit_depends_on_the_values_alone():
    values, *_ = search_like(np.random.default_rng(3))
    again = {c: dict(reversed(list(each.items()))) for c, each in values.items()}
    first, second = fit(values), fit(again)
    for c in values:
        np.testing.assert_array_equal(first.expected[c], second.expected[c])
