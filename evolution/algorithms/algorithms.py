"""Search algorithms built from their names and options.

pymoo's constructors ignore unknown keyword arguments; here a misspelt option is an error. Every
algorithm can be pickled, so that a run can be resumed, and works by generations as well as one
candidate at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.core.problem import Problem
from pymoo.core.survival import Survival
from pymoo.core.termination import NoTermination
from pymoo.operators.selection.rnd import RandomSelection
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from evolution.algorithms.choices import (
    MatingOptions,
    Nsga2Options,
    Nsga3Options,
    SwarmOptions,
    check_algorithm,
)
from evolution.algorithms.dominance import ProbabilisticSurvival
from evolution.algorithms.paired import PairedSearch
from evolution.algorithms.paired_options import PairedOptions
from evolution.algorithms.reference_directions import most_partitions, reference_directions
from evolution.algorithms.swarm import CompetitiveSwarm
from evolution.genome import Pull, RuleSpace, Space, box_family
from v1cortex.errors import ConfigError


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


def _genetic(space: Space, options: MatingOptions, size: int, seed: int) -> dict[str, Any]:
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


_BUILDERS: Mapping[str, Callable[[Space, Any, int, int, int], Any]] = {
    "nsga2": _nsga2,
    "nsga3": _nsga3,
    "swarm": _swarm,
    "paired": _paired,
}
"""Build an algorithm from space, options, number of objectives, population size and seed."""


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
    algorithm = _BUILDERS[name](space, checked, n_objectives, population_size, seed)
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
