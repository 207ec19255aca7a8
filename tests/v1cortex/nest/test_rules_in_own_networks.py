"""A rule in a network of one's own does what it does in V1, in PyNEST's and in PyNN's units."""

import numpy as np
import pytest

from nestml_models.rule import PlasticitySettings, Rule
from v1cortex.errors import RuleError, SimulationError
from v1cortex.nest import load_nest, load_pynn, plastic, plastic_pynn
from v1cortex.network import Network
from v1cortex.rules import load_rule
from v1cortex.stimuli import drifting_grating
from v1cortex.tables import POPULATIONS

PRE, POST = "L4_E", "L23_E"

STDP = {"S_post*X_pre": 0.95, "S_pre*X_post": -1.0}


def test_a_synapse_next_to_one_of_v1_changes_alike(small_circuit):
    """Both see the same spikes and rewards, so weights agree to the last bit."""
    terms = STDP | {"S_pre": dict.fromkeys(POPULATIONS, 0.2) | {PRE: 0.7}, "S_post*R": -0.4}
    rule = Rule.of_terms(POPULATIONS, terms, tau_E_ms=25.0, tau_R_ms=80.0)
    network = Network.from_circuit(small_circuit, rule, plastic="E->E", flush_ms=100.0)
    row = small_circuit.tables.synapse_type_index(PRE, POST)
    edges, own = small_circuit.edges, small_circuit.edges_of(row)
    reference_pA, largest_pA = network.plastic.bounds_pA(row)
    weight = edges.weight_pA[own] * network.calibration.recurrent_scale[row]
    synapses = plastic(
        rule, weight=weight, delay=float(network._delays_ms[row]), pre_type=PRE, post_type=POST,
        reference_weight=reference_pA, maximum_weight=largest_pA, update_ms=100.0,
        settings=network.settings.plasticity,
    )  # fmt: skip
    nest, ids = load_nest(), network.node_ids
    # Pairs of cells with one node each time: `one_to_one` needs them in increasing order.
    nest.Connect(
        ids[edges.source[own]], ids[edges.target[own]], "one_to_one",
        {**synapses.syn_spec, "delay": np.full(len(weight), synapses.delay)},
    )  # fmt: skip
    network.show(drifting_grating(0, 1000))
    for error in (0.0, 0.8, 0.0, -0.5, 0.0):
        if error:
            network.plastic.deliver_reward_error(error)
            synapses.reward(error)
        network.simulate(200)
    assert synapses.update_ms == 100.0
    in_v1 = network.weights(PRE, POST)
    found = nest.GetConnections(synapse_model=synapses.synapse_model)
    values = found.get(["source", "target", "weight"])
    source, target = (np.searchsorted(ids, values[key]) for key in ("source", "target"))
    order = np.lexsort((source, target))
    of_v1 = np.lexsort((in_v1.source, in_v1.target))
    np.testing.assert_array_equal(source[order], in_v1.source[of_v1])
    before = weight[np.lexsort((edges.source[own], edges.target[own]))]
    assert np.mean(in_v1.weight_pA[of_v1] != before) > 0.5
    np.testing.assert_array_equal(np.array(values["weight"])[order], in_v1.weight_pA[of_v1])


def _nest():
    nest = load_nest()
    nest.ResetKernel()
    return nest


def test_the_reward_counts_once():
    """R jumps by the error and decays: the change is its integral, in closed form."""
    nest = _nest()
    settings = PlasticitySettings(trace_scale_per_ms=1e-3, max_fraction=None)
    rule = Rule.of_terms(("all",), {"R": 1.0}, tau_R_ms=50.0)
    synapses = plastic(rule, weight=40.0, delay=1.0, settings=settings, update_ms=10.0)
    inputs, cells = nest.Create("parrot_neuron", 2), nest.Create(synapses.neuron_model, 2)
    nest.Connect(inputs, cells, "all_to_all", synapses.syn_spec)
    nest.Simulate(100.0)
    synapses.reward(0.5)
    with pytest.raises(SimulationError, match="next is possible at 120 ms"):
        synapses.reward(0.5)
    nest.Simulate(900.0)
    change = np.array(nest.GetConnections(synapse_model=synapses.synapse_model).weight) / 40.0 - 1
    np.testing.assert_allclose(change, 1e-3 * 0.5 * 50.0, rtol=1e-3)


