"""Short-term dynamics in SONATA files: read back to the last bit, and as another program's."""

import json
import shutil

import h5py
import numpy as np
import pytest

from v1cortex.errors import CircuitError
from v1cortex.network import with_short_term
from v1cortex.network.weights import load_weights, save_weights
from v1cortex.sonata import load_circuit, open_circuit, save_circuit
from v1cortex.tables import POPULATIONS

TYPES = "v1_v1_edge_types.csv"


@pytest.fixture(scope="module")
def circuit(small_circuit):
    return with_short_term(small_circuit, "table")


@pytest.fixture(scope="module")
def folder(circuit, tmp_path_factory):
    path = tmp_path_factory.mktemp("dynamic") / "circuit"
    save_circuit(circuit, path)
    return path


@pytest.fixture
def foreign(folder, tmp_path):
    """The folder without what tells that this package wrote it."""
    copy = shutil.copytree(folder, tmp_path / "foreign")
    config = json.loads((copy / "circuit_config.json").read_text())
    del config["v1cortex"]
    (copy / "circuit_config.json").write_text(json.dumps(config))
    return copy


def test_the_circuit_comes_back_bit_for_bit(circuit, small_circuit, folder, tmp_path):
    for mapped in (False, True):
        found = load_circuit(folder, mapped=mapped)
        assert found.digest() == circuit.digest() != small_circuit.digest()
        assert np.array_equal(found.tables.short_term.U, circuit.tables.short_term.U)
    assert open_circuit(folder).circuit.digest() == circuit.digest()
    save_weights(circuit, tmp_path / "weights.h5")
    assert load_weights(circuit, tmp_path / "weights.h5").digest() == circuit.digest()


def test_files_are_as_they_were_without_dynamics(small_circuit, tmp_path):
    save_circuit(small_circuit, tmp_path / "plain")
    assert "U" not in (tmp_path / "plain" / TYPES).read_text().split("\n")[0].split()
    with h5py.File(tmp_path / "plain" / "v1_v1_edges.h5") as file:
        assert set(file["edges/v1_to_v1/0"]) == {"syn_weight", "n_synapses"}


def test_nests_synapse_transmits_the_circuits_weight_at_rest(circuit, folder):
    """tsodyks2_synapse transmits its weight times u x, and both begin at rest."""
    row = circuit.tables.synapse_type_index("L4_E", "L4_Pvalb")
    with h5py.File(folder / "v1_v1_edges.h5") as file:
        own = file["edges/v1_to_v1/edge_type_id"][()] == row
        weight = file["edges/v1_to_v1/0/syn_weight"][()][own]
    parameters = json.loads(
        (folder / "components/synaptic_models/L4_E_to_L4_Pvalb.json").read_text()
    )
    assert parameters == {
        "receptor_type": 3,
        "U": 0.4,
        "u": 0.4,
        "x": 1.0,
        "tau_rec": 241.0,
        "tau_fac": 0.0,
    }
    expected = circuit.edges.weight_pA[circuit.edges_of(row)]
    np.testing.assert_allclose(weight * parameters["u"] * parameters["x"], expected, rtol=1e-15)


def test_another_programs_network_has_the_same_dynamics(circuit, foreign):
    found = open_circuit(foreign).circuit
    assert found.tables.short_term is not None
    assert len(found.edges) == len(circuit.edges)
    table = found.tables.connectivity
    for row in range(found.tables.n_synapse_types):
        pre, post = POPULATIONS[table.pre[row]], POPULATIONS[table.post[row]]
        expected = circuit.tables.synapse_type_index(pre, post)
        assert found.tables.short_term.of(row) == circuit.tables.short_term.of(expected)
        np.testing.assert_allclose(
            np.sort(found.edges.weight_pA[found.edges_of(row)]),
            np.sort(circuit.edges.weight_pA[circuit.edges_of(expected)]),
            rtol=1e-14,
        )


def test_static_and_dynamic_types_of_one_pair_stay_apart(circuit, folder, tmp_path):
    """Half of a type's edges are made static: two types, whose names say which is which."""
    copy = shutil.copytree(folder, tmp_path / "mixed")
    config = json.loads((copy / "circuit_config.json").read_text())
    del config["v1cortex"]
    (copy / "circuit_config.json").write_text(json.dumps(config))
    row = circuit.tables.synapse_type_index("L4_E", "L4_Pvalb")
    header, *lines = (copy / TYPES).read_text().splitlines()
    static = lines[row].split(" ")
    columns = header.split(" ")
    static[columns.index("edge_type_id")] = "999"
    static[columns.index("model_template")] = "static_synapse"
    (copy / TYPES).write_text("\n".join([header, *lines, " ".join(static)]) + "\n")
    with h5py.File(copy / "v1_v1_edges.h5", "a") as file:
        kind = file["edges/v1_to_v1/edge_type_id"]
        values = kind[()]
        own = np.flatnonzero(values == row)
        values[own[::2]] = 999
        kind[...] = values
    found = open_circuit(copy).circuit.tables
    rows = [
        k
        for k in range(found.n_synapse_types)
        if found.synapse_type_name(k).startswith("L4_E_to_L4_Pvalb")
    ]
    assert sorted(found.synapse_type_name(k) for k in rows) == [
        "L4_E_to_L4_Pvalb_receptor_3_1.2_ms",
        "L4_E_to_L4_Pvalb_receptor_3_1.2_ms_U_0.4_rec_241_fac_0_ms",
    ]
    assert {found.short_term.of(k) is None for k in rows} == {True, False}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" 0.28 ", " 1.28 ", r"edge type 8.*U of short-term dynamics is 1.28"),
        (" 177.0 ", " -177.0 ", r"edge type 8.*tau_rec_ms of short-term dynamics is -177"),
        ("tsodyks2_synapse", "stdp_synapse", r"'stdp_synapse' is not supported.*tsodyks2"),
    ],
)
def test_bad_dynamics_are_named(foreign, old, new, message):
    text = (foreign / TYPES).read_text()
    assert old in text
    (foreign / TYPES).write_text(text.replace(old, new, 1))
    with pytest.raises(CircuitError, match=message):
        open_circuit(foreign)


def test_dynamics_that_are_changed_in_the_folder_are_noticed(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "changed")
    text = (copy / TYPES).read_text()
    (copy / TYPES).write_text(text.replace(" 0.28 ", " 0.29 ", 1))
    with pytest.raises(CircuitError, match="built from different tables"):
        load_circuit(copy)


def test_build_writes_them(cli, tmp_path):
    out = tmp_path / "circuit"
    code, _, _ = cli("build", "-n", 200, "--seed", 3, "--short-term", "table", "--out", out)
    assert code == 0
    assert load_circuit(out).tables.short_term is not None
    code, _, err = cli("build", "-n", 200, "--seed", 3, "--out", out)
    assert code == 1
    assert "other short-term dynamics than 'off'" in " ".join(err.split())
