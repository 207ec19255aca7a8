"""Scales and limits of the weight changes of a rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nestml_models.errors import RuleError
from nestml_models.rule.terms import Kind

__all__ = ["PlasticitySettings"]


@dataclass(frozen=True)
class PlasticitySettings:
    """Scales and limits of the weight changes. All of them are choices.

    A coefficient of 1 and a term worth 1, for one spike or one millisecond, change abs(W) by
    ``learning_rate`` times the scale of the term's kind times the mean initial abs(W) of the
    synapse type. With the default scales one-term rules move weights between excitatory neurons by
    20 to 40 % in 100 trials.

    Attributes
    ----------
    learning_rate
        Common factor of all terms.
    spike_scale
        Of terms without an eligibility trace, per spike.
    trace_scale_per_ms
        Of terms without a spike, per millisecond.
    spike_trace_scale
        Of products of a spike and an eligibility trace, per spike.
    bound_factor
        Upper bound of abs(W), as a multiple of the largest initial abs(W) of the synapse type
        (weights between excitatory neurons are heavy-tailed: a multiple of the mean would clip the
        strong ones).
    max_fraction
        Largest change of abs(W) by one update, as a fraction of abs(W); infinity for no cap.
    """

    learning_rate: float = 1.0
    spike_scale: float = 2e-3
    trace_scale_per_ms: float = 1e-4
    spike_trace_scale: float = 5e-3
    bound_factor: float = 2.0
    max_fraction: float = 0.1

    def __post_init__(self) -> None:
        for name in ("learning_rate", "spike_scale", "trace_scale_per_ms", "spike_trace_scale"):
            value = getattr(self, name)
            if not math.isfinite(value):
                raise RuleError(f"{name} is {value}; it must be a finite number")
        for name in ("bound_factor", "max_fraction"):
            value = getattr(self, name)
            if not value > 0:
                raise RuleError(f"{name} is {value}; it must be above 0")

    def scale(self, kind: Kind) -> float:
        """Return the change of abs(W) / reference weight of a term worth 1 with coefficient 1."""
        scales: dict[Kind, float] = {
            "spike": self.spike_scale,
            "trace": self.trace_scale_per_ms,
            "spike_trace": self.spike_trace_scale,
        }
        return self.learning_rate * scales[kind]
