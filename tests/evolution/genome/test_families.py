"""Families of rules and their layers: steps change weights alike, bounds keep proportions."""

import numpy as np
import pytest

from evolution.genome import Exposure, RuleGenome, RuleSpace, StartConfig, VariationConfig
from evolution.genome.families import mouse_rates_Hz
from nestml_models.rule import Rule, term
from v1cortex.errors import ConfigError
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
    assert [layer.n_dimensions for layer in family.layers] == [2 + 4 + 1, 7 + 49 + 1, 17 + 289 + 1]


def test_no_family():
    with pytest.raises(ConfigError, match="no family of rules"):
        families()
