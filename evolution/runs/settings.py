"""The settings of a search, and the seeds that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from evolution.genome import term_of_pairs
from evolution.runs.hurdles import HurdleConfig
from nestml_models.common import StrictModel
from nestml_models.rule import LONGEST_TAU_MS
from v1cortex.errors import ConfigError
from v1cortex.experiments.paired import GainSettings
from validation.objectives import worst_values

ALGORITHM_STREAM, EVALUATION_STREAM, AGAIN_STREAM = 0, 1, 2
"""Keys of the random streams derived from a search's seed."""


class AlgorithmConfig(StrictModel):
    """The search algorithm."""

    name: str = Field("nsga2", description="one of `evolution.algorithms.ALGORITHMS`")
    options: dict[str, Any] = Field(default_factory=dict, description="the algorithm's own options")


class GainPhase(GainSettings):
    """A search over the gains of static networks, whose result becomes rules to start with."""

    terms: tuple[str, ...] = Field(
        ("S_pre*X_post",), min_length=1, description="a rule of each of these terms starts there"
    )
    tau_ms: float = Field(
        20.0, ge=1, le=LONGEST_TAU_MS, description="time constant of their eligibility traces"
    )
    seeds: int = Field(5, ge=2, le=1000, description="fresh networks that test the gains")

    @field_validator("terms")
    @classmethod
    def _terms_have_pairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                term_of_pairs(name)
            except ConfigError as error:
                raise ValueError(str(error)) from None
        return value


class PhaseConfig(StrictModel):
    """A search that comes before: the search's own settings, but for those given here."""

    name: str = Field(
        "coarse", pattern=r"^[a-z][a-z0-9_-]*$", description="its folder within `phases`"
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="settings that replace those of the search, such as neurons, generations, "
        "algorithm or protocol; mappings are merged",
    )
    carry: int = Field(
        4, ge=1, le=100, description="rules of its front with which what follows starts"
    )
    gains: GainPhase | None = Field(
        None, description="search the gains of static networks instead, as `experiment gains`"
    )

    @field_validator("settings")
    @classmethod
    def _has_no_phases(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "schedule" in value:
            raise ValueError("a phase cannot have a schedule of its own; list its phases before it")
        return value


class SearchSettings(StrictModel):
    """What a search does, for how long, and with which algorithm."""

    seed: int = Field(1, ge=0, description="seed of the search and of the evaluations")
    population_size: int = Field(40, description="rules that survive a generation")
    generations: int = Field(25, ge=1, description="generations, including the first random one")
    mode: Literal["generational", "steady_state"] = Field(
        "generational",
        description="a generation is complete before the next begins, and a run is reproducible to "
        "the bit; or a new rule starts as soon as a worker is free, for many workers",
    )
    max_hours: float | None = Field(
        None, gt=0, description="no new evaluation after this time; null for no limit"
    )
    store_journal: Literal["auto", "wal", "rollback"] = Field(
        "auto",
        description="how SQLite stores evaluations: its write-ahead log, or its rollback journal, "
        "which network file systems need; auto looks at the file system",
    )
    evaluation_seeds: Literal["fixed", "per_generation"] = Field(
        "fixed",
        description="whether all rules of the run, or of one generation, see the same stimuli and "
        "noise; survivors keep the values of the generation they were evaluated in",
    )
    seeds_per_rule: int = Field(
        1, ge=1, le=100, description="evaluations of each rule, whose objectives are averaged"
    )
    reevaluations: int = Field(
        0,
        ge=0,
        description="survivors re-evaluated with a new seed in each generation",
    )
    hurdles: tuple[HurdleConfig, ...] = Field(
        (), description="cheap evaluations that a rule must pass before the protocol"
    )
    algorithm: AlgorithmConfig = AlgorithmConfig()

    @property
    def worst(self) -> Mapping[str, float]:
        """Worst value of each objective by name, all to be minimised."""
        return worst_values()


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
        """Return the seeds with which the candidates of a generation are evaluated.

        All candidates share them: two evaluations then differ in the rule, not in the stimuli.
        """
        shared = 0 if self._settings.evaluation_seeds == "fixed" else generation
        first = self._first(EVALUATION_STREAM, shared)
        return tuple(first + k for k in range(self._settings.seeds_per_rule))

    def again(self, generation: int) -> int:
        """Return the seed with which members of the population are re-evaluated."""
        return self._first(AGAIN_STREAM, generation)

    def _first(self, stream: int, number: int) -> int:
        sequence = np.random.SeedSequence(self._settings.seed, spawn_key=(stream, number))
        return int(sequence.generate_state(1)[0]) >> 2
