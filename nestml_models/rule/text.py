"""A rule as a formula, as LaTeX, and as a table of its synapse types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nestml_models.rule.terms import Term

if TYPE_CHECKING:
    import pandas as pd

    from nestml_models.rule.rule import Rule

__all__ = ["SynapseTypeRow", "formula", "frame", "latex", "short", "table"]


@dataclass(frozen=True)
class SynapseTypeRow:
    """A rule at one synapse type.

    Attributes
    ----------
    pre, post
        Neuron types.
    coefficients
        By name of the active term.
    tau_pre_ms, tau_post_ms
        Time constants of the eligibility traces of the two neurons.
    tau_R_ms
        Time constant of the reward trace.
    """

    pre: str
    post: str
    coefficients: dict[str, float]
    tau_pre_ms: float
    tau_post_ms: float
    tau_R_ms: float


def formula(rule: Rule) -> str:
    """Return the rule on one line.

    A coefficient that is the same for all types is given as a number (1 is left out), others as
    c(pre), c(post) or c(pre,post).
    """
    parts = []
    for each in rule.active_terms:
        sign, size = _coefficient(rule, each)
        arguments = "pre,post" if each.scope == "pair" else each.scope
        factor = f"c({arguments}) " if size is None else "" if size == "1" else f"{size} "
        parts.append((sign, factor + each.name.replace("*", " ")))
    return f"dW = {_sum(parts)}"


def short(rule: Rule) -> str:
    """Return the name, formula and number of neuron types on one line."""
    name = f" {rule.name}" if rule.name else ""
    types = f"{len(rule.types)} neuron type{'s' * (len(rule.types) > 1)}"
    return f"<Rule{name}: {formula(rule)}, {types}>"


def latex(rule: Rule) -> str:
    r"""Return the rule as LaTeX for a displayed equation.

    The weight changes from neuron j to neuron i; coefficients that differ between types carry the
    indices m_j and m_i, as in Ye et al. (ICLR 2026). Neuron indices replace "pre" and "post", as in
    ``\mathrm{d}W_{ij} = S_j - 0.5\, X_i^{2} R``.
    """
    parts = []
    for each in rule.active_terms:
        sign, size = _coefficient(rule, each)
        if size is None:
            indices = {"pre": "m_j", "post": "m_i", "pair": "m_j m_i", "global": ""}[each.scope]
            size = f"c^{{({each.index + 1})}}_{{{indices}}}"
        factors = " ".join(_factor(*pair) for pair in _orders(each) if pair[1])
        parts.append((sign, factors if size == "1" else rf"{size}\, {factors}"))
    return rf"\mathrm{{d}}W_{{ij}} = {_sum(parts)}"


def table(rule: Rule, pairs: Iterable[tuple[str, str]] | None = None) -> tuple[SynapseTypeRow, ...]:
    """Return one row for each synapse type: coefficients of the active terms and time constants.

    Parameters
    ----------
    rule
        The rule.
    pairs
        (pre, post) neuron types; all pairs, row by row, if None.

    Raises
    ------
    RuleError
        If the rule has no such type.
    """
    wanted = pairs if pairs is not None else ((a, b) for a in rule.types for b in rule.types)
    rows = []
    for pre, post in wanted:
        j, i = rule.type_index(pre), rule.type_index(post)
        values = {each.name: rule.coefficient(each, j, i) for each in rule.active_terms}
        tau = (float(rule.tau_E_ms[j]), float(rule.tau_E_ms[i]), float(rule.tau_R_ms[i]))
        rows.append(SynapseTypeRow(pre, post, values, *tau))
    return tuple(rows)


def frame(rule: Rule, pairs: Iterable[tuple[str, str]] | None = None) -> pd.DataFrame:
    """Return `table` as a pandas table, indexed by pre and post; see `Rule.to_frame`."""
    import pandas as pd  # here, since most uses of a rule do not need it

    rows = table(rule, pairs)
    columns = {
        each.name: np.array([row.coefficients[each.name] for row in rows])
        for each in rule.active_terms
    }
    for name in ("tau_pre_ms", "tau_post_ms", "tau_R_ms"):
        columns[name] = np.array([getattr(row, name) for row in rows])
    index = pd.MultiIndex.from_tuples([(row.pre, row.post) for row in rows], names=["pre", "post"])
    return pd.DataFrame(columns, index=index)


def _coefficient(rule: Rule, term: Term) -> tuple[str, str | None]:
    """Return the sign and magnitude of a coefficient; magnitude None if types differ."""
    values = rule.coefficients[term.index]
    if not np.all(values == values.flat[0]):
        return "+", None
    value = float(values.flat[0])
    return ("-" if value < 0 else "+"), f"{abs(value):.4g}"


def _sum(parts: list[tuple[str, str]]) -> str:
    text = " ".join(f"{sign} {part}" for sign, part in parts)
    return text.removeprefix("+ ") or "0"


def _orders(term: Term) -> tuple[tuple[str, int], ...]:
    return (
        ("S_j", term.s_pre),
        ("S_i", term.s_post),
        ("X_j", term.x_pre),
        ("X_i", term.x_post),
        ("R", term.r),
    )


def _factor(symbol: str, order: int) -> str:
    return symbol if order == 1 else f"{symbol}^{{{order}}}"
