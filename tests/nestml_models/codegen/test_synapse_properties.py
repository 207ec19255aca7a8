"""The compiled synapses against the event-by-event reference, for whatever hypothesis thinks of.

One presynaptic and one postsynaptic neuron with given spikes, joined by a synapse of each of a few
random rules, each with its own delay.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from plastic_reference import Synapse, follow

from nestml_models.codegen.synapse import FLAGS
from nestml_models.rule import TERMS, PlasticitySettings, Rule, synapse_parameters

WEIGHT, MEAN_WEIGHT, LARGEST_WEIGHT = 30.0, 20.0, 40.0
MAX_DELAY_STEPS = 9
N_STEPS = 240
TAUS_MS = st.sampled_from([0.1, 1.0, 7.5, 20.0, 20.0 + 1e-9, 149.0, 150.0]) | st.floats(0.1, 150.0)
SPIKE_STEPS = st.sets(st.integers(1, N_STEPS - 20), min_size=3, max_size=40)


@dataclass(frozen=True)
class Plastic:
    """A rule at one synapse."""

    coefficients: dict[str, float]
    tau_E_ms: tuple[float, float]
    tau_R_ms: float
    delay_steps: int
    inhibitory: bool
    settings: PlasticitySettings

    @property
    def rule(self) -> Rule:
        return Rule.of_terms(
            ("pre", "post"),
            self.coefficients,
            tau_E_ms=list(self.tau_E_ms),
            tau_R_ms=self.tau_R_ms,
        )


@dataclass(frozen=True)
class Run:
    """Spikes in steps, and how NEST is to get through them."""

    dt_ms: float
    pre: frozenset[int]
    drive: frozenset[int]
    rewards: frozenset[int]
    delta: float
    deliver_interval: int
    threads: int
    piece_steps: int


LIMITS = st.sampled_from(
    [
        PlasticitySettings(learning_rate=3.0, max_fraction=None, bound_factor=1e3),
        PlasticitySettings(learning_rate=20.0, max_fraction=0.02, bound_factor=1.2),
        PlasticitySettings(learning_rate=20.0, max_fraction=None, bound_factor=0.8),
    ]
)
PLASTIC = st.builds(
    Plastic,
    coefficients=st.dictionaries(
        st.sampled_from([term.name for term in TERMS]),
        st.floats(-1.0, 1.0).filter(lambda c: abs(c) > 1e-3),
        min_size=1,
        max_size=25,
    ),
    tau_E_ms=st.tuples(TAUS_MS, TAUS_MS) | TAUS_MS.map(lambda tau: (tau, tau)),
    tau_R_ms=TAUS_MS,
    delay_steps=st.integers(1, MAX_DELAY_STEPS),
    inhibitory=st.booleans(),
    settings=LIMITS,
)
RUN = st.builds(
    Run,
    dt_ms=st.sampled_from([0.1, 0.2, 0.25, 0.3, 1.0]),
    pre=SPIKE_STEPS.map(frozenset),
    drive=SPIKE_STEPS.map(frozenset),
    rewards=st.sets(st.integers(1, N_STEPS - 20), max_size=5).map(frozenset),
    delta=st.floats(-1.0, 1.0),
    deliver_interval=st.sampled_from([1, 2, 10, 60, 240]),
    threads=st.sampled_from([1, 2]),
    piece_steps=st.sampled_from([1, 3, 7, 100, N_STEPS]),
)
EVERYTHING = Plastic(
    {term.name: 0.5 for term in TERMS}, (20.0, 20.0), 20.0, 3, False, PlasticitySettings()
)
DENSE = Run(
    1.0,
    frozenset(range(2, 200, 3)),
    frozenset(range(4, 200, 4)),
    frozenset({50, 51, 120}),
    0.7,
    60,
    2,
    7,
)


def generator(nest, steps, dt_ms):
    """A spike generator whose spikes arrive, one step later, in given steps."""
    times = np.round((np.sort(list(steps)).astype(float)) * dt_ms, 6)
    return nest.Create("spike_generator", params={"spike_times": times})


def simulate(nest, module, plastics, run, flags=()):
    """Return the weights, and the times of pre-, postsynaptic and reward spikes."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    dt = run.dt_ms
    nest.set(resolution=dt, local_num_threads=run.threads)
    nest.set(min_delay=dt, max_delay=10.0)
    module.install()
    transmitter = nest.Create(
        "volume_transmitter", params={"deliver_interval": run.deliver_interval}
    )
    relay, pre = nest.Create("parrot_neuron"), nest.Create("parrot_neuron")
    force = {"tau_syn_1": 0.05 * dt, "t_ref": dt}
    post = nest.Create(module.neuron_model, params=force)
    nest.Connect(generator(nest, run.rewards, dt), relay, syn_spec={"delay": dt})
    nest.Connect(relay, transmitter, syn_spec={"delay": dt})
    nest.Connect(generator(nest, run.pre, dt), pre, syn_spec={"delay": dt})
    drive = {"weight": 1e7 / dt, "delay": dt, "receptor_type": 1}
    nest.Connect(generator(nest, run.drive, dt), post, syn_spec=drive)
    recorders = nest.Create("spike_recorder", 2)
    nest.Connect(pre, recorders[0])
    nest.Connect(post, recorders[1])
    for k, each in enumerate(plastics):
        values = synapse_parameters(
            each.rule, "pre", "post", each.settings, MEAN_WEIGHT, LARGEST_WEIGHT, each.inhibitory
        )
        own = {"delta": run.delta, "volume_transmitter": transmitter}
        forced = dict.fromkeys(flags, 1.0)
        nest.CopyModel(module.synapse_model, f"synapse_{k}", {**values, **forced, **own})
        syn = {
            "synapse_model": f"synapse_{k}",
            "weight": -WEIGHT if each.inhibitory else WEIGHT,
            "delay": each.delay_steps * dt,
            "receptor_type": 2,
        }
        nest.Connect(pre, post, syn_spec=syn)
    for begin in range(0, N_STEPS, run.piece_steps):
        nest.Simulate(min(run.piece_steps, N_STEPS - begin) * dt)
    weights = [
        abs(nest.GetConnections(synapse_model=f"synapse_{k}").weight) for k in range(len(plastics))
    ]
    times = [np.round(np.sort(each.events["times"]), 6) for each in recorders]
    nest.ResetKernel()
    return weights, times


