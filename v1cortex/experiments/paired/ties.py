"""Which coefficients, or gains, groups of neuron types share."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestml_models.rule import Term
from v1cortex.network import PLASTIC_SETS
from v1cortex.tables import (
    POPULATIONS,
    group_of,
    load_tables,
    members,
    pairs,
    populations_of_pair,
)

__all__ = ["connected_pairs", "dimensions", "indices"]

ALL = "all"
"""Name of the only dimension of a term without neuron types."""


def connected_pairs(grouping: str, plastic: str = "all") -> tuple[str, ...]:
    """Return the pairs of groups of a grouping that have synapses in the published tables.

    Parameters
    ----------
    grouping
        One of `v1cortex.tables.GROUPINGS`.
    plastic
        Only pairs with synapses of this set (``Protocol.plastic``).
    """
    table = load_tables().connectivity
    present = {
        (POPULATIONS[pre], POPULATIONS[post])
        for pre, post, receptor in zip(table.pre, table.post, table.receptor, strict=True)
        if receptor in PLASTIC_SETS[plastic]
    }

    def has_synapses(pair: str) -> bool:
        pre, post = populations_of_pair(pair)
        return any((a, b) in present for a in pre for b in post)

    return tuple(filter(has_synapses, pairs(grouping)))


def dimensions(each: Term, grouping: str, plastic: str = "all") -> tuple[str, ...]:
    """Return the names of a term's dimensions: pairs of groups, groups, or ``all``.

    Parameters
    ----------
    each
        The term.
    grouping
        One of `v1cortex.tables.GROUPINGS`.
    plastic
        As for `connected_pairs`.
    """
    if each.scope == "pair":
        return connected_pairs(grouping, plastic)
    if each.scope == "global":
        return (ALL,)
    return tuple(dict.fromkeys(group_of(name, grouping) for name in POPULATIONS))


def indices(where: str) -> Any:  # noqa: ANN401
    """Return the index of a dimension in the array of a term's coefficients."""
    if where == ALL:
        return ()
    if "->" not in where:
        return [POPULATIONS.index(name) for name in members(where)]
    pre, post = populations_of_pair(where)
    return np.ix_([POPULATIONS.index(p) for p in pre], [POPULATIONS.index(p) for p in post])
