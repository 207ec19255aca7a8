"""The device of many sources is a spike_generator with static synapses for each of them."""

import numpy as np
import pytest

N_SOURCES, N_CELLS, N_SYNAPSES = 12, 30, 400


def observed(nest, module, threads, dt_ms, has_projector):
    """Spikes and voltages of a recurrent network with a foreign node between the neurons."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads, resolution=dt_ms, rng_seed=9)
    module.install()
    rng = np.random.default_rng(4)
    first = nest.Create(module.neuron_model, N_CELLS // 2, {"background_rate": 900.0})
    nest.Create("parrot_neuron", 3)
    cells = first + nest.Create(module.neuron_model, N_CELLS - N_CELLS // 2)
    cells.set(background_weight_1=100.0)
    spec = {"weight": 31.7, "delay": 2.0, "receptor_type": 2}
    nest.Connect(cells, cells, {"rule": "fixed_indegree", "indegree": 4}, spec)
    source = np.sort(rng.integers(0, N_SOURCES, N_SYNAPSES))
    target = rng.choice(cells.tolist(), N_SYNAPSES)
    receptor = rng.integers(1, 5, N_SYNAPSES)
    weight = rng.normal(60.0, 90.0, N_SYNAPSES)
    if has_projector:
        device = nest.Create(module.spike_projector_model)
        device.set(delay=3.0, sources=source, targets=target, receptors=receptor, weights=weight)
    else:
        device = nest.Create("spike_generator", N_SOURCES)
        nest.Connect(
            np.array(device.tolist())[source],
            target,
            "one_to_one",
            {"weight": weight, "delay": np.full(N_SYNAPSES, 3.0), "receptor_type": receptor},
        )
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    voltages = []
    for part in range(3):
        now = round(nest.biological_time / dt_ms)
        events = np.unique(rng.integers(0, round(90.0 / dt_ms) * N_SOURCES, 400))
        step, unit = np.divmod(events, N_SOURCES)
        step += now - part * round(20.0 / dt_ms) + 1  # some are over
        step, unit = step[step > 0], unit[step > 0]
        count = 1 + rng.integers(0, 3, len(unit))
        if has_projector:
            device.set(spike_sources=unit, spike_steps=step, spike_multiplicities=count)
        else:
            for k, generator in enumerate(device):
                own = unit == k
                times = step[own] * dt_ms
                generator.set(spike_times=times, spike_multiplicities=count[own])
        nest.Simulate(60.0)
        voltages.append(cells.V_m)
    events = recorder.events
    return sorted(zip(events["senders"], events["times"], strict=True)), np.array(voltages)


@pytest.mark.parametrize(("threads", "dt_ms"), [(1, 1.0), (1, 0.1), (2, 0.5), (3, 1.0)])
def test_it_is_a_generator_and_static_synapses_for_each_source(simulator, module, threads, dt_ms):
    spikes, voltages = observed(simulator, module, threads, dt_ms, has_projector=False)
    found = observed(simulator, module, threads, dt_ms, has_projector=True)
    assert len(spikes) > 100
    assert found[0] == spikes
    np.testing.assert_array_equal(found[1], voltages)


def test_it_says_what_it_has_and_can_be_set_anew(simulator, module):
    simulator.ResetKernel()
    module.install()
    cells = simulator.Create(module.neuron_model, 3)
    device = simulator.Create(module.spike_projector_model)
    two = {"sources": [0, 2], "targets": cells.tolist()[:2], "receptors": [1, 4]}
    device.set(**two, weights=[5.0, 0.5], delay=2.0)
    assert device.get(["n_sources", "n_synapses", "sum_of_weights", "delay"]) == {
        "n_sources": 3,
        "n_synapses": 2,
        "sum_of_weights": 5.5,
        "delay": 2.0,
    }
    device.set(sources=[0], targets=[cells[2].global_id], receptors=[1], weights=[7.0])
    assert device.sum_of_weights == 7.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"weights": [1.0]}, "one value for each synapse"),
        ({"sources": [1, 0]}, "in increasing order"),
        ({"receptors": [1, 5]}, "Receptor type 5"),
        ({"targets": [1, 4]}, "neurons of the model"),
        ({"spike_sources": [0, 0], "spike_steps": [3, 3], "spike_multiplicities": [1, 1]}, "order"),
        ({"spike_sources": [0], "spike_steps": [3], "spike_multiplicities": [-1]}, "negative"),
        ({"spike_sources": [0], "spike_steps": [3]}, "one value for each spike"),
    ],
)
def test_what_makes_no_sense_is_refused(simulator, module, wrong, message):
    simulator.ResetKernel()
    module.install()
    simulator.Create(module.neuron_model, 3)
    simulator.Create("parrot_neuron")
    device = simulator.Create(module.spike_projector_model)
    good = {"sources": [0, 1], "targets": [1, 2], "receptors": [1, 1], "weights": [1.0, 1.0]}
    with pytest.raises(Exception, match=message):
        device.set(**{**good, **wrong})
