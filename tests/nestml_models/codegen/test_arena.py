"""Neurons in the arena: with any threads, steps and neighbours they are NEST's glif_psc."""

import numpy as np
import pytest

DYNAMICS = {"C_m": 100.0, "g": 5.0, "E_L": -75.0, "V_m": -75.0, "V_reset": -75.0, "V_th": -45.0}
GLIF_PSC = {
    **DYNAMICS,
    "t_ref": 3.0,
    "spike_dependent_threshold": False,
    "after_spike_currents": True,
    "adapting_threshold": False,
    "asc_init": [0.0, 0.0],
    "asc_amps": [0.0, 0.0],
    "asc_decay": [0.1, 0.01],
    "asc_r": [1.0, 1.0],
    "tau_syn": [5.5, 8.5, 2.8, 5.8],
}
N_FIRST, N_REST = 17, 8


class Mixed:
    """Neurons of a model among others, all connected with each other, with devices of each kind."""

    def __init__(self, nest, model, parameters):
        self.nest, self.model, self.parameters = nest, model, parameters
        self.drive = nest.Create(
            "spike_generator", params={"spike_times": np.arange(5.0, 300.0, 5.0)}
        )
        self.first = self._create(N_FIRST)
        self.foreign = nest.Create("iaf_psc_exp", 9)
        self.rest = self._create(N_REST)
        self.all = self.first + self.foreign + self.rest
        self.own = self.first + self.rest
        self.rng = np.random.default_rng(5)
        self._connect(self.all, self.own, 6)
        self._connect(self.all, self.foreign, 6, has_receptors=False)
        self.current = nest.Create("step_current_generator")
        self.current.set(amplitude_times=[20.0, 120.0], amplitude_values=[300.0, 0.0])
        nest.Connect(self.current, self.own[3:8])
        self.recorder = nest.Create("spike_recorder")
        nest.Connect(self.all, self.recorder)
        self.meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 1.0})
        nest.Connect(self.meter, self.first[5:9] + self.rest[:2])

    def _create(self, n):
        cells = self.nest.Create(self.model, n, self.parameters)
        spec = {"weight": 64.0 + 16.0 * np.arange(n)[:, None], "delay": 2.0, "receptor_type": 3}
        self.nest.Connect(self.drive, cells, "all_to_all", spec)
        return cells

    def _connect(self, sources, targets, n, has_receptors=True):
        """Weights are such that sums of them are exact in any order."""
        source = self.rng.choice(sources.tolist(), (len(targets), n)).ravel()
        arrays = {
            "weight": self.rng.integers(-40, 80, len(source)) / 8.0,
            "delay": self.rng.integers(1, 5, len(source)).astype(float),
        }
        if has_receptors:
            arrays["receptor_type"] = self.rng.integers(1, 5, len(source))
        self.nest.Connect(
            source,
            np.repeat(targets.tolist(), n),
            "one_to_one",
            {"synapse_model": "static_synapse", **arrays},
        )

    def observed(self):
        spikes, traces = self.recorder.events, self.meter.events
        order = np.lexsort((traces["times"], traces["senders"]))
        return (
            sorted(zip(spikes["senders"].tolist(), spikes["times"].tolist(), strict=True)),
            traces["V_m"][order],
        )


def run(nest, model, parameters, change=lambda _nest, _network: None, parts=(100.0, 100.0)):
    network = Mixed(nest, model, parameters)
    for k, part_ms in enumerate(parts):
        if k:
            change(nest, network)
        nest.Simulate(part_ms)
    return network.observed()


def reset(nest, module, threads, dt_ms):
    nest.ResetKernel()
    nest.set(local_num_threads=threads, resolution=dt_ms)
    module.install()


def require_equality(nest, module, threads, dt_ms, change=lambda _nest, _network: None):
    reset(nest, module, threads, dt_ms)
    theirs = run(nest, "glif_psc", GLIF_PSC, change)
    reset(nest, module, threads, dt_ms)
    ours = run(nest, module.neuron_model, DYNAMICS, change)
    assert len(theirs[0]) > 100
    assert ours[0] == theirs[0]
    np.testing.assert_allclose(ours[1], theirs[1], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("threads", "dt_ms"), [(1, 1.0), (1, 0.1), (2, 0.5), (2, 1.0), (4, 0.1), (4, 1.0)]
)
def test_a_network_of_ours_and_others_is_that_of_glif_psc(simulator, module, threads, dt_ms):
    require_equality(simulator, module, threads, dt_ms)


@pytest.mark.parametrize(
    ("threads", "frozen"), [(1, (0,)), (1, (3, 4)), (1, range(17)), (2, (16, 17, 24))]
)
def test_neurons_can_be_frozen_and_go_on(simulator, module, threads, frozen):
    def freeze(_nest, network):
        for i in frozen:
            network.own[i].frozen = True

    require_equality(simulator, module, threads, 1.0, freeze)

    def freeze_for_a_while(nest, network):
        freeze(nest, network)
        nest.Simulate(30.0)
        network.own.frozen = False

    require_equality(simulator, module, threads, 1.0, freeze_for_a_while)


