"""Families of rules, and the layers of parameters by which a search moves within one.

A rule has thousands of coefficients, and independent changes of all of them cancel. A family fixes
the terms; its layers tie the coefficients, coarse to fine, into as few dimensions as there are
groups of neuron types. A step of 1 in any dimension changes weights by as much, given the rates of
the types, unless coefficients are to be raw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolution.genome.genome import RuleGenome, Vector
from nestml_models.rule import TERMS, PlasticitySettings, Term, term
from v1cortex.errors import ConfigError
from v1cortex.rules import expected_change
from v1cortex.tables import POPULATIONS, group_of, members
from validation.reference import load_reference

__all__ = ["Exposure", "Family", "Layer", "box_family", "mouse_rates_Hz", "rule_families"]


@dataclass(frozen=True)
class Exposure:
    """How long a rule acts in an evaluation, and its scales.

    Parameters
    ----------
    duration_ms
        Duration of the training.
    settings
        Scales and learning rate; the defaults if None.
    """

    duration_ms: float = 1e5
    settings: PlasticitySettings | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """A way to move within a family.

    Parameters
    ----------
    name
        Such as a grouping of neuron types.
    dimension
        Number of the dimension that each variable belongs to; -1: it does not move; shape
        (n_variables,).
    unit
        Change of each variable for a step of 1, shape (n_variables,).
    """

    name: str
    dimension: NDArray[np.intp]
    unit: Vector

    @property
    def n_dimensions(self) -> int:
        """Number of dimensions."""
        return int(self.dimension.max()) + 1

    def change(self, step: NDArray[np.float64]) -> Vector:
        """Return the change of the variables for a step, shape (n_dimensions,)."""
        moved: Vector = np.where(self.dimension >= 0, step[self.dimension] * self.unit, 0.0)
        return moved


@dataclass(frozen=True, eq=False)
class Family:
    """Genomes that differ only in variables that its layers move.

    Parameters
    ----------
    name
        Such as the terms of its rules.
    origin
        The genome from which changes are measured, without effect.
    start
        Where a search begins.
    layers
        Coarse to fine.
    lower, upper
        Bounds of the variables.
    static
        The genome of no rule at all.
    """

    name: str
    origin: Vector
    start: Vector
    layers: tuple[Layer, ...]
    lower: Vector
    upper: Vector
    static: Vector

    def moved(self, vector: Vector, layer: Layer, step: NDArray[np.float64]) -> Vector:
        """Return a genome after a step; beyond the bounds, all changes are scaled down alike.

        Scaling keeps the proportions of the coefficients, which clipping would not.
        """
        away = vector + layer.change(step) - self.origin
        room = np.where(away > 0, self.upper - self.origin, self.lower - self.origin)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(away != 0, room / away, np.inf)
        reached: Vector = self.origin + away * min(1.0, float(shares.min()))
        return np.asarray(np.clip(reached, self.lower, self.upper))

    def place(self, vector: Vector) -> NDArray[np.float64]:
        """Return where a genome is: steps from the start in the finest layer's dimensions."""
        finest = self.layers[-1]
        moving = finest.dimension >= 0
        steps = (vector - self.start)[moving] / finest.unit[moving]
        own = finest.dimension[moving]
        return np.asarray(np.bincount(own, steps) / np.bincount(own))

    def ties(self) -> NDArray[np.float64]:
        """Return which dimensions of the finest layer move together in a coarser one.

        Returns
        -------
        float64[n_dimensions, n_coarser]
            The share of each dimension's variables that belongs to each dimension of each coarser
            layer.
        """
        finest = self.layers[-1]
        moving = finest.dimension >= 0
        own = np.eye(finest.n_dimensions)[finest.dimension[moving]]
        columns = [np.zeros((finest.n_dimensions, 0))]
        for layer in self.layers[:-1]:
            coarse = np.eye(layer.n_dimensions)[layer.dimension[moving]]
            columns.append(own.T @ coarse / own.sum(axis=0)[:, None])
        return np.concatenate(columns, axis=1)

    def direction(self, vector: Vector) -> int:
        """Return whether the variables are above (1) or below (-1) the origin on balance."""
        coarse = self.layers[0]
        moving = coarse.dimension >= 0
        balance = ((vector - self.origin)[moving] / coarse.unit[moving]).sum()
        return 1 if balance >= 0 else -1


def box_family(lower: Vector, upper: Vector) -> Family:
    """Return the only family of a space without structure: each variable by itself.

    A step of 1 is half of a variable's range, and the origin is in the middle.
    """
    layer = Layer("variables", np.arange(len(lower)), (upper - lower) / 2)
    middle = (lower + upper) / 2
    return Family("all", middle, middle, (layer,), lower, upper, middle)


