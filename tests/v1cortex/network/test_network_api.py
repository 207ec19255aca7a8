"""What scripts do with a live network: record, inject, add populations, read and save weights."""

import h5py
import libsonata
import numpy as np
import pytest

from v1cortex.errors import CircuitError, SimulationError
from v1cortex.nest import load_nest, load_pynn
from v1cortex.network import Network, save_weights
from v1cortex.network.weights import load_weights
from v1cortex.rules import load_rule
from v1cortex.sonata import load_circuit, save_circuit
from v1cortex.stimuli import drifting_grating


def _quiet(circuit):
    """A network without its own input."""
    network = Network.from_circuit(circuit)
    for population in network.populations.values():
        population.set(background_rate=0.0)
    return network


def _signal(population):
    (signal,) = population.get_data().segments[0].analogsignals
    return signal


def test_recording_and_current_through_pynn(small_circuit):
    network = _quiet(small_circuit)
    population, sim = network.populations["L4_E"], load_pynn()
    population[:4].record(["V_m", "spikes"])
    network.simulate(50)
    source = sim.DCSource(amplitude=0.03, start=60.0)  # nA
    source.inject_into(population[:2])
    network.simulate(50)
    signal = _signal(population)
    assert (signal.shape, str(signal.units)) == ((100, 4), "1.0 mV")
    rest = small_circuit.tables.cells.E_L_mV[small_circuit.nodes.cell_model]
    rest = rest[small_circuit.population_slice("L4_E")]
    np.testing.assert_allclose(signal.magnitude[:60], np.tile(rest[:4], (60, 1)))
    np.testing.assert_allclose(signal.magnitude[:, 2:], np.tile(rest[2:4], (100, 1)))
    assert np.all(signal.magnitude[-1, :2] > rest[:2] + 1)


def test_positions_are_the_circuits(small_circuit):
    network = Network.from_circuit(small_circuit)
    cells, nodes = small_circuit.population_slice("L5_E"), small_circuit.nodes
    expected = np.stack([nodes.x_um, -nodes.depth_um, nodes.z_um])[:, cells]
    np.testing.assert_array_equal(network.populations["L5_E"].positions, expected)


def test_recording_may_begin_at_any_time_but_not_be_extended(small_circuit):
    network = Network.from_circuit(small_circuit)
    population, nest = network.populations["L5_E"], load_nest()
    network.simulate(100)
    before = nest.GetStatus(population.node_collection[:2], "V_m")
    population[:2].record(["V_m", "spikes"])
    network.simulate(100)
    signal = _signal(population)
    assert (float(signal.t_start), signal.shape) == (100.0, (100, 2))
    np.testing.assert_array_equal(signal.magnitude[0], before)
    trains = population.get_data().segments[0].spiketrains
    assert all(float(train.t_start) == 100.0 for train in trains)
    with pytest.raises(SimulationError, match="'V_m' of L5_E is already being recorded"):
        population[2:4].record("V_m")


def test_multimeters_exist_only_where_something_is_recorded(small_circuit):
    def multimeters():
        return [int(each.global_id) for each in load_nest().GetNodes({"model": "multimeter"})]

    network = Network.from_circuit(small_circuit)
    population, last = network.populations["L5_E"], int(load_nest().network_size)
    population.record("spikes")
    assert multimeters() == []
    population[:2].record("V_m", sampling_interval=2.0)
    assert multimeters() == [last + 1]
    network.simulate(20)
    signal = _signal(population)
    assert (signal.shape, float(signal.sampling_period)) == ((10, 2), 2.0)


def test_populations_of_ones_own_drive_and_listen(small_circuit):
    network = _quiet(small_circuit)
    sim, population = load_pynn(), network.populations["L5_E"]
    sources = sim.Population(5, sim.SpikeSourceArray(spike_times=[20.0, 40.0]))
    listener = sim.Population(3, sim.IF_curr_exp())
    synapse = sim.StaticSynapse(weight=1.0, delay=2.0)  # nA: one spike of five suffices
    drive = sim.Projection(
        sources, population[:3], sim.AllToAllConnector(), synapse, receptor_type="E->E"
    )
    loud = sim.StaticSynapse(weight=9.0, delay=2.0)
    sim.Projection(
        population[:3], listener, sim.OneToOneConnector(), loud, receptor_type="excitatory"
    )
    population.record("spikes")
    listener.record("spikes")
    network.simulate(100)
    trains = population.get_data().segments[0].spiketrains
    counts = [len(train) for train in trains]
    assert min(counts[:3]) >= 1
    assert np.mean(counts[3:]) < 0.2
    assert set(drive.get("weight", "list", with_address=False)) == {1.0}
    first = [float(train[0]) for train in trains[:3]]
    answers = [float(train[0]) for train in listener.get_data().segments[0].spiketrains]
    assert all(0 < b - a < 10 for a, b in zip(first, answers, strict=True))


