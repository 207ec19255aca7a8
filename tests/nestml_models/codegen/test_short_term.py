"""Short-term dynamics compared with NEST's own, and with the reference if plastic."""

import math

import numpy as np
import pytest
from one_synapse import DELTA, WEIGHT, Setting, sent

from nestml_models.compiled import compile_rule
from nestml_models.errors import RuleError
from nestml_models.rule import TERMS, PlasticitySettings, Rule, ShortTerm, synapse_parameters

KINDS = [
    ShortTerm(0.5, 671.0, 17.0),
    ShortTerm(0.09, 120.0, 670.0),
    ShortTerm(1.0, 1500.0),
    ShortTerm(0.3, 0.0, 400.0),
]
"""Depressing, facilitating, depleted by one spike, and without depression."""
EVERYTHING = Rule.of_terms(
    ("all",),
    {term.name: (-1) ** term.index * (0.3 + 0.02 * term.index) for term in TERMS},
    tau_E_ms=25.0,
    tau_R_ms=90.0,
)
LIMITED = PlasticitySettings(learning_rate=5.0, max_fraction=0.05, bound_factor=1.5)


@pytest.fixture(scope="session")
def general():
    """The general model with short-term dynamics."""
    return compile_rule(EVERYTHING, specialised=False, short_term=True)


@pytest.mark.parametrize(("dt_ms", "threads"), [(0.1, 1), (0.2, 1), (0.25, 1), (0.3, 1), (1.0, 2)])
def test_without_plasticity_it_is_nests_own(simulator, general, dt_ms, threads):
    """tsodyks2_synapse transmits w u x; its initial u is that of the first spike."""
    nest = simulator
    general.install()
    setting = Setting(nest, general.neuron_model, dt_ms, threads)
    pairs = []
    for k, kind in enumerate(KINDS):
        ours = setting.connect(
            general.synapse_model,
            f"ours_{k}",
            k + 1,
            volume_transmitter=setting.transmitter,
            **kind.parameters(),
        )
        their = {"U": kind.U, "u": kind.U, "tau_rec": kind.tau_rec_ms or 1e-9}
        their["tau_fac"] = kind.tau_fac_ms
        theirs = setting.connect("tsodyks2_synapse", f"theirs_{k}", k + 1, WEIGHT / kind.U, **their)
        pairs.append((ours, theirs))
    setting.run()
    for ours, theirs in pairs:
        assert len(sent(ours)) == len(setting.pre_steps)
        assert np.ptp(sent(ours)) > 0.2 * WEIGHT
        assert sent(ours)[0] == pytest.approx(WEIGHT, rel=1e-15)
        # NEST takes differences of times in ms, which are rounded where the step is no 1 / 2^n:
        # by 4e-12 ms after 30 s. That matters relative to resources that are nearly used up.
        rounding = 0.0 if dt_ms in (0.25, 1.0) else 1e-12 * WEIGHT
        np.testing.assert_allclose(sent(ours), sent(theirs), rtol=1e-12, atol=rounding)


@pytest.mark.parametrize(("dt_ms", "threads"), [(0.1, 1), (0.25, 1), (1.0, 2)])
def test_with_plasticity_it_is_the_reference(simulator, general, dt_ms, threads):
    """Rules act on the long-term weight, which is not the transmitted one."""
    nest = simulator
    general.install()
    setting = Setting(nest, general.neuron_model, dt_ms, threads)
    recorders = []
    for k, kind in enumerate(KINDS):
        values = synapse_parameters(EVERYTHING, "all", "all", LIMITED, WEIGHT, WEIGHT, False, kind)
        own = {**values, "delta": DELTA, "volume_transmitter": setting.transmitter}
        recorders.append(setting.connect(general.synapse_model, f"plastic_{k}", 3 + 9 * k, **own))
    setting.run()
    for k, kind in enumerate(KINDS):
        expected = setting.expected(EVERYTHING, LIMITED, 3 + 9 * k, kind)
        assert abs(expected.weight - WEIGHT) > 0.1
        weight = nest.GetConnections(synapse_model=f"plastic_{k}").weight
        assert weight == pytest.approx(expected.weight, rel=1e-12)
        np.testing.assert_allclose(sent(recorders[k]), expected.sent, rtol=1e-12)


def test_the_specialised_model_does_the_same(simulator, general):
    nest = simulator
    rule = Rule.of_terms(("all",), {"S_pre": 0.4}, tau_E_ms=15.0)
    special = compile_rule(rule, short_term=True)
    assert special.has_short_term
    assert "neurotransmitter release" in special.nestml
    special.install()
    general.install()
    setting = Setting(nest, general.neuron_model, 1.0)
    kind = KINDS[0]
    sizes = {"reference_weight": WEIGHT, "maximum_weight": WEIGHT, "settings": LIMITED}
    name = special.copy_model("special", setting.transmitter, **sizes, short_term=kind)
    values = synapse_parameters(rule, "all", "all", LIMITED, WEIGHT, WEIGHT, False, kind)
    own = {**values, "volume_transmitter": setting.transmitter}
    recorders = [
        setting.connect(name, "special_recorded", 3),
        setting.connect(general.synapse_model, "general_recorded", 3, **own),
    ]
    setting.run()
    expected = setting.expected(rule, LIMITED, 3, kind)
    for recorder in recorders:
        np.testing.assert_allclose(sent(recorder), expected.sent, rtol=1e-12)


def test_it_takes_16_bytes_more_and_nothing_if_it_is_not_compiled_in(simulator, general, module):
    general.install()
    assert simulator.GetDefaults(module.synapse_model, "sizeof") == 56
    assert simulator.GetDefaults(general.synapse_model, "sizeof") == 72
    assert general.module.base == module
    assert "tau_rec" not in simulator.GetDefaults(module.synapse_model)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((0.0, 100.0), r"U of short-term dynamics is 0\.0.*\(0, 1\]"),
        ((1.1, 100.0), r"U of short-term dynamics is 1\.1"),
        ((math.nan, 100.0), "U of short-term dynamics is nan"),
        ((0.5, -1.0), r"tau_rec_ms of short-term dynamics is -1\.0.*at least 0"),
        ((0.5, 100.0, math.inf), "tau_fac_ms of short-term dynamics is inf"),
    ],
)
def test_impossible_values_are_refused(values, told):
    with pytest.raises(RuleError, match=told):
        ShortTerm(*values)


def test_parameters_without_the_model_and_the_model_without_parameters(simulator, general, module):
    sizes = {"reference_weight": WEIGHT, "maximum_weight": WEIGHT}
    with pytest.raises(RuleError, match=r"has short-term dynamics; give their parameters"):
        general.copy_model("without", None, **sizes)
    plain = compile_rule(EVERYTHING, specialised=False)
    with pytest.raises(RuleError, match=r"no short-term dynamics; compile .*short_term=True"):
        plain.copy_model("with", None, **sizes, short_term=KINDS[0])
