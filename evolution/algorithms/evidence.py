"""A linear model of several parts, each with a spread of its own that the data tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, qr
from scipy.optimize import minimize

__all__ = ["Posterior", "fit_parts"]

FloatArray = NDArray[np.float64]

SHARE_SD, ALIKE_SD = 2.0, 1.0
"""Prior of the natural logarithm of what a part explains of a row's variance, relative to the
noise: its standard deviation for all parts together, and between parts (*choices*). The second
keeps a part of which little is known from being ruled out."""

LOG_BOUND = 25.0
"""Largest logarithm of a ratio of variances; it keeps data without any noise from overflow."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known of coefficients.

    Parameters
    ----------
    mean
        Shape (n,).
    covariance
        Shape (n, n).
    noise
        Variance of the noise of a value.
    """

    mean: FloatArray
    covariance: FloatArray
    noise: float


def fit_parts(
    parts: Sequence[FloatArray], values: FloatArray, shifts: FloatArray
) -> tuple[Posterior, FloatArray]:
    """Fit ``values = sum of part @ coefficients + shifts @ free + noise``.

    Coefficients are normal around 0, with a variance for each part. The variances, and that of the
    noise, maximise the likelihood of what does not depend on shifts (restricted maximum likelihood,
    Patterson and Thompson 1971, doi 10.1093/biomet/58.3.545), times a weak prior.

    Parameters
    ----------
    parts
        Regressors of each part, shape (n, n_coefficients).
    values
        Shape (n,).
    shifts
        Regressors whose coefficients are free, shape (n, n_shifts).

    Returns
    -------
    posterior
        Of all coefficients, part after part, given the variances.
    shifts
        The free coefficients, shape (n_shifts,).
    """
    rows = np.concatenate(parts, axis=1)
    basis, _ = qr(shifts)
    rest = basis[:, np.linalg.matrix_rank(shifts) :]
    reduced = _Reduced.of(rest.T @ rows, rest.T @ values)
    ends = np.cumsum([part.shape[1] for part in parts])
    own = [slice(end - part.shape[1], end) for part, end in zip(parts, ends, strict=True)]
    found = reduced.posterior(own)
    level = np.linalg.lstsq(shifts, values - rows @ found.mean, rcond=None)[0]
    return found, np.asarray(level)


@dataclass(frozen=True, eq=False)
class _Reduced:
    """Data without shifts; of more rows than coefficients only what depends on these is kept.

    Parameters
    ----------
    rows, values
        Shapes (n, n_coefficients) and (n,).
    n_other, squares
        Number of rows that depend on noise only, and the sum of their squares.
    """

    rows: FloatArray
    values: FloatArray
    n_other: int
    squares: float

    @classmethod
    def of(cls, rows: FloatArray, values: FloatArray) -> _Reduced:
        n, n_coefficients = rows.shape
        if n <= n_coefficients:
            return cls(rows, values, 0, 0.0)
        basis, triangle = qr(rows, mode="economic")
        kept = basis.T @ values
        squares = float(values @ values - kept @ kept)
        return cls(np.asarray(triangle), kept, n - n_coefficients, max(squares, 0.0))

    def posterior(self, parts: Sequence[slice]) -> Posterior:
        """Return the posterior of all coefficients."""
        n_all = len(self.values) + self.n_other
        total = float(self.values @ self.values) + self.squares
        kernels = [self.rows[:, own] @ self.rows[:, own].T for own in parts]
        sizes = np.array([np.trace(kernel) for kernel in kernels]) / max(n_all, 1)
        if not total > 0 or not n_all:
            n = self.rows.shape[1]
            return Posterior(np.zeros(n), np.zeros((n, n)), 0.0)
        sizes = np.where(sizes > 0, sizes, 1.0)
        noise, *ratios = self._variances(kernels, sizes, total / n_all).tolist()
        prior = np.concatenate(
            [np.full(own.stop - own.start, noise * r) for own, r in zip(parts, ratios, strict=True)]
        )
        gain = prior[:, None] * self.rows.T
        inner = noise * np.eye(len(self.values)) + self.rows @ gain
        factor = cho_factor(inner, lower=True)
        mean = gain @ cho_solve(factor, self.values)
        covariance = np.diag(prior) - gain @ cho_solve(factor, gain.T)
        return Posterior(mean, covariance, noise)

    def _variances(
        self, kernels: Sequence[FloatArray], sizes: FloatArray, scale: float
    ) -> FloatArray:
        """Return the variance of the noise, and that of each part's coefficients relative to it."""
        n, n_parts = len(self.values), len(kernels)
        alike = ALIKE_SD**2 * np.eye(n_parts) + SHARE_SD**2
        precision = np.linalg.inv(alike)

        def cost(logs: FloatArray) -> tuple[float, FloatArray]:
            noise, ratios = float(np.exp(logs[0]) * scale), np.exp(logs[1:]) / sizes
            inner = np.eye(n)
            for ratio, kernel in zip(ratios, kernels, strict=True):
                inner += ratio * kernel
            factor = cho_factor(inner, lower=True)
            solved = cho_solve(factor, self.values)
            squares = float(self.values @ solved) + self.squares
            slope = cho_solve(factor, np.eye(n)) - np.outer(solved, solved) / noise
            total = n + self.n_other
            value = 0.5 * (squares / noise + total * logs[0]) + np.log(np.diag(factor[0])).sum()
            value += 0.5 * logs[1:] @ precision @ logs[1:]
            own = [0.5 * r * float((slope * k).sum()) for r, k in zip(ratios, kernels, strict=True)]
            first = 0.5 * (total - squares / noise)
            return float(value), np.array([first, *own]) + np.append(0.0, precision @ logs[1:])

        bounds = [(-LOG_BOUND, LOG_BOUND)] * (n_parts + 1)
        start = np.append(np.log(0.5), np.zeros(n_parts))
        logs = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds).x
        return np.append(np.exp(logs[0]) * scale, np.exp(logs[1:]) / sizes)
