"""A search by antithetic pairs within families of rules, the biology as limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, model_validator
from pymoo.core.algorithm import Algorithm
from pymoo.core.individual import Individual
from pymoo.core.population import Population

from evolution.algorithms.limits import excess, limits, within
from evolution.algorithms.noise import COUNT, VARIANCE, variances_of_means
from evolution.genome import Family, Layer
from nestml_models.common import StrictModel
from nestml_models.rule import MAX_TAU_MS, term
from v1cortex.experiments.paired import directions, gradient, point_along
from v1cortex.tables import POPULATIONS, group_of, members

__all__ = ["PairedOptions", "PairedSearch"]

TASK, N_UNLIMITED = 0, 2
"""The first objective is what is improved, the second the complexity; all others have limits."""

Step = NDArray[np.float64]


class PairedOptions(StrictModel):
    """Options of the search by antithetic pairs."""

    terms: tuple[tuple[str, ...], ...] = Field(
        (("S_pre*X_post",), ("S_post*X_pre",), ("S_pre",), ("S_post",)),
        description="terms of each family of rules; start.rules add their own, and start there",
    )
    groupings: tuple[str, ...] = Field(
        ("signs", "groups"),
        min_length=1,
        description="groups of neuron types that share a coefficient, one grouping after the other",
    )
    tau_ms: float = Field(20.0, ge=1, le=MAX_TAU_MS, description="time constant of traces")
    raw: bool = Field(
        False, description="whether a step changes all coefficients, not all weights, by as much"
    )
    rates_Hz: dict[str, PositiveFloat] = Field(
        default_factory=dict,
        description="mean rates of neuron types, or groups of them, by which coefficients are "
        "normalised; the mouse's where none is given",
    )
    pairs_per_dimension: float = Field(1.0, gt=0, le=100, description="pairs for each dimension")
    least_pairs: int = Field(12, ge=2, description="minimum number of pairs for a gradient")
    step: float = Field(0.3, gt=0, description="root mean square of a pair's steps")
    lengths: tuple[PositiveFloat, ...] = Field(
        (0.1, 0.2, 0.4, 0.8), min_length=1, description="steps up the gradient that are tried"
    )
    noise_floors: float = Field(
        3.0, ge=0, description="allowed worsening of the biology, in its noise in a static network"
    )
    worsening: float = Field(
        0.25, ge=0, description="the same, relative to the static network; the larger one counts"
    )
    kept: int = Field(
        2, ge=1, le=100, description="rules kept of each family, upward and downward ones apart"
    )

    @model_validator(mode="after")
    def _names_are_known(self) -> PairedOptions:
        for grouping in self.groupings:
            group_of(POPULATIONS[0], grouping)
        for group in self.rates_Hz:
            members(group)
        for names in self.terms:
            if not names:
                raise ValueError("a family without terms; remove it")
            for name in names:
                term(name)
        if self.raw and self.rates_Hz:
            raise ValueError("rates_Hz normalise coefficients, but raw leaves them as they are")
        return self


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a candidate is for: the network without a rule, a step to take, or half of a pair."""

    family: int
    kind: str
    step: Step | None = None


@dataclass(eq=False)
class _Round:
    """Pairs of one family around one centre."""

    family: int
    layer: Layer
    centre: NDArray[np.float64]
    steps: list[Step]
    rows: list[tuple[Individual, Individual]]


