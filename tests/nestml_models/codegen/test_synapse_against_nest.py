"""The general synapse compared with NEST's own plasticity and with closed forms."""

import numpy as np
import pytest

from nestml_models.rule import PlasticitySettings, Rule, synapse_parameters

TAU_PLUS_MS, TAU_MINUS_MS, AMPLITUDE = 17.0, 29.0, 0.4
DELAYS_MS = [1.0, 2.0, 5.0, 7.0]
END_MS = 1000.0
REFERENCE_WEIGHT = AMPLITUDE / 5e-3
"""Turns a coefficient of 1 into an amplitude of 0.4 for products of a spike and a trace."""


def spike_times(seed) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.flatnonzero(rng.random(round(END_MS) - 40) < 0.05) + 10.0


def driven(nest, model, parameters):
    """A neuron that is made to spike at given times, and its recorder."""
    neuron = nest.Create(model, params=parameters)
    driver = nest.Create("spike_generator", params={"spike_times": spike_times(2)})
    nest.Connect(driver, neuron, syn_spec={"weight": 1e6, "delay": 1.0, "receptor_type": 1})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neuron, recorder)
    return neuron, recorder


def general_synapse(nest, module, rule, deliver_interval=300, delta=0.0) -> str:
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": deliver_interval})
    source = nest.Create("spike_generator", params={"spike_times": [100.0, 420.0]})
    relay = nest.Create("parrot_neuron")
    nest.Connect(source, relay)
    nest.Connect(relay, transmitter)
    settings = PlasticitySettings(max_fraction=None, bound_factor=1.0)
    parameters = synapse_parameters(rule, "all", "all", settings, REFERENCE_WEIGHT, 1e6, False)
    nest.CopyModel(
        module.synapse_model,
        "plastic",
        {**parameters, "delta": delta, "volume_transmitter": transmitter},
    )
    return "plastic"


def connect(nest, source, target, model) -> None:
    for delay in DELAYS_MS:
        syn = {"synapse_model": model, "weight": 500.0, "delay": delay, "receptor_type": 2}
        nest.Connect(source, target, syn_spec=syn)


def weights(nest, model) -> np.ndarray:
    status = nest.GetConnections(synapse_model=model).get(["delay", "weight"])
    return np.array(status["weight"])[np.argsort(status["delay"])]


def create_source(nest):
    source = nest.Create("parrot_neuron")
    generator = nest.Create("spike_generator", params={"spike_times": spike_times(1)})
    nest.Connect(generator, source)
    return source


@pytest.mark.parametrize("threads", [1, 2])
def test_pair_rule_equals_additive_stdp(simulator, module, threads):
    """S_post X_pre = +A and S_pre X_post = -A against stdp_synapse with mu_plus = mu_minus = 0."""
    nest = simulator
    nest.set(resolution=1.0, local_num_threads=threads)
    source = create_source(nest)
    ours, our_spikes = driven(nest, module.neuron_model, {"tau_syn_1": 0.05})
    theirs, their_spikes = driven(
        nest,
        "glif_psc",
        {
            "C_m": 100.0,
            "g": 5.0,
            "E_L": -75.0,
            "V_m": -75.0,
            "V_reset": -75.0,
            "V_th": -45.0,
            "t_ref": 3.0,
            "tau_syn": [0.05, 8.5, 2.8, 5.8],
            "tau_minus": TAU_MINUS_MS,
        },
    )
    rule = Rule.of_terms(
        ("all",), {"S_post*X_pre": 1.0, "S_pre*X_post": -1.0}, tau_E_ms=TAU_PLUS_MS
    )
    model = general_synapse(nest, module, rule)
    nest.SetDefaults(model, {"tau_post": TAU_MINUS_MS})
    connect(nest, source, ours, model)
    largest = 1000.0
    nest.CopyModel(
        "stdp_synapse",
        "additive",
        {
            "Wmax": largest,
            "lambda": AMPLITUDE / largest,
            "alpha": 1.0,
            "mu_plus": 0.0,
            "mu_minus": 0.0,
            "tau_plus": TAU_PLUS_MS,
        },
    )
    connect(nest, source, theirs, "additive")
    # stdp_synapse is only up to date at its last presynaptic spike: end with one.
    last = nest.Create("spike_generator", params={"spike_times": [END_MS - 20.0]})
    nest.Connect(last, source)
    nest.Simulate(END_MS)
    np.testing.assert_array_equal(our_spikes.events["times"], their_spikes.events["times"])
    assert len(our_spikes.events["times"]) > 30
    assert np.all(np.abs(weights(nest, "additive") - 500.0) > 0.1)
    np.testing.assert_allclose(weights(nest, model), weights(nest, "additive"), rtol=1e-12)


