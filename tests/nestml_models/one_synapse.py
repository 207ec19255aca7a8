"""Two neurons, the synapses between them, and the reference of what those must do."""

import numpy as np
from plastic_reference import Synapse, follow

WEIGHT, DELTA = 30.0, 0.6


def spike_steps(rng, dt_ms) -> np.ndarray:
    """Bursts, single spikes, and a silence of two minutes."""
    steps = round(1000 / dt_ms)
    early = rng.choice(np.arange(50, 20 * steps, 2), 300, replace=False)
    late = rng.choice(np.arange(140 * steps, 145 * steps, 2), 100, replace=False)
    return np.sort(np.concatenate([early, np.arange(30 * steps, 30 * steps + 40), late]))


class Setting:
    """A presynaptic neuron, a driven postsynaptic one, and a recorder of transmitted weights."""

    def __init__(self, nest, neuron_model, dt_ms, threads=1) -> None:
        self.nest, self.dt_ms, self.threads = nest, dt_ms, threads
        rng = np.random.default_rng(21)
        self.pre_steps = spike_steps(rng, dt_ms)
        drive = np.sort(rng.choice(self.pre_steps[::2], 120, replace=False) + 1)
        nest.set(resolution=dt_ms, local_num_threads=threads)
        nest.set(min_delay=dt_ms, max_delay=50 * dt_ms)
        interval = round(1000 / dt_ms)
        self.transmitter = nest.Create("volume_transmitter", params={"deliver_interval": interval})
        self.flushes = np.arange(1, 146) * interval * dt_ms
        self.rewards = np.arange(2, 140, 7) * interval
        relay, self.pre = nest.Create("parrot_neuron"), nest.Create("parrot_neuron")
        brief = {"tau_syn_1": 0.05 * dt_ms, "tau_syn_2": 1e-4 * dt_ms, "t_ref": dt_ms}
        self.post = nest.Create(neuron_model, params=brief)
        self._spikes(self.pre_steps, self.pre)
        self._spikes(self.rewards, relay)
        nest.Connect(relay, self.transmitter, syn_spec={"delay": dt_ms})
        strong = {"weight": 1e7 / dt_ms, "delay": dt_ms, "receptor_type": 1}
        self._spikes(drive, self.post, **strong)
        self.recorder = nest.Create("spike_recorder")
        nest.Connect(self.post, self.recorder)

    def _spikes(self, steps, target, **syn) -> None:
        times = np.round(steps * self.dt_ms, 6)
        generator = self.nest.Create("spike_generator", params={"spike_times": times})
        self.nest.Connect(generator, target, syn_spec={"delay": self.dt_ms, **syn})

    def connect(self, model, copy, delay_steps, weight=WEIGHT, **parameters):
        """Connect with a copy of a model; return the recorder of the transmitted weights."""
        recorder = self.nest.Create("weight_recorder")
        own = {**parameters, "weight_recorder": recorder}
        self.nest.CopyModel(model, copy, own)
        delay = round(delay_steps * self.dt_ms, 6)
        syn = {"synapse_model": copy, "weight": weight, "delay": delay, "receptor_type": 2}
        self.nest.Connect(self.pre, self.post, syn_spec=syn)
        return recorder

    def run(self) -> None:
        self.nest.Simulate(round(float(self.flushes[-1]), 6))

    def expected(self, rule, settings, delay_steps, short_term=None) -> Synapse:
        scale = settings.scale
        synapse = Synapse(
            {
                term.name: rule.coefficients[term.index].flat[0] * scale(term.kind) * WEIGHT
                for term in rule.active_terms
            },
            *(rule.tau_E_ms[0], rule.tau_E_ms[0], rule.tau_R_ms[0]),
            weight=WEIGHT,
            largest_weight=settings.bound_factor * WEIGHT,
            largest_fraction=settings.largest_fraction,
            delta=DELTA,
            dt_ms=self.dt_ms,
            short_term=short_term and (short_term.U, short_term.tau_rec_ms, short_term.tau_fac_ms),
        )
        rewards = (self.rewards + 2) * self.dt_ms
        return follow(
            synapse, self.pre_ms, self.post_ms, delay_steps * self.dt_ms, rewards, self.flushes
        )

    @property
    def pre_ms(self) -> np.ndarray:
        """Times at which presynaptic spikes arrive."""
        return np.round((self.pre_steps + 1) * self.dt_ms, 6)

    @property
    def post_ms(self) -> np.ndarray:
        """Times of postsynaptic spikes; they reach the synapse a dendritic delay later."""
        return np.round(np.sort(self.recorder.events["times"]), 6)


def sent(recorder) -> np.ndarray:
    events = recorder.events
    return events["weights"][np.argsort(events["times"], kind="stable")]
