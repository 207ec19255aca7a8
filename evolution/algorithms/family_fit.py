"""All evaluations of a search in families of rules, and the parabolas through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolution.algorithms.noise import PRIOR_EVALUATIONS
from evolution.algorithms.surface import Places, Surface, fit_surfaces
from evolution.genome import Family

__all__ = ["COMPLEXITY", "STATIC", "TASK", "FamilyFit", "Seen"]

TASK, COMPLEXITY = 0, 1
"""The first objective is what is improved; the second needs no parabola, since it has no noise."""

STATIC = -1
"""Number of the family of the network without a rule."""

LEAST = 4
"""Fewest evaluations of rules through which parabolas are fitted."""

FloatArray = NDArray[np.float64]


@dataclass(eq=False)
class Seen:
    """An evaluated rule: its family and place, in which generation, and its objectives."""

    family: int
    place: FloatArray
    generation: int
    values: FloatArray
    count: int
    failed: bool


class FamilyFit:
    """Parabolas of all objectives over the places of all families.

    Parameters
    ----------
    families
        The families.

    Attributes
    ----------
    seen
        All evaluations.
    surfaces
        By family, then by number of the objective; empty before there are enough evaluations.
    """

    def __init__(self, families: Sequence[Family]) -> None:
        self.families = tuple(families)
        self.seen: list[Seen] = []
        self.surfaces: list[dict[int, Surface]] = []
        self._base: dict[int, FloatArray] = {}

    def __getstate__(self) -> dict[str, object]:
        # Parabolas are fitted anew: thousands of numbers that follow from the evaluations.
        return self.__dict__ | {"surfaces": [], "_base": {}}

    def fit(self) -> None:
        """Fit parabolas; failures count with the worst score of the task, and in nothing else."""
        whole = [each for each in self.seen if not each.failed]
        self.surfaces, self._base = [], {}
        if sum(each.family != STATIC for each in whole) < LEAST:
            return
        generations = sorted({each.generation for each in whole})
        scored = [
            each
            for each in self.seen
            if each.generation in generations and not (each.failed and each.family == STATIC)
        ]
        worst = max(each.values[TASK] for each in whole)
        surfaces: list[dict[int, Surface]] = [{} for _ in self.families]
        base = np.zeros((len(generations), len(whole[0].values)))
        for k in range(base.shape[1]):
            if k == COMPLEXITY:
                continue
            used = scored if k == TASK else whole
            values = [worst if each.failed else float(each.values[k]) for each in used]
            found, base[:, k] = self._fitted(used, values, generations)
            for own, surface in zip(surfaces, found, strict=True):
                own[k] = surface
        self.surfaces, self._base = surfaces, dict(zip(generations, base, strict=True))

    @property
    def static(self) -> FloatArray:
        """Objectives without a rule, with the mean seed; 0 terms; shape (n_objectives,)."""
        return np.asarray(np.mean(list(self._base.values()), axis=0))

    def rise(self, seen: Seen) -> FloatArray:
        """Return the differences to the network without a rule, shape (n_objectives,)."""
        own = self.surfaces[seen.family]
        found = np.array(seen.values)
        for k, surface in own.items():
            found[k] = surface.rise(seen.place)
        return found

    def expected(self, seen: Seen) -> FloatArray:
        """Return a rule's objectives by the parabolas, corrected by its own evaluations.

        Parabolas are not the truth, so the rule's own evaluations count more than as part of the
        fit: little after one, which is mostly luck, more after several.
        """
        if not self.surfaces:
            return seen.values
        static, fitted = self.static, self.rise(seen)
        share = seen.count / (seen.count + PRIOR_EVALUATIONS)
        own_base = self._base[seen.generation] / seen.count + static * (1 - 1 / seen.count)
        return np.asarray(static + fitted + share * (seen.values - own_base - fitted))

    def error(self, seen: Seen) -> float:
        """Return the standard error of the task's expected difference to the static network.

        That of the parabola at the rule's place, and that of its own evaluations, by as much as
        each counts in `expected`; NaN before there are parabolas.
        """
        if not self.surfaces:
            return float("nan")
        surface = self.surfaces[seen.family][TASK]
        share = seen.count / (seen.count + PRIOR_EVALUATIONS)
        fitted = (1.0 - share) * surface.rise_sd(seen.place)
        return float(np.hypot(fitted, share * np.sqrt(surface.noise / seen.count)))

    def _fitted(
        self, used: Sequence[Seen], values: Sequence[float], generations: Sequence[int]
    ) -> tuple[list[Surface], FloatArray]:
        """Return the surfaces of an objective, and its values without a rule by generation.

        A repeated evaluation has the seed of its generation once, and others that stand for all.
        """
        own = np.array([[each.generation == g for g in generations] for each in used], np.float64)
        count = np.array([each.count for each in used], np.float64)
        others = (1.0 - 1.0 / count) / len(generations)
        families = [self._places(used, k) for k in range(len(self.families))]
        shifts = own / count[:, None] + others[:, None]
        return fit_surfaces(families, np.array(values), count, shifts)

    def _places(self, used: Sequence[Seen], number: int) -> Places:
        family = self.families[number]
        rows = [k for k, each in enumerate(used) if each.family == number]
        ties = family.ties()
        places = np.array([used[k].place for k in rows]).reshape(len(rows), len(ties))
        starts_static = bool(np.array_equal(family.start, family.origin))
        return Places(np.array(rows, np.intp), places, ties, starts_static)
