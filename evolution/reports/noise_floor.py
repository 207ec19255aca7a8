"""The distance between rules that act alike, due to noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Repeats:
    """The evaluations of one rule.

    Parameters
    ----------
    seeds
        Their seeds, in order.
    values
        Their values, shape (n_evaluations, n_features).
    """

    seeds: tuple[int, ...]
    values: FloatArray


def squared_floor(rules: Sequence[Repeats]) -> float:
    """Return the mean squared difference between two rules' means that noise alone causes.

    Rules evaluated with the same seeds saw the same stimuli: an effect of the seed common to all of
    them is not a difference between them. The variance between a rule's evaluations therefore has
    two parts, the seeds' and a residual (two-way analysis of variance over rules with the same
    seeds). The first cancels to the extent that two rules share seeds. If the residual is unknown,
    because no two rules have the same two or more seeds, nothing is assumed to cancel.

    Parameters
    ----------
    rules
        Two or more rules with the same features.

    Returns
    -------
    squared
        Mean over all pairs of rules and all features; NaN if no rule has two evaluations.
    """
    spread = _pooled([(len(r.seeds) - 1, _squares(r.values)) for r in rules])
    groups: dict[tuple[int, ...], list[FloatArray]] = {}
    for rule in rules:
        groups.setdefault(rule.seeds, []).append(rule.values)
    residual = _pooled([_interaction(np.array(group)) for group in groups.values()])
    of_seeds = 0.0 if np.isnan(residual) else max(spread - residual, 0.0)
    n = len(rules)
    # The variance of the mean is spread / n_i for each rule of a pair, less that of shared seeds.
    apart = (n - 1) * sum(1 / len(rule.seeds) for rule in rules)
    together = 2 * of_seeds * _overlap(rules) if of_seeds else 0.0
    return float((spread * apart - together) / (n * (n - 1) / 2))


def _overlap(rules: Sequence[Repeats]) -> float:
    """Return the sum over pairs of (number of shared seeds) / (n_i n_j)."""
    sums: dict[int, float] = {}
    squares: dict[int, float] = {}
    for rule in rules:
        weight = 1 / len(rule.seeds)
        for seed in rule.seeds:
            sums[seed] = sums.get(seed, 0.0) + weight
            squares[seed] = squares.get(seed, 0.0) + weight**2
    return sum((sums[seed] ** 2 - squares[seed]) / 2 for seed in sums)


def _squares(values: FloatArray) -> float:
    """Return the sum of squared deviations from the mean, averaged over features."""
    return float(((values - values.mean(axis=0)) ** 2).sum(axis=0).mean())


def _interaction(values: FloatArray) -> tuple[int, float]:
    """Return degrees of freedom and sum of squares of the residual of rules and seeds.

    Parameters
    ----------
    values
        Shape (n_rules, n_seeds, n_features).
    """
    centred = values - values.mean(axis=1, keepdims=True)
    left = centred - centred.mean(axis=0)
    freedom = (values.shape[0] - 1) * (values.shape[1] - 1)
    return freedom, float((left**2).sum(axis=(0, 1)).mean())


def _pooled(parts: Sequence[tuple[int, float]]) -> float:
    """Return the pooled variance of (degrees of freedom, sum of squares); NaN without any."""
    freedom = sum(each for each, _ in parts)
    return sum(squares for _, squares in parts) / freedom if freedom else float("nan")
