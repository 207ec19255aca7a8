"""The parameters of one synapse type, computed from a rule."""

from __future__ import annotations

import math

from nestml_models.errors import RuleError
from nestml_models.rule.rule import Rule
from nestml_models.rule.settings import PlasticitySettings
from nestml_models.rule.short_term import ShortTerm
from nestml_models.rule.terms import TERMS

__all__ = ["PlasticitySettings", "synapse_parameters"]


def synapse_parameters(
    rule: Rule,
    pre_type: str,
    post_type: str,
    settings: PlasticitySettings,
    reference_weight: float,
    maximum_weight: float,
    inhibitory: bool,
    short_term: ShortTerm | None = None,
) -> dict[str, float]:
    """Return the homogeneous parameters of the general synapse for one synapse type.

    The rule acts on abs(W); signs never change. For inhibitory synapses the coefficients therefore
    change sign and the bounds are mirrored. Flags tell the synapse which traces and events to skip.

    Parameters
    ----------
    rule
        The plasticity rule.
    pre_type, post_type
        Neuron types of the rule.
    settings
        Scales, bound and cap, for a rule without its own.
    reference_weight
        Mean initial abs(W) of the synapse type, in the network's weight unit (pA).
    maximum_weight
        Largest initial abs(W) of the synapse type.
    inhibitory
        Whether weights are negative.
    short_term
        Short-term dynamics, for models with them.

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
            raise RuleError(f"{name} of {pre_type} -> {post_type} is {value}; it must be >= 0")
    settings = rule.settings or settings
    sign = -1.0 if inhibitory else 1.0
    scales = {kind: settings.scale(kind) for kind in {each.kind for each in TERMS}}
    coefficients = [
        sign * reference_weight * scales[each.kind] * rule.coefficient(each, pre, post)
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
        "max_fraction": settings.largest_fraction,
        **(short_term.parameters() if short_term else {}),
    }


def _flags(coefficients: list[float]) -> dict[str, float]:
    """Return 1 or 0 for each group of terms and each trace that is needed."""
    active = [each for each, c in zip(TERMS, coefficients, strict=True) if c != 0.0]
    needed = {
        "continuous_terms": any(each.is_continuous for each in active),
        "pre_terms": any(each.s_pre for each in active),
        "post_terms": any(each.s_post and not each.s_pre for each in active),
        "uses_post": any(each.needs_post for each in active),
        "uses_X_pre": any(each.x_pre for each in active),
        "uses_X_post": any(each.x_post for each in active),
        "uses_R": any(each.r for each in active),
    }
    return {name: float(value) for name, value in needed.items()}
