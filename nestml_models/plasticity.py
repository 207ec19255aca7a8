"""From a rule to the parameters of one synapse type."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nestml_models.errors import RuleError
from nestml_models.rule import Rule
from nestml_models.terms import TERMS, Kind

__all__ = ["PlasticitySettings", "synapse_parameters"]


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


def synapse_parameters(
    rule: Rule,
    pre_type: str,
    post_type: str,
    settings: PlasticitySettings,
    reference_weight: float,
    maximum_weight: float,
    inhibitory: bool,
) -> dict[str, float]:
    """Return the homogeneous parameters of the general synapse for one synapse type.

    The rule acts on abs(W); signs never change. So for inhibitory synapses the coefficients change
    sign and the bounds are mirrored. Flags tell the synapse which traces and events to leave out.

    Parameters
    ----------
    rule
        The plasticity rule.
    pre_type, post_type
        Neuron types of the rule.
    settings
        Scales, bound and cap.
    reference_weight
        Mean initial abs(W) of the synapse type, in the network's unit of weights (pA).
    maximum_weight
        Largest initial abs(W) of the synapse type.
    inhibitory
        Whether weights are negative.

    Returns
    -------
    dict
        For ``nest.SetDefaults`` or ``nest.CopyModel``.

    Raises
    ------
    RuleError
        If a type is unknown, or a weight negative or not finite.
    """
    pre, post = rule.type_index(pre_type), rule.type_index(post_type)
    for name, value in (("reference_weight", reference_weight), ("maximum_weight", maximum_weight)):
        if not (math.isfinite(value) and value >= 0):
            raise RuleError(f"{name} of {pre_type} -> {post_type} is {value}; it is a size, >= 0")
    sign = -1.0 if inhibitory else 1.0
    coefficients = [
        sign * reference_weight * settings.scale(each.kind) * rule.coefficient(each, pre, post)
        for each in TERMS
    ]
    bound = settings.bound_factor * maximum_weight
    return {
        **{each.coefficient_name: c for each, c in zip(TERMS, coefficients, strict=True)},
        **_flags(coefficients),
        "tau_pre": float(rule.tau_E_ms[pre]),
        "tau_post": float(rule.tau_E_ms[post]),
        "tau_R": float(rule.tau_R_ms[post]),
        "w_min": -bound if inhibitory else 0.0,
        "w_max": 0.0 if inhibitory else bound,
        "max_fraction": settings.max_fraction,
    }


def _flags(coefficients: list[float]) -> dict[str, float]:
    """Return 1 or 0 for each group of terms and each trace that is needed."""
    active = [each for each, c in zip(TERMS, coefficients, strict=True) if c != 0.0]
    needed = {
        "continuous_terms": any(each.is_continuous for each in active),
        "pre_terms": any(each.s_pre for each in active),
        "post_terms": any(each.s_post and not each.s_pre for each in active),
        "uses_post": any(each.s_post or each.x_post for each in active),
        "uses_X_pre": any(each.x_pre for each in active),
        "uses_X_post": any(each.x_post for each in active),
        "uses_R": any(each.r for each in active),
    }
    return {name: float(value) for name, value in needed.items()}
