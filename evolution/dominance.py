"""Non-dominated sorting of noisy candidates: who wins clearly, and selection that follows from it.

Candidate a is *clearly better* than b in an objective if the difference of their means is larger
than noise explains: with independent normal errors of variances v_a and v_b,

    P(true value of a < true value of b) = Phi((f_b - f_a) / sqrt(v_a + v_b)) > confidence.

a *dominates* b if it is clearly better in at least one objective and b is not clearly better in
any. So a candidate that owes its place to one lucky value is beaten by one that is clearly better
elsewhere; a noisy candidate must win clearly. Probabilities of this kind are Teich's (2001, doi
10.1007/3-540-44719-9_22) and Hughes's (2001, doi 10.1007/3-540-44719-9_23); a relation of the same
form with confidence intervals is in Mlakar et al. (2014, doi 10.1155/2014/817964). That of Ye et
al. (ICLR 2026) is not given in detail: this one is a *choice*. At confidence 0.5, or without noise,
it is Pareto dominance of the means.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.core.population import Population
from pymoo.core.survival import Survival
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function
from pymoo.util.randomized_argsort import randomized_argsort
from scipy.special import ndtri

from evolution.noise import FloatArray, variances_of_means

BLOCK = 256
"""Rows compared at once: bounds the memory that thousands of candidates need."""

BoolArray = NDArray[np.bool_]


def dominance(means: FloatArray, variances: FloatArray, confidence: float) -> BoolArray:
    """Return which candidate dominates which.

    Parameters
    ----------
    means
        Mean of each objective, to be minimised, shape (n, n_objectives).
    variances
        Variances of these means, the same shape; 0 where an objective is exact.
    confidence
        Probability above which a difference counts, in [0.5, 1).

    Returns
    -------
    dominates
        Shape (n, n); [a, b] is true if a dominates b.
    """
    blocks = [slice(k, k + BLOCK) for k in range(0, len(means), BLOCK)]
    wins = np.concatenate(
        [_clear_wins(means[b], variances[b], means, variances, confidence) for b in blocks]
    )
    return np.asarray(wins & ~wins.T)


def fronts(dominates: BoolArray, n_enough: int | None = None) -> list[NDArray[np.intp]]:
    """Sort candidates into fronts: those that no candidate left dominates, then again.

    Clear wins are not transitive, so three candidates can dominate each other in a circle. Then
    those that the fewest dominate come next.

    Parameters
    ----------
    dominates
        As `dominance` returns it.
    n_enough
        No further front begins once so many candidates are sorted; None sorts all.

    Returns
    -------
    fronts
        Positions of the candidates of each front, ascending.
    """
    n_dominating = dominates.sum(axis=0)
    left = np.ones(len(dominates), dtype=bool)
    wanted = len(dominates) if n_enough is None else min(n_enough, len(dominates))
    found: list[NDArray[np.intp]] = []
    while len(dominates) - left.sum() < wanted:
        front = np.flatnonzero(left & (n_dominating == n_dominating[left].min()))
        found.append(front)
        left[front] = False
        n_dominating = n_dominating - dominates[front].sum(axis=0)
    return found


class ProbabilisticSurvival(Survival):
    """Survivors by fronts of `dominance`, and by crowding in the front that is cut.

    Parameters
    ----------
    confidence
        As in `dominance`.
    crowding
        Name of pymoo's measure of diversity.
    """

    def __init__(self, confidence: float, crowding: str) -> None:
        super().__init__(filter_infeasible=False)
        self.confidence = confidence
        self.crowding = get_crowding_function(crowding)

    def _do(
        self,
        _problem: object,
        pop: Population,
        *_: object,
        n_survive: int,
        random_state: np.random.Generator,
        **__: object,
    ) -> Population:
        means = pop.get("F").astype(np.float64)
        dominates = dominance(means, variances_of_means(pop), self.confidence)
        survivors: list[int] = []
        for rank, front in enumerate(fronts(dominates, n_survive)):
            n_cut = max(0, len(survivors) + len(front) - n_survive)
            crowding = self.crowding.do(means[front], n_remove=n_cut)
            for position, value in zip(front, crowding, strict=True):
                pop[position].set("rank", rank)
                pop[position].set("crowding", value)
            survivors += front[_kept(crowding, n_cut, random_state)].tolist()
        return pop[survivors]


def _kept(crowding: FloatArray, n_cut: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the positions of a front without its most crowded members; ties are random."""
    if not n_cut:
        return np.arange(len(crowding))
    order: Any = randomized_argsort(crowding, order="descending", random_state=rng)
    return np.asarray(order[:-n_cut], dtype=np.intp)


def _clear_wins(
    means: FloatArray,
    variances: FloatArray,
    other_means: FloatArray,
    other_variances: FloatArray,
    confidence: float,
) -> BoolArray:
    """Return whether each candidate is clearly better than each other one in any objective."""
    quantile = float(ndtri(confidence))
    wins = np.zeros((len(means), len(other_means)), dtype=bool)
    for f, v, other_f, other_v in zip(
        means.T, variances.T, other_means.T, other_variances.T, strict=True
    ):
        needed = quantile * np.sqrt(v[:, None] + other_v) if quantile > 0 else 0.0
        wins |= other_f - f[:, None] > needed
    return wins