def expected_weight(plastic, run, pre, post) -> float:
    rule, scale = plastic.rule, plastic.settings.scale
    synapse = Synapse(
        coefficients={
            term.name: plastic.coefficients[term.name] * scale(term.kind) * MEAN_WEIGHT
            for term in rule.active_terms
        },
        tau_pre=plastic.tau_E_ms[0],
        tau_post=plastic.tau_E_ms[1],
        tau_R=plastic.tau_R_ms,
        weight=WEIGHT,
        largest_weight=plastic.settings.bound_factor * LARGEST_WEIGHT,
        largest_fraction=plastic.settings.largest_fraction,
        delta=run.delta,
        dt_ms=run.dt_ms,
    )
    dt, interval = run.dt_ms, run.deliver_interval
    flushes = np.arange(interval, N_STEPS + 1, interval) * dt
    rewards = [(step + 2) * dt for step in sorted(run.rewards)]
    return follow(synapse, pre, post, plastic.delay_steps * dt, rewards, flushes).weight


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink a failure takes minutes
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(plastics=st.lists(PLASTIC, min_size=1, max_size=4), run=RUN)
@example(plastics=[EVERYTHING], run=DENSE)
def test_weights_agree_with_the_reference(simulator, module, plastics, run):
    weights, (pre, post) = simulate(simulator, module, plastics, run)
    assert len(pre) == len(run.pre)
    expected = [expected_weight(each, run, pre, post) for each in plastics]
    np.testing.assert_allclose(weights, expected, rtol=1e-12, atol=1e-12 * WEIGHT)


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(plastics=st.lists(PLASTIC, min_size=1, max_size=4), run=RUN)
def test_terms_without_coefficient_change_no_bit(simulator, module, plastics, run):
    """All terms, traces and postsynaptic spikes are taken into account, or the rule's own alone."""
    weights = simulate(simulator, module, plastics, run)[0]
    assert simulate(simulator, module, plastics, run, flags=FLAGS)[0] == weights


def test_the_dense_example_would_notice_a_missing_term(simulator, module):
    """Every term alone moves the weight there: the property above has something to see."""
    plastics = [
        Plastic({term.name: 0.5}, (20.0, 20.0), 20.0, 3, False, EVERYTHING.settings)
        for term in TERMS
    ]
    weights, _ = simulate(simulator, module, plastics, DENSE)
    assert np.all(np.abs(np.array(weights) - WEIGHT) > 1e-4)


def test_what_ran_before_in_the_process_changes_no_bit(simulator, module, specialised):
    """Other steps, threads, delays and modules, a reset in the middle of a run, an error."""
    alone = simulate(simulator, module, [EVERYTHING], DENSE)[0]
    other = replace(DENSE, dt_ms=0.25, threads=1, deliver_interval=1, piece_steps=3)
    simulate(simulator, module, [EVERYTHING] * 3, other)
    specialised[1].install()
    module.install()
    simulator.Create(module.neuron_model, 50)
    simulator.Prepare()
    simulator.Run(10.0)
    simulator.Cleanup()
    with pytest.raises(Exception, match="no such model"):
        simulator.Create("no such model")
    assert simulate(simulator, module, [EVERYTHING], DENSE)[0] == alone


@pytest.mark.parametrize("piece_steps", [1, 7])
def test_many_short_runs_are_one_long_run_to_the_last_bit(simulator, module, piece_steps):
    whole, pieces = (
        simulate(simulator, module, [EVERYTHING], replace(DENSE, piece_steps=steps))[0]
        for steps in (N_STEPS, piece_steps)
    )
    assert whole == pieces
