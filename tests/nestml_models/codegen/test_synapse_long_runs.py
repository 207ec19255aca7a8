"""A minute or more of simulated time at every time step: no spike is missed or counted twice.

One presynaptic and one postsynaptic neuron. Many of their spikes coincide at the synapse, in
exactly the time step that a rounded sum of times would get wrong.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from plastic_reference import Synapse, follow

from nestml_models.rule import TERMS, PlasticitySettings, Rule, synapse_parameters

STEPS_MS = [0.1, 0.2, 0.25, 0.3, 1.0]
TAU_PRE, TAU_POST, TAU_R = 20.0, 33.0, 100.0
WEIGHT, DELTA = 50.0, 0.6
UNLIMITED = PlasticitySettings(max_fraction=None, bound_factor=1e6)
LIMITED = PlasticitySettings(learning_rate=3.0, max_fraction=0.01, bound_factor=1.5)


@dataclass(frozen=True)
class Case:
    """A synapse: the coefficients of its rule, its limits and its delay in steps."""

    coefficients: dict[str, float]
    settings: PlasticitySettings
    delay_steps: int

    def parameters(self) -> dict[str, float]:
        rule = Rule.of_terms(
            ("pre", "post"), self.coefficients, tau_E_ms=[TAU_PRE, TAU_POST], tau_R_ms=TAU_R
        )
        return synapse_parameters(rule, "pre", "post", self.settings, WEIGHT, WEIGHT, False)

    def expected(self, spikes, rewards, flushes, dt_ms) -> float:
        synapse = Synapse(
            {
                term.name: self.coefficients[term.name] * self.settings.scale(term.kind) * WEIGHT
                for term in TERMS
                if term.name in self.coefficients
            },
            *(TAU_PRE, TAU_POST, TAU_R),
            weight=WEIGHT,
            largest_weight=self.settings.bound_factor * WEIGHT,
            largest_fraction=self.settings.largest_fraction,
            delta=DELTA,
            dt_ms=dt_ms,
        )
        delay_ms = self.delay_steps * dt_ms
        return follow(synapse, *spikes, delay_ms, rewards, flushes).weight


@dataclass(frozen=True)
class Result:
    """Weights, times of pre- and postsynaptic spikes, of rewards and of flushes."""

    weights: list[float]
    spikes: tuple[np.ndarray, np.ndarray]
    rewards: np.ndarray
    flushes: np.ndarray


def simulate(nest, module, dt_ms, pre, drive, cases, n_intervals, interval_steps) -> Result:
    """Spikes in steps; a volume transmitter that acts `n_intervals` times, with a reward each."""
    nest.set(resolution=dt_ms)
    nest.set(min_delay=dt_ms, max_delay=100 * dt_ms)
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": interval_steps})
    relay, source = nest.Create("parrot_neuron", 2)
    # The plastic synapses' currents are too brief to make the neuron spike, however large.
    brief = {"tau_syn_1": 0.05 * dt_ms, "tau_syn_2": 1e-4 * dt_ms, "t_ref": dt_ms}
    neuron = nest.Create(module.neuron_model, params=brief)
    rewards = np.arange(n_intervals) * interval_steps + interval_steps // 3
    generators = nest.Create("spike_generator", 3)
    for generator, steps in zip(generators, (pre, rewards, drive), strict=True):
        generator.spike_times = np.round(np.sort(steps) * dt_ms, 6)
    nest.Connect(generators[0], source, syn_spec={"delay": dt_ms})
    nest.Connect(generators[1], relay, syn_spec={"delay": dt_ms})
    nest.Connect(relay, transmitter, syn_spec={"delay": dt_ms})
    strong = {"weight": 1e7 / dt_ms, "delay": dt_ms, "receptor_type": 1}
    nest.Connect(generators[2], neuron, syn_spec=strong)
    recorders = nest.Create("spike_recorder", 2)
    nest.Connect(source, recorders[0])
    nest.Connect(neuron, recorders[1])
    for k, case in enumerate(cases):
        own = {"delta": DELTA, "volume_transmitter": transmitter}
        nest.CopyModel(module.synapse_model, f"case_{k}", {**case.parameters(), **own})
        delay = round(case.delay_steps * dt_ms, 6)
        syn = {"synapse_model": f"case_{k}", "weight": WEIGHT, "delay": delay}
        nest.Connect(source, neuron, syn_spec={**syn, "receptor_type": 2})
    nest.Simulate(round(n_intervals * interval_steps * dt_ms, 6))
    assert [each.n_events for each in recorders] == [len(pre), len(drive)]
    return Result(
        [nest.GetConnections(synapse_model=f"case_{k}").weight for k in range(len(cases))],
        tuple(np.round(np.sort(each.events["times"]), 6) for each in recorders),
        (rewards + 2) * dt_ms,
        np.arange(1, n_intervals + 1) * interval_steps * dt_ms,
    )


def assert_exact(result, cases, dt_ms) -> None:
    expected = [
        case.expected(result.spikes, result.rewards, result.flushes, dt_ms) for case in cases
    ]
    assert np.all(np.abs(np.array(expected) - WEIGHT) > 1e-3)
    np.testing.assert_allclose(result.weights, expected, rtol=1e-12)


def n_meetings(result, delay_steps, dt_ms) -> int:
    pre, post = (np.round(times / dt_ms).astype(int) for times in result.spikes)
    return len(np.intersect1d(pre, post + delay_steps))


@pytest.mark.parametrize("dt_ms", STEPS_MS)
def test_all_spikes_that_meet_in_a_minute_are_counted(simulator, module, dt_ms):
    """With S_pre*S_post alone the weight counts the coincidences."""
    period = round(97.3 / dt_ms)
    delays = [1, 7, 13, 50]
    post = np.arange(100, round(60_000 / dt_ms), period)
    pre = np.concatenate([post + 1 + delay for delay in delays])
    cases = [Case({"S_pre*S_post": 1.0}, UNLIMITED, delay) for delay in delays]
    result = simulate(simulator, module, dt_ms, pre, post, cases, 61, round(1000 / dt_ms))
    change = UNLIMITED.spike_scale * WEIGHT
    counted = (np.array(result.weights) - WEIGHT) / change
    met = [n_meetings(result, delay, dt_ms) for delay in delays]
    assert min(met) >= 590
    np.testing.assert_allclose(counted, met, rtol=1e-9)


@pytest.mark.parametrize("dt_ms", STEPS_MS)
def test_a_minute_agrees_with_the_reference(simulator, module, dt_ms):
    """Every term alone, and all with and without limits; random and coincident spikes."""
    rng = np.random.default_rng(11)
    end = round(60_000 / dt_ms)
    post = rng.choice(np.arange(100, end, 3), 600, replace=False)
    delays = rng.integers(1, 60, 4)
    met = [rng.choice(post, 100, replace=False) + 1 + delay for delay in delays]
    pre = np.unique(np.concatenate([*met, rng.choice(end, 400, replace=False) + 100]))
    everything = {term.name: rng.choice([-1, 1]) * rng.uniform(0.3, 1.0) for term in TERMS}
    cases = [Case({name: c}, UNLIMITED, int(delays[0])) for name, c in everything.items()]
    cases += [Case(everything, UNLIMITED, int(delay)) for delay in delays]
    cases += [Case(everything, LIMITED, int(delay)) for delay in delays]
    cases += [Case({name: 1.0}, LIMITED, int(delays[1])) for name in ("X_pre", "X_pre^2*R", "R")]
    result = simulate(simulator, module, dt_ms, pre, post, cases, 205, round(300 / dt_ms))
    assert n_meetings(result, delays[0], dt_ms) > 90
    assert_exact(result, cases, dt_ms)


@pytest.mark.parametrize("dt_ms", [pytest.param(0.1, marks=pytest.mark.slow), 1.0])
def test_long_silence(simulator, module, dt_ms):
    """Two bursts more than three minutes apart, the second 400 s after the start."""
    rng = np.random.default_rng(12)
    burst = np.sort(rng.choice(np.arange(100, 900, 2), 60, replace=False))
    late = round(400_000 / dt_ms)
    post = np.concatenate([burst, burst + late // 2, burst + late])
    pre = np.concatenate([burst[:30] + 4, burst[::2] + late // 2 + 8, burst + late + 4])
    names = ["S_pre*S_post", "S_post*X_pre", "S_pre*X_post", "X_pre*X_post", "R"]
    cases = [Case({name: 1.0}, UNLIMITED, 3) for name in names]
    cases.append(Case({term.name: 0.5 for term in TERMS}, LIMITED, 3))
    interval = round(20_000 / dt_ms)
    result = simulate(simulator, module, dt_ms, pre, post, cases, 21, interval)
    assert n_meetings(result, 3, dt_ms) > 30
    assert_exact(result, cases, dt_ms)
