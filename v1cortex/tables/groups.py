"""Groups of populations for scaling weights and sharing coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nestml_models.errors import did_you_mean
from v1cortex.errors import ConfigError
from v1cortex.tables.columns import POPULATIONS

__all__ = ["GROUPINGS", "group_of", "members", "pairs", "populations_of_pair"]

GROUPINGS = ("signs", "classes", "groups", "types")
"""Ways to group populations, coarse to fine: E and I; E, Pvalb, Sst and Htr3a; E by layer and the
three inhibitory classes; the populations themselves."""


def group_of(population: str, grouping: str) -> str:
    """Return the name of the group to which a population belongs.

    Parameters
    ----------
    population
        One of `POPULATIONS`, such as ``L23_Pvalb``.
    grouping
        One of `GROUPINGS`.

    Returns
    -------
    str
        Such as ``I``, ``Pvalb``, ``Pvalb`` or ``L23_Pvalb``.

    Raises
    ------
    ConfigError
        If there is no such grouping.
    """
    cell_class = population.rsplit("_", 1)[-1]
    excitatory = cell_class == "E"
    names = {
        "signs": "E" if excitatory else "I",
        "classes": cell_class,
        "groups": population if excitatory else cell_class,
        "types": population,
    }
    if grouping not in names:
        raise ConfigError(
            f"no grouping of neuron types '{grouping}'. {did_you_mean(grouping, GROUPINGS)}"
        )
    return names[grouping]


def _members() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for grouping in GROUPINGS:
        for population in POPULATIONS:
            name = group_of(population, grouping)
            if name not in found:
                found[name] = tuple(p for p in POPULATIONS if group_of(p, grouping) == name)
    return found


_MEMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(_members())


def members(group: str) -> tuple[str, ...]:
    """Return the populations of a group of any grouping.

    Raises
    ------
    ConfigError
        If a group of that name is in no grouping.
    """
    if group not in _MEMBERS:
        raise ConfigError(
            f"no neuron type and no group of neuron types '{group}'. "
            f"{did_you_mean(group, _MEMBERS)} Groups: {', '.join(_MEMBERS)}"
        )
    return _MEMBERS[group]


def populations_of_pair(pair: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the presynaptic and the postsynaptic populations of a pair such as ``L4_E->Pvalb``.

    Raises
    ------
    ConfigError
        If it is not a pair, or one of the two is not a group.
    """
    parts = pair.split("->")
    if len(parts) != 2:
        raise ConfigError(
            f"'{pair}' is not a pair of neuron types; write presynaptic->postsynaptic, such as "
            "E->E, L4_E->Pvalb or L4_E->L23_Pvalb"
        )
    pre, post = (members(part.strip()) for part in parts)
    return pre, post


def pairs(grouping: str) -> tuple[str, ...]:
    """Return all pairs of groups of a grouping, such as ``L4_E->Pvalb``; ordered by the first."""
    names = list(dict.fromkeys(group_of(population, grouping) for population in POPULATIONS))
    return tuple(f"{pre}->{post}" for pre in names for post in names)
