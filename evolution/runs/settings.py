"""What a search is told: its settings, and the seeds that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from evolution.runs.hurdles import HurdleConfig
from evolution.runs.sqlite_file import Journal

ALGORITHM_STREAM, EVALUATION_STREAM, AGAIN_STREAM = 0, 1, 2
"""Keys of the random streams that a search's seed gives rise to."""

Mode = Literal["generational", "steady_state"]


@dataclass(frozen=True)
class SearchSettings:
    """What a search minimises, with which algorithm, for how long.

    Parameters
    ----------
    worst
        Worst value of each objective by name, all to be minimised.
    seed
        Seed of algorithm and evaluations.
    population_size, algorithm, options
        As in `evolution.algorithms.algorithms.make_algorithm`.
    generations
        Generations in all, those of earlier sessions included.
    max_hours
        No evaluation begins later than this in the session.
    evaluation_seeds
        Whether all candidates of the run or of one generation are evaluated with the same seeds.
    seeds_per_rule
        Evaluations of each candidate.
    reevaluations
        Members of the population that are evaluated again, under a new seed, in each generation.
    hurdles
        What a candidate must pass before it is evaluated.
    mode
        Whether a generation is complete before the next one is asked for, or a new candidate is
        asked for as soon as a worker is free.
    store_journal
        How evaluations are stored.
    """

    worst: Mapping[str, float]
    seed: int
    population_size: int
    generations: int
    algorithm: str = "nsga2"
    options: Mapping[str, Any] = field(default_factory=dict)
    max_hours: float | None = None
    evaluation_seeds: Literal["fixed", "per_generation"] = "fixed"
    seeds_per_rule: int = 1
    reevaluations: int = 0
    hurdles: Sequence[HurdleConfig] = ()
    mode: Mode = "generational"
    store_journal: Journal = "auto"


class Seeds:
    """Seeds of the evaluations of a search.

    Parameters
    ----------
    settings
        The search.
    """

    def __init__(self, settings: SearchSettings) -> None:
        self._settings = settings

    def of_generation(self, generation: int) -> tuple[int, ...]:
        """Return the seeds that the candidates of a generation are evaluated with.

        All candidates share them: what differs between two rules is then the rule, not the stimuli.
        """
        shared = 0 if self._settings.evaluation_seeds == "fixed" else generation
        first = self._first(EVALUATION_STREAM, shared)
        return tuple(first + k for k in range(self._settings.seeds_per_rule))

    def again(self, generation: int) -> int:
        """Return the seed with which members of the population are evaluated again."""
        return self._first(AGAIN_STREAM, generation)

    def _first(self, stream: int, number: int) -> int:
        sequence = np.random.SeedSequence(self._settings.seed, spawn_key=(stream, number))
        return int(sequence.generate_state(1)[0]) >> 2
