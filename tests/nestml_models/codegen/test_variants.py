"""Variants of the general synapse keep less, and compute the same."""

import numpy as np
import pytest

from nestml_models.compiled import compile_rule
from nestml_models.rule import PlasticitySettings, Rule, ShortTerm, synapse_parameters

TYPES = ("pre", "post")
SETTINGS = PlasticitySettings(learning_rate=20.0, max_fraction=0.1, bound_factor=1.5)
RULES = {
    "__w": {"S_pre": 0.4, "S_post": -0.2, "S_pre*S_post": 0.3},
    "__w_X_post": {"S_pre*X_post": 0.02, "X_post": -0.001, "S_post*X_post": 0.005},
    "__w_X_pre_X_post": {"S_post*X_pre": 0.4, "X_pre": -0.01, "X_pre*X_post": 0.02},
}
BYTES = {"": 56, "__w_X_pre_X_post": 40, "__w_X_post": 32, "__w": 24}
SHORT_TERM_BYTES = 16
DEPRESSION = ShortTerm(0.5, 671.0, 17.0)


@pytest.fixture(scope="session")
def short_term_module():
    """The general synapse with short-term dynamics."""
    nothing = Rule.of_terms(TYPES, {})
    return compile_rule(nothing, specialised=False, short_term=True).module


def flags(suffix):
    uses = {"uses_X_pre": "X_pre" in suffix, "uses_X_post": "X_post" in suffix}
    return {**uses, "uses_R": False, "has_rewards": False}


def learned(nest, module, model, rule, threads, dt_ms, short_term=None):
    """Return spikes and weights after pieces of plasticity, and without it."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads, resolution=dt_ms, rng_seed=3)
    module.install()
    nest.set(min_delay=1.0, max_delay=4.0)
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 70})
    pre = nest.Create("parrot_neuron", 20)
    post = nest.Create(module.neuron_model, 10, {"background_rate": 1000.0})
    post.background_weight_1 = 60.0
    nest.Connect(nest.Create("poisson_generator", params={"rate": 40.0}), pre)
    own = synapse_parameters(rule, *TYPES, SETTINGS, 20.0, 40.0, False, short_term)
    nest.CopyModel(f"{model}_lbl", "copy", own | {"volume_transmitter": transmitter})
    rng = np.random.default_rng(4)
    for label, sources in ((0, pre), (3, post)):
        synapses = {
            "synapse_model": "copy",
            "weight": rng.uniform(5.0, 40.0, (len(post), len(sources))),
            "delay": rng.integers(1, 4, (len(post), len(sources))).astype(float),
            "receptor_type": 1,
            "synapse_label": label,
        }
        nest.Connect(sources, post, "all_to_all", synapses)
    recorder = nest.Create("spike_recorder")
    nest.Connect(post, recorder)
    nest.Simulate(250.0)
    nest.SetDefaults("copy", {"plasticity_on": 0.0})
    nest.Simulate(50.0)
    if short_term is None:
        nest.SetDefaults("copy", {"frozen": 1.0})
        nest.Simulate(50.0)
    found = nest.GetConnections(synapse_model="copy")
    fields = ["source", "target", "synapse_label", "delay", "weight", "X_pre", "X_post"]
    if short_term is not None:
        fields += ["u", "x"]
    values = found.get([*fields, "sizeof"])
    events = recorder.events
    return (
        sorted(zip(events["senders"], events["times"], strict=True)),
        sorted(zip(*(values[each] for each in fields), strict=True)),
        values["sizeof"][0],
    )


@pytest.mark.parametrize("suffix", RULES)
@pytest.mark.parametrize("short_term", [None, DEPRESSION], ids=["static", "depressing"])
@pytest.mark.parametrize(("threads", "dt_ms"), [(1, 1.0), (2, 0.5)])
def test_variants_give_the_bits_of_the_general_synapse(
    simulator, module, short_term_module, suffix, short_term, threads, dt_ms
):
    compiled = module if short_term is None else short_term_module
    rule = Rule.of_terms(TYPES, RULES[suffix])
    variant = compiled.smallest_variant(**flags(suffix))
    assert variant == compiled.synapse_model + suffix
    setting = (rule, threads, dt_ms, short_term)
    spikes, synapses, _ = learned(simulator, compiled, compiled.synapse_model, *setting)
    found = learned(simulator, compiled, variant, *setting)
    assert len(spikes) > 20
    assert len({each[4] for each in synapses}) > 100
    assert {each[2] for each in synapses} == {0, 3}
    assert found[0] == spikes
    assert found[1] == synapses
    assert found[2] == BYTES[suffix] + (SHORT_TERM_BYTES if short_term else 0)


def test_rewards_need_the_general_synapse(module):
    for needed in ("uses_R", "has_rewards"):
        variant = module.smallest_variant(**{**flags("__w"), needed: True})
        assert variant == module.synapse_model


@pytest.mark.parametrize(("suffix", "flag"), [("__w", "uses_X_post"), ("__w_X_post", "uses_X_pre")])
def test_a_variant_refuses_a_rule_that_needs_more(simulator, module, suffix, flag):
    nest = simulator
    nest.ResetKernel()
    module.install()
    transmitter = nest.Create("volume_transmitter")
    cells = nest.Create(module.neuron_model, 2)
    base = {"volume_transmitter": transmitter}
    nest.CopyModel(module.synapse_model + suffix, "before", {**base, flag: 1.0})
    with pytest.raises(Exception, match="does not keep what the rule uses"):
        nest.Connect(cells[0], cells[1], syn_spec={"synapse_model": "before", "receptor_type": 1})
    nest.CopyModel(module.synapse_model + suffix, "after", base)
    nest.Connect(cells[0], cells[1], syn_spec={"synapse_model": "after", "receptor_type": 1})
    with pytest.raises(Exception, match="does not keep what the rule uses"):
        nest.SetDefaults("after", {flag: 1.0})
    with pytest.raises(Exception, match="does not keep the variable"):
        nest.GetConnections(synapse_model="after").R = 1.0
