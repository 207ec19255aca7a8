"""How a circuit is built in NEST: the settings of protocols and networks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import Field, InstanceOf, ValidationInfo, field_validator, model_validator

from nestml_models.common import StrictModel, anchored
from nestml_models.rule import PlasticitySettings, ShortTerm
from v1cortex.errors import V1CortexError
from v1cortex.network.calibration import Calibration
from v1cortex.network.calibration_tables import fitted_synapses
from v1cortex.network.short_term import OFF, SHORT_TERM, short_term_rows
from v1cortex.tables import SynapseDynamics

__all__ = ["BuildSettings", "NetworkSettings", "take_if_not_given"]


MAX_STEPS_PER_MS = 100
"""Finest time grid (*choice*)."""


class LgnShortTerm(StrictModel):
    """Short-term dynamics of all LGN synapses, see `nestml_models.rule.ShortTerm`."""

    U: float = Field(..., gt=0, le=1, description="utilisation of a synapse at rest")
    tau_rec_ms: float = Field(..., ge=0, description="recovery of resources; 0: no depression")
    tau_fac_ms: float = Field(0.0, ge=0, description="decay of facilitation; 0: none")

    @property
    def dynamics(self) -> ShortTerm:
        """The same for the synapse models."""
        return ShortTerm(self.U, self.tau_rec_ms, self.tau_fac_ms)


class BuildSettings(StrictModel):
    """Settings that protocols and networks share."""

    plastic: Literal["all", "excitatory", "inhibitory", "E->E", "E->I", "I->E"] = Field(
        "all", description="which synapses follow the rule"
    )
    short_term: str = Field(
        OFF,
        description="short-term dynamics of synapses: off, circuit (those that the circuit was "
        "built with), table (the mouse's, as far as published), rat (depressing E->E synapses "
        "of rat cortex) or the path of a table; if not given, those that the calibration was "
        "fitted for",
    )
    lgn_short_term: LgnShortTerm | None = Field(
        None,
        description="short-term dynamics of the synapses of the LGN, the same for all; null: none",
    )
    dt_ms: float = Field(1.0, gt=0, le=1, description="time step of the simulation")
    threads: int = Field(1, ge=1, le=64, description="NEST virtual processes")
    plasticity: PlasticitySettings = PlasticitySettings()

    @field_validator("short_term", mode="after", check_fields=False)
    @classmethod
    def _anchor_short_term(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401
        if not isinstance(value, str):
            return value
        path = anchored(value, info, SHORT_TERM)
        try:
            short_term_rows(path)
        except V1CortexError as error:
            raise ValueError(str(error)) from None
        return path

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        steps = 1.0 / self.dt_ms
        if abs(steps - round(steps)) > 1e-9 or round(steps) > MAX_STEPS_PER_MS:
            raise ValueError(
                f"dt_ms is {self.dt_ms:g}; it must divide 1 ms into at most {MAX_STEPS_PER_MS} "
                "whole steps, such as 0.5, 0.25 or 0.1"
            )
        return self


def take_if_not_given(model: StrictModel, names: Iterable[str], source: object) -> None:
    """Take settings that were not given from an object's attributes, while a model is validated.

    They remain settings that were not given, so that another calibration brings its own.
    """
    for name in names:
        if name not in model.model_fields_set:
            model.__dict__[name] = getattr(source, name)


class NetworkSettings(BuildSettings):
    """How a circuit is built in NEST.

    Random streams belong to virtual processes, so their number is part of a result.
    """

    threads: int = Field(1, ge=1, description="NEST virtual processes")
    seed: int = Field(
        1, ge=1, lt=2**32, description="seed of NEST's random streams (background input)"
    )
    calibration: str | InstanceOf[Calibration] = Field(
        "mouse-classes", description="a calibration, or its name or table, see `calibration_for`"
    )
    short_term: str | InstanceOf[SynapseDynamics] = Field(  # type: ignore[assignment]
        OFF, description="as above, or the dynamics of each synapse type, see `short_term_for`"
    )
    flush_ms: float = Field(
        200.0,
        gt=0,
        description="interval at which every plastic synapse is updated (one trial); a multiple "
        "of the time step",
    )
    lgn_mode: str = Field(
        "poisson", description="LGN input as spikes, or `current`: their mean, without noise"
    )

    @model_validator(mode="after")
    def _take_short_term_of_calibration(self) -> Self:
        if isinstance(self.calibration, str):
            try:
                take_if_not_given(self, ("short_term",), fitted_synapses(self.calibration))
            except V1CortexError as error:
                raise ValueError(str(error)) from None
        return self

    @classmethod
    def of(cls, shared: BuildSettings, **own: Any) -> NetworkSettings:  # noqa: ANN401
        """Return network settings made of a protocol's settings and the network's own."""
        return cls(**{name: getattr(shared, name) for name in BuildSettings.model_fields} | own)
