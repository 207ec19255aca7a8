"""Rules that do what gains of a static network do: where a search over rules can start."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evolution.genome.rule_families import Exposure, mouse_rates_Hz
from nestml_models.rule import MAX_TAU_MS, Rule, Term, term
from v1cortex.errors import ConfigError
from v1cortex.experiments.paired.ties import dimensions, indices
from v1cortex.network import gain_factors
from v1cortex.rules import expected_change
from v1cortex.tables import POPULATIONS

__all__ = ["rule_of_gains", "term_of_pairs"]


def term_of_pairs(name: str) -> Term:
    """Return a term that can stand for gains.

    Raises
    ------
    RuleError
        If there is no such term.
    ConfigError
        If the term has no coefficients for pairs.
    """
    found = term(name)
    if found.scope != "pair":
        raise ConfigError(
            f"gains as {name}: the term has no coefficient for each pair of neuron types; choose "
            "one of a presynaptic and a postsynaptic factor, such as S_pre*X_post"
        )
    return found


def rule_of_gains(
    gain: Mapping[str, float],
    given: Mapping[str, float],
    name: str,
    tau_ms: float,
    exposure: Exposure,
) -> tuple[Rule, float]:
    """Return the rule of one term that is expected to multiply weights by gains.

    Over the training a coefficient changes a weight by the difference between both gains, in
    reference weights, if types fire at the mouse's rates. The rule reaches it only at the end, and
    its changes alter rates: it is where a search starts, not its result.

    Parameters
    ----------
    gain
        Gains by pair of groups of neuron types, as a protocol's ``weight_gain``.
    given
        Gains that the network has already, which are among them.
    name
        Name of a term with a coefficient for each pair of types.
    tau_ms
        Time constant of eligibility traces.
    exposure
        Duration and scales of the training, and which synapses are plastic.

    Returns
    -------
    rule
        The rule. Synapses that are not plastic keep their weights.
    share
        Share of the changes that its coefficients reach; below 1 if one of them would exceed 1.

    Raises
    ------
    ConfigError
        If the term has no coefficients for pairs.
    """
    each = term_of_pairs(name)
    tau_E_ms = np.full(len(POPULATIONS), tau_ms)
    change = expected_change(
        each, mouse_rates_Hz(), tau_E_ms, exposure.duration_ms, exposure.settings
    )
    wanted = np.zeros((len(POPULATIONS), len(POPULATIONS)))
    difference = gain_factors(gain) - gain_factors(given)
    for pair in dimensions(each, "types", exposure.plastic):
        wanted[indices(pair)] = difference[indices(pair)]
    coefficients = wanted / change
    share = min(1.0, 1.0 / max(float(np.abs(coefficients).max()), 1e-12))
    rule = Rule.of_terms(
        POPULATIONS,
        {name: coefficients * share},
        tau_E_ms=tau_ms,
        tau_R_ms=MAX_TAU_MS,
        name=f"gains as {name}",
    )
    return rule, share