@pytest.fixture(scope="module")
def trained(small_circuit):
    """A plastic network after 400 ms, and the circuit with its weights then."""
    network = Network.from_circuit(small_circuit, load_rule("s_pre"), plastic="E->E")
    network.show(drifting_grating(0, 400))
    network.simulate(400)
    return network, network.to_circuit()


def test_weights_by_synapse_type(trained, small_circuit):
    """Compared with PyNN's way of reading them, and with the circuit for static synapses."""
    network, circuit = trained
    read = network.weights("L4_E", "L23_E")
    listed = np.array(network.projections["L4_E", "L23_E"].get("weight", "list"))
    order = np.lexsort((listed[:, 0], listed[:, 1]))
    first = [small_circuit.population_slice(name).start for name in ("L4_E", "L23_E")]
    np.testing.assert_array_equal(read.source, listed[order, 0] + first[0])
    np.testing.assert_array_equal(read.target, listed[order, 1] + first[1])
    np.testing.assert_allclose(read.weight_pA, 1000 * listed[order, 2], rtol=1e-12)
    row = small_circuit.tables.synapse_type_index("L4_E", "L23_E")
    own, scale = small_circuit.edges_of(row), network.calibration.recurrent_scale[row]
    initial_pA = small_circuit.edges.weight_pA[own] * scale
    assert np.mean(read.weight_pA != initial_pA) > 0.5
    np.testing.assert_allclose(circuit.edges.weight_pA[own] * scale, read.weight_pA, rtol=1e-12)
    static = small_circuit.edges_of(small_circuit.tables.synapse_type_index("L4_Pvalb", "L4_E"))
    np.testing.assert_array_equal(
        circuit.edges.weight_pA[static], small_circuit.edges.weight_pA[static]
    )
    with pytest.raises(CircuitError, match="no connections L4_E -> L7_E"):
        network.weights("L4_E", "L7_E")


def test_weights_as_sonata_edges(trained, small_circuit, tmp_path):
    _, circuit = trained
    path = tmp_path / "weights" / "after.h5"
    save_weights(circuit, path)
    assert load_weights(small_circuit, path).digest() == circuit.digest()
    assert [each.name for each in path.parent.iterdir()] == ["after.h5"]
    population = libsonata.EdgeStorage(str(path)).open_population("v1_to_v1")
    every = population.select_all()
    np.testing.assert_array_equal(
        population.get_attribute("syn_weight", every), circuit.edges.weight_pA
    )
    np.testing.assert_array_equal(population.target_nodes(every), circuit.edges.target)
    with h5py.File(path, "a") as file:
        file["edges/v1_to_v1/0/syn_weight"][7] = np.nan
    with pytest.raises(CircuitError, match=r"after\.h5: the weight of edge 7 is nan"):
        load_weights(small_circuit, path)
    with h5py.File(path, "a") as file:
        file["edges/v1_to_v1/source_node_id"][7] += 1
    with pytest.raises(CircuitError, match="connections of another circuit"):
        load_weights(small_circuit, path)


def test_a_network_goes_on_from_saved_weights(trained, tmp_path):
    network, circuit = trained
    present = network.weights("L5_E", "L5_E").weight_pA
    save_circuit(circuit, tmp_path / "trained")
    again = Network.from_circuit(load_circuit(tmp_path / "trained"))
    np.testing.assert_allclose(again.weights("L5_E", "L5_E").weight_pA, present, rtol=1e-12)


def test_text_and_weights_as_a_table(small_circuit):
    network = Network.from_circuit(small_circuit, load_rule("s_pre"), plastic="E->E")
    network.simulate(10)
    n_edges = len(small_circuit.edges)
    expected = f"500 neurons, {n_edges:,} connections, plastic (E->E), 10 ms simulated"
    assert repr(network) == f"<Network: {expected}>"
    weights = network.weights("L4_E", "L23_E")
    table = weights.to_frame()
    types = {"source": "int32", "target": "int32", "weight_pA": "float64"}
    assert dict(table.dtypes.astype(str)) == types
    assert np.array_equal(table["weight_pA"], weights.weight_pA)
    assert "static" in repr(Network.from_circuit(small_circuit))
