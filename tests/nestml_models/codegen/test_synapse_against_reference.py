"""The compiled general synapse compared with the reference, for every term and limit."""

import numpy as np
import pytest
from plastic_reference import Synapse, follow

from nestml_models.rule import TERMS, PlasticitySettings, Rule, synapse_parameters

TYPES = ("pre", "post")
N_PRE, N_POST = 4, 3
CHUNK_MS = 300.0
MEAN_WEIGHT, LARGEST_WEIGHT = 20.0, 40.0


def cases(rng) -> list[tuple[Rule, PlasticitySettings, bool, float]]:
    """Rules with settings, sign and reward error."""
    uncapped = PlasticitySettings(max_fraction=None, bound_factor=1e3)
    strong = PlasticitySettings(learning_rate=20.0, max_fraction=0.02, bound_factor=1.2)
    bounded = PlasticitySettings(learning_rate=20.0, max_fraction=None, bound_factor=1.05)
    result = []
    for term in TERMS:
        result.append((random_rule(rng, [term.name]), uncapped, False, 0.7))
    everything = [term.name for term in TERMS]
    result.append((random_rule(rng, everything), uncapped, False, -0.4))
    result.append((random_rule(rng, everything), uncapped, True, 0.6))
    for settings in (strong, bounded):
        for inhibitory in (False, True):
            for _ in range(2):
                names = rng.choice(everything, 6, replace=False).tolist()
                result.append((random_rule(rng, names), settings, inhibitory, rng.uniform(-1, 1)))
    result.append((Rule.static(TYPES), strong, False, 1.0))
    return result


def random_rule(rng, names) -> Rule:
    return Rule.of_terms(
        TYPES,
        {name: rng.choice([-1, 1]) * rng.uniform(0.2, 1.0) for name in names},
        tau_E_ms=rng.uniform(5.0, 60.0, 2),
        tau_R_ms=rng.uniform(50.0, 150.0, 2),
    )


def reference(rule, settings, weight, delta, dt_ms) -> Synapse:
    scales = {
        "spike": settings.spike_scale,
        "trace": settings.trace_scale_per_ms,
        "spike_trace": settings.spike_trace_scale,
    }
    return Synapse(
        coefficients={
            term.name: rule.coefficients[term.index].flat[0]
            * settings.learning_rate
            * scales[term.kind]
            * MEAN_WEIGHT
            for term in rule.active_terms
        },
        tau_pre=rule.tau_E_ms[0],
        tau_post=rule.tau_E_ms[1],
        tau_R=rule.tau_R_ms[1],
        weight=weight,
        largest_weight=settings.bound_factor * LARGEST_WEIGHT,
        largest_fraction=settings.largest_fraction,
        delta=delta,
        dt_ms=dt_ms,
    )


def spike_times(rng, rate_Hz, end_ms, dt_ms) -> np.ndarray:
    n_steps = round(end_ms / dt_ms)
    return np.flatnonzero(rng.random(n_steps - 10) < rate_Hz * dt_ms / 1000)[1:] * dt_ms + 5 * dt_ms


