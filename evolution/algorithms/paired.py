"""A search by antithetic pairs within families of rules, the biology as limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.core.algorithm import Algorithm
from pymoo.core.individual import Individual
from pymoo.core.population import Population

from evolution.algorithms.estimate import Estimate
from evolution.algorithms.family_fit import STATIC, FamilyFit
from evolution.algorithms.family_search import (
    ESTIMATE,
    FamilySearch,
    has_failed,
    ranked,
    refresh,
    seen_at,
)
from evolution.algorithms.limits import limits
from evolution.algorithms.noise import COUNT, VARIANCE
from evolution.algorithms.paired_options import PairedOptions
from evolution.genome import Family
from v1cortex.experiments.paired import directions

__all__ = ["PairedSearch"]

LEAST_SHARE = 0.1
"""Promise of a family that promises nothing, relative to the best one's (*choice*)."""


class PairedSearch(Algorithm):
    """Ascends the task's score in several families of rules.

    A round has pairs of rules on either side of a centre, evaluated with the same seeds. All
    evaluations together give the slopes of each family, in the task's objective and in those that
    describe the biology. The next generation tries steps along the former, without what would
    break limits of the latter. Every family has one round. Further pairs are shared out in
    proportion to the square of what a family promises, as seats are among parties by D'Hondt's
    method. What it promises is expected of its best place, with what is not known of its slope in
    its favour, so that families are looked at until they are known to be worse. The best rules of
    each stay in the population, where they are re-evaluated if the search says so.

    Parameters
    ----------
    families
        Where to search.
    options
        See there.
    size
        Number of candidates of a generation, at most.
    seed
        Seed of the generator.
    """

    def __init__(
        self, families: Sequence[Family], options: PairedOptions, size: int, seed: int
    ) -> None:
        super().__init__(output=None, seed=seed)
        self.families, self.settings, self.size = tuple(families), options, size
        self._fit = FamilyFit(families)
        self._searches = [FamilySearch(k, self._fit, options) for k in range(len(families))]
        self._asked: list[int] = []  # the family of each candidate
        self._static: Individual | None = None
        self._allowed: NDArray[np.float64] | None = None
        self._generation = 0

    @property
    def best(self) -> list[tuple[Individual, Estimate]]:
        """Rules kept, each with what is expected of it: the best of each family first.

        Those of all families whose biology is within limits come first, then the second best of
        each, and so on; the others follow.
        """
        found: list[tuple[bool, int, float, Individual, Estimate]] = []
        for search in self._searches:
            for rank, each in enumerate(ranked(search.rules, self._allowed)):
                estimate: Estimate | None = each.get(ESTIMATE)
                if estimate is not None:
                    over = not estimate.within_limits
                    found.append((over, rank, -estimate.difference, each, estimate))
        found.sort(key=lambda row: row[:3])
        return [row[3:] for row in found]

    def _initialize_infill(self) -> Population:
        return self._infill()

    def _infill(self) -> Population:
        asked: list[int] = []
        vectors: list[NDArray[np.float64]] = []
        if self._static is None:
            asked.append(STATIC)
            vectors.append(self.families[0].static)
        for number, search in enumerate(self._searches):
            n_steps = min(len(search.proposals), self.size - len(asked))
            asked += [number] * n_steps
            vectors += search.proposals[:n_steps]
            search.proposals = search.proposals[n_steps:]
        for number, n_pairs in self._rounds((self.size - len(asked)) // 2):
            asked += [number] * (2 * n_pairs)
            vectors += self._pairs(self._searches[number], n_pairs)
        self._asked = asked
        return Population.new("X", np.stack(vectors))

    def _pairs(self, search: FamilySearch, n_pairs: int) -> list[NDArray[np.float64]]:
        """Return the next pairs of a family's round, orthogonal as far as dimensions allow."""
        if not search.n_paired:
            search.begin(self._allowed)
        search.n_paired += n_pairs
        search.n_pairs += n_pairs
        layer = search.layer
        steps = directions(layer.n_dimensions, n_pairs, self.settings.step, self.random_state)
        halves = (sign * step for step in steps for sign in (1.0, -1.0))
        return [search.family.moved(search.centre, layer, half) for half in halves]

    def _rounds(self, n_pairs: int) -> list[tuple[int, int]]:
        """Share pairs out among families: numbers of families, and of pairs."""
        found = [0] * len(self._searches)
        for number, search in enumerate(self._searches):
            if not search.n_rounds:
                found[number] = min(max(search.n_missing, 0), n_pairs - sum(found))
        for _ in range(n_pairs - sum(found)):
            found[max(range(len(found)), key=lambda k: self._claim(k, found[k]))] += 1
        return [(number, own) for number, own in enumerate(found) if own]

    def _claim(self, number: int, more: int) -> float:
        """Return a family's claim to another pair: its squared promise for each it has had.

        Squares (*choice*) favour the best family more than its promise does.
        """
        best = max(search.promise for search in self._searches)
        search = self._searches[number]
        share = max(search.promise / best, LEAST_SHARE) if 0 < best < np.inf else 1.0
        return share**2 / (search.n_pairs + more + 1)

    def _initialize_advance(self, infills: Population, **_: Any) -> None:  # noqa: ANN401
        self._advance(infills)

    def _advance(self, infills: Population, **_: Any) -> None:  # noqa: ANN401
        refresh(self._kept())
        for number, individual in zip(self._asked, infills, strict=True):
            if number == STATIC:
                self._static = individual
                self._fit.seen.append(seen_at(individual, STATIC, np.zeros(0), self._generation))
            else:
                self._searches[number].take(individual, self._generation)
        self._fit.fit()
        allowed = self._allowed = self._limits()
        for search in self._searches:
            search.learn(allowed)
            if search.n_missing <= 0:
                search.plan(allowed)
        self._generation += 1
        self.pop = self._population()

    def _set_optimum(self) -> None:
        self.opt = self.pop[:1]

    def _limits(self) -> NDArray[np.float64] | None:
        """Return the limits of all objectives; None if the static network failed."""
        static = self._static
        if static is None or has_failed(static):
            return None
        count = static.get(COUNT) or 1
        variance = static.get(VARIANCE)
        mean = self._fit.static if self._fit.surfaces else np.asarray(static.F, np.float64)
        unknown = np.full_like(mean, np.nan)
        return limits(
            mean,
            unknown if variance is None else np.asarray(variance, np.float64),
            count,
            self.settings.noise_floors,
            self.settings.worsening,
        )

    def _kept(self) -> list[Individual]:
        """Return the static network, once it is known, and the rules kept of all families."""
        static = [] if self._static is None else [self._static]
        return [*static, *(each for search in self._searches for each in search.rules)]

    def _population(self) -> Population:
        static, *kept = self._kept()
        return Population.create(*ranked(kept, self._allowed), static)
