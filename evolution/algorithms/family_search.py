"""The search within one family of rules: rounds of pairs, steps along a slope, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymoo.core.individual import Individual

from evolution.algorithms.limits import excess, within
from evolution.algorithms.noise import COUNT, PRIOR_EVALUATIONS, VARIANCE
from evolution.algorithms.paired_options import PairedOptions
from evolution.algorithms.surface import Surface, fit_surface
from evolution.genome import Factors, Family, Layer
from v1cortex.experiments.paired import point_along

__all__ = ["FamilySearch", "has_failed", "ranked"]

TASK, N_UNLIMITED = 0, 2
"""The first objective is what is improved, the second the complexity; all others have limits."""

EXPECTED, PLACE = "expected", "place"
"""Attributes of individuals: objectives as a family's parabolas and own evaluations say, shape
(n_objectives,), and their entry among the family's evaluations."""

FloatArray = NDArray[np.float64]


@dataclass(eq=False)
class _Seen:
    """An evaluated rule: where, in which generation, its objectives and their number."""

    place: FloatArray
    generation: int
    values: FloatArray
    count: int
    failed: bool


class FamilySearch:
    """The state of the search within a family.

    Parameters
    ----------
    family
        Where to search.
    options
        See there.

    Attributes
    ----------
    n_rounds, n_paired
        Rounds that are over, and pairs that the current one has.
    centre
        The genome around which it has pairs.
    proposals
        Genomes to try next.
    kept
        The best rules, upward and downward ones apart.
    promise
        By how much the best rule beats the static network, optimistically; infinite before the end
        of the first round.
    """

    def __init__(self, family: Family, options: PairedOptions) -> None:
        self.family, self.options = family, options
        self.n_rounds = self.n_paired = 0
        self.centre: FloatArray = family.start
        self.proposals: list[FloatArray] = []
        self.kept: dict[int, list[Individual]] = {}
        self.promise = np.inf
        self._starts_static = bool(np.array_equal(family.start, family.origin))
        self._is_planned = False
        self._seen: list[_Seen] = []
        self._surfaces: list[Surface] = []
        self._base: dict[int, FloatArray] = {}

    def __getstate__(self) -> dict[str, object]:
        # Parabolas are fitted anew: thousands of numbers that follow from the evaluations.
        return self.__dict__ | {"_surfaces": [], "_base": {}}

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
        seen = _Seen(
            self.family.place(np.asarray(individual.X, np.float64)),
            generation,
            np.asarray(individual.F, np.float64),
            individual.get(COUNT) or 1,
            has_failed(individual),
        )
        self._seen.append(seen)
        if not seen.failed:
            individual.set(PLACE, seen)
            self.kept.setdefault(self.family.direction(np.asarray(individual.X)), []).append(
                individual
            )

    def learn(self, allowed: FloatArray | None, static: FloatArray | None) -> None:
        """Fit the parabolas, and keep the best rules, upward and downward ones apart.

        Parameters
        ----------
        allowed
            Limits of all objectives, None if unknown.
        static
            Objectives of the static network.
        """
        self._is_planned = False
        for each in self._kept():
            seen = each.get(PLACE)
            seen.values, seen.count = np.asarray(each.F, np.float64), each.get(COUNT) or 1
        self._fit()
        for direction, own in self.kept.items():
            viable = [each for each in own if not has_failed(each)]
            for each in viable:
                each.set(EXPECTED, self._expected(each, static))
            self.kept[direction] = ranked(viable, allowed)[: self.options.kept]
        self._estimate_promise(allowed, static)

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
        if not self._is_planned and (good := ranked(self._kept(), allowed)):
            self.centre = np.asarray(good[0].X, np.float64)

    def _direction(self, place: FloatArray, allowed: FloatArray | None) -> FloatArray:
        """Return the slope of the score at a place, without what would break limits."""
        slopes, room = [], []
        if allowed is not None:
            base = np.mean(list(self._base.values()), axis=0)
            for k in range(N_UNLIMITED, len(self._surfaces)):
                rise = self._surfaces[k].slope_at(place)
                if rise.any():
                    slopes.append(rise)
                    room.append(float(allowed[k] - base[k] - self._surfaces[k].rise(place)))
        longest = max(self.options.lengths) * float(np.sqrt(len(place)))
        return within(-self._surfaces[TASK].slope_at(place), slopes, room, longest)

    def _moved(self, step: FloatArray) -> FloatArray:
        return self.family.moved(self.centre, self.family.space, step)

    def _kept(self) -> list[Individual]:
        return [each for own in self.kept.values() for each in own]

    def _estimate_promise(self, allowed: FloatArray | None, static: FloatArray | None) -> None:
        """Estimate by how much the family's best rule beats the static network, optimistically."""
        good = ranked(self._kept(), allowed)
        if self.n_rounds == 0 or static is None:
            return
        self.promise = 0.0
        if good and self._surfaces:
            sd = self._surfaces[TASK].rise_sd(good[0].get(PLACE).place)
            self.promise = float(static[TASK] - good[0].get(EXPECTED)[TASK]) + sd

    def _fit(self) -> None:
        """Fit one parabola for each objective; failures count with the worst score."""
        whole = [each for each in self._seen if not each.failed]
        self._surfaces, self._base = [], {}
        if len(whole) < 4:
            return
        worst = max(each.values[TASK] for each in whole)
        ties = self.family.ties()
        for k in range(len(whole[0].values)):
            used = self._seen if k == TASK else whole
            values = [worst if each.failed else each.values[k] for each in used]
            self._surfaces.append(_surface(used, values, ties))
        for generation in sorted({each.generation for each in whole}):
            own = [each for each in whole if each.generation == generation]
            residuals = [each.values - self._rise(each) for each in own]
            self._base[generation] = np.mean(residuals, axis=0)

    def _rise(self, seen: _Seen) -> FloatArray:
        return np.array([surface.rise(seen.place) for surface in self._surfaces])

    def _expected(self, individual: Individual, static: FloatArray | None) -> FloatArray:
        """Return a rule's objectives by the parabolas, corrected by its own evaluations."""
        seen: _Seen = individual.get(PLACE)
        if not self._surfaces:
            return seen.values
        base = np.mean(list(self._base.values()), axis=0)
        level = base.copy()
        if static is not None and self._starts_static:
            level[TASK] = static[TASK]
        own_base = (self._base[seen.generation] + (seen.count - 1) * base) / seen.count
        fitted = self._rise(seen)
        share = seen.count / (seen.count + PRIOR_EVALUATIONS)
        found: FloatArray = level + fitted + share * (seen.values - own_base - fitted)
        return found


def ranked(individuals: Sequence[Individual], allowed: FloatArray | None) -> list[Individual]:
    """Return individuals, the best first: within limits, then by task, then by complexity.

    Expected objectives count, since the best of many single evaluations is lucky.
    """

    def key(k: int) -> tuple[float, ...]:
        values = individuals[k].get(EXPECTED)
        over = 0.0 if allowed is None else excess(values[N_UNLIMITED:], allowed[N_UNLIMITED:])
        return (over, *values[:N_UNLIMITED].tolist())

    return [individuals[k] for k in sorted(range(len(individuals)), key=key)]


def has_failed(individual: Individual) -> bool:
    """Return whether an individual has the worst values: repeated, without any variance."""
    variance = individual.get(VARIANCE)
    return (individual.get(COUNT) or 1) > 1 and variance is not None and not np.any(variance)


def _surface(used: Sequence[_Seen], values: Sequence[float], ties: FloatArray) -> Surface:
    return fit_surface(
        np.array([each.place for each in used]),
        np.array(values),
        np.array([each.count for each in used], np.float64),
        [each.generation for each in used],
        ties,
    )
