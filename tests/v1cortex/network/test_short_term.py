"""Short-term dynamics of a network: NEST's own synapse as the oracle, settings, refusals."""

from pathlib import Path

import numpy as np
import pytest

from nestml_models.build import compile_general
from v1cortex.errors import ConfigError, TableError
from v1cortex.lgn import firing_rates_Hz, poisson_spikes
from v1cortex.nest import load_nest
from v1cortex.network import Network, NetworkSettings, SpikeRecorder, short_term_for
from v1cortex.network.lgn_input import LgnGenerators
from v1cortex.rules import load_rule
from v1cortex.stimuli import drifting_grating
from v1cortex.tables import POPULATIONS, SynapseDynamics

DURATION_MS = 400


@pytest.fixture(scope="module")
def rates_Hz(small_circuit):
    movie = drifting_grating(0.0, DURATION_MS)
    return firing_rates_Hz(small_circuit.lgn_units, small_circuit.tables, movie)


def spikes_of(network, rates_Hz) -> tuple[np.ndarray, np.ndarray]:
    recorder = SpikeRecorder(network)
    network.set_lgn_rates(rates_Hz, np.random.default_rng(3))
    network.simulate(DURATION_MS)
    steps, ids = recorder.take()
    order = np.lexsort((ids, steps))
    return steps[order], np.searchsorted(network.node_ids, ids[order])


def with_nests_synapses(network, dynamics) -> None:
    """Put NEST's tsodyks2_synapse, which transmits w u x, in the place of static synapses."""
    nest = load_nest()
    for key, row in network.synapse_types.items():
        projection, own = network.projections[key], dynamics.of(row)
        found = projection.nest_connections
        if own is None or not len(found):
            continue
        values = found.get(["source", "target", "weight", "delay", "receptor"])
        columns = {name: np.atleast_1d(np.asarray(column)) for name, column in values.items()}
        found.weight = 0.0
        model = f"tsodyks2_of_{row}"
        nest.CopyModel("tsodyks2_synapse", model)
        same = np.ones(len(columns["source"]))
        nest.Connect(
            columns["source"],
            columns["target"],
            "one_to_one",
            {
                "synapse_model": model,
                "weight": columns["weight"] / own.U,
                "delay": columns["delay"],
                "receptor_type": columns["receptor"] + 1,
                "U": own.U * same,
                "u": own.U * same,
                "x": same,
                "tau_rec": own.tau_rec_ms * same,
                "tau_fac": own.tau_fac_ms * same,
            },
        )


@pytest.mark.parametrize("dt_ms", [1.0, 0.25])
def test_a_static_network_spikes_as_with_nests_own_synapse(small_circuit, rates_Hz, dt_ms):
    settings = {"dt_ms": dt_ms, "seed": 5}
    network = Network.from_circuit(small_circuit, short_term="table", **settings)
    own = spikes_of(network, rates_Hz)
    reference = Network.from_circuit(small_circuit, **settings)
    without = spikes_of(reference, rates_Hz)
    reference = Network.from_circuit(small_circuit, **settings)
    with_nests_synapses(reference, network.dynamics)
    expected = spikes_of(reference, rates_Hz)
    assert len(own[0]) > 500
    assert not np.array_equal(own[1], without[1])
    assert np.array_equal(own[0], expected[0]) and np.array_equal(own[1], expected[1])


@pytest.mark.parametrize("short_term", ["off", "table"])
def test_a_rule_that_changes_nothing_gives_the_static_networks_spikes(
    small_circuit, rates_Hz, short_term
):
    """The general synapse with frozen weights, on all types and on E->E only."""
    static = spikes_of(Network.from_circuit(small_circuit, short_term=short_term), rates_Hz)
    for plastic in ("all", "E->E"):
        network = Network.from_circuit(
            small_circuit, load_rule("s_pre"), short_term=short_term, plastic=plastic
        )
        network.plastic.freeze()
        found = spikes_of(network, rates_Hz)
        assert np.array_equal(found[0], static[0]) and np.array_equal(found[1], static[1])


def test_learning_is_the_same_twice_on_two_threads_and_fine_steps(small_circuit, rates_Hz):
    found = []
    for _ in range(2):
        network = Network.from_circuit(
            small_circuit,
            load_rule("s_pre_x_post"),
            short_term="table",
            dt_ms=0.2,
            threads=2,
            plastic="E->E",
        )
        steps, neurons = spikes_of(network, rates_Hz)
        found.append((steps, neurons, network.weights("L4_E", "L23_E").weight_pA))
    for first, second in zip(*found, strict=True):
        assert np.array_equal(first, second)


def test_weights_in_nest_are_the_circuits(small_circuit):
    plain = Network.from_circuit(small_circuit)
    expected = plain.weights("L4_E", "L23_E").weight_pA
    network = Network.from_circuit(small_circuit, short_term="table")
    assert np.array_equal(network.weights("L4_E", "L23_E").weight_pA, expected)
    assert network.to_circuit().digest() == small_circuit.digest()


