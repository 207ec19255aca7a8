"""Scales and limits of the weight changes of a rule."""

from __future__ import annotations

import math

from pydantic import Field, field_validator

from nestml_models.common import StrictModel
from nestml_models.rule.terms import Kind

__all__ = ["PlasticitySettings"]


class PlasticitySettings(StrictModel):
    """How coefficients translate into weight changes. All defaults are choices.

    A term with value and coefficient 1 changes abs(W), per spike or per millisecond, by
    ``learning_rate`` times the scale of the term's kind (``spike_scale``: terms without an
    eligibility trace; ``trace_scale_per_ms``: without a spike; ``spike_trace_scale``: products of
    both) times the reference weight, the mean initial abs(W) of the synapse type. With the default
    scales one-term rules change weights between excitatory neurons by 20 to 40 % in 100 trials.
    Upper bounds are multiples of the largest initial weight, since weights between excitatory
    neurons are heavy-tailed: a multiple of the mean would clip the strong ones.
    """

    learning_rate: float = Field(1.0, ge=0, strict=True, description="factor on all three scales")
    spike_scale: float = Field(
        2e-3, ge=0, strict=True, description="change per spike, in reference weights"
    )
    trace_scale_per_ms: float = Field(
        1e-4, ge=0, strict=True, description="change per ms at a trace of 1"
    )
    spike_trace_scale: float = Field(
        5e-3, ge=0, strict=True, description="change per spike at a trace of 1"
    )
    bound_factor: float = Field(
        2.0, gt=0, strict=True, description="upper bound, relative to the largest initial weight"
    )
    max_fraction: float | None = Field(
        0.1, gt=0, strict=True, description="largest relative change per update; null for no cap"
    )

    @property
    def largest_fraction(self) -> float:
        """Largest relative change per update; infinity for no cap."""
        return math.inf if self.max_fraction is None else self.max_fraction

    @property
    def numbers(self) -> tuple[float, ...]:
        """All settings, in order."""
        first = self.model_dump(exclude={"max_fraction"}).values()
        return (*first, self.largest_fraction)

    @field_validator("max_fraction", mode="before")
    @classmethod
    def _no_cap(cls, value: object) -> object:
        """Read infinity, as in rule files of version 0.1, as no cap."""
        return None if value == math.inf else value

    def scale(self, kind: Kind) -> float:
        """Return the change of abs(W) / reference weight for a term of 1 with coefficient 1."""
        scales: dict[Kind, float] = {
            "spike": self.spike_scale,
            "trace": self.trace_scale_per_ms,
            "spike_trace": self.spike_trace_scale,
        }
        return self.learning_rate * scales[kind]
