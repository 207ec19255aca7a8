"""Search algorithms by name, with checked options.

pymoo's constructors ignore unknown keyword arguments; here a misspelt option is an error. Every
algorithm can be pickled, so that a run can be resumed, and works by generations as well as one
candidate at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.core.problem import Problem
from pymoo.core.survival import Survival
from pymoo.core.termination import NoTermination
from pymoo.operators.selection.rnd import RandomSelection
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from evolution.algorithms.dominance import ProbabilisticSurvival
from evolution.algorithms.paired import PairedSearch
from evolution.algorithms.paired_options import PairedOptions
from evolution.algorithms.reference_directions import (
    most_partitions,
    n_directions,
    reference_directions,
)
from evolution.algorithms.swarm import CompetitiveSwarm
from evolution.genome import Pull, RuleSpace, Space, box_family
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


class _MatingOptions(_Options):
    crossover_probability: float = Field(
        0.9, ge=0, le=1, description="probability that two parents mate instead of being copied"
    )


class Nsga2Options(_MatingOptions):
    """Options of NSGA-II (Deb et al. 2002, doi 10.1109/4235.996017)."""

    crowding: Crowding = Field("cd", description=_CROWDING_TEXT)


class Nsga3Options(_MatingOptions):
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
    """An algorithm that can be chosen by name.

    Parameters
    ----------
    options
        Its options.
    build
        Builds the pymoo algorithm from space, options, number of objectives, population size and
        seed.
    smallest_population
        Smallest population that it works with, given its options and the number of objectives.
    steady_state
        Whether it can make one candidate at a time.
    """

    options: type[StrictModel]
    build: Callable[[Space, Any, int, int, int], Any]
    smallest_population: Callable[[Any, int], int]
    steady_state: bool = True


def _nsga2(space: Space, options: Nsga2Options, _: int, size: int, seed: int) -> Any:  # noqa: ANN401
    survival = RankAndCrowding(crowding_func=options.crowding)
    return NSGA2(survival=survival, **_genetic(space, options, size, seed))


def _nsga3(
    space: Space,
    options: Nsga3Options,
    n_objectives: int,
    size: int,
    seed: int,
) -> Any:  # noqa: ANN401
    partitions = options.partitions or most_partitions(n_objectives, size)
    return NSGA3(
        ref_dirs=reference_directions(n_objectives, partitions),
        # At random, as in pymoo's own selection, whose function cannot be pickled.
        selection=RandomSelection(),
        **_genetic(space, options, size, seed),
    )


def _genetic(space: Space, options: _MatingOptions, size: int, seed: int) -> dict[str, Any]:
    """Return the arguments that pymoo's genetic algorithms share."""
    operators = space.operators(options.crossover_probability)
    return {
        "pop_size": size,
        "n_offsprings": options.offspring,
        "sampling": operators.sampling,
        "crossover": operators.crossover,
        "mutation": operators.mutation,
        "repair": operators.repair,
        "eliminate_duplicates": operators.duplicates,
        "output": None,
        "seed": seed,
    }


def _swarm(space: Space, options: SwarmOptions, _: int, size: int, seed: int) -> Any:  # noqa: ANN401
    operators = space.operators(crossover_probability=0.0)
    return CompetitiveSwarm(
        pop_size=size,
        n_offsprings=options.offspring,
        sampling=operators.sampling,
        learning=operators.learning,
        pull=Pull(options.reach, options.centre),
        mutation=operators.mutation,
        repair=operators.repair,
        eliminate_duplicates=operators.duplicates,
        survival=_swarm_survival(options),
        seed=seed,
    )


def _paired(space: Space, options: PairedOptions, _: int, size: int, seed: int) -> PairedSearch:
    families = (
        space.families(
            options.terms,
            options.groupings,
            options.tau_ms,
            None if options.raw else options.rates_Hz,
        )
        if isinstance(space, RuleSpace)
        else (box_family(space.lower, space.upper),)
    )
    return PairedSearch(families, options, size, seed)


def _swarm_survival(options: SwarmOptions) -> Survival:
    if options.dominance == "plain":
        return RankAndCrowding(crowding_func=options.crowding)
    return ProbabilisticSurvival(options.confidence, options.crowding)


ALGORITHMS: Mapping[str, Algorithm] = {
    "nsga2": Algorithm(Nsga2Options, _nsga2, lambda _options, _n: 4),
    "nsga3": Algorithm(
        Nsga3Options, _nsga3, lambda options, n: max(4, n_directions(n, options.partitions or 1))
    ),
    "swarm": Algorithm(SwarmOptions, _swarm, lambda _options, _n: 4),
    "paired": Algorithm(
        PairedOptions, _paired, lambda options, _n: len(options.lengths) + 3, steady_state=False
    ),
}
"""The algorithms by name."""


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


def make_algorithm(
    space: Space,
    n_objectives: int,
    name: str,
    options: Mapping[str, Any],
    population_size: int,
    seed: int,
    *,
    steady_state: bool = False,
) -> Any:  # noqa: ANN401
    """Return a pymoo algorithm, ready for ask and tell.

    It never ends by itself: the calling loop decides how long to search. The first ``ask`` gives
    the first generation, which must be told as a whole.

    Parameters
    ----------
    space
        The search space.
    n_objectives
        Number of objectives.
    name, options, population_size
        As for `check_algorithm`.
    seed
        Seed of the algorithm's own generator.
    steady_state
        Whether each further ``ask`` gives one candidate, which can be told as soon as it is
        evaluated, whatever else is still being evaluated.

    Raises
    ------
    ConfigError
        As for `check_algorithm`, or if the number of offspring is given for a steady-state search.
    """
    checked = check_algorithm(
        name, options, population_size, n_objectives, steady_state=steady_state
    )
    algorithm = ALGORITHMS[name].build(space, checked, n_objectives, population_size, seed)
    if steady_state:
        if "offspring" in options and options["offspring"] not in (None, 1):
            raise ConfigError(
                f"options of {name}: offspring is {options['offspring']}, but a steady-state "
                "search makes one candidate at a time; leave it out"
            )
        algorithm.n_offsprings = 1
    problem = Problem(
        n_var=len(space.lower), n_obj=n_objectives, xl=space.lower.copy(), xu=space.upper.copy()
    )
    algorithm.setup(problem, termination=NoTermination())
    return algorithm
