"""The module's synapse of constant weight is NEST's static_synapse, in less memory."""

import numpy as np
import pytest


def observed(nest, module, model, threads, dt_ms):
    """Spikes, voltages and recorded weights of a network with devices and spikes of every kind."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads, resolution=dt_ms, rng_seed=9)
    module.install()
    name = module.static_synapse_model if model == "ours" else "static_synapse"
    rng = np.random.default_rng(3)
    events = nest.Create("weight_recorder")
    nest.CopyModel(name, "recorded", {"weight_recorder": events})
    cells = nest.Create(module.neuron_model, 40, {"background_rate": 900.0})
    cells.set(background_weight_1=100.0)
    foreign = nest.Create("parrot_neuron", 5)
    noise = nest.Create("poisson_generator", params={"rate": 800.0})
    units = nest.Create("spike_generator", 3)
    for k, unit in enumerate(units):
        times = np.arange(3.0 + k, 190.0, 4.0)
        unit.set(spike_times=times, spike_multiplicities=1 + (np.arange(len(times)) + k) % 3)
    nest.Connect(nest.Create("poisson_generator", params={"rate": 200.0}), foreign)
    for pre, used in ((cells, "recorded"), (foreign, name), (units, name), (noise, name)):
        n = 300
        source = np.sort(rng.choice(pre.tolist(), n))
        arrays = {
            "weight": rng.normal(10.0, 20.0, n),
            "delay": rng.integers(1, 6, n).astype(float),
            "receptor_type": rng.integers(1, 5, n),
        }
        spec = {"synapse_model": used, **arrays}
        nest.Connect(source, rng.choice(cells.tolist(), n), "one_to_one", spec)
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Simulate(60.0)
    nest.GetConnections(cells[:3], synapse_model="recorded").weight = 55.0
    nest.Simulate(140.0)
    spikes = recorder.events
    fields = ("senders", "targets", "times", "weights", "receptors")
    weights = [events.events[each] for each in fields]
    return (
        sorted(zip(spikes["senders"], spikes["times"], strict=True)),
        np.array(cells.V_m),
        sorted(zip(*weights, strict=True)),
    )


@pytest.mark.parametrize(("threads", "dt_ms"), [(1, 1.0), (1, 0.1), (3, 0.5)])
def test_a_network_is_that_of_static_synapse(simulator, module, threads, dt_ms):
    spikes, voltages, weights = observed(simulator, module, "NEST's", threads, dt_ms)
    found = observed(simulator, module, "ours", threads, dt_ms)
    assert len(spikes) > 100
    assert len(weights) > 500
    assert found[0] == spikes
    np.testing.assert_array_equal(found[1], voltages)
    assert found[2] == weights


def test_it_takes_a_quarter_less_memory_or_more(simulator, module):
    for suffix, theirs, ours in (("", 32, 24), ("_lbl", 40, 24)):
        assert simulator.GetDefaults(f"static_synapse{suffix}", "sizeof") == theirs
        assert simulator.GetDefaults(module.static_synapse_model + suffix, "sizeof") == ours


def test_it_refuses_other_neurons_and_other_events(simulator, module):
    nest = simulator
    own = nest.Create(module.neuron_model)
    other = nest.Create("iaf_psc_exp")
    current = nest.Create("dc_generator")
    spec = {"synapse_model": module.static_synapse_model}
    with pytest.raises(nest.NESTErrors.IllegalConnection, match="its own module"):
        nest.Connect(own, other, syn_spec=spec)
    with pytest.raises(nest.NESTErrors.IllegalConnection):
        nest.Connect(current, own, syn_spec=spec)
    assert nest.num_connections == 0
