import math

import numpy as np
import pytest

from nestml_models.errors import ConfigError, RuleError
from nestml_models.rule import TERMS, PlasticitySettings, Rule, synapse_parameters

TYPES = ("E", "I")


def parameters(rule, pre="E", post="I", inhibitory=False, settings=None) -> dict[str, float]:
    return synapse_parameters(
        rule, pre, post, settings or PlasticitySettings(), 10.0, 50.0, inhibitory
    )


def test_coefficients_scale_with_reference_weight_and_kind():
    rule = Rule.of_terms(
        TYPES,
        {
            "S_pre": [1.0, 0.0],
            "S_post*X_pre": [[0.0, 0.5], [0.0, 0.0]],
            "X_post^2": [0.0, -1.0],
            "R": 0.25,
        },
        tau_E_ms=[20.0, 30.0],
        tau_R_ms=[40.0, 50.0],
    )
    values = parameters(rule, settings=PlasticitySettings(learning_rate=2.0))
    assert values["c_S_pre"] == pytest.approx(2.0 * 2e-3 * 10.0)
    assert values["c_S_post_X_pre"] == pytest.approx(2.0 * 5e-3 * 10.0 * 0.5)
    assert values["c_X_post_2"] == pytest.approx(-2.0 * 1e-4 * 10.0)
    assert values["c_R"] == pytest.approx(2.0 * 1e-4 * 10.0 * 0.25)
    assert (values["tau_pre"], values["tau_post"], values["tau_R"]) == (20.0, 30.0, 50.0)
    assert (values["w_min"], values["w_max"]) == (0.0, 100.0)
    swapped = parameters(rule, "I", "E")
    assert swapped["c_S_pre"] == swapped["c_S_post_X_pre"] == swapped["c_X_post_2"] == 0.0
    assert (swapped["tau_pre"], swapped["tau_post"], swapped["tau_R"]) == (30.0, 20.0, 40.0)


def test_inhibitory_synapses_mirror_coefficients_and_bounds():
    rule = Rule.of_terms(TYPES, {"S_pre": 1.0})
    excitatory, inhibitory = parameters(rule), parameters(rule, inhibitory=True)
    assert inhibitory["c_S_pre"] == -excitatory["c_S_pre"]
    assert (inhibitory["w_min"], inhibitory["w_max"]) == (-100.0, 0.0)


def test_closed_gates_count_as_zero():
    rule = Rule.of_terms(TYPES, {"S_pre": 1.0})
    closed = Rule(TYPES, np.zeros(25, bool), rule.coefficients, rule.tau_E_ms, rule.tau_R_ms, 5.0)
    assert not any(parameters(closed)[term.coefficient_name] for term in TERMS)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("S_pre", {"pre_terms"}),
        ("S_post", {"post_terms", "uses_post"}),
        ("S_pre*X_pre*R", {"pre_terms", "uses_X_pre", "uses_R"}),
        ("X_pre", {"continuous_terms", "uses_post", "uses_X_pre"}),
        ("S_pre*X_post", {"pre_terms", "uses_post", "uses_X_post"}),
        ("S_pre*S_post", {"pre_terms", "uses_post"}),
        ("X_post^2*R", {"continuous_terms", "uses_post", "uses_X_post", "uses_R"}),
        ("R", {"continuous_terms", "uses_post", "uses_R"}),
    ],
)
def test_flags_name_what_a_term_needs(name, flags):
    values = parameters(Rule.of_terms(TYPES, {name: 1.0}))
    every = {
        key
        for key in values
        if key.startswith("uses_") or key in ("pre_terms", "post_terms", "continuous_terms")
    }
    assert {key for key in every if values[key]} == flags


def test_faulty_input_is_refused():
    rule = Rule.static(TYPES)
    with pytest.raises(RuleError, match=r"no neuron type 'Ee'\. Did you mean 'E'"):
        synapse_parameters(rule, "Ee", "I", PlasticitySettings(), 1.0, 1.0, False)
    with pytest.raises(RuleError, match="maximum_weight of E -> I is -1"):
        synapse_parameters(rule, "E", "I", PlasticitySettings(), 1.0, -1.0, False)
    with pytest.raises(ConfigError, match=r"max_fraction = 0\.0"):
        PlasticitySettings(max_fraction=0.0)
    with pytest.raises(ConfigError, match="learning_rate = inf"):
        PlasticitySettings(learning_rate=math.inf)
