"""Controls derived from a rule, to find what matters in it: merged types, other coefficients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from nestml_models.rule import TERMS, Rule
from v1cortex.errors import RuleError
from v1cortex.tables import group_of

__all__ = ["GROUPINGS", "merged", "redrawn"]


GROUPINGS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "all": lambda _: "",
        "sign": partial(group_of, grouping="signs"),
        "class": partial(group_of, grouping="classes"),
        "layer": lambda name: name.split("_", 1)[0],
    }
)
"""Groupings of neuron types: all of them, excitatory and inhibitory, by class, or by layer.

:meta hide-value:
"""


def merged(rule: Rule, by: str) -> Rule:
    """Return a rule that does not distinguish neuron types within a group.

    Coefficients and time constants are averaged over the types, or pairs of types, of a group.

    Parameters
    ----------
    rule
        The rule.
    by
        A key of `GROUPINGS`: ``all`` leaves one coefficient per term.

    Raises
    ------
    RuleError
        If there is no such grouping.
    """
    if by not in GROUPINGS:
        raise RuleError(f"no grouping of neuron types '{by}'. {did_you_mean(by, GROUPINGS)}")
    labels = [GROUPINGS[by](name) for name in rule.types]
    members = np.array([[a == b for b in labels] for a in labels], dtype=np.float64)
    mean = members / members.sum(axis=1, keepdims=True)
    return replace(
        rule,
        coefficients=tuple(_averaged(c, mean) for c in rule.coefficients),
        tau_E_ms=_averaged(rule.tau_E_ms, mean),
        tau_R_ms=_averaged(rule.tau_R_ms, mean),
        name=f"{rule.name or 'rule'}, types merged by {by}",
        evidence=(),
    )


def redrawn(rule: Rule, seed: int) -> Rule:
    """Return a rule with the same terms and coefficients uniform in [-1, 1]."""
    rng = np.random.default_rng(seed)
    return replace(
        rule,
        coefficients=tuple(
            rng.uniform(-1, 1, np.shape(c)) if rule.gates[each.index] else c
            for each, c in zip(TERMS, rule.coefficients, strict=True)
        ),
        name=f"{rule.name or 'rule'}, coefficients drawn with seed {seed}",
        evidence=(),
    )


def _averaged(values: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average values over groups along each axis; equal values stay the same to the last bit."""
    found = values
    for axis in range(values.ndim):
        found = np.moveaxis(np.tensordot(mean, found, axes=(1, axis)), 0, axis)
    return np.where(np.isclose(found, values, rtol=0, atol=1e-12), values, found)
