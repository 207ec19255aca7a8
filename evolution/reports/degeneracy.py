"""Degeneracy: whether rules that differ in their parameters also differ in what they do.

Different parameters with the same behaviour are called degenerate (Edelman and Gally 2001, doi
10.1073/pnas.231499798; Prinz, Bucher and Marder 2004, doi 10.1038/nn1352).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform
from scipy.stats import rankdata, zscore

from evolution.reports.families import Family
from evolution.reports.noise_floor import Repeats, squared_floor
from evolution.runs import Member
from v1cortex.evaluation import Evaluation

FloatArray = NDArray[np.float64]

PARAMETER_OBJECTIVES = frozenset({"complexity"})
"""Objectives that are a property of the rule, not of its behaviour."""

LOWEST_RATE_HZ = 0.1
"""Lowest rate for the logarithmic comparison of rates: one spike in 10 s."""

N_PERMUTATIONS = 999


@dataclass(frozen=True, eq=False)
class Behaviour:
    """Distances between the behaviour of rules.

    Parameters
    ----------
    distances
        Distances between rules, in SciPy's condensed form.
    features
        The compared features.
    floor
        Expected root mean square distance of two rules that act alike, due to the noise of their
        means (see `squared_floor`); None if no rule has more than one evaluation.
    """

    distances: FloatArray
    features: tuple[str, ...]
    floor: float | None


@dataclass(frozen=True)
class Correlation:
    """Distances in parameters against distances in behaviour, over pairs of rules.

    Parameters
    ----------
    rho
        Spearman's rank correlation.
    p
        Share of permutations of the rules, including the actual one, with a correlation at least as
        large (Mantel 1967): pairs that share a rule are not independent.
    """

    rho: float
    p: float


@dataclass(frozen=True)
class FamilyPair:
    """How far two families are apart.

    Parameters
    ----------
    first, second
        Their numbers.
    parameters, behaviour
        Mean distance between their members.
    degenerate
        Whether they act alike: their distance in behaviour does not exceed the noise floor or, if
        that is unknown, the mean distance within families. None if neither is known.
    """

    first: int
    second: int
    parameters: float
    behaviour: float
    degenerate: bool | None


def behaviour_of(members: Sequence[Member], names: Sequence[str]) -> Behaviour:
    """Compare the behaviour of rules.

    *Choice*: two groups of features have equal weight: the objectives except complexity, and the
    logarithm of each population's mean rate, if all evaluations have it. Each feature is in units
    of its standard deviation over the rules; the distance is the root mean square difference.

    Parameters
    ----------
    members
        The rules, with their evaluations.
    names
        Names of the objectives.
    """
    chosen = [name for name in names if name not in PARAMETER_OBJECTIVES]
    populations = _common_populations(members)
    groups = [[_repeats(m, lambda e: _objectives(e, chosen)) for m in members]]
    if populations:
        groups.append([_repeats(m, lambda e: _log_rates(e, populations)) for m in members])
    squared, floors = [], []
    for group in groups:
        means = np.array([each.values.mean(axis=0) for each in group])
        scale = means.std(axis=0)
        scale[scale == 0] = 1.0
        squared.append(pdist(means / scale, "sqeuclidean") / means.shape[1])
        floors.append(squared_floor([Repeats(r.seeds, r.values / scale) for r in group]))
    floor = None if np.isnan(floors).any() else float(np.sqrt(np.mean(floors)))
    return Behaviour(np.sqrt(np.mean(squared, axis=0)), (*chosen, *populations), floor)


def correlate(
    parameters: FloatArray, behaviour: FloatArray, rng: np.random.Generator
) -> Correlation | None:
    """Return the correlation between distances in parameters and in behaviour.

    Parameters
    ----------
    parameters, behaviour
        Condensed distances of the same rules.
    rng
        Permutes the rules.

    Returns
    -------
    Correlation or None
        None with fewer than four rules, or if all distances are equal.
    """
    square = squareform(behaviour)
    if len(square) < 4 or np.ptp(parameters) == 0 or np.ptp(behaviour) == 0:
        return None
    # Permutations do not change the set of ranks: rank once, then correlate.
    ranks = zscore(rankdata(parameters))
    rank_square = squareform(zscore(rankdata(behaviour)))
    rho = float(np.mean(ranks * squareform(rank_square, checks=False)))
    as_large = 1
    for _ in range(N_PERMUTATIONS):
        order = rng.permutation(len(square))
        relabelled = squareform(rank_square[np.ix_(order, order)], checks=False)
        as_large += int(np.mean(ranks * relabelled) >= rho - 1e-12)
    return Correlation(rho, as_large / (N_PERMUTATIONS + 1))


def family_pairs(
    families: Sequence[Family], parameters: FloatArray, behaviour: Behaviour
) -> tuple[FamilyPair, ...]:
    """Return the distances between families, the most different in parameters first.

    Parameters
    ----------
    families
        The families.
    parameters
        Condensed distances between the parameters of the rules.
    behaviour
        Distances between their behaviour.
    """
    in_parameters, in_behaviour = squareform(parameters), squareform(behaviour.distances)
    limit = behaviour.floor
    if limit is None:
        limit = _mean_within(families, in_behaviour)
    pairs = []
    for one, other in combinations(families, 2):
        where = np.ix_(one.members, other.members)
        apart = float(in_behaviour[where].mean())
        pairs.append(
            FamilyPair(
                one.number,
                other.number,
                float(in_parameters[where].mean()),
                apart,
                None if limit is None else apart <= limit,
            )
        )
    return tuple(sorted(pairs, key=lambda pair: (-pair.parameters, pair.first, pair.second)))


def _repeats(member: Member, features: Callable[[Evaluation], FloatArray]) -> Repeats:
    evaluations = sorted(member.evaluations, key=lambda evaluation: evaluation.seed)
    seeds = tuple(evaluation.seed for evaluation in evaluations)
    return Repeats(seeds, np.array([features(evaluation) for evaluation in evaluations]))


def _objectives(evaluation: Evaluation, names: Sequence[str]) -> FloatArray:
    return np.array([float(evaluation.objectives[name]) for name in names])


def _rates_Hz(evaluation: Evaluation) -> dict[str, float]:
    return {row.population: row.model_mean_Hz for row in evaluation.statistics.populations}


def _common_populations(members: Sequence[Member]) -> tuple[str, ...]:
    """Return the populations whose rates all evaluations have, in the order of the first one."""
    rates = [_rates_Hz(evaluation) for member in members for evaluation in member.evaluations]
    return tuple(
        name for name in rates[0] if name != "network" and all(name in each for each in rates)
    )


def _log_rates(evaluation: Evaluation, populations: Sequence[str]) -> FloatArray:
    rates_Hz = _rates_Hz(evaluation)
    return np.log(np.maximum([rates_Hz[name] for name in populations], LOWEST_RATE_HZ))


def _mean_within(families: Sequence[Family], distances: FloatArray) -> float | None:
    within = [
        distances[one, other]
        for family in families
        for one, other in combinations(family.members, 2)
    ]
    return float(np.mean(within)) if within else None
