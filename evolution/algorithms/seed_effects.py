"""Estimates the effect of each seed, so that candidates with different seeds can be compared."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

FloatArray = NDArray[np.float64]

Name = TypeVar("Name", bound=Hashable)
"""Identifies a candidate."""

ITERATIONS = 30
"""Number of expectation-maximisation steps for the two variances (*choice*)."""

_SMALLEST_RATIO = 1e-6
"""Smallest ratio of either variance to that of all values, so that neither vanishes."""


@dataclass(frozen=True, eq=False)
class SeedEffects(Generic[Name]):
    """An additive model of all values: effect of the seed plus effect of the candidate.

    Parameters
    ----------
    effects
        By seed: how much larger values are than with the average seed, shape (n_objectives,).
    expected
        By candidate: its expected values with the average seed, shape (n_objectives,). This is its
        corrected mean, shrunk toward the mean of all candidates in proportion to its noise.
    """

    effects: Mapping[int, FloatArray]
    expected: Mapping[Name, FloatArray]

    def corrected(self, values: Mapping[int, FloatArray]) -> FloatArray:
        """Return the values of a candidate minus the effects of their seeds, in order of seeds.

        Parameters
        ----------
        values
            Objectives by seed. A seed that the model does not know has no effect.

        Returns
        -------
        rows
            Shape (n_seeds, n_objectives).
        """
        return np.array([values[seed] - self.effects.get(seed, 0.0) for seed in sorted(values)])


def fit(values: Mapping[Name, Mapping[int, FloatArray]]) -> SeedEffects[Name]:
    """Fit the additive model.

    A seed determines a network, stimuli and noise. Networks differ more than rules do, and
    candidates are evaluated with different seeds, survivors with more of them. By plain means, the
    candidate with the easier seeds would win. Here a value is the sum of a seed effect, a candidate
    effect and noise. Candidate effects are random effects, so that re-evaluated candidates, which
    were selected for being good, do not bias the seed effects (Henderson 1975, doi
    10.2307/2529430). The variances are estimated by expectation-maximisation.

    Parameters
    ----------
    values
        By candidate, in a deterministic order: the objectives by seed, each of shape
        (n_objectives,).

    Returns
    -------
    SeedEffects
        Effects have mean 0 over seeds; all are 0 if no candidate was evaluated with two seeds.
    """
    names = [name for name, by_seed in values.items() if by_seed]
    seeds = sorted({seed for name in names for seed in values[name]})
    if not names:
        return SeedEffects({}, {})
    column = {seed: k for k, seed in enumerate(seeds)}
    candidate = np.repeat(np.arange(len(names)), [len(values[name]) for name in names])
    seed = np.array([column[s] for name in names for s in sorted(values[name])])
    y = np.array(
        [values[name][s] for name in names for s in sorted(values[name])], dtype=np.float64
    )
    incidence = sparse.csr_array(
        (np.ones(len(y)), (candidate, seed)), shape=(len(names), len(seeds))
    )
    levels = np.zeros((len(seeds), y.shape[1]))
    own = np.zeros((len(names), y.shape[1]))
    for k in range(y.shape[1]):
        levels[:, k], own[:, k] = _fit_one(y[:, k], candidate, seed, incidence)
    average = levels.mean(axis=0)
    return SeedEffects(
        {s: levels[j] - average for s, j in column.items()},
        {name: own[i] + average for i, name in enumerate(names)},
    )


def _fit_one(
    y: FloatArray,
    candidate: NDArray[np.int64],
    seed: NDArray[np.int64],
    incidence: sparse.csr_array,
) -> tuple[FloatArray, FloatArray]:
    """Return the level of each seed and the effect of each candidate, for one objective."""
    n_candidates, n_seeds = incidence.shape
    n_own = np.bincount(candidate, minlength=n_candidates).astype(np.float64)
    n_with = np.bincount(seed, minlength=n_seeds).astype(np.float64)
    total = float(np.var(y))
    if total == 0.0:
        return np.full(n_seeds, y[0]), np.zeros(n_candidates)
    if n_seeds == 1 or n_own.max() == 1:  # nothing tells seeds from candidates, or from noise
        mean = float(np.mean(y))
        return np.full(n_seeds, mean), np.bincount(candidate, y) / n_own - mean
    noise = between = total / 2
    levels, own = np.zeros(n_seeds), np.zeros(n_candidates)
    for _ in range(ITERATIONS):
        weight = 1 / (n_own + noise / between)
        # Candidate effects are eliminated from the mixed-model equations.
        left = sparse.diags_array(n_with) - incidence.T @ sparse.diags_array(weight) @ incidence
        right = np.bincount(
            seed, y - (weight * np.bincount(candidate, y, n_candidates))[candidate], n_seeds
        )
        levels = spsolve(sparse.csc_array(left), right)
        residual = y - levels[seed]
        own = weight * np.bincount(candidate, residual, n_candidates)
        spread = noise * weight
        between = max(float(np.mean(own**2 + spread)), _SMALLEST_RATIO * total)
        squares = float(np.sum((residual - own[candidate]) ** 2) + np.sum(n_own * spread))
        noise = max(squares / max(1, len(y) - n_seeds), _SMALLEST_RATIO * total)
    return levels, own