class PairedSearch(Algorithm):
    """Ascends the task's score in one family of rules after the other.

    A round has pairs of rules on either side of a centre, evaluated with the same seeds: their
    differences give the gradient of the task's objective, and of those that describe the biology.
    The next generation tries steps along the former, without what would break limits of the latter,
    and begins the round of the next family. Good rules stay in the population, where they are
    re-evaluated if the search says so, and their best is the next centre of their family.

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
        self._n_rounds = 0
        self._proposals: list[tuple[int, NDArray[np.float64]]] = []
        self._asked: list[_Asked] = []
        self._static: Individual | None = None
        self._kept: dict[tuple[int, int], list[Individual]] = {}
        self._round: _Round | None = None

    def _initialize_infill(self) -> Population:
        return self._infill()

    def _infill(self) -> Population:
        asked: list[_Asked] = []
        vectors: list[NDArray[np.float64]] = []
        if self._static is None:
            asked.append(_Asked(0, "static"))
            vectors.append(self.families[0].static)
        for number, vector in self._proposals:
            asked.append(_Asked(number, "step"))
            vectors.append(vector)
        current = self._round = self._round or self._begin()
        family = self.families[current.family]
        for step in self._draw(current.layer.n_dimensions, (self.size - len(asked)) // 2):
            for sign in (1.0, -1.0):
                asked.append(_Asked(current.family, "pair", sign * step))
                vectors.append(family.moved(current.centre, current.layer, sign * step))
        self._proposals, self._asked = [], asked
        return Population.new("X", np.stack(vectors))

    def _initialize_advance(self, infills: Population, **_: Any) -> None:  # noqa: ANN401
        self._advance(infills)

    def _advance(self, infills: Population, **_: Any) -> None:  # noqa: ANN401
        halves: list[tuple[Step, Individual]] = []
        for asked, individual in zip(self._asked, infills, strict=True):
            if asked.kind == "static":
                self._static = individual
            elif asked.step is None:
                self._keep(asked.family, individual)
            else:
                halves.append((asked.step, individual))
        current = self._round or self._begin()
        for (step, plus), minus in zip(halves[::2], halves[1::2], strict=True):
            current.steps.append(step)
            current.rows.append((plus, minus[1]))
        if len(current.steps) >= self._n_pairs(current.layer.n_dimensions):
            self._propose(current)
            self._round, self._n_rounds = None, self._n_rounds + 1
        self.pop = self._population()

    def _set_optimum(self) -> None:
        self.opt = self.pop[:1]

    def _n_pairs(self, n_dimensions: int) -> int:
        wanted = round(self.settings.pairs_per_dimension * n_dimensions)
        return max(self.settings.least_pairs, wanted)

    def _begin(self) -> _Round:
        number, turn = self._n_rounds % len(self.families), self._n_rounds // len(self.families)
        family = self.families[number]
        layer = family.layers[min(turn, len(family.layers) - 1)]
        good = self._ranked(
            [each for key, own in self._kept.items() if key[0] == number for each in own]
        )
        centre = np.asarray(good[0].X, np.float64) if good else family.start
        return _Round(number, layer, centre, [], [])

    def _draw(self, n_dimensions: int, n_pairs: int) -> NDArray[np.float64]:
        """Return directions, orthogonal within a generation as far as dimensions allow."""
        return directions(n_dimensions, n_pairs, self.settings.step, self.random_state)

    def _propose(self, current: _Round) -> None:
        """Plan steps along the gradient that the pairs of a round show."""
        family, options = self.families[current.family], self.settings
        steps = np.array(current.steps)
        objectives = np.array([[half.F for half in pair] for pair in current.rows])
        failed = np.array([[_has_failed(half) for half in pair] for pair in current.rows])
        if failed.all():
            return
        # A failure counts as the worst score that did not fail: its own would drown all others.
        errors = objectives[:, :, TASK]
        errors = np.where(failed, errors[~failed].max(), errors)
        slope = gradient(steps, list(errors[:, 1] - errors[:, 0])).mean
        slopes, room = [], []
        whole = ~failed.any(axis=1)
        allowed = self._limits()
        if whole.sum() >= 2 and allowed is not None:
            for k in range(N_UNLIMITED, objectives.shape[2]):
                differences = objectives[whole, 0, k] - objectives[whole, 1, k]
                rise = gradient(steps[whole], list(differences)).mean
                if rise.any():
                    slopes.append(rise)
                    room.append(float(allowed[k] - objectives[whole][:, :, k].mean()))
        longest = max(options.lengths) * np.sqrt(len(slope))
        direction = within(slope, slopes, room, longest)
        if direction.any():
            reached = [
                family.moved(current.centre, current.layer, point_along(direction, size))
                for size in options.lengths
            ]
            # At the bounds longer steps lead nowhere else.
            unique = {vector.tobytes(): vector for vector in reached}
            self._proposals = [(current.family, vector) for vector in unique.values()]

    def _keep(self, number: int, individual: Individual) -> None:
        """Keep a rule if it is among the best of its family and direction."""
        if _has_failed(individual):
            return
        key = (number, self.families[number].direction(np.asarray(individual.X)))
        own = self._ranked([*self._kept.get(key, ()), individual])
        self._kept[key] = own[: self.settings.kept]

    def _limits(self) -> NDArray[np.float64] | None:
        """Return the limits of all objectives; None if the static network failed."""
        static = self._static
        if static is None or _has_failed(static):
            return None
        count = static.get(COUNT) or 1
        variance = static.get(VARIANCE)
        mean = np.asarray(static.F, np.float64)
        unknown = np.full_like(mean, np.nan)
        return limits(
            mean,
            unknown if variance is None else np.asarray(variance, np.float64),
            count,
            self.settings.noise_floors,
            self.settings.worsening,
        )

    def _ranked(self, individuals: Sequence[Individual]) -> list[Individual]:
        """Return individuals, the best first: within limits, then by task, then by complexity.

        The task's objective counts with one standard error added, since the best of many single
        evaluations is lucky.
        """
        if not individuals:
            return []
        population = Population.create(*individuals)
        errors = np.sqrt(variances_of_means(population)[:, TASK])
        allowed = self._limits()

        def key(k: int) -> tuple[float, ...]:
            values = np.asarray(individuals[k].F, np.float64)
            over = 0.0 if allowed is None else excess(values[N_UNLIMITED:], allowed[N_UNLIMITED:])
            return (over, values[TASK] + errors[k], *values[1:N_UNLIMITED].tolist())

        return [individuals[k] for k in sorted(range(len(individuals)), key=key)]

    def _population(self) -> Population:
        static = [] if self._static is None else [self._static]
        best = self._ranked([each for own in self._kept.values() for each in own])
        return Population.create(*best, *static)


def _has_failed(individual: Individual) -> bool:
    """Return whether an individual has the worst values: repeated, without any variance."""
    variance = individual.get(VARIANCE)
    return (individual.get(COUNT) or 1) > 1 and variance is not None and not np.any(variance)
