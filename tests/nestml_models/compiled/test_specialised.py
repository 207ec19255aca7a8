"""Synapse models of a few terms: exact, together with others on one neuron, as the general one."""

import numpy as np
import pytest
from plastic_reference import Synapse, follow

from nestml_models.compiled import compare_with_general, compile_rule, compile_rules
from nestml_models.errors import RuleError
from nestml_models.rule import PlasticitySettings, Rule

PRE = np.unique(np.random.default_rng(3).integers(5, 380, 40)).astype(float)
DRIVE = np.unique((PRE * 7) % 380 + 5)
UNCAPPED = PlasticitySettings(max_fraction=None)
CAPPED = PlasticitySettings(learning_rate=20.0, max_fraction=0.01)
DELTA = 0.5
LARGEST_PA = 500.0


def expected_weight(rule, post, settings) -> float:
    synapse = Synapse(
        {
            each.name: float(rule.coefficients[each.index].flat[0])
            * 100.0
            * settings.scale(each.kind)
            for each in rule.active_terms
        },
        rule.tau_E_ms[0],
        rule.tau_E_ms[0],
        rule.tau_R_ms[0],
        weight=200.0,
        largest_weight=settings.bound_factor * LARGEST_PA,
        largest_fraction=settings.largest_fraction,
        delta=DELTA,
    )
    flushes = [100.0, 200.0, 300.0, 400.0]
    return follow(synapse, PRE + 1.0, post, 3.0, [107.0, 222.0], flushes).weight


@pytest.mark.parametrize("settings", [UNCAPPED, CAPPED])
def test_models_in_one_network_give_the_weights_of_the_reference(simulator, specialised, settings):
    """Two specialised models, the general one, and that for the first rule end on one neuron.

    The first rule has no postsynaptic factor: only with the cap does it matter that postsynaptic
    spikes split its continuous change.
    """
    nest = simulator
    one, other = specialised
    everything = Rule.of_terms(("all",), {"S_post": -0.2, "X_pre*X_post": 0.3})
    rules = (
        one,
        other,
        *(compile_rule(rule, specialised=False) for rule in (everything, one.rule)),
    )
    nest.resolution = 1.0
    for each in rules:
        each.install()
    assert len({each.neuron_model for each in rules}) == 1
    assert len({each.synapse_model for each in rules}) == 3
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 100})
    relay, source = nest.Create("parrot_neuron", 2)
    generators = nest.Create("spike_generator", 3)
    for generator, times in zip(generators, (PRE, [105.0, 220.0], DRIVE), strict=True):
        generator.spike_times = times
    nest.Connect(generators[0], source)
    nest.Connect(generators[1], relay)
    nest.Connect(relay, transmitter)
    neuron = nest.Create(one.neuron_model, params={"tau_syn_1": 0.05})
    nest.Connect(generators[2], neuron, syn_spec={"weight": 1e6, "receptor_type": 1})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neuron, recorder)
    sizes = {"reference_weight": 100.0, "maximum_weight": LARGEST_PA}
    for k, each in enumerate(rules):
        name = each.copy_model(f"rule_{k}", transmitter, **sizes, settings=settings, delta=DELTA)
        syn = {"synapse_model": name, "weight": 200.0, "delay": 3.0, "receptor_type": 2}
        nest.Connect(source, neuron, syn_spec=syn)
    nest.Simulate(400.0)
    for k, each in enumerate(rules):
        weight = nest.GetConnections(synapse_model=f"rule_{k}").weight
        assert weight != 200.0
        expected = expected_weight(each.rule, recorder.events["times"], settings)
        assert weight == pytest.approx(expected, rel=1e-12)


def test_a_random_network_agrees_with_the_general_model(simulator, specialised):
    for each in specialised:
        found = compare_with_general(each)
        assert found.ok
        assert found.n_changed > found.n_synapses // 2
        assert found.n_spikes > 100


def test_another_neuron_model_is_refused(simulator, specialised):
    nest = simulator
    compiled = specialised[0]
    compiled.install()
    transmitter = nest.Create("volume_transmitter")
    name = compiled.copy_model("special", transmitter, reference_weight=1.0, maximum_weight=1.0)
    source = nest.Create("parrot_neuron")
    target = nest.Create("glif_psc", params={"tau_syn": [5.5, 8.5]})
    with pytest.raises(
        Exception, match=f"can only be connected to neuron '{compiled.neuron_model}'"
    ):
        nest.Connect(source, target, syn_spec={"synapse_model": name, "receptor_type": 1})


def test_rules_of_the_same_terms_share_a_model(specialised):
    one = specialised[0]
    again = Rule.of_terms(("E", "I"), {"X_pre^2": [0.1, -0.7], "S_pre": -1.0})
    same, first = compile_rules([again, one.rule], pytest.fail)
    assert same.synapse_model == first.synapse_model == one.synapse_model


def test_the_text_is_for_readers(specialised, tmp_path):
    path = specialised[1].write_nestml(tmp_path)
    heading, _, body = path.read_text().partition("\nmodel ")
    for word in ("Equations", "Units", "Reference", "dX_post/dt", "per spike", "ICLR 2026"):
        assert word in heading
    assert "c_X_post_R" in body
    assert not any(name in body for name in ("uses_", "c_X_pre_2", "pre_terms"))


def test_a_rule_without_terms_is_refused():
    with pytest.raises(RuleError, match="no active term"):
        compile_rules([Rule.static(("all",))])
