"""Search algorithms by name, with checked options; without pymoo, so that runs are read quickly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from evolution.algorithms.paired_options import PairedOptions
from evolution.algorithms.reference_directions import n_directions
from nestml_models.common import StrictModel, parse
from nestml_models.errors import did_you_mean
from v1cortex.errors import ConfigError

Crowding = Literal["cd", "mnn", "2nn"]

_CROWDING_TEXT = (
    "measure of diversity on a front: the crowding distance, or the distance to the M or 2 nearest "
    "neighbours (for many objectives)"
)


class _Options(StrictModel):
    offspring: int | None = Field(
        None, ge=1, description="new rules per generation; null: as many as in the population"
    )


class MatingOptions(_Options):
    """Options of algorithms in which two parents mate."""

    crossover_probability: float = Field(
        0.9, ge=0, le=1, description="probability that two parents mate instead of being copied"
    )


class Nsga2Options(MatingOptions):
    """Options of NSGA-II (Deb et al. 2002, doi 10.1109/4235.996017)."""

    crowding: Crowding = Field("cd", description=_CROWDING_TEXT)


class Nsga3Options(MatingOptions):
    """Options of NSGA-III (Deb and Jain 2014, doi 10.1109/TEVC.2013.2281535)."""

    partitions: int | None = Field(
        None,
        ge=1,
        description="parts that each axis of the reference directions is divided into; null: as "
        "many as the population size allows",
    )


class SwarmOptions(_Options):
    """Options of the competitive swarm with probabilistic dominance (Ye et al., ICLR 2026)."""

    dominance: Literal["probabilistic", "plain"] = Field(
        "probabilistic",
        description="whether survivors are chosen by means and variances of the objectives, or by "
        "the means alone, as in NSGA-II",
    )
    confidence: float = Field(
        0.84,
        ge=0.5,
        lt=1,
        description="a candidate is credited with the objectives that it reaches with this "
        "probability; 0.84 means its mean plus one standard error",
    )
    reach: float = Field(
        2.0, gt=0, le=4, description="largest step toward the teacher, in units of the distance"
    )
    centre: float = Field(
        0.1, ge=0, le=2, description="largest step toward the centre of the swarm, in the same unit"
    )
    crowding: Crowding = Field("cd", description=_CROWDING_TEXT)


@dataclass(frozen=True)
class Algorithm:
    """What is known of an algorithm before it is built.

    Parameters
    ----------
    options
        Its options.
    smallest_population
        Smallest population that it works with, given its options and the number of objectives.
    steady_state
        Whether it can make one candidate at a time.
    """

    options: type[StrictModel]
    smallest_population: Callable[[Any, int], int]
    steady_state: bool = True


ALGORITHMS: Mapping[str, Algorithm] = {
    "nsga2": Algorithm(Nsga2Options, lambda _options, _n: 4),
    "nsga3": Algorithm(
        Nsga3Options, lambda options, n: max(4, n_directions(n, options.partitions or 1))
    ),
    "swarm": Algorithm(SwarmOptions, lambda _options, _n: 4),
    "paired": Algorithm(
        PairedOptions, lambda options, _n: len(options.lengths) + 3, steady_state=False
    ),
}
"""The algorithms by name.

:meta hide-value:
"""


def check_algorithm(
    name: str,
    options: Mapping[str, Any],
    population_size: int,
    n_objectives: int,
    *,
    steady_state: bool = False,
) -> StrictModel:
    """Return an algorithm's options, checked.

    Parameters
    ----------
    name
        One of `ALGORITHMS`.
    options
        Its options, as plain data.
    population_size
        Number of survivors of a generation.
    n_objectives
        Number of objectives.
    steady_state
        Whether it is to make one candidate at a time.

    Raises
    ------
    ConfigError
        If the algorithm or an option is unknown (the nearest name is given), a value is not
        allowed, the population is too small, or it cannot make one candidate at a time.
    RuleError
        If an option names a term that does not exist.
    """
    if name not in ALGORITHMS:
        raise ConfigError(
            f"no algorithm '{name}'. {did_you_mean(name, list(ALGORITHMS))} "
            f"Available: {', '.join(repr(known) for known in ALGORITHMS)}"
        )
    checked = parse(ALGORITHMS[name].options, options, f"options of {name}")
    smallest = ALGORITHMS[name].smallest_population(checked, n_objectives)
    if population_size < smallest:
        raise ConfigError(
            f"population_size is {population_size}; {name} with {n_objectives} objectives and "
            f"these options needs {smallest} or more"
        )
    if steady_state and not ALGORITHMS[name].steady_state:
        raise ConfigError(f"{name} works by generations; leave out `mode: steady_state`")
    return checked