def test_neurons_can_be_frozen_between_prepare_and_cleanup(simulator, module):
    def freeze(nest, network):
        nest.Prepare()
        nest.Run(10.0)
        network.first[0].frozen = True
        nest.Run(10.0)
        network.first[0].frozen = False
        network.first[4].frozen = True
        nest.Run(10.0)
        nest.Cleanup()

    require_equality(simulator, module, 1, 1.0, freeze)


@pytest.mark.parametrize("threads", [1, 3])
def test_neurons_made_after_a_simulation_join_in(simulator, module, threads):
    """Spikes under way to the others arrive nevertheless."""

    def add(nest, network):
        more = network._create(40)
        network._connect(network.all, more, 5)
        network._connect(more, network.own, 2)
        nest.Connect(more, network.recorder)

    require_equality(simulator, module, threads, 1.0, add)


def test_another_network_in_the_same_process_is_not_changed_by_the_first(simulator, module):
    reset(simulator, module, 1, 1.0)
    alone = run(simulator, module.neuron_model, DYNAMICS)
    reset(simulator, module, 4, 0.1)
    simulator.Create(module.neuron_model, 300)
    run(simulator, module.neuron_model, DYNAMICS)
    reset(simulator, module, 1, 1.0)
    again = run(simulator, module.neuron_model, DYNAMICS)
    assert alone[0] == again[0]
    np.testing.assert_array_equal(alone[1], again[1])


def test_copies_of_the_neuron_model_share_a_network(simulator, module):
    reset(simulator, module, 1, 1.0)
    simulator.CopyModel(module.neuron_model, "copy", {"I_e": 700.0})
    cells = simulator.Create(module.neuron_model, 2) + simulator.Create("copy", 2)
    recorder = simulator.Create("spike_recorder")
    simulator.Connect(cells, recorder)
    simulator.Connect(cells[2], cells[0], syn_spec={"weight": 900.0, "receptor_type": 1})
    simulator.Simulate(100.0)
    senders = set(recorder.events["senders"].tolist())
    assert senders == {cells[0].global_id, cells[2].global_id, cells[3].global_id}


def test_status_shows_state_ports_and_targets_as_they_are(simulator, module):
    nest = simulator
    reset(nest, module, 1, 1.0)
    others = nest.Create("iaf_psc_exp", 3)
    cells = nest.Create(module.neuron_model, 5)
    volume = nest.Create("volume_transmitter")
    nest.CopyModel(module.synapse_model, "plastic", {"volume_transmitter": volume})
    for receptor in (1, 4):
        for model in ("static_synapse", "plastic"):
            spec = {"synapse_model": model, "receptor_type": receptor}
            nest.Connect(others[receptor % 3], cells[receptor], "one_to_one", spec)
    static, plastic = (
        nest.GetConnections(synapse_model=each).get(["source", "target", "receptor"])
        for each in ("static_synapse", "plastic")
    )
    assert static == plastic
    assert static["target"] == [cells[1].global_id, cells[4].global_id]
    assert static["receptor"] == [0, 3]
    cells[2].V_m = -50.0
    nest.Simulate(1.0)
    assert -75.0 < cells[2].V_m < -50.0
    assert cells[1].V_m == -75.0
    assert not any(cells.frozen)
    assert nest.GetDefaults(module.neuron_model)["V_m"] == -75.0


@pytest.mark.parametrize("n_spikes", [4, 13, 90, 400])
@pytest.mark.parametrize("delay_steps", [1, 7])
def test_a_synapse_reads_any_number_of_postsynaptic_spikes(
    simulator, module, n_spikes, delay_steps
):
    """Those since its last presynaptic spike, however many; and again after a second pause."""
    nest = simulator
    reset(nest, module, 1, 1.0)
    source = nest.Create("parrot_neuron")
    neuron = nest.Create(module.neuron_model, 1, {"t_ref": 1.0})
    volume = nest.Create("volume_transmitter", params={"deliver_interval": 10**6})
    model = {"volume_transmitter": volume, "uses_post": 1.0, "uses_X_post": 1.0, "tau_post": 150.0}
    nest.CopyModel(module.synapse_model, "plastic", {**model, "frozen": 0.0})
    last_ms = 4.0 * n_spikes + 10.0
    drive = nest.Create("spike_generator")
    drive.spike_times = np.concatenate(
        [k * last_ms + 4.0 * (1 + np.arange(n_spikes)) for k in (0, 1)]
    )
    trigger = nest.Create("spike_generator", params={"spike_times": [last_ms, 2 * last_ms]})
    nest.Connect(drive, neuron, syn_spec={"weight": 1e5, "receptor_type": 3})
    nest.Connect(trigger, source)
    synapse = {"synapse_model": "plastic", "delay": float(delay_steps), "weight": 0.0}
    nest.Connect(source, neuron, syn_spec={**synapse, "receptor_type": 1})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neuron, recorder)
    nest.Simulate(2 * last_ms + 20.0)
    post_ms = recorder.events["times"] + delay_steps
    pre_ms = 2 * last_ms + 1.0
    assert len(post_ms) >= 2 * n_spikes
    expected = np.exp(-(pre_ms - post_ms[post_ms <= pre_ms]) / 150.0).sum()
    assert nest.GetConnections(synapse_model="plastic").X_post == pytest.approx(expected, rel=1e-12)
