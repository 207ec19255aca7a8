"""Search algorithms by name, with options that are checked.

pymoo's constructors swallow keyword arguments that they do not know; here a misspelt option is an
error. Every algorithm offered must survive pickling, or a run could not be resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from evolution.space import Space
from v1cortex.config import StrictModel, parse
from v1cortex.errors import ConfigError
from v1cortex.tables import nearest


class Nsga2Options(StrictModel):
    """Options of NSGA-II (Deb et al. 2002, doi 10.1109/4235.996017)."""

    offspring: int | None = Field(
        None, ge=2, description="rules made in each generation; null: as many as the population has"
    )
    crossover_probability: float = Field(
        0.9, ge=0, le=1, description="probability that two parents mate instead of being copied"
    )
    crowding: Literal["cd", "mnn", "2nn"] = Field(
        "cd",
        description="what keeps a front diverse: the crowding distance, or the "
        "distance to the M or 2 nearest neighbours (for many objectives)",
    )


@dataclass(frozen=True)
class Algorithm:
    """An algorithm that can be chosen by name.

    Parameters
    ----------
    options
        Its options.
    build
        Makes the pymoo algorithm from space, options, population size and seed.
    smallest_population
        Smallest size that it works with.
    """

    options: type[StrictModel]
    build: Callable[[Space, Any, int, int], Any]
    smallest_population: int


def _nsga2(space: Space, options: Nsga2Options, population_size: int, seed: int) -> Any:  # noqa: ANN401
    operators = space.operators(options.crossover_probability)
    return NSGA2(
        pop_size=population_size,
        n_offsprings=options.offspring,
        sampling=operators.sampling,
        crossover=operators.crossover,
        mutation=operators.mutation,
        repair=operators.repair,
        eliminate_duplicates=operators.duplicates,
        survival=RankAndCrowding(crowding_func=options.crowding),
        output=None,
        seed=seed,
    )


ALGORITHMS: Mapping[str, Algorithm] = {"nsga2": Algorithm(Nsga2Options, _nsga2, 4)}
"""The algorithms by name."""


def check_algorithm(name: str, options: Mapping[str, Any], population_size: int) -> StrictModel:
    """Return an algorithm's options, checked.

    Raises
    ------
    ConfigError
        If the algorithm or an option is unknown (the nearest name is given), a value is not
        allowed, or the population is too small.
    """
    if name not in ALGORITHMS:
        raise ConfigError(f"no algorithm '{name}'. {nearest(name, list(ALGORITHMS))}")
    smallest = ALGORITHMS[name].smallest_population
    if population_size < smallest:
        raise ConfigError(f"population_size is {population_size}; {name} needs {smallest} or more")
    return parse(ALGORITHMS[name].options, options, f"options of {name}")


def make_algorithm(
    space: Space,
    n_objectives: int,
    name: str,
    options: Mapping[str, Any],
    population_size: int,
    seed: int,
) -> Any:  # noqa: ANN401
    """Return a pymoo algorithm, ready for ask and tell.

    It never ends by itself: how long to search is the loop's business.

    Parameters
    ----------
    space
        What is searched.
    n_objectives
        Number of objectives.
    name, options, population_size
        As in `check_algorithm`.
    seed
        Seed of the algorithm's own generator.

    Raises
    ------
    ConfigError
        As `check_algorithm`.
    """
    checked = check_algorithm(name, options, population_size)
    algorithm = ALGORITHMS[name].build(space, checked, population_size, seed)
    problem = Problem(
        n_var=len(space.lower), n_obj=n_objectives, xl=space.lower.copy(), xu=space.upper.copy()
    )
    algorithm.setup(problem, termination=NoTermination())
    return algorithm
