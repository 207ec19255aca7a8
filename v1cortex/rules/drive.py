"""How much each term of a rule should change weights, given the firing rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nestml_models.rule import PlasticitySettings, Term

__all__ = ["LEAST_RATE_HZ", "expected_change"]

LEAST_RATE_HZ = 0.5
"""Lower rates are raised to this (*choice*): a type that hardly fires would get coefficients with
which a few more spikes cause a runaway."""


def expected_change(
    term: Term,
    rates_Hz: ArrayLike,
    tau_E_ms: ArrayLike,
    duration_ms: float,
    settings: PlasticitySettings | None = None,
) -> NDArray[np.float64]:
    """Return the expected weight change for a coefficient of 1, in reference weights.

    Spikes are assumed to be independent Poisson trains with constant rates: a trace has the mean
    r tau and the mean square (r tau)^2 + r tau / 2 (Campbell's theorem). R is taken as 1 (*choice*;
    its sign changes from trial to trial). The effect of weight changes on rates is ignored.

    Parameters
    ----------
    term
        The term.
    rates_Hz, tau_E_ms
        Mean rate and time constant of eligibility traces of each neuron type; shape (n_types,).
    duration_ms
        Time during which the rule acts.
    settings
        Scales of the rule; the defaults if None.

    Returns
    -------
    float64
        For each of the term's coefficients: shape (n_types, n_types), presynaptic types first, for
        terms of pairs; (n_types,) for terms of one side; () for R alone.
    """
    settings = settings or PlasticitySettings()
    per_ms = np.maximum(np.asarray(rates_Hz, np.float64), LEAST_RATE_HZ) * 1e-3
    trace = per_ms * np.asarray(tau_E_ms, np.float64)
    moments = (np.ones_like(trace), trace, trace**2 + trace / 2)
    pre, post = (
        (per_ms if spikes else 1.0) * moments[order]
        for spikes, order in ((term.s_pre, term.x_pre), (term.s_post, term.x_post))
    )
    values = {"pair": np.outer(pre, post), "pre": pre, "post": post, "global": np.array(1.0)}
    return np.asarray(values[term.scope] * settings.scale(term.kind) * duration_ms)