def rule_families(
    genome: RuleGenome,
    terms: Sequence[Sequence[str]],
    groupings: Sequence[str],
    tau_ms: float,
    rates_Hz: Mapping[str, float] | None,
    exposure: Exposure,
    given: Sequence[Vector] = (),
) -> tuple[Family, ...]:
    """Return families of rules: those of given rules first, then one for each set of terms.

    Parameters
    ----------
    genome
        The layout of the vectors.
    terms
        Names of the terms of each family.
    groupings
        Groupings of neuron types, coarse to fine.
    tau_ms
        Time constant of eligibility traces, for families without a given rule.
    rates_Hz
        Mean rate of each neuron type, or group of types, by which coefficients are normalised; the
        mouse's for those not named. None: coefficients are raw.
    exposure
        Duration and scales of the training.
    given
        Vectors of rules to start from; without active terms they are left out.

    Raises
    ------
    RuleError
        If a term does not exist.
    ConfigError
        If there is no such group, or no family.
    """
    rates = None if rates_Hz is None else _rates_Hz(rates_Hz)
    starts: dict[tuple[int, ...], Vector | None] = {}
    for vector in given:  # the first of those with the same terms
        starts.setdefault(tuple(int(k) for k in genome.active(vector)), vector)
    starts.pop((), None)
    for names in terms:
        starts.setdefault(tuple(sorted({term(name).index for name in names})), None)
    if not starts:
        raise ConfigError("no family of rules: name terms, or rules to start with")
    return tuple(
        _family(genome, [TERMS[k] for k in indices], start, groupings, tau_ms, rates, exposure)
        for indices, start in starts.items()
    )


def _family(
    genome: RuleGenome,
    terms: Sequence[Term],
    start: Vector | None,
    groupings: Sequence[str],
    tau_ms: float,
    rates_Hz: Vector | None,
    exposure: Exposure,
) -> Family:
    origin = np.array(start) if start is not None else genome.lower.copy()
    if start is None:
        origin[genome.layout["tau_E_ms"]] = tau_ms
        origin[genome.layout["tau_R_ms"]] = genome.upper[genome.layout["tau_R_ms"]]
    origin[genome.layout["gates"]] = 0.0
    for each in terms:
        origin[genome.layout["gates"].start + each.index] = 1.0
    origin[genome.layout["coefficients"]] = 0.0
    tau_E_ms = origin[genome.layout["tau_E_ms"]]
    unit = np.ones(genome.n_variables)
    if rates_Hz is not None:
        for each in terms:
            change = expected_change(
                each, rates_Hz, tau_E_ms, exposure.duration_ms, exposure.settings
            )
            unit[genome.blocks[each.index]] = 1.0 / np.ravel(change)
    layers = tuple(
        Layer(grouping, _dimension(genome, terms, grouping), unit) for grouping in groupings
    )
    begin = genome.canonical(start) if start is not None else origin
    name = " + ".join(each.name for each in terms)
    static = origin.copy()
    static[genome.layout["gates"]] = 0.0
    return Family(name, origin, begin, layers, genome.lower, genome.upper, static)


def _dimension(genome: RuleGenome, terms: Sequence[Term], grouping: str) -> NDArray[np.intp]:
    groups = [group_of(name, grouping) for name in genome.types]
    number = {name: k for k, name in enumerate(dict.fromkeys(groups))}
    own = np.array([number[name] for name in groups])
    result, first = np.full(genome.n_variables, -1), 0
    for each in terms:
        tied = {
            "pair": (own[:, None] * len(number) + own[None, :]).ravel(),
            "global": np.zeros(1, np.intp),
        }.get(each.scope, own)
        result[genome.blocks[each.index]] = first + tied
        first += int(tied.max()) + 1
    return result


def mouse_rates_Hz() -> Vector:
    """Return the mouse's mean rate of each neuron type; without data, that of its class."""
    reference = load_reference()
    known = {
        name: float(reference.row(name).distribution().mean) for name in reference.populations()
    }

    def rate_Hz(name: str) -> float:
        own_class = group_of(name, "classes")
        alike = [value for other, value in known.items() if group_of(other, "classes") == own_class]
        return known.get(name, float(np.mean(alike)))

    return np.array([rate_Hz(name) for name in POPULATIONS])


def _rates_Hz(given: Mapping[str, float]) -> Vector:
    rates = mouse_rates_Hz()
    for group, value in given.items():
        for name in members(group):
            rates[POPULATIONS.index(name)] = value
    return rates