def test_types_without_dynamics_stay_static(small_circuit, tmp_path):
    table = tmp_path / "own.csv"
    table.write_text(
        "pre,post,U,tau_rec_ms,tau_fac_ms\nE,E,0.5,671,17\nE,I,1,0,0\nI,E,1,0,0\nI,I,1,0,0\n"
    )
    network = Network.from_circuit(small_circuit, short_term=str(table))
    models = {key: projection.nest_synapse_model for key, projection in network.projections.items()}
    assert models["L23_E", "L4_E"] == models["L5_E", "L23_E"] == "short_term_0"
    static = f"{compile_general().static_synapse_model}_lbl"
    assert models["L23_E", "L23_Pvalb"] == models["L5_Sst", "L5_E"] == static
    parameters = load_nest().GetDefaults("short_term_0")
    assert (parameters["U"], parameters["tau_rec"], parameters["tau_fac"]) == (0.5, 671.0, 17.0)


def test_dynamics_that_are_not_there_are_refused(small_circuit, tmp_path: Path):
    with pytest.raises(ConfigError, match="has no short-term dynamics"):
        Network.from_circuit(small_circuit, short_term="circuit")
    with pytest.raises(ConfigError, match=r"no such setting and no file\. Did you mean 'table'"):
        NetworkSettings(short_term="tabel")
    lacking = tmp_path / "lacking.csv"
    lacking.write_text("pre,post,U,tau_rec_ms,tau_fac_ms\nE,E,0.5,671,17\nI,E,1,0,0\nI,I,1,0,0\n")
    with pytest.raises(TableError, match=r"lacking.csv has no row for L23_E -> L23_Pvalb"):
        Network.from_circuit(small_circuit, short_term=str(lacking))
    lacking.write_text("pre,post,U,tau_rec_ms,tau_fac_ms\nE,E,1.5,671,17\n")
    with pytest.raises(ConfigError, match=r"U of short-term dynamics is 1.5"):
        NetworkSettings(short_term=str(lacking))


def test_dynamics_can_be_given_as_arrays(small_circuit):
    n = len(small_circuit.tables.connectivity.pre)
    given = SynapseDynamics(np.full(n, 0.4), np.full(n, 300.0), np.zeros(n))
    assert short_term_for(small_circuit, given) is given
    network = Network.from_circuit(small_circuit, short_term=given)
    assert network.dynamics.of(0).U == 0.4
    assert POPULATIONS[small_circuit.tables.connectivity.pre[0]] == "L1_Htr3a"


def transmitted(steps, U, tau_rec_ms, tau_fac_ms) -> list[float]:
    """Return u x / U of each spike of one unit; steps of 1 ms, each counted once."""
    u, x, last, found = 0.0, 1.0, None, []
    for step in steps:
        if last is not None:
            u *= np.exp(-(step - last) / tau_fac_ms) if tau_fac_ms else 0.0
            x = 1 - (1 - x) * np.exp(-(step - last) / tau_rec_ms)
        u += U * (1 - u)
        found.append(u * x / U)
        x -= u * x
        last = step
    return found


@pytest.mark.parametrize(("U", "tau_rec_ms", "tau_fac_ms"), [(0.5, 300.0, 0.0), (0.2, 80.0, 200.0)])
def test_lgn_synapses_are_static_ones_with_the_weight_of_each_spike(
    small_circuit, rates_Hz, U, tau_rec_ms, tau_fac_ms
):
    unit, step = poisson_spikes(rates_Hz, 1.0, np.random.default_rng(3))
    found, dynamics = [], {"U": U, "tau_rec_ms": tau_rec_ms, "tau_fac_ms": tau_fac_ms}
    for own in (dynamics, None):
        network = Network.from_circuit(small_circuit, lgn_short_term=own)
        lgn = network.lgn
        if own is None:
            lgn = LgnGenerators(small_circuit, network.node_ids, 1.0, "static_synapse")
        lgn.set_spikes(unit, step, network.time_ms)
        if own is None:
            for index, generator in enumerate(lgn.generators):
                weights = transmitted(np.unique(step[unit == index]), **dynamics)
                generator.set(spike_weights=weights)
        recorder = SpikeRecorder(network)
        network.simulate(DURATION_MS)
        steps, ids = recorder.take()
        found.append(np.array([steps, ids])[:, np.lexsort((ids, steps))])
    assert found[0].shape[1] > 300
    np.testing.assert_array_equal(*found)


def test_lgn_dynamics_need_spikes_and_possible_values(small_circuit):
    with pytest.raises(ConfigError, match=r"lgn_short_term needs the LGN's spikes.*'current'"):
        Network.from_circuit(
            small_circuit, lgn_mode="current", lgn_short_term={"U": 0.5, "tau_rec_ms": 300.0}
        )
    for wrong in ({"U": 0.0, "tau_rec_ms": 1.0}, {"U": 1.1, "tau_rec_ms": 1.0}, {"U": 0.5}):
        with pytest.raises(ConfigError, match="lgn_short_term"):
            NetworkSettings(lgn_short_term=wrong)
    with pytest.raises(ConfigError, match=r"lgn_short_term.tau_rec_ms = -1"):
        NetworkSettings(lgn_short_term={"U": 0.5, "tau_rec_ms": -1.0})