class Experiment:
    """All cases in one network, with given presynaptic and driven postsynaptic spikes."""

    def __init__(self, nest, module, dt_ms, min_delay_ms, interval, threads=1) -> None:
        self.nest, self.dt_ms, self.min_delay_ms, self.interval = (
            nest,
            dt_ms,
            min_delay_ms,
            interval,
        )
        nest.set(resolution=dt_ms, local_num_threads=threads)
        nest.set(min_delay=min_delay_ms, max_delay=8.0)
        rng = np.random.default_rng(5)
        end_ms = 3 * CHUNK_MS
        self.pre_times = [spike_times(rng, 60.0, end_ms, dt_ms) for _ in range(N_PRE)]
        self.rewards = np.array([7.0, 133.0, 407.0, 608.0, 703.0])
        self.cases = cases(rng)
        self.vt = nest.Create("volume_transmitter", params={"deliver_interval": interval})
        source = nest.Create("spike_generator", params={"spike_times": self.rewards})
        relay = nest.Create("parrot_neuron")
        nest.Connect(source, relay, syn_spec={"delay": min_delay_ms})
        nest.Connect(relay, self.vt, syn_spec={"delay": min_delay_ms})
        self.rewards = self.rewards + 2 * min_delay_ms
        self.pre = nest.Create("parrot_neuron", N_PRE)
        generators = nest.Create("spike_generator", N_PRE)
        for generator, times in zip(generators, self.pre_times, strict=True):
            generator.spike_times = np.round(times - min_delay_ms, 6)[times > min_delay_ms]
        nest.Connect(generators, self.pre, "one_to_one", {"delay": min_delay_ms})
        self.post = nest.Create(module.neuron_model, N_POST, {"tau_syn_1": 0.05, "t_ref": 1.0})
        drivers = nest.Create("spike_generator", N_POST)
        for driver in drivers:
            driver.spike_times = np.round(spike_times(rng, 60.0, end_ms - 20, dt_ms) + 10, 6)
        drive = {"weight": 1e6, "delay": min_delay_ms, "receptor_type": 1}
        nest.Connect(drivers, self.post, "one_to_one", drive)
        self.recorders = [nest.Create("spike_recorder") for _ in range(2)]
        nest.Connect(self.pre, self.recorders[0])
        nest.Connect(self.post, self.recorders[1])
        self._connect(module, rng)

    def _connect(self, module, rng) -> None:
        nest, dt_ms = self.nest, self.dt_ms
        pairs = np.array([(i, j) for i in range(N_PRE) for j in range(N_POST)])
        self.pairs = pairs
        self.models, self.weights, self.delays = [], [], []
        for k, (rule, settings, inhibitory, delta) in enumerate(self.cases):
            parameters = synapse_parameters(
                rule, "pre", "post", settings, MEAN_WEIGHT, LARGEST_WEIGHT, inhibitory
            )
            model = f"case_{k}"
            nest.CopyModel(
                module.synapse_model,
                model,
                {**parameters, "delta": delta, "volume_transmitter": self.vt},
            )
            steps = rng.integers(round(self.min_delay_ms / dt_ms), round(8.0 / dt_ms), len(pairs))
            self.delays.append(np.round(steps * dt_ms, 6))
            self.weights.append(rng.uniform(1.0, LARGEST_WEIGHT, len(pairs)))
            nest.Connect(
                np.array(self.pre.tolist())[pairs[:, 0]],
                np.array(self.post.tolist())[pairs[:, 1]],
                "one_to_one",
                {
                    "synapse_model": model,
                    "weight": self.weights[-1] * (-1 if inhibitory else 1),
                    "delay": self.delays[-1],
                    "receptor_type": np.full(len(pairs), 2 if inhibitory else 1),
                },
            )
            self.models.append(model)

    def run(self) -> None:
        """Three chunks: plastic, frozen, plastic with half of the reward error."""
        nest = self.nest
        nest.Simulate(CHUNK_MS)
        for model in self.models:
            nest.SetDefaults(model, {"plasticity_on": 0.0})
        nest.Simulate(CHUNK_MS)
        for model, (*_, delta) in zip(self.models, self.cases, strict=True):
            nest.SetDefaults(model, {"plasticity_on": 1.0, "delta": delta / 2})
        nest.Simulate(CHUNK_MS)

    def weights_in_nest(self, k) -> np.ndarray:
        connections = self.nest.GetConnections(synapse_model=self.models[k])
        status = connections.get(["source", "target", "weight"])
        order = {
            pair: n for n, pair in enumerate(zip(status["source"], status["target"], strict=True))
        }
        wanted = [(self.pre[i].global_id, self.post[j].global_id) for i, j in self.pairs]
        return np.array(status["weight"])[[order[pair] for pair in wanted]]

    def spikes(self, which) -> list[np.ndarray]:
        nodes = (self.pre, self.post)[which]
        events = self.recorders[which].events
        return [np.sort(events["times"][events["senders"] == node.global_id]) for node in nodes]

    def weights_of_reference(self, k, pre, post) -> np.ndarray:
        rule, settings, inhibitory, delta = self.cases[k]
        lag = self.min_delay_ms - self.dt_ms
        flush_ms = self.interval * self.min_delay_ms
        flushes = np.arange(1, round(3 * CHUNK_MS / flush_ms) + 1) * flush_ms - lag
        switches = [
            (CHUNK_MS - lag, "active", False),
            (2 * CHUNK_MS - lag, "active", True),
            (2 * CHUNK_MS - lag, "delta", delta / 2),
        ]
        result = [
            follow(
                reference(rule, settings, weight, delta, self.dt_ms),
                pre[i],
                post[j],
                delay,
                self.rewards,
                flushes,
                switches,
            ).weight
            for (i, j), weight, delay in zip(
                self.pairs, self.weights[k], self.delays[k], strict=True
            )
        ]
        return np.array(result) * (-1 if inhibitory else 1)


@pytest.mark.parametrize(
    ("dt_ms", "min_delay_ms", "interval", "threads"),
    [
        (1.0, 1.0, 1, 1),
        (1.0, 1.0, 10, 1),
        (1.0, 1.0, 300, 2),
        (0.25, 1.0, 30, 1),
        (0.1, 1.0, 300, 1),
    ],
)
def test_weights_agree(simulator, module, dt_ms, min_delay_ms, interval, threads):
    experiment = Experiment(simulator, module, dt_ms, min_delay_ms, interval, threads)
    experiment.run()
    pre, post = experiment.spikes(0), experiment.spikes(1)
    assert min(len(times) for times in (*pre, *post)) > 30
    changed = 0
    for k in range(len(experiment.cases)):
        expected = experiment.weights_of_reference(k, pre, post)
        changed += bool(np.any(np.abs(expected) != experiment.weights[k]))
        np.testing.assert_allclose(experiment.weights_in_nest(k), expected, rtol=1e-12, atol=1e-12)
    assert changed == len(experiment.cases) - 1  # all but the static rule
