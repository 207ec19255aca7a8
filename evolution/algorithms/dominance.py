"""Selection of noisy candidates: non-dominated sorting with probabilistic dominance.

The true value of an objective is taken to be normally distributed around the mean of its
evaluations, with the variance of that mean (`evolution.algorithms.noise`). Two consequences:

- *Cautious values.* In each objective, a candidate is credited with the value that it equals or
  beats with a probability called `confidence`: mean + z standard errors. One candidate dominates
  another with that confidence if its cautious values do. The noisier of two candidates must thus
  win clearly, by z times its excess standard error; one lucky evaluation is not enough.
- *Expected dominators.* Candidate j is as good as or better than i in all objectives with
  probability prod_k Phi((f_ik - f_jk) / sqrt(v_ik + v_jk)), the objectives' errors independent. The
  sum over j is the number of candidates expected to dominate i. It distinguishes candidates that
  plain dominance does not, in particular with many objectives, where nearly all are non-dominated.

Such probabilities were introduced by Teich (2001, doi 10.1007/3-540-44719-9_22) and Hughes (2001,
doi 10.1007/3-540-44719-9_23), who ranks by their sums; Mlakar et al. (2014, doi
10.1155/2014/817964) use confidence limits in place of values. Ye et al. (ICLR 2026) do not describe
in detail how they combine them; this combination is a *choice*, based on measurements
(``benchmarks/algorithms.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pymoo.core.population import Population
from pymoo.core.survival import Survival
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from scipy.special import ndtr, ndtri

from evolution.algorithms.noise import FloatArray, variances_of_means

BLOCK = 256
"""Number of candidates compared with all others at once: limits memory for thousands of them."""


def cautious_values(means: FloatArray, variances: FloatArray, confidence: float) -> FloatArray:
    """Return the values that candidates equal or beat with a given probability.

    Parameters
    ----------
    means
        Means of the objectives, to be minimised.
    variances
        Variances of these means, the same shape; 0 where an objective is exact.
    confidence
        The probability, in [0.5, 1); at 0.5 the values are the means.
    """
    return np.asarray(means + ndtri(confidence) * np.sqrt(variances))


def expected_dominators(values: FloatArray, variances: FloatArray) -> FloatArray:
    """Return how many other candidates are expected to be as good or better in all objectives.

    Parameters
    ----------
    values
        Objectives, to be minimised, shape (n, n_objectives).
    variances
        Variances of their errors, the same shape. If both variances of a pair are 0, the
        comparison is exact.

    Returns
    -------
    expected
        Shape (n,).
    """
    expected = np.empty(len(values))
    for start in range(0, len(values), BLOCK):
        rows = slice(start, start + BLOCK)
        probability = np.ones((len(values[rows]), len(values)))
        for f, v in zip(values.T, variances.T, strict=True):
            probability *= _as_good(f[rows, None] - f, np.sqrt(v[rows, None] + v))
        # Each candidate is as good as itself, which does not count.
        np.fill_diagonal(probability[:, start:], 0.0)
        expected[rows] = probability.sum(axis=1)
    return expected


class ProbabilisticSurvival(Survival):
    """Select survivors by fronts of the cautious values; within the cut front, by dominators.

    Members of the cut front with the same expected number of dominators, as is the case without
    noise, are ranked by crowding, then at random: without noise this is NSGA-II's selection.

    Parameters
    ----------
    confidence
        As for `cautious_values`.
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
        variances = variances_of_means(pop)
        values = cautious_values(pop.get("F").astype(np.float64), variances, self.confidence)
        survivors: list[int] = []
        for rank, front in enumerate(NonDominatedSorting().do(values, n_stop_if_ranked=n_survive)):
            pop[front].set("rank", rank)
            wanted = n_survive - len(survivors)
            if len(front) > wanted:
                front = front[self._best(values[front], variances[front], wanted, random_state)]
            survivors += front.tolist()
        return pop[survivors]

    def _best(
        self, values: FloatArray, variances: FloatArray, wanted: int, rng: np.random.Generator
    ) -> NDArray[np.intp]:
        """Return the positions of the best members of a front."""
        expected = expected_dominators(values, variances)
        crowding = self.crowding.do(values, n_remove=len(values) - wanted)
        order = np.lexsort((rng.random(len(values)), -crowding, expected))
        return np.sort(order[:wanted])


def _as_good(difference: FloatArray, scale: FloatArray) -> FloatArray:
    """Return the probability that the other's objective is no larger, given own minus other."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(scale > 0, ndtr(difference / scale), difference >= 0)
