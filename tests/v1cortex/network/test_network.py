"""The network in NEST matches the circuit, and the bulk connector follows its arrays."""

import numpy as np
import pytest

from nestml_models.rule import Rule
from v1cortex.errors import CircuitError, ConfigError, RuleError
from v1cortex.nest import load_nest
from v1cortex.network import (
    Network,
    calibration_for,
    neuron_parameters,
    rounded_delays_ms,
    with_gain,
)
from v1cortex.network.calibration import in_degree_ratio
from v1cortex.network.plastic_synapses import plastic_types
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS, load_tables


@pytest.fixture(scope="module")
def static_network(small_circuit):
    return Network.from_circuit(small_circuit)


def _connections(network, row):
    table = network.circuit.tables.connectivity
    projection = network.projections[POPULATIONS[table.pre[row]], POPULATIONS[table.post[row]]]
    values = projection.nest_connections.get(["source", "target", "weight", "delay", "receptor"])
    columns = [np.asarray(values[k]) for k in ("source", "target", "weight", "delay", "receptor")]
    order = np.lexsort((columns[0], columns[1]))
    return [column[order] for column in columns]


@pytest.mark.parametrize("row", [8, 9, 22, 100])
def test_connections_are_the_circuits(static_network, small_circuit, row):
    own = small_circuit.edges_of(row)
    source, target, weight_pA, delay_ms, receptor = _connections(static_network, row)
    scale = np.sqrt(in_degree_ratio(500, small_circuit.tables))[row]
    assert len(source) > 0
    assert np.array_equal(source, static_network.node_ids[small_circuit.edges.source[own]])
    assert np.array_equal(target, static_network.node_ids[small_circuit.edges.target[own]])
    np.testing.assert_allclose(weight_pA, small_circuit.edges.weight_pA[own] * scale, rtol=1e-15)
    assert set(delay_ms) == {rounded_delays_ms(small_circuit, 1.0)[row]}
    # NEST counts ports from 0, while a model's receptors are numbered from 1.
    assert len(set(receptor)) == 1


def test_gains_of_overlapping_pairs_multiply(small_circuit):
    published = calibration_for(small_circuit, "published")
    gain = {"E->E": 2.0, "L4_E->L23_E": 1.5, "I->Pvalb": 0.5}
    factor = with_gain(small_circuit, published, gain).recurrent_scale / published.recurrent_scale
    table = small_circuit.tables.connectivity
    for row, found in enumerate(factor):
        pre, post = POPULATIONS[table.pre[row]], POPULATIONS[table.post[row]]
        expected = 2.0 if pre.endswith("E") and post.endswith("E") else 1.0
        expected *= 1.5 if (pre, post) == ("L4_E", "L23_E") else 1.0
        expected *= 0.5 if not pre.endswith("E") and post.endswith("Pvalb") else 1.0
        assert found == pytest.approx(expected, rel=1e-15)


def test_every_connection_has_the_delay_and_receptor_of_its_populations(
    static_network, small_circuit
):
    """Receptors: 1 E to E, 2 I to E, 3 E to I, 4 I to I; delays from the table, row by row."""
    nest, tables = load_nest(), small_circuit.tables
    found = nest.GetConnections(source=static_network.neurons, target=static_network.neurons)
    values = found.get(["source", "target", "delay", "receptor"])
    pre, post = (
        small_circuit.nodes.population[np.searchsorted(static_network.node_ids, values[side])]
        for side in ("source", "target")
    )
    excitatory = np.array([name.endswith("_E") for name in POPULATIONS])
    expected = np.where(
        excitatory[post], np.where(excitatory[pre], 1, 2), np.where(excitatory[pre], 3, 4)
    )
    ports = {
        name: number for number, name in enumerate(("E_TO_E", "I_TO_E", "E_TO_I", "I_TO_I"), 1)
    }
    receptors = nest.GetDefaults(static_network.populations["L4_E"].celltype.nest_model)
    to_number = {receptors["receptor_types"][name] - 1: number for name, number in ports.items()}
    assert np.array_equal([to_number[port] for port in values["receptor"]], expected)
    types = zip(tables.connectivity.pre, tables.connectivity.post, strict=True)
    row = {pair: k for k, pair in enumerate(types)}
    rows = np.array([row[pair] for pair in zip(pre, post, strict=True)])
    steps = np.maximum(1, np.round(tables.connectivity.delay_ms[rows]))
    assert np.array_equal(values["delay"], steps)
    assert np.array_equal(
        np.bincount(rows, minlength=len(row)), np.diff(small_circuit.edges.type_offsets)
    )


