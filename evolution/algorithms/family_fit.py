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
    """An evaluated rule.

    Parameters
    ----------
    family
        Number of its family; `STATIC` for the network without a rule.
    place
        Its coordinates in the family, shape (n_dimensions,).
    generation
        When it was first evaluated.
    values
        Objectives by seed, each of shape (n_objectives,).
    failed
        Whether one of its evaluations failed.
    """

    family: int
    place: FloatArray
    generation: int
    values: dict[int, FloatArray]
    failed: bool

    @property
    def mean(self) -> FloatArray:
        """Mean of the objectives over seeds, shape (n_objectives,)."""
        return np.asarray(np.mean(list(self.values.values()), axis=0))


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
        rows = [(each, seed, each.values[seed]) for each in whole for seed in sorted(each.values)]
        n_objectives = len(rows[0][2])
        seeds = sorted({seed for _, seed, _ in rows})
        lost = self._lost(whole, max(float(values[TASK]) for _, _, values in rows))
        surfaces: list[dict[int, Surface]] = [{} for _ in self.families]
        base = np.zeros((len(seeds), n_objectives))
        for k in range(n_objectives):
            if k == COMPLEXITY:
                continue
            used = [(each, seed, float(values[k])) for each, seed, values in rows]
            found, base[:, k] = self._fitted([*used, *lost] if k == TASK else used, seeds)
            for own, surface in zip(surfaces, found, strict=True):
                own[k] = surface
        self.surfaces, self._base = surfaces, dict(zip(seeds, base, strict=True))

    def _lost(self, whole: Sequence[Seen], worst: float) -> list[tuple[Seen, int, float]]:
        """Return failed rules with the worst score, and a seed of their generation."""
        seeds = {each.generation: min(each.values) for each in reversed(whole)}
        return [
            (each, seeds[each.generation], worst)
            for each in self.seen
            if each.failed and each.family != STATIC and each.generation in seeds
        ]

    @property
    def static(self) -> FloatArray:
        """Objectives without a rule, with the mean seed; 0 terms; shape (n_objectives,)."""
        return np.asarray(np.mean(list(self._base.values()), axis=0))

    def rise(self, seen: Seen) -> FloatArray:
        """Return the differences to the network without a rule, shape (n_objectives,)."""
        own = self.surfaces[seen.family]
        found = seen.mean
        for k, surface in own.items():
            found[k] = surface.rise(seen.place)
        return found

    def expected(self, seen: Seen) -> FloatArray:
        """Return a rule's objectives by the parabolas, corrected by its own evaluations.

        Parabolas are not the truth, so the rule's own evaluations count more than as part of the
        fit: little after one, which is mostly luck, more after several.
        """
        if not self.surfaces:
            return seen.mean
        own = np.mean([values - self._base[seed] for seed, values in seen.values.items()], axis=0)
        fitted = self.rise(seen)
        return np.asarray(self.static + fitted + _share(seen) * (own - fitted))

    def error(self, seen: Seen) -> float:
        """Return the standard error of the task's expected difference to the static network.

        That of the parabola at the rule's place, and that of its own evaluations, by as much as
        each counts in `expected`; NaN before there are parabolas.
        """
        if not self.surfaces:
            return float("nan")
        surface = self.surfaces[seen.family][TASK]
        share = _share(seen)
        fitted = (1.0 - share) * surface.rise_sd(seen.place)
        return float(np.hypot(fitted, share * np.sqrt(surface.noise / len(seen.values))))

    def _fitted(
        self, used: Sequence[tuple[Seen, int, float]], seeds: Sequence[int]
    ) -> tuple[list[Surface], FloatArray]:
        """Return the surfaces of an objective, and its values without a rule by seed."""
        rules = [each for each, _, _ in used]
        values = np.array([value for _, _, value in used])
        shifts = np.array([[own == seed for seed in seeds] for _, own, _ in used], np.float64)
        families = [self._places(rules, k) for k in range(len(self.families))]
        return fit_surfaces(families, values, shifts)

    def _places(self, used: Sequence[Seen], number: int) -> Places:
        family = self.families[number]
        rows = [k for k, each in enumerate(used) if each.family == number]
        ties = family.ties()
        places = np.array([used[k].place for k in rows]).reshape(len(rows), len(ties))
        starts_static = bool(np.array_equal(family.start, family.origin))
        return Places(np.array(rows, np.intp), places, ties, starts_static)


def _share(seen: Seen) -> float:
    """Return by how much a rule's own evaluations correct the parabola."""
    return len(seen.values) / (len(seen.values) + PRIOR_EVALUATIONS)
