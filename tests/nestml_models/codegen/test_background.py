"""The background input generated inside the neuron."""

import numpy as np
import pytest
from scipy import stats

TAU_SYN_1_MS, TAU_SYN_3_MS = 5.5, 2.8
WEIGHT_1_PA, WEIGHT_3_PA = 3.0, 7.0


def simulate(nest, module, rate_Hz, dt_ms, n_neurons, n_steps, *, threads=1, seed=1, extra=0):
    """Return dI_syn_1, dI_syn_3 and I_syn_1 in each step; shape (3, neurons, steps)."""
    nest.ResetKernel()
    nest.set(resolution=dt_ms, rng_seed=seed, local_num_threads=threads)
    module.install()
    background = {
        "background_rate": rate_Hz,
        "background_weight_1": WEIGHT_1_PA,
        "background_weight_3": WEIGHT_3_PA,
    }
    if extra:
        nest.Create(module.neuron_model, extra, {**background, "background_rate": 0.0})
    neurons = nest.Create(module.neuron_model, n_neurons, {**background, "V_th": 1e9})
    names = ["dI_syn_1", "dI_syn_3", "I_syn_1"]
    meter = nest.Create("multimeter", params={"record_from": names, "interval": dt_ms})
    nest.Connect(meter, neurons)
    nest.Simulate(n_steps * dt_ms + 1.0)
    events = meter.events
    order = np.lexsort((events["times"], events["senders"]))
    traces = [events[name][order].reshape(n_neurons, -1)[:, :n_steps] for name in names]
    return np.array(traces)


def event_numbers(dI, tau_ms, dt_ms, weight_pA) -> np.ndarray:
    """Undo decay and scale of the recorded variable."""
    previous = np.concatenate([np.zeros((len(dI), 1)), dI[:, :-1]], axis=1)
    return (dI - np.exp(-dt_ms / tau_ms) * previous) / (np.e / tau_ms * weight_pA)


@pytest.mark.parametrize(
    ("rate_Hz", "dt_ms"), [(1000.0, 1.0), (200.0, 0.1), (50_000.0, 1.0), (2_000_000.0, 1.0)]
)
def test_events_are_poisson_and_the_same_at_both_receptors(simulator, module, rate_Hz, dt_ms):
    traces = simulate(simulator, module, rate_Hz, dt_ms, 50, 400)
    numbers = event_numbers(traces[0, :, 1:], TAU_SYN_1_MS, dt_ms, WEIGHT_1_PA)[:, 1:]
    others = event_numbers(traces[1, :, 1:], TAU_SYN_3_MS, dt_ms, WEIGHT_3_PA)[:, 1:]
    np.testing.assert_allclose(numbers, np.round(numbers), atol=1e-6)
    np.testing.assert_allclose(numbers, others, atol=1e-6)
    numbers = np.round(numbers).astype(int)
    mean = rate_Hz * dt_ms / 1000
    edges = np.unique(stats.poisson.ppf(np.linspace(0.05, 0.95, 12), mean))
    bins = np.searchsorted(edges, numbers.ravel())
    observed = np.bincount(bins, minlength=len(edges) + 1)
    cumulative = np.concatenate([[0.0], stats.poisson.cdf(edges, mean), [1.0]])
    expected = np.diff(cumulative) * numbers.size
    kept = expected > 1
    assert (
        stats.chisquare(
            observed[kept], expected[kept] * observed[kept].sum() / expected[kept].sum()
        ).pvalue
        > 1e-3
    )
    # Independent in time and between neurons.
    bound = 5 / np.sqrt(numbers.size)
    centred = numbers - mean
    assert abs(np.mean(centred[:, 1:] * centred[:, :-1])) / mean < bound
    assert abs(np.mean(centred[1:] * centred[:-1])) / mean < bound


def test_mean_and_variance_of_the_current(simulator, module):
    rate_Hz, dt_ms = 1000.0, 1.0
    current = simulate(simulator, module, rate_Hz, dt_ms, 400, 1000)[2, :, 100:]
    t = np.arange(0, 200, dt_ms)
    alpha = np.e / TAU_SYN_1_MS * t * np.exp(-t / TAU_SYN_1_MS)
    events = rate_Hz * dt_ms / 1000
    assert np.mean(current) == pytest.approx(WEIGHT_1_PA * events * alpha.sum(), rel=0.005)
    assert np.var(current) == pytest.approx(WEIGHT_1_PA**2 * events * (alpha**2).sum(), rel=0.02)


def test_same_seed_and_virtual_processes_give_the_same_events(simulator, module):
    one, same = (simulate(simulator, module, 1000.0, 1.0, 20, 50, threads=2) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    other = simulate(simulator, module, 1000.0, 1.0, 20, 50, threads=2, seed=2)
    assert np.any(one != other)


def test_a_rate_of_zero_draws_no_random_numbers(simulator, module):
    alone = simulate(simulator, module, 1000.0, 1.0, 5, 50)
    with_others = simulate(simulator, module, 1000.0, 1.0, 5, 50, extra=3)
    np.testing.assert_array_equal(alone, with_others)


@pytest.mark.parametrize("rng_type", ["mt19937_64", "Philox_32"])
@pytest.mark.parametrize("n_events", [0, 1, 2])
def test_random_numbers_are_those_of_nest(simulator, module, rng_type, n_events):
    """A synapse of NEST's own that transmits with some probability draws one for each spike."""
    n_steps, probability = 1000, stats.poisson.cdf(n_events, 1.0)
    simulator.ResetKernel()
    simulator.set(rng_type=rng_type, rng_seed=5, resolution=1.0)
    module.install()
    background = {"background_rate": 1000.0, "background_weight_1": 1.0, "V_th": 1e9}
    neuron = simulator.Create(module.neuron_model, params=background)
    meter = simulator.Create("multimeter", params={"record_from": ["dI_syn_1"], "interval": 1.0})
    simulator.Connect(meter, neuron)
    simulator.Simulate(n_steps + 1.0)
    numbers = event_numbers(meter.events["dI_syn_1"][None], TAU_SYN_1_MS, 1.0, 1.0)[0]

    simulator.ResetKernel()
    simulator.set(rng_type=rng_type, rng_seed=5, resolution=1.0)
    every_step = simulator.Create(
        "spike_generator", params={"spike_times": np.arange(1.0, n_steps)}
    )
    sender, receiver = simulator.Create("parrot_neuron"), simulator.Create("parrot_neuron")
    recorder = simulator.Create("spike_recorder")
    simulator.Connect(every_step, sender)
    chance = {"synapse_model": "bernoulli_synapse", "p_transmit": probability}
    simulator.Connect(sender, receiver, syn_spec=chance)
    simulator.Connect(receiver, recorder)
    simulator.Simulate(n_steps + 10.0)
    transmitted = np.isin(np.arange(3.0, n_steps + 2), recorder.events["times"])
    np.testing.assert_array_equal(np.round(numbers[: n_steps - 1]) <= n_events, transmitted)
