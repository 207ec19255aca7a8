"""Balanced rules: weights that follow a product of traces, and return to where they were."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nestml_models.rule import LONGEST_TAU_MS, PlasticitySettings, Rule
from v1cortex.errors import RuleError
from v1cortex.tables import POPULATIONS, populations_of_pair

__all__ = ["STRENGTH", "TAU_MS", "fast_weights"]

STRENGTH = -5e-3
"""Default strength (*choice*): as large as a coefficient of -1 for a spike and a trace."""

TAU_MS = 800.0
"""Default time constant (*choice*): about the 750 ms between images that mice see."""


def fast_weights(
    strength: float = STRENGTH, tau_ms: ArrayLike = TAU_MS, connections: str = "E->E"
) -> Rule:
    """Return a rule whose weights are the initial ones plus a product of eligibility traces.

    With a = `strength` times the mean initial weight of the synapse type, its terms are

        a (S_pre X_post + S_post X_pre + S_pre S_post) - a (1/tau_pre + 1/tau_post) X_pre X_post,

    which is the derivative of a X_pre X_post: the spikes' terms add what a spike adds to the
    product, the last one takes away what decays. So abs(W) = abs(W0) + a X_pre X_post at all times,
    a memory that fades with the traces and leaves no lasting change. A negative strength
    (anti-Hebbian) weakens connections between cells that have just fired together. The balance is
    lost where a weight reaches a bound: at 0 or twice the largest initial weight. Leave plasticity
    on in the test (``Protocol.test_plasticity``), since frozen weights keep the last product.

    Parameters
    ----------
    strength
        Change of a weight at traces of 1, relative to the mean initial weight; not 0.
    tau_ms
        Time constant of the eligibility traces; one for all populations, or shape (17,).
    connections
        Pair of groups of populations with the rule, such as ``E->E`` or ``L4_E->L23_E``.

    Raises
    ------
    RuleError
        If the strength is 0 or not finite, or a time constant is out of range.
    ConfigError
        If the pair names no group.
    """
    if not math.isfinite(strength) or strength == 0:
        raise RuleError(f"strength of fast weights is {strength}; give a number other than 0")
    tau: NDArray[np.float64] = np.asarray(tau_ms, dtype=np.float64)
    if not ((tau > 0) & (tau <= LONGEST_TAU_MS)).all():
        raise RuleError(
            f"tau_ms of fast weights is {tau.tolist()}; give (0, {LONGEST_TAU_MS:g}] ms"
        )
    if tau.shape not in ((), (len(POPULATIONS),)):
        raise RuleError(
            f"tau_ms of fast weights has shape {tau.shape}; give one number or {len(POPULATIONS)}"
        )
    per_ms = 1.0 / np.broadcast_to(tau, len(POPULATIONS))
    decay = per_ms[:, None] + per_ms[None, :]
    pre, post = populations_of_pair(connections)
    own = np.outer(np.isin(POPULATIONS, pre), np.isin(POPULATIONS, post))
    largest = float(decay[own].max())
    grows = np.where(own, np.sign(strength), 0.0)
    size = abs(strength)
    return Rule.of_terms(
        POPULATIONS,
        {
            "S_pre*X_post": grows,
            "S_post*X_pre": grows,
            "S_pre*S_post": grows,
            "X_pre*X_post": -grows * decay / largest,
        },
        tau_E_ms=tau if tau.shape else float(tau),
        tau_R_ms=100.0,
        name="fast_weights",
        description="Weights follow the product of both traces and lose it as the traces decay.",
        settings=PlasticitySettings(
            spike_scale=size,
            spike_trace_scale=size,
            trace_scale_per_ms=size * largest,
            max_fraction=None,
        ),
    )
