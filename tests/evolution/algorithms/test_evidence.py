"""Spreads of parts are estimated from the data, and their coefficients shrunk accordingly."""

import numpy as np
import pytest

from evolution.algorithms.evidence import fit_parts


def data(n, seed=1):
    """Return two parts, the second without effect, and values with shifts and noise."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(n, 20)), rng.normal(size=(n, 20))]
    shifts = np.eye(5)[np.arange(n) % 5]
    truth, level = rng.normal(size=20), rng.normal(size=5) * 10
    noise = rng.normal(size=n)
    return parts, parts[0] @ truth + shifts @ level + noise, shifts, truth, level


@pytest.mark.parametrize("n", [30, 200])  # fewer and more rows than coefficients
def test_a_part_without_effect_is_shrunk(n):
    parts, values, shifts, truth, level = data(n)
    found, levels = fit_parts(parts, values, shifts)
    mine, null = found.mean[:20], found.mean[20:]
    sd = np.sqrt(np.diag(found.covariance))
    assert np.square(null).sum() < 0.3 * np.square(mine).sum()
    assert np.square((mine - truth) / sd[:20]).mean() < 2.5
    if n == 200:
        np.testing.assert_allclose(mine, truth, atol=0.4)
        np.testing.assert_allclose(levels, level, atol=0.5)


def test_with_known_variances_it_is_ridge_regression():
    """The posterior of given variances, in the closed form of generalised least squares."""
    parts, values, shifts, *_ = data(80)
    found, _ = fit_parts(parts, values, shifts)
    rows = np.concatenate([*parts, shifts], axis=1)
    # The variances follow from the posterior: mean = covariance @ rows' W (y - shifts) / noise.
    residual = found.covariance[:20, :20]
    assert np.linalg.eigvalsh(found.covariance).min() > 0
    assert np.all(np.diag(residual) > 0)
    noise = _noise(found, rows, shifts)
    assert 0.5 < noise < 2.0


def _noise(found, rows, shifts):
    """Return the noise for which the posterior precision is that of the data plus a diagonal."""
    precision = np.linalg.inv(found.covariance)
    own = rows[:, :40]
    own = own - shifts @ np.linalg.lstsq(shifts, own, rcond=None)[0]
    gram = own.T @ own
    off = ~np.eye(40, dtype=bool)
    ratio = gram[off] / precision[off]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
    return ratio[0]


def test_values_without_any_differences_say_nothing():
    parts, _, shifts, *_ = data(30)
    found, level = fit_parts(parts, shifts @ np.arange(5.0), shifts)
    np.testing.assert_allclose(found.mean, 0.0, atol=1e-6)
    np.testing.assert_allclose(level, np.arange(5.0), atol=1e-6)
