"""Families of rules and their layers: steps change weights alike, bounds keep proportions."""

from dataclasses import replace

import numpy as np
import pytest

from evolution.genome import (
    Exposure,
    Factors,
    Layer,
    RuleGenome,
    RuleSpace,
    StartConfig,
    VariationConfig,
)
from evolution.genome.rule_families import mouse_rates_Hz
from nestml_models.rule import Rule, term
from v1cortex.errors import ConfigError
from v1cortex.experiments.paired.ties import connected_pairs
from v1cortex.rules import expected_change
from v1cortex.tables import POPULATIONS

GENOME = RuleGenome(POPULATIONS)
TERM = term("S_pre*X_post")
LONG = Exposure(1e7)
EXCITATORY = np.array([name.endswith("_E") for name in POPULATIONS])


def families(*terms, groupings=("signs",), rates_Hz=None, given=(), raw=False):
    space = RuleSpace(GENOME, StartConfig(), VariationConfig(), given, LONG)
    return space.families(terms, groupings, 20.0, None if raw else rates_Hz or {})


def test_a_step_changes_the_weights_of_all_types_alike():
    (family,) = families(("S_pre*X_post",))
    (layer,) = family.layers
    assert layer.n_dimensions == 4
    rule = GENOME.decode(
        family.moved(family.origin, layer, np.array([0.0, -0.2, 0.0, 0.1]))
    )  # I first
    (active,) = rule.active_terms
    assert active == TERM
    assert set(rule.tau_E_ms) == {20.0}
    per_unit = expected_change(TERM, mouse_rates_Hz(), np.full(17, 20.0), LONG.duration_ms)
    change = rule.coefficients[TERM.index] * per_unit
    np.testing.assert_allclose(change[np.ix_(EXCITATORY, EXCITATORY)], 0.1)
    np.testing.assert_allclose(change[np.ix_(~EXCITATORY, EXCITATORY)], -0.2)
    assert not change[:, ~EXCITATORY].any()


def test_raw_coefficients_are_equal_and_rates_can_be_given():
    step = np.array([0.1, 0.1])
    (raw,) = families(("S_pre",), raw=True)
    rule = GENOME.decode(raw.moved(raw.origin, raw.layers[0], step))
    assert set(rule.coefficients[term("S_pre").index]) == {0.1}
    (given,) = families(("S_pre",), rates_Hz={"Pvalb": 40.0, "E": 4.0})
    rule = GENOME.decode(given.moved(given.origin, given.layers[0], step))
    by_type = dict(zip(POPULATIONS, rule.coefficients[term("S_pre").index], strict=True))
    assert by_type["L4_E"] == pytest.approx(10 * by_type["L5_Pvalb"])


def test_beyond_the_bounds_proportions_stay():
    (family,) = families(("S_pre",), raw=True)
    rule = GENOME.decode(family.moved(family.origin, family.layers[0], np.array([-6.0, 3.0])))
    coefficients = rule.coefficients[term("S_pre").index]
    assert coefficients[EXCITATORY] == pytest.approx(0.5)
    assert coefficients[~EXCITATORY] == pytest.approx(-1.0)


def test_a_given_rule_is_where_its_family_begins():
    given = GENOME.encode(
        Rule.of_terms(POPULATIONS, {"S_pre": np.full(17, 0.5)}, tau_E_ms=30.0, tau_R_ms=100.0)
    )
    static = GENOME.encode(Rule.of_terms(POPULATIONS, {}, tau_E_ms=30.0, tau_R_ms=100.0))
    own, other = families(("S_pre",), ("S_post",), given=(static, given))
    assert own.name == "S_pre"
    np.testing.assert_array_equal(own.start, given)
    assert not own.origin[GENOME.layout["coefficients"]].any()
    assert own.origin[GENOME.layout["tau_E_ms"]] == pytest.approx(30.0)
    assert own.direction(own.start) == 1
    assert GENOME.decode(own.static).n_active == 0
    down = own.moved(own.origin, own.layers[0], np.array([-0.1, -0.1]))
    assert own.direction(down) == -1
    assert other.name == "S_post"


def test_layers_become_finer_and_several_terms_have_their_own_dimensions():
    (family,) = families(("S_pre", "S_pre*X_post", "R"), groupings=("signs", "groups", "types"))
    connected = len(connected_pairs("types"))
    assert connected < 289
    assert [layer.n_dimensions for layer in family.layers] == [
        2 + 4 + 1,
        7 + len(connected_pairs("groups")) + 1,
        17 + connected + 1,
    ]


