"""The families of rules of a search: from terms and groupings to layers of parameters.

A step of 1 in any dimension of a grouping changes weights by as much, given the rates of the types,
unless coefficients are to be raw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolution.genome.families import Family
from evolution.genome.genome import TIME_CONSTANTS, RuleGenome, Vector
from evolution.genome.layers import Factors, Layer, joined
from nestml_models.rule import MAX_TAU_MS, TERMS, PlasticitySettings, Term, term
from v1cortex.errors import ConfigError
from v1cortex.experiments.paired.factors import FACTORS, UNIT
from v1cortex.experiments.paired.ties import dimensions, indices
from v1cortex.rules import expected_change
from v1cortex.tables import POPULATIONS, group_of, members
from validation.reference import load_reference

__all__ = ["OTHER_LAYERS", "Exposure", "mouse_rates_Hz", "require_tau", "rule_families"]

TAU = "tau"
"""Name of the layer of time constants; a step of 1 is a factor of `UNIT`."""

OTHER_LAYERS = (FACTORS, TAU)
"""Layers that are no groupings of neuron types."""


@dataclass(frozen=True)
class Exposure:
    """How long a rule acts in an evaluation, on which synapses, and its scales.

    Parameters
    ----------
    duration_ms
        Duration of the training.
    settings
        Scales and learning rate; the defaults if None.
    plastic
        Which synapses are plastic (``Protocol.plastic``).
    """

    duration_ms: float = 1e5
    settings: PlasticitySettings | None = None
    plastic: str = "all"


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
        Groupings of neuron types, coarse to fine; ``factors`` and ``tau`` after the first are the
        learning rate, potentiation and depression apart, and the time constants of the finest
        groups.
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
        If there is no such group, no family, or the time constant is above the genome's limit.
    """
    require_tau(tau_ms, genome.max_tau_ms)
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
        _family(genome, [TERMS[k] for k in numbers], start, groupings, tau_ms, rates, exposure)
        for numbers, start in starts.items()
    )


def require_tau(tau_ms: float, max_tau_ms: float) -> None:
    """Raise `ConfigError` if families would begin with a time constant beyond a search's limit."""
    if tau_ms > max_tau_ms:
        raise ConfigError(
            f"tau_ms is {tau_ms:g}, and start.max_tau_ms is {max_tau_ms:g}; raise it to let the "
            "rules of the search have such time constants"
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
        origin[genome.layout["tau_R_ms"]] = min(MAX_TAU_MS, genome.max_tau_ms)
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
    layers, space = _layers(genome, terms, groupings, exposure.plastic, unit)
    begin = genome.canonical(start) if start is not None else origin
    name = " + ".join(each.name for each in terms)
    static = origin.copy()
    static[genome.layout["gates"]] = 0.0
    return Family(
        name, origin, begin, layers, space, genome.lower, genome.upper, static, _is_tau(genome)
    )


def _layers(
    genome: RuleGenome,
    terms: Sequence[Term],
    groupings: Sequence[str],
    plastic: str,
    unit: Vector,
) -> tuple[tuple[Layer | Factors, ...], Layer]:
    """Return the layers of a family and its space: the finest groups, and time constants."""
    finest = [grouping for grouping in groupings if grouping not in OTHER_LAYERS][-1]
    tau = _tau_layer(genome, terms, finest) if TAU in groupings else None
    found: list[Layer | Factors] = []
    space = Layer(finest, _dimension(genome, terms, finest, plastic), unit)
    for name in groupings:
        if name == FACTORS:
            found.append(Factors(name, space.dimension >= 0))
        elif name == TAU:
            found += [] if tau is None else [tau]
        else:
            found.append(Layer(name, _dimension(genome, terms, name, plastic), unit))
    return tuple(found), space if tau is None else joined(space, tau)


def _dimension(
    genome: RuleGenome, terms: Sequence[Term], grouping: str, plastic: str
) -> NDArray[np.intp]:
    result, first = np.full(genome.n_variables, -1), 0
    for each in terms:
        own = np.full(genome.block_shape(each), -1)
        for number, where in enumerate(dimensions(each, grouping, plastic), start=first):
            own[indices(where)] = number
        result[genome.blocks[each.index]] = own.ravel()
        first = int(result.max()) + 1
    return result


def _tau_layer(genome: RuleGenome, terms: Sequence[Term], grouping: str) -> Layer | None:
    """Return the layer of the time constants that terms use; None without any."""
    groups = [group_of(name, grouping) for name in genome.types]
    number = {name: k for k, name in enumerate(dict.fromkeys(groups))}
    dimension, first = np.full(genome.n_variables, -1), 0
    used = {
        "tau_E_ms": any(each.x_pre + each.x_post for each in terms),
        "tau_R_ms": any(each.r for each in terms),
    }
    for name in TIME_CONSTANTS:
        if used[name]:
            dimension[genome.layout[name]] = [first + number[group] for group in groups]
            first += len(number)
    return Layer(TAU, dimension, np.full(genome.n_variables, np.log(UNIT))) if first else None


def _is_tau(genome: RuleGenome) -> NDArray[np.bool_]:
    found = np.zeros(genome.n_variables, bool)
    for name in TIME_CONSTANTS:
        found[genome.layout[name]] = True
    return found


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
