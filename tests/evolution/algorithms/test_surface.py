"""A parabola through all evaluations finds the slope that single differences hide."""

import numpy as np
import pytest

from evolution.algorithms.surface import Places, fit_surfaces

N_DIMENSIONS, N_GROUPS = 6, 20


def planted(seed, noise=0.01):
    """Return evaluations of a known parabola, each group of them shifted by its network."""
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(200, N_DIMENSIONS)) * 0.5
    groups = np.arange(200) % N_GROUPS
    values = places @ SLOPE + 0.05 * np.square(places).sum(axis=1)
    values += rng.normal(0, 0.06, N_GROUPS)[groups] + rng.normal(0, noise, 200)
    return places, values, groups


NO_TIES = np.zeros((N_DIMENSIONS, 0))
SLOPE = np.array([0.05, 0.05, 0.05, -0.02, 0.0, 0.0])


def fit_surface(places, values, groups, ties):
    family = Places(np.arange(len(places)), places, ties)
    (surface,), _ = fit_surfaces([family], values, np.eye(groups.max() + 1)[groups])
    return surface


def fitted(seed, **changes):
    places, values, groups = planted(seed, **changes)
    return fit_surface(places, values, groups, np.zeros((N_DIMENSIONS, 0)))


def test_slope_and_curvature_are_found_whatever_networks_add():
    surface = fitted(1)
    np.testing.assert_allclose(surface.slope, SLOPE, atol=0.006)
    assert surface.curvature == pytest.approx(0.05, abs=0.005)
    place = np.full(N_DIMENSIONS, 0.2)
    truth = SLOPE @ place + 0.05 * place @ place
    assert abs(surface.rise(place) - truth) < 4 * surface.rise_sd(place)
    np.testing.assert_allclose(surface.slope_at(place), SLOPE + 0.1 * place, atol=0.01)


def test_the_best_length_is_that_of_the_parabola():
    surface = fitted(1)
    unit = -SLOPE / np.linalg.norm(SLOPE)
    truth = np.linalg.norm(SLOPE) / (2 * 0.05)
    start = np.zeros(N_DIMENSIONS)
    assert surface.best_length(start, unit, 10.0) == pytest.approx(truth, rel=0.15)
    assert surface.best_length(start, unit, 0.1) == 0.1
    assert surface.best_length(start, -unit, 10.0) == 0.0


def test_without_a_known_curvature_steps_stay_short():
    surface = fitted(1, noise=10.0)
    downhill = -surface.slope / np.linalg.norm(surface.slope)
    assert surface.best_length(np.zeros(N_DIMENSIONS), downhill, 2.0) == 0.5


def test_tied_dimensions_share_their_slope():
    """Two dimensions that were only moved together have the same slope."""
    rng = np.random.default_rng(2)
    steps = rng.normal(size=(40, 2)) * 0.3
    places = steps[:, [0, 0, 1]]
    values = steps @ np.array([0.1, 0.0]) + rng.normal(0, 0.001, 40)
    surface = fit_surface(places, values, np.zeros(40, int), np.array([[1.0, 0], [1, 0], [0, 1]]))
    np.testing.assert_allclose(surface.slope, [0.05, 0.05, 0.0], atol=0.002)


def test_a_repeated_evaluation_weighs_more():
    places, values, groups = planted(3)
    values[0] += 1.0
    ties = np.zeros((N_DIMENSIONS, 0))
    off = []
    for repeats in (0, 10):
        rows = [0] * repeats + list(range(1, 200))
        surface = fit_surface(places[rows], values[rows], groups[rows], ties)
        off.append(np.abs(surface.slope - SLOPE).max())
    assert off[0] < 0.01 < off[1]


def test_families_share_networks_noise_and_the_network_without_a_rule():
    """The second family has no effect; the third starts 0.1 above the network without a rule."""
    rng = np.random.default_rng(5)
    number = np.repeat([0, 1, 2, 3], [200, 100, 100, 20])  # the last without a rule
    places = rng.normal(size=(420, N_DIMENSIONS)) * 0.5
    base = rng.normal(0, 0.06, N_GROUPS)
    groups = np.arange(420) % N_GROUPS
    rise = places @ SLOPE + 0.05 * np.square(places).sum(axis=1)
    values = np.select([number == 0, number == 2], [rise, 0.1], 0.0) + base[groups]
    values += rng.normal(0, 0.01, 420)
    families = [
        Places(np.flatnonzero(number == k), places[number == k], NO_TIES, starts_static=k != 2)
        for k in range(3)
    ]
    shifts = np.eye(N_GROUPS)[groups]
    (first, null, later), level = fit_surfaces(families, values, shifts)
    np.testing.assert_allclose(first.slope, SLOPE, atol=0.008)
    np.testing.assert_allclose(null.slope, 0.0, atol=0.008)
    assert (first.offset, null.offset) == (0.0, 0.0)
    assert later.offset == pytest.approx(0.1, abs=0.01)
    np.testing.assert_allclose(level, base, atol=0.01)
    assert first.lowest(2.0) < null.lowest(2.0) < later.lowest(2.0)