def test_reward_modulated_pair_rules_equal_their_sums(simulator, module):
    """S_post X_pre R and S_pre X_post R: sums over spikes of products of exponentials."""
    nest = simulator
    nest.resolution = 1.0
    tau, tau_R, delta = 25.0, 120.0, 0.65
    source = create_source(nest)
    neuron, recorder = driven(nest, module.neuron_model, {"tau_syn_1": 0.05})
    rule = Rule.of_terms(
        ("all",), {"S_post*X_pre*R": 1.0, "S_pre*X_post*R": -0.5}, tau_E_ms=tau, tau_R_ms=tau_R
    )
    model = general_synapse(nest, module, rule, delta=delta)
    connect(nest, source, neuron, model)
    nest.Simulate(END_MS - 100.0)  # a multiple of the flush interval
    pre = spike_times(1) + 1.0
    expected = []
    for delay in DELAYS_MS:
        post = recorder.events["times"] + delay
        pre_seen, post_seen = (t[t <= END_MS - 100.0] for t in (pre, post))
        pre_seen = pre_seen[pre_seen < END_MS - 100.0]
        reward_at_post, reward_at_pre = (
            trace(np.array([102.0, 422.0]), t, tau_R, inclusive=True) * delta
            for t in (post_seen, pre_seen)
        )
        gain = np.sum(trace(pre, post_seen, tau) * reward_at_post)
        loss = np.sum(trace(post, pre_seen, tau) * reward_at_pre)
        expected.append(500.0 + AMPLITUDE * (gain - 0.5 * loss))
    assert np.all(np.abs(np.array(expected) - 500.0) > 0.1)
    np.testing.assert_allclose(weights(nest, model), expected, rtol=1e-12)


def trace(spikes, times, tau, inclusive=False) -> np.ndarray:
    """Sum of exponentials since the spikes before (or at) each time."""
    lag = times[:, None] - spikes
    counted = lag >= 0 if inclusive else lag > 0
    return np.sum(np.where(counted, np.exp(-np.abs(lag) / tau), 0.0), axis=1)


def test_a_synapse_takes_56_bytes(simulator, module):
    """If NESTML made homogeneous parameters fields of every synapse, it would take 300 more."""
    assert simulator.GetDefaults(module.synapse_model, "sizeof") == 56


def test_another_neuron_model_is_refused(simulator, module):
    nest = simulator
    model = general_synapse(nest, module, Rule.static(("all",)))
    target = nest.Create("glif_psc", params={"tau_syn": [5.5, 8.5]})
    with pytest.raises(nest.NESTErrors.IllegalConnection, match="can only be connected to neuron"):
        connect(nest, create_source(nest), target, model)


def test_reading_postsynaptic_spikes_cannot_be_switched_on_later(simulator, module):
    nest = simulator
    model = general_synapse(nest, module, Rule.of_terms(("all",), {"S_pre": 1.0}))
    nest.SetDefaults(model, {"uses_post": 0.0})
    connect(nest, create_source(nest), nest.Create(module.neuron_model), model)
    nest.SetDefaults(model, {"uses_post": 0.0, "c_S_pre": 0.1})
    with pytest.raises(nest.NESTErrors.BadProperty, match="uses_post must be set before"):
        nest.SetDefaults(model, {"uses_post": 1.0})


def test_without_postsynaptic_terms_the_neuron_archives_nothing(simulator, module):
    nest = simulator
    model = general_synapse(nest, module, Rule.of_terms(("all",), {"S_pre": 1.0}))
    neuron, recorder = driven(nest, module.neuron_model, {"tau_syn_1": 0.05})
    connect(nest, create_source(nest), neuron, model)
    nest.Simulate(300.0)
    assert len(recorder.events["times"]) > 5
    n_pre = np.sum(spike_times(1) + 1.0 < 300.0)
    expected = 500.0 + 2e-3 * REFERENCE_WEIGHT * n_pre
    np.testing.assert_allclose(weights(nest, model), expected, rtol=1e-12)


def test_models_survive_a_reset_and_a_second_installation(simulator, module):
    nest = simulator
    module.install()
    nest.ResetKernel()
    assert module.neuron_model not in nest.node_models
    module.install()
    assert module.neuron_model in nest.node_models
    assert f"{module.synapse_model}_lbl" in nest.synapse_models
