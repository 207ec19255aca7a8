"""Settings of a search; every one has a default, so an empty file is a valid configuration."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from evolution.algorithms import check_algorithm
from evolution.algorithms.paired_options import PairedOptions
from evolution.genome import RuleGenome, StartConfig, VariationConfig, require_tau
from evolution.runs.hurdles import check_hurdles
from evolution.runs.settings import PhaseConfig, SearchSettings
from nestml_models.common import parse
from nestml_models.errors import did_you_mean
from nestml_models.rule import MAX_TAU_MS
from v1cortex.circuit import FULL_NEURONS
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Protocol, load_yaml
from v1cortex.experiments import RetestSettings
from v1cortex.tables import POPULATIONS
from v1cortex.workers import WorkersConfig
from validation.objectives import OBJECTIVES


class RetestConfig(RetestSettings):
    """The last stage: rules of the front again, on networks and stimuli not used to select them."""

    max_rules: int = Field(10, ge=1, description="maximum rules to re-test, by expected error")


class EvolveConfig(SearchSettings, WorkersConfig):
    """Settings of `v1cortex evolve`."""

    neurons: int = Field(3000, ge=1, le=FULL_NEURONS, description="cells of the circuit")
    circuit_seed: int = Field(1, ge=0, description="seed of the circuit")
    retest: RetestConfig = RetestConfig()
    start: StartConfig = StartConfig()
    variation: VariationConfig = VariationConfig()
    protocol: Protocol = Protocol()
    schedule: tuple[PhaseConfig, ...] = Field(
        (), description="searches that come before, each starting with the best rules of the last"
    )

    @model_validator(mode="after")
    def _phases_fit(self) -> Self:
        names = [phase.name for phase in self.schedule]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two phases are called {name!r}; give each its own name")
        for phase in self.schedule:
            try:
                self.of_phase(phase)
            except ConfigError as error:
                raise ValueError(str(error)) from None
        return self

    @model_validator(mode="after")
    def _algorithm_fits(self) -> Self:
        try:
            options = check_algorithm(
                self.algorithm.name,
                self.algorithm.options,
                self.population_size,
                len(OBJECTIVES),
                steady_state=self.mode == "steady_state",
            )
            if isinstance(options, PairedOptions):
                require_tau(options.tau_ms, self.start.max_tau_ms)
            check_hurdles(self.hurdles, self.protocol)
            if self.protocol.preset == "paper" and self.start.max_tau_ms > MAX_TAU_MS:
                raise ConfigError(
                    f"start.max_tau_ms is {self.start.max_tau_ms:g}; in the preset paper it is at "
                    f"most {MAX_TAU_MS:g}, as published. Choose another preset, or leave it out"
                )
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self

    def of_phase(self, phase: PhaseConfig) -> EvolveConfig:
        """Return the settings of a phase; nothing is re-tested unless it says so.

        Raises
        ------
        ConfigError
            If a setting is unknown or not allowed.
        """
        own = self.model_dump(mode="json", exclude_unset=True, exclude={"schedule", "retest"})
        data = merged_settings(own | {"retest": {"seeds": 0}}, phase.settings)
        return parse(type(self), data, f"phase {phase.name}")

    @property
    def genome(self) -> RuleGenome:
        """The encoding of this search's rules."""
        reads_threshold = self.protocol.resolved_threshold == "rule"
        return RuleGenome(
            POPULATIONS, reads_threshold=reads_threshold, max_tau_ms=self.start.max_tau_ms
        )


SHIPPED = ("demo",)
"""Configurations shipped with the package."""


def load_config(config: EvolveConfig | Mapping[str, Any] | Path | str) -> EvolveConfig:
    """Return a configuration, given as an object, a mapping, a YAML file or a shipped one's name.

    Raises
    ------
    ConfigError
        If there is no such file, or its content is not valid.
    """
    if isinstance(config, EvolveConfig):
        return config
    if isinstance(config, Mapping):
        return parse(EvolveConfig, config, "configuration")
    if config in SHIPPED:
        return load_yaml(Path(str(files("evolution") / "configs" / f"{config}.yaml")), EvolveConfig)
    if not Path(config).is_file():
        raise ConfigError(f"no configuration file '{config}'. {did_you_mean(str(config), SHIPPED)}")
    return load_yaml(Path(config), EvolveConfig)


def merged_settings(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with changes; mappings within them are merged, other values replaced."""
    result = dict(settings)
    for key, value in changes.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            result[key] = merged_settings(old, value)
        else:
            result[key] = value
    return result
