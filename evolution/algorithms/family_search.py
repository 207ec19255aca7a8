"""The search within one family of rules: rounds of pairs, steps along a slope, and what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pymoo.core.individual import Individual

from evolution.algorithms.estimate import Estimate
from evolution.algorithms.family_fit import TASK, FamilyFit, Seen
from evolution.algorithms.limits import excess, within
from evolution.algorithms.noise import COUNT, VALUES, VARIANCE
from evolution.algorithms.paired_options import PairedOptions
from evolution.algorithms.surface import Surface
from evolution.genome import Factors, Family, Layer
from v1cortex.experiments.paired import point_along

__all__ = ["ESTIMATE", "FamilySearch", "has_failed", "ranked", "refresh", "seen_at"]

N_UNLIMITED = 2
"""The task's objective and the complexity have no limits; all others have."""

EXPECTED, PLACE, ESTIMATE = "expected", "place", "estimate"
"""Attributes of individuals: objectives as a family's parabolas and own evaluations say, shape
(n_objectives,), their entry among the evaluations, and an `Estimate`."""

FloatArray = NDArray[np.float64]


class FamilySearch:
    """The state of the search within a family.

    Parameters
    ----------
    number
        Of the family.
    fit
        All evaluations of the search.
    options
        See there.

    Attributes
    ----------
    n_rounds, n_paired, n_pairs
        Rounds that are over, pairs that the current one has, and pairs of all rounds.
    centre
        The genome around which it has pairs.
    proposals
        Genomes to try next.
    kept
        The best rules, upward and downward ones apart.
    promise
        By how much the family's best place is expected to beat the network without a rule, in the
        task's objective; infinite before that is known.
    """

    def __init__(self, number: int, fit: FamilyFit, options: PairedOptions) -> None:
        self.number, self.fit, self.options = number, fit, options
        self.family: Family = fit.families[number]
        self.n_rounds = self.n_paired = self.n_pairs = 0
        self.centre: FloatArray = self.family.start
        self.proposals: list[FloatArray] = []
        self.kept: dict[int, list[Individual]] = {}
        self.promise = np.inf
        self._is_planned = False

    @property
    def rules(self) -> list[Individual]:
        """The best rules, upward and downward ones together."""
        return [each for own in self.kept.values() for each in own]

    @property
    def layer(self) -> Layer | Factors:
        """The layer of the current round."""
        return self.family.layer(self.n_rounds)

    @property
    def n_missing(self) -> int:
        """Number of pairs that the current round still needs."""
        wanted = round(self.options.pairs_per_dimension * self.layer.n_dimensions)
        return max(self.options.least_pairs, wanted) - self.n_paired

    def take(self, individual: Individual, generation: int) -> None:
        """Learn from an evaluated rule, and keep it if it is among the best."""
        vector = np.asarray(individual.X, np.float64)
        seen = seen_at(individual, self.number, self.family.place(vector), generation)
        self.fit.seen.append(seen)
        if not seen.failed:
            self.kept.setdefault(self.family.direction(vector), []).append(individual)

    def learn(self, allowed: FloatArray | None) -> None:
        """Keep the best rules by the fit, upward and downward ones apart, and what it promises.

        Parameters
        ----------
        allowed
            Limits of all objectives, None if unknown.
        """
        self._is_planned = False
        for direction, own in self.kept.items():
            viable = [each for each in own if not has_failed(each)]
            for each in viable:
                each.set(EXPECTED, self.fit.expected(each.get(PLACE)))
                each.set(ESTIMATE, self._estimate(each, allowed))
            self.kept[direction] = ranked(viable, allowed)[: self.options.kept]
        if self._surfaces:
            self.promise = -self._surfaces[TASK].lowest(self._longest)

    def plan(self, allowed: FloatArray | None) -> None:
        """End a round of pairs: plan steps along the slope, and where the next round begins."""
        self.n_rounds, self.n_paired = self.n_rounds + 1, 0
        if not self._surfaces:
            return
        place = self.family.place(self.centre)
        direction = self._direction(place, allowed)
        if not direction.any():
            return
        lengths, unit = self.options.lengths, point_along(direction, 1.0)
        root = float(np.sqrt(len(unit)))
        best = self._surfaces[TASK].best_length(place, unit / root, max(lengths) * root) / root
        reached = [self._moved(unit * size) for size in (best, *lengths)]
        # At the bounds longer steps lead nowhere else.
        self.proposals = list({vector.tobytes(): vector for vector in reached}.values())
        self.centre, self._is_planned = reached[0], True

    def begin(self, allowed: FloatArray | None) -> None:
        """Begin a round of pairs where the best rule is, if it was not just planned."""
        if not self._is_planned and (good := ranked(self.rules, allowed)):
            self.centre = np.asarray(good[0].X, np.float64)

    @property
    def _surfaces(self) -> dict[int, Surface]:
        return self.fit.surfaces[self.number] if self.fit.surfaces else {}

    @property
    def _longest(self) -> float:
        """Euclidean length of the longest step."""
        return max(self.options.lengths) * float(np.sqrt(self.family.space.n_dimensions))

    def _estimate(self, individual: Individual, allowed: FloatArray | None) -> Estimate | None:
        if not self._surfaces:
            return None
        values, seen = individual.get(EXPECTED), individual.get(PLACE)
        difference = float(self.fit.static[TASK] - values[TASK])
        over = _over(values, allowed) > 0
        return Estimate(self.family.name, difference, self.fit.error(seen), not over)

    def _direction(self, place: FloatArray, allowed: FloatArray | None) -> FloatArray:
        """Return the slope of the score at a place, without what would break limits."""
        slopes, room = [], []
        if allowed is not None:
            static = self.fit.static
            for k, surface in self._surfaces.items():
                rise = surface.slope_at(place)
                if k >= N_UNLIMITED and rise.any():
                    slopes.append(rise)
                    room.append(float(allowed[k] - static[k] - surface.rise(place)))
        return within(-self._surfaces[TASK].slope_at(place), slopes, room, self._longest)

    def _moved(self, step: FloatArray) -> FloatArray:
        return self.family.moved(self.centre, self.family.space, step)


