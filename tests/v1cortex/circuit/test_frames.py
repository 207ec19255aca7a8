"""A circuit's tables contain its arrays, under descriptive names."""

import numpy as np
import pytest

from v1cortex.circuit import build_circuit
from v1cortex.errors import CircuitError
from v1cortex.tables import POPULATIONS


def test_nodes(small_circuit):
    nodes, arrays = small_circuit.to_frame("nodes"), small_circuit.nodes
    assert nodes.index.name == "node" and list(nodes.index) == list(range(500))
    assert dict(nodes.dtypes.astype(str)) == {
        "population": "category",
        "cell_model": "int64",
        "cell_label": "category",
        "x_um": "float64",
        "depth_um": "float64",
        "z_um": "float64",
        "preferred_direction_deg": "float64",
    }
    assert list(nodes["population"]) == [POPULATIONS[k] for k in arrays.population]
    assert tuple(nodes["population"].cat.categories) == POPULATIONS
    for name in ("x_um", "depth_um", "z_um", "preferred_direction_deg"):
        assert np.array_equal(nodes[name], getattr(arrays, name))
    cells, row = small_circuit.tables.cells, arrays.cell_model[7]
    assert nodes.loc[7, "cell_model"] == cells.specimen_id[row]
    assert nodes.loc[7, "cell_label"] == cells.label[row]


def test_edges(small_circuit):
    edges, arrays = small_circuit.to_frame("edges"), small_circuit.edges
    assert edges.index.name == "edge" and len(edges) == len(arrays)
    assert dict(edges.dtypes.astype(str)) == {
        "source": "int32",
        "target": "int32",
        "pre": "category",
        "post": "category",
        "weight_pA": "float64",
        "delay_ms": "float64",
        "receptor": "int8",
        "n_synapses": "int8",
    }
    assert np.array_equal(edges["weight_pA"], arrays.weight_pA)
    population = np.array(POPULATIONS)[small_circuit.nodes.population]
    assert np.array_equal(edges["pre"], population[arrays.source])
    assert np.array_equal(edges["post"], population[arrays.target])
    types, k = small_circuit.tables.connectivity, small_circuit.tables
    row = k.synapse_type_index("L4_Pvalb", "L4_E")
    chosen = edges[(edges["pre"] == "L4_Pvalb") & (edges["post"] == "L4_E")]
    assert list(chosen.index) == list(range(*small_circuit.edges_of(row).indices(len(arrays))))
    assert set(chosen["delay_ms"]) == {types.delay_ms[row]}
    assert set(chosen["receptor"]) == {2}


def test_lgn(small_circuit):
    units, edges = small_circuit.to_frame("lgn_units"), small_circuit.to_frame("lgn_edges")
    names = small_circuit.tables.lgn_units.unit
    arrays = small_circuit.lgn_units
    assert list(units["unit_type"]) == [names[k] for k in arrays.unit_type]
    assert np.array_equal(units["tuning_angle_deg"], arrays.tuning_angle_deg, equal_nan=True)
    assert dict(edges.dtypes.astype(str)) == {
        "source": "int32",
        "target": "int32",
        "post": "category",
        "weight_pA": "float64",
        "receptor": "int8",
    }
    assert edges["source"].max() < len(units)
    own = small_circuit.population_slice("L4_E")
    assert set(edges.loc[edges["post"] == "L4_E", "target"]) <= set(range(own.start, own.stop))


def test_populations(small_circuit):
    table = small_circuit.to_frame("populations")
    assert tuple(table.index) == POPULATIONS
    assert table["n_neurons"].sum() == 500
    inputs = (table["n_neurons"] * table["recurrent_inputs"]).sum()
    assert inputs == pytest.approx(len(small_circuit.edges))
    lgn = (table["n_neurons"] * table["lgn_inputs"]).sum()
    assert lgn == pytest.approx(len(small_circuit.lgn_edges))


def test_a_population_without_neurons_has_no_inputs():
    table = build_circuit(20, 1).to_frame("populations")
    empty = table[table["n_neurons"] == 0]
    assert len(empty) and (empty[["recurrent_inputs", "lgn_inputs"]] == 0).all(axis=None)


def test_frames_do_not_share_memory_with_the_circuit(small_circuit):
    before = small_circuit.digest(), float(small_circuit.nodes.x_um[0])
    nodes = small_circuit.to_frame("nodes")
    nodes.loc[0, "x_um"] = 1e6
    assert float(small_circuit.nodes.x_um[0]) == before[1]


def test_an_unknown_table_names_the_nearest(small_circuit):
    with pytest.raises(CircuitError, match=r"'edge'.*Did you mean 'edges'"):
        small_circuit.to_frame("edge")


def test_text(small_circuit):
    n_edges, n_units = len(small_circuit.edges), len(small_circuit.lgn_units)
    text = f"<Circuit: 500 neurons, {n_edges:,} connections, {n_units:,} LGN units, seed 2>"
    assert repr(small_circuit) == text
    shown = small_circuit._repr_html_()
    assert text[1:-1] in shown
    assert shown.count("<tr") == 1 + len(POPULATIONS)  # names of columns, rows
