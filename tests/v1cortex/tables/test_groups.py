"""Groups of populations contain what their names say."""

import pytest

from v1cortex.errors import ConfigError
from v1cortex.tables import GROUPINGS, POPULATIONS, group_of, members, pairs, populations_of_pair


@pytest.mark.parametrize(("grouping", "n"), [("signs", 2), ("classes", 4), ("groups", 7)])
def test_each_population_is_in_one_group(grouping, n):
    names = {group_of(population, grouping) for population in POPULATIONS}
    assert len(names) == n
    assert sorted(p for name in names for p in members(name)) == sorted(POPULATIONS)
    assert len(pairs(grouping)) == n * n


def test_types_are_the_populations():
    assert [group_of(population, "types") for population in POPULATIONS] == list(POPULATIONS)
    assert all(members(population) == (population,) for population in POPULATIONS)
    assert GROUPINGS[-1] == "types"


def test_pairs_of_different_groupings():
    pre, post = populations_of_pair("L4_E->Pvalb")
    assert pre == ("L4_E",)
    assert post == ("L23_Pvalb", "L4_Pvalb", "L5_Pvalb", "L6_Pvalb")
    assert len(populations_of_pair("I -> E")[0]) == 13


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("L4_E", "'L4_E' is not a pair of neuron types"),
        ("E->E->E", "is not a pair"),
        (
            "L4_E->Pvlab",
            "no neuron type and no group of neuron types 'Pvlab'. Did you mean 'Pvalb'",
        ),
        ("->E", "no neuron type and no group of neuron types ''"),
    ],
)
def test_a_pair_that_is_none(pair, message):
    with pytest.raises(ConfigError, match=message):
        populations_of_pair(pair)


def test_a_grouping_that_is_none():
    with pytest.raises(ConfigError, match=r"no grouping of neuron types 'group'\. Did you mean"):
        group_of("L4_E", "group")