def ranked(individuals: Sequence[Individual], allowed: FloatArray | None) -> list[Individual]:
    """Return individuals, the best first: within limits, then by task, then by complexity.

    Expected objectives count, since the best of many single evaluations is lucky.
    """

    def key(k: int) -> tuple[float, ...]:
        values = individuals[k].get(EXPECTED)
        return (_over(values, allowed), *values[:N_UNLIMITED].tolist())

    return [individuals[k] for k in sorted(range(len(individuals)), key=key)]


def _over(values: FloatArray, allowed: FloatArray | None) -> float:
    return 0.0 if allowed is None else excess(values[N_UNLIMITED:], allowed[N_UNLIMITED:])


def seen_at(individual: Individual, number: int, place: FloatArray, generation: int) -> Seen:
    """Return the entry of an evaluated individual, which it carries from now on."""
    seen = Seen(number, place, generation, _values(individual, generation), has_failed(individual))
    individual.set(PLACE, seen)
    return seen


def refresh(population: Iterable[Individual]) -> None:
    """Take the objectives of individuals that were evaluated again into their entries."""
    for each in population:
        seen: Seen = each.get(PLACE)
        seen.values = _values(each, seen.generation)
        seen.failed = has_failed(each)


def _values(individual: Individual, generation: int) -> dict[int, FloatArray]:
    """Return an individual's objectives by seed; by its generation if seeds are not known."""
    known = individual.get(VALUES)
    return dict(known) if known else {generation: np.asarray(individual.F, np.float64)}


def has_failed(individual: Individual) -> bool:
    """Return whether an individual has the worst values: repeated, without any variance."""
    variance = individual.get(VARIANCE)
    return (individual.get(COUNT) or 1) > 1 and variance is not None and not np.any(variance)
