"""Frozen synapses deliver the weights they have, to the last bit, and cannot be released."""

import numpy as np
import pytest

from nestml_models.rule import PlasticitySettings, Rule, synapse_parameters

N = 60
FLUSH_MS = 20.0
TYPES = ("pre", "post")
RULE = Rule.of_terms(
    TYPES,
    {
        "S_pre": -0.3,
        "S_post*X_pre": 0.5,
        "S_pre*X_post": -0.4,
        "S_pre*S_post": 0.3,
        "X_pre*X_post": 0.2,
        "X_pre*R": 0.3,
    },
    tau_E_ms=15.0,
    tau_R_ms=40.0,
)
SETTINGS = PlasticitySettings(learning_rate=20.0, max_fraction=0.1, bound_factor=2.0)
HELD, FROZEN, LEARNING = {"plasticity_on": 0.0}, {"frozen": 1.0}, {}


class Recurrent:
    """Neurons with two kinds of plastic synapses, early ones and late ones, and rewards."""

    def __init__(self, nest, module, dt_ms, threads):
        nest.ResetKernel()
        nest.set(resolution=dt_ms, local_num_threads=threads, rng_seed=3)
        module.install()
        nest.set(min_delay=1.0, max_delay=4.0)
        self.nest = nest
        transmitter = nest.Create("volume_transmitter", params={"deliver_interval": int(FLUSH_MS)})
        source = nest.Create("spike_generator", params={"spike_times": [15.0, 133.0, 178.0]})
        relay = nest.Create("parrot_neuron")
        nest.Connect(source, relay)
        nest.Connect(relay, transmitter)
        background = {"background_rate": 1000.0, "background_weight_1": 60.0}
        self.neurons = nest.Create(module.neuron_model, N, background)
        self.recorder = nest.Create("spike_recorder")
        nest.Connect(self.neurons, self.recorder)
        rng = np.random.default_rng(4)
        for name in ("early", "late"):
            own = synapse_parameters(RULE, *TYPES, SETTINGS, 20.0, 40.0, False)
            own |= {"delta": 0.5, "volume_transmitter": transmitter}
            nest.CopyModel(module.synapse_model, name, own)
            source, target = np.divmod(rng.choice(N * N, 600, replace=False), N)
            ids = np.array(self.neurons.tolist())
            synapses = {
                "synapse_model": name,
                "weight": rng.uniform(5.0, 40.0, 600),
                "delay": rng.integers(1, 4, 600).astype(float),
                "receptor_type": rng.choice([1, 3], 600),
            }
            nest.Connect(ids[source], ids[target], "one_to_one", synapses)

    def run(self, early, late):
        """Learn, change the models as given, and continue; return spikes and weights."""
        self.nest.Simulate(5 * FLUSH_MS)
        for name, values in (("early", early), ("late", late)):
            self.nest.SetDefaults(name, values)
        self.nest.Simulate(10 * FLUSH_MS)
        return self.spikes(), self.weights("early"), self.weights("late")

    def spikes(self):
        events = self.recorder.events
        order = np.lexsort((events["senders"], events["times"]))
        return np.array([events["times"][order], events["senders"][order]])

    def weights(self, name):
        found = self.nest.GetConnections(synapse_model=name)
        status = found.get(["source", "target", "weight"])
        order = np.lexsort((status["target"], status["source"]))
        return np.array(status["weight"])[order]


def _run(simulator, module, early, late, dt_ms=1.0, threads=1):
    return Recurrent(simulator, module, dt_ms, threads).run(early, late)


@pytest.mark.parametrize(("dt_ms", "threads"), [(1.0, 1), (1.0, 2), (0.5, 1), (0.1, 2)])
@pytest.mark.parametrize("late", ["all frozen", "late ones learn"])
def test_same_bits_as_weights_that_are_held(simulator, module, dt_ms, threads, late):
    others = (HELD, FROZEN) if late == "all frozen" else (LEARNING, LEARNING)
    held = _run(simulator, module, HELD, others[0], dt_ms, threads)
    frozen = _run(simulator, module, FROZEN, others[1], dt_ms, threads)
    learning = _run(simulator, module, LEARNING, LEARNING, dt_ms, threads)
    assert held[0].shape[1] > 3 * N
    for a, b in zip(held, frozen, strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(held[1], learning[1])


def test_specialised_models_can_be_frozen(simulator, specialised):
    for compiled in specialised:
        compiled.install()
        assert simulator.GetDefaults(compiled.synapse_model)["frozen"] == 0.0


def test_frozen_synapses_cannot_be_released(simulator, module):
    network = Recurrent(simulator, module, 1.0, 1)
    simulator.SetDefaults("early", FROZEN)
    with pytest.raises(Exception, match="frozen synapses cannot learn again"):
        simulator.SetDefaults("early", {"frozen": 0.0})
    assert simulator.GetDefaults("early")["frozen"] == 1.0
    assert simulator.GetDefaults("late")["frozen"] == 0.0
    network.nest.Simulate(FLUSH_MS)


def test_a_model_without_connections_can_be_released(simulator, module):
    simulator.CopyModel(module.synapse_model, "copy", FROZEN)
    simulator.SetDefaults("copy", {"frozen": 0.0})
    assert simulator.GetDefaults("copy")["frozen"] == 0.0