def test_all_edges_and_lgn_edges_are_there(static_network, small_circuit):
    assert sum(len(p) for p in static_network.projections.values()) == len(small_circuit.edges)
    lgn = static_network.lgn.device
    assert lgn.n_synapses == len(small_circuit.lgn_edges)
    assert lgn.n_sources == 1 + small_circuit.lgn_edges.source.max()
    assert lgn.sum_of_weights == pytest.approx(small_circuit.lgn_edges.weight_pA.sum())


def test_cells_have_their_models_parameters(static_network, small_circuit):
    parameters = neuron_parameters(small_circuit, static_network.calibration)
    for name in ("C_m", "g", "V_th", "asc_amp_1", "background_weight_3"):
        population = static_network.populations["L4_E"]
        cells = small_circuit.population_slice("L4_E")
        np.testing.assert_allclose(population.get(name), parameters[name][cells])


def test_pynn_reads_weights_in_nA(static_network, small_circuit):
    row = small_circuit.tables.synapse_type_index("L23_E", "L23_Pvalb")
    own = small_circuit.edges_of(row)
    scale = np.sqrt(in_degree_ratio(500, small_circuit.tables))[row]
    listed = static_network.projections["L23_E", "L23_Pvalb"].get("weight", "list")
    total_pA = 1000 * sum(weight_nA for _, _, weight_nA in listed)
    assert total_pA == pytest.approx(small_circuit.edges.weight_pA[own].sum() * scale)


def test_plastic_types_have_models_of_their_own(small_circuit):
    network = Network.from_circuit(small_circuit, load_rule("s_pre"))
    nest = load_nest()
    table = small_circuit.tables.connectivity
    models = network.plastic.models
    assert len(models) == np.count_nonzero(np.diff(small_circuit.edges.type_offsets))
    for row in (8, 100):
        magnitude = np.abs(small_circuit.edges.weight_pA[small_circuit.edges_of(row)])
        scale = network.calibration.recurrent_scale[row]
        bound = nest.GetDefaults(models[row])
        side = "w_min" if table.weight_pA_per_pF[row] < 0 else "w_max"
        assert abs(bound[side]) == pytest.approx(2 * scale * magnitude.max())


def test_sets_of_plastic_types(small_circuit):
    receptor = small_circuit.tables.connectivity.receptor
    every = plastic_types(small_circuit, "all")
    assert set(receptor[every]) == {1, 2, 3, 4}
    assert set(receptor[plastic_types(small_circuit, "excitatory")]) == {1, 3}
    assert set(receptor[plastic_types(small_circuit, "E->E")]) == {1}
    with pytest.raises(ConfigError, match="E->E"):
        plastic_types(small_circuit, "E-E")


def test_rule_for_other_types_is_refused(small_circuit):
    with pytest.raises(RuleError, match="the rule is for neuron types A, B"):
        Network.from_circuit(small_circuit, Rule.static(("A", "B")))


def test_connector_refuses_indices_outside_a_population(static_network):
    from v1cortex.nest import BulkConnector, CompiledSynapse, load_pynn

    population = static_network.populations["L1_Htr3a"]
    size = population.size
    connector = BulkConnector(np.array([0]), np.array([size]), np.array([1.0]), 1.0)
    with pytest.raises(CircuitError, match=f"target index {size}.*'L1_Htr3a' of {size} cells"):
        load_pynn().Projection(
            population,
            population,
            connector,
            CompiledSynapse("static_synapse_lbl"),
            receptor_type="I->I",
        )


def test_in_degree_ratio_matches_published_factors():
    """Square roots at 3000 neurons for sigma 85 ... 120 µm, as found for this model's core."""
    tables = load_tables()
    factor = np.sqrt(in_degree_ratio(3000, tables))
    sigma = tables.connectivity.sigma_um
    for sigma_um, expected in ((85, 1.28), (95, 1.33), (103, 1.38), (120, 1.48)):
        # Probabilities that reach 1 within the core make the relation slightly non-linear.
        assert np.median(factor[sigma == sigma_um]) == pytest.approx(expected, abs=0.02)
    assert np.all(in_degree_ratio(60_000, tables) == 1)


def test_published_background_is_weight_times_synapses(small_circuit):
    background_pA = calibration_for(small_circuit, "published").background_pA
    cells = small_circuit.population_slice("L23_Sst")
    assert background_pA[cells] == pytest.approx(0.4833 * 10)
