"""The 25 terms of the plasticity rule (Ye et al., ICLR 2026).

A rule is a Taylor polynomial, truncated at second order in the spikes S and eligibility traces X of
the two neurons of a synapse, and at first order in the reward trace R: twelve activity terms, the
same twelve times R, and R alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nestml_models.errors import RuleError, did_you_mean

__all__ = ["N_TERMS", "TERMS", "Kind", "Scope", "Term", "term"]

Scope = Literal["pre", "post", "pair", "global"]
Kind = Literal["spike", "trace", "spike_trace"]


@dataclass(frozen=True)
class Term:
    """One monomial of the rule.

    Attributes
    ----------
    index
        Position in a rule's gates, 0 to 24.
    name
        Factors joined by ``*``, such as ``S_pre*X_post*R``; squares as ``X_post^2``.
    s_pre, s_post, x_pre, x_post, r
        Exponent of each factor.
    scope
        What the coefficient depends on: the presynaptic type, the postsynaptic type, the pair of
        types, or nothing.
    kind
        What sets the term's learning rate: a ``spike``, the product of a spike and an eligibility
        trace (``spike_trace``), or eligibility traces alone (``trace``, a continuous term; R alone
        is one too). Choice: the factor R does not change the kind of an activity term.
    """

    index: int
    name: str
    s_pre: int
    s_post: int
    x_pre: int
    x_post: int
    r: int
    scope: Scope
    kind: Kind

    @cached_property
    def identifier(self) -> str:
        """The name as part of an identifier: ``X_post^2*R`` becomes ``X_post_2_R``."""
        return self.name.replace("*", "_").replace("^", "_")

    @cached_property
    def coefficient_name(self) -> str:
        """Name of the term's coefficient in the synapse models, such as ``c_S_pre_X_post``."""
        return f"c_{self.identifier}"

    @property
    def is_continuous(self) -> bool:
        """Whether the term acts all the time, rather than at spikes only."""
        return self.s_pre + self.s_post == 0

    @property
    def needs_post(self) -> bool:
        """Whether a synapse with this term must receive the postsynaptic spikes.

        This includes continuous terms without a postsynaptic factor, because every spike splits
        their change: otherwise the limits would depend on which other terms are present.
        """
        return bool(self.s_post or self.x_post or self.is_continuous)

    def n_coefficients(self, n_types: int) -> int:
        """Return the number of coefficients of the term for `n_types` neuron types."""
        return {"pair": n_types * n_types, "pre": n_types, "post": n_types, "global": 1}[self.scope]


_ACTIVITY = (
    (1, 0, 0, 0),
    (0, 1, 0, 0),
    (0, 0, 1, 0),
    (0, 0, 0, 1),
    (1, 1, 0, 0),
    (1, 0, 1, 0),
    (1, 0, 0, 1),
    (0, 1, 1, 0),
    (0, 1, 0, 1),
    (0, 0, 2, 0),
    (0, 0, 1, 1),
    (0, 0, 0, 2),
)
"""Exponents of (S_pre, S_post, X_pre, X_post) in the activity terms."""


def _term(index: int, orders: tuple[int, int, int, int], r: int) -> Term:
    s_pre, s_post, x_pre, x_post = orders
    factors = [
        name if order == 1 else f"{name}^{order}"
        for name, order in zip(
            ("S_pre", "S_post", "X_pre", "X_post", "R"), (*orders, r), strict=True
        )
        if order
    ]
    scope: Scope = "global"
    if s_pre + x_pre:
        scope = "pair" if s_post + x_post else "pre"
    elif s_post + x_post:
        scope = "post"
    kind: Kind = "trace"
    if s_pre + s_post:
        kind = "spike_trace" if x_pre + x_post else "spike"
    return Term(index, "*".join(factors), s_pre, s_post, x_pre, x_post, r, scope, kind)


TERMS: tuple[Term, ...] = (
    *(_term(k, orders, 0) for k, orders in enumerate(_ACTIVITY)),
    *(_term(12 + k, orders, 1) for k, orders in enumerate(_ACTIVITY)),
    _term(24, (0, 0, 0, 0), 1),
)
"""All terms, in the order of a rule's gates."""

N_TERMS = len(TERMS)

_BY_NAME = {each.name: each for each in TERMS}


def term(name: str) -> Term:
    """Return the term named `name`.

    Raises
    ------
    RuleError
        If there is none; the message gives the nearest name.
    """
    if name not in _BY_NAME:
        same = [each for each in _BY_NAME if sorted(each.split("*")) == sorted(name.split("*"))]
        near = f"Write {same[0]!r}." if same else did_you_mean(name, _BY_NAME)
        raise RuleError(f"no term '{name}'. {near}")
    return _BY_NAME[name]