def test_pynn_takes_and_gives_nanoamperes():
    """The same spikes in PyNEST and in PyNN change the weights alike."""
    rule = Rule.of_terms(("all",), STDP)
    times = [[10.0, 30.0, 80.0, 95.0], [20.0, 50.0, 70.0]]
    nest = _nest()
    nest.set(resolution=0.1)
    synapses = plastic(rule, weight=2000.0, delay=1.5)
    inputs, cells = nest.Create("parrot_neuron", 2), nest.Create(synapses.neuron_model, 3)
    drive = nest.Create("spike_generator", 2, [{"spike_times": each} for each in times])
    nest.Connect(drive, inputs, "one_to_one", {"delay": 0.1})
    nest.Connect(inputs, cells, "all_to_all", synapses.syn_spec)
    nest.Simulate(1000.0)
    in_nest = np.array(nest.GetConnections(synapse_model=synapses.synapse_model).weight)

    sim = load_pynn()
    sim.setup(timestep=0.1, min_delay=0.1)
    cell, synapse, receptor = plastic_pynn(rule, weight=2.0, delay=1.5)
    cells = sim.Population(3, cell())
    trains = sim.Population(2, sim.SpikeSourceArray(spike_times=times))
    projection = sim.Projection(
        trains, cells, sim.AllToAllConnector(), synapse, receptor_type=receptor
    )
    assert set(projection.get("weight", "array").ravel()) == {2.0}
    assert set(projection.get("delay", "array").ravel()) == {1.5}
    sim.run(1000.0)
    in_pynn = projection.get("weight", "array")
    assert np.ptp(in_nest.reshape(2, 3), axis=1).max() == 0
    assert np.all(in_nest != 2000.0)
    np.testing.assert_allclose(1000 * in_pynn[:, 0], in_nest.reshape(2, 3)[:, 0], rtol=1e-3)


def test_inhibitory_weights_are_told_by_their_sign():
    nest = _nest()
    synapses = plastic("stdp", weight=[-20.0, -60.0])
    assert synapses.syn_spec["receptor_type"] == 2
    known = nest.GetDefaults(synapses.synapse_model)
    assert known["synapse_model"] == synapses.synapse_model
    cells = nest.Create(synapses.neuron_model, 2)
    nest.Connect(
        nest.Create("parrot_neuron", 2), cells, "one_to_one",
        {**synapses.syn_spec, "delay": [1.0, 1.0]},
    )  # fmt: skip
    weights = nest.GetConnections(synapse_model=synapses.synapse_model).weight
    assert sorted(weights) == [-60.0, -20.0]


def test_two_rules_in_one_network_have_their_own_models():
    nest = _nest()
    one, two = (plastic(name, weight=10.0) for name in ("stdp", "s_pre"))
    assert one.synapse_model != two.synapse_model
    assert {one.synapse_model, two.synapse_model} <= set(nest.synapse_models)


def test_mistakes_have_one_clear_message():
    nest = _nest()
    for given, message in (
        ({"weight": [1.0, -1.0]}, "both signs"),
        ({"weight": 1.0, "receptor": "E->X"}, "no receptor 'E->X'"),
        ({"weight": nest.random.uniform(1.0, 2.0)}, "reference_weight and maximum_weight"),
    ):
        with pytest.raises(SimulationError, match=message):
            plastic("stdp", **given)
    with pytest.raises(RuleError, match="17 neuron types"):
        plastic(load_rule("random:3"), weight=1.0)
    synapses = plastic("stdp", weight=1.0)
    nest.ResetKernel()
    nest.Create("parrot_neuron")
    with pytest.raises(SimulationError, match="before the first node"):
        plastic("stdp", weight=1.0)
    with pytest.raises(SimulationError, match="removed it"):
        _ = synapses.syn_spec
