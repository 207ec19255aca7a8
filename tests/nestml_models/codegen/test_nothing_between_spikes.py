"""A rule without traces has the same weights, to the last bit, however often it is updated."""

import numpy as np
import pytest

from nestml_models.compiled import compile_rule
from nestml_models.rule import PlasticitySettings, Rule, synapse_parameters

N_PRE, N_POST, CHUNK_MS = 20, 10, 240.0
TYPES = ("pre", "post")
ONLY_PRE = Rule.of_terms(TYPES, {"S_pre": 0.4})
WITH_POST = Rule.of_terms(TYPES, {"S_pre": 0.4, "S_post": -0.3, "S_pre*S_post": 0.2})
SETTINGS = PlasticitySettings(learning_rate=20.0, max_fraction=0.1, bound_factor=1.5)


def weights(nest, compiled, rule, interval, *, dt_ms=1.0, threads=1):
    """Return weights and potentials after two chunks, and the weights before.

    Between the chunks the coefficients change their signs.
    """
    nest.ResetKernel()
    nest.set(resolution=dt_ms, local_num_threads=threads, rng_seed=3)
    compiled.install()
    nest.set(min_delay=1.0, max_delay=4.0)
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": interval})
    rewards = nest.Create("spike_generator", params={"spike_times": [33.0, 34.0, 290.0]})
    relay = nest.Create("parrot_neuron")
    nest.Connect(rewards, relay)
    nest.Connect(relay, transmitter)
    pre = nest.Create("parrot_neuron", N_PRE)
    post = nest.Create(compiled.neuron_model, N_POST, {"background_rate": 1000.0})
    post.background_weight_1 = 60.0
    nest.Connect(nest.Create("poisson_generator", params={"rate": 40.0}), pre)
    own = synapse_parameters(rule, *TYPES, SETTINGS, 20.0, 40.0, False) | {"delta": 1.0}
    known = nest.GetDefaults(compiled.synapse_model)
    own = {key: value for key, value in own.items() if key in known}
    nest.CopyModel(compiled.synapse_model, "copy", own | {"volume_transmitter": transmitter})
    rng = np.random.default_rng(4)
    shape = (N_POST, N_PRE)
    synapses = {
        "synapse_model": "copy",
        "weight": rng.uniform(5.0, 40.0, shape),
        "delay": rng.integers(1, 4, shape).astype(float),
        "receptor_type": 1,
    }
    nest.Connect(pre, post, "all_to_all", synapses)
    nest.Simulate(CHUNK_MS)
    nest.SetDefaults("copy", {"c_S_pre": -own["c_S_pre"]})
    nest.Simulate(CHUNK_MS)
    status = nest.GetConnections(synapse_model="copy").get(["source", "target", "weight"])
    order = np.lexsort((status["target"], status["source"]))
    after = np.concatenate([np.array(status["weight"])[order], post.V_m])
    return after, synapses["weight"].T.ravel()


@pytest.mark.parametrize(
    ("rule", "specialised", "short_term", "dt_ms", "threads"),
    [
        (ONLY_PRE, False, False, 1.0, 1),
        (ONLY_PRE, False, False, 0.1, 2),
        (ONLY_PRE, True, False, 0.5, 1),
        (WITH_POST, False, False, 0.5, 1),
        (ONLY_PRE, False, True, 0.1, 2),
        (ONLY_PRE, True, True, 1.0, 1),
    ],
)
def test_interval_of_updates_does_not_matter(
    simulator, rule, specialised, short_term, dt_ms, threads
):
    """With short-term dynamics, resources recover by the next spike, in one step."""
    compiled = compile_rule(rule, specialised=specialised, short_term=short_term)
    (often, first), (seldom, _) = (
        weights(simulator, compiled, rule, interval, dt_ms=dt_ms, threads=threads)
        for interval in (1, round(CHUNK_MS))
    )
    assert np.array_equal(often, seldom)
    assert np.mean(often[: len(first)] != first) > 0.9