def test_only_plastic_synapses_have_dimensions():
    space = RuleSpace(GENOME, StartConfig(), VariationConfig(), (), Exposure(plastic="I->E"))
    (family,) = space.families((("S_pre*X_post",),), ("signs",), 20.0, {})
    (layer,) = family.layers
    rule = GENOME.decode(family.moved(family.origin, layer, np.array([0.1])))
    changed = rule.coefficients[TERM.index] != 0
    np.testing.assert_array_equal(changed, np.outer(~EXCITATORY, EXCITATORY))


def test_factors_scale_potentiation_and_depression_apart():
    (family,) = families(("S_pre",), groupings=("signs", "factors"), raw=True)
    signs, factors = family.layers
    found = family.moved(family.origin, signs, np.array([-0.2, 0.1]))
    scaled = family.moved(found, factors, np.array([1.0, 0.5]))
    coefficients = GENOME.decode(scaled).coefficients[term("S_pre").index]
    assert coefficients[EXCITATORY] == pytest.approx(0.1 * 4)
    assert coefficients[~EXCITATORY] == pytest.approx(-0.2 * 2)
    np.testing.assert_array_equal(family.moved(family.origin, factors, np.ones(2)), family.origin)
    np.testing.assert_allclose(family.place(scaled), [-0.4, 0.4])


def test_time_constants_move_on_a_logarithmic_scale_within_their_limits():
    groupings = ("signs", "tau")
    (family,) = families(("S_pre*X_post",), groupings=groupings, raw=True)
    signs, tau = family.layers
    assert tau.n_dimensions == 2
    longer = family.moved(family.origin, tau, np.array([0.5, -0.5]))
    tau_ms = longer[GENOME.layout["tau_E_ms"]]
    assert tau_ms[EXCITATORY] == pytest.approx(10.0)
    assert tau_ms[~EXCITATORY] == pytest.approx(40.0)
    np.testing.assert_allclose(family.place(longer), [0, 0, 0, 0, 0.5, -0.5], atol=1e-12)
    beyond = family.moved(longer, tau, np.array([9.0, 0.0]))
    assert beyond[GENOME.layout["tau_E_ms"]].max() == GENOME.max_tau_ms
    moved = family.moved(longer, signs, np.full(4, 0.1))
    np.testing.assert_array_equal(moved[GENOME.layout["tau_E_ms"]], tau_ms)
    (without,) = families(("S_pre",), groupings=groupings, raw=True)
    assert [layer.name for layer in without.layers] == ["signs"]  # no trace, no time constant


def test_layers_follow_one_another_and_the_last_ones_repeat():
    (family,) = families(("S_pre*X_post",), groupings=("signs", "groups", "factors", "tau"))
    turns = [family.layer(turn).name for turn in range(8)]
    assert turns == ["signs", "groups", "factors", "tau", "groups", "factors", "tau", "groups"]
    assert family.ties().shape == (len(connected_pairs("groups")) + 7, 4)


def test_a_time_constant_beyond_the_limit_of_the_search():
    space = RuleSpace(RuleGenome(POPULATIONS, max_tau_ms=300.0), StartConfig(), VariationConfig())
    (family,) = space.families((("S_pre*X_post",),), ("signs",), 300.0, {})
    assert family.origin[GENOME.layout["tau_E_ms"]].max() == 300.0
    with pytest.raises(ConfigError, match=r"tau_ms is 301, and start.max_tau_ms is 300"):
        space.families((("S_pre*X_post",),), ("signs",), 301.0, {})


def test_no_family():
    with pytest.raises(ConfigError, match="no family of rules"):
        families()


@pytest.mark.parametrize("length", [0, 2644, 2646])
def test_a_vector_of_another_length_is_no_genome(length):
    with pytest.raises(ConfigError, match=f"has {length} values.* have 2645 variables"):
        GENOME.decode(np.zeros(length))
    with pytest.raises(ConfigError, match=f"has {length} values"):
        GENOME.key(np.zeros(length))


def test_a_layer_that_does_not_fit_the_genome_is_refused():
    (family,) = families(("S_pre",))
    short = Layer("halves", np.zeros(100, int), np.ones(100))
    with pytest.raises(ConfigError, match=r"layer halves has 100 values.* 2645 variables"):
        replace(family, layers=(short,))
    with pytest.raises(ConfigError, match="the layer factors has 3 values"):
        replace(family, layers=(*family.layers, Factors("factors", np.ones(3, bool))))
    with pytest.raises(ConfigError, match="S_pre: start has 10 values"):
        replace(family, start=np.zeros(10))
