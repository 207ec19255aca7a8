"""Circuits of other programs: read exactly, with errors that name what is not supported."""

import json
import shutil

import h5py
import numpy as np
import pytest

from v1cortex.circuit import build_circuit
from v1cortex.errors import CircuitError, ConfigError
from v1cortex.network import calibration_for
from v1cortex.sonata import load_circuit, open_circuit, save_circuit
from v1cortex.sonata.importer import import_circuit

CELL = {
    "V_m": -70.0, "E_L": -70.0, "V_reset": -70.0, "V_th": -45.0, "C_m": 100.0, "g": 5.0,
    "t_ref": 3.0, "asc_init": [0.0, 0.0], "asc_amps": [-5.0, -50.0], "asc_decay": [0.1, 0.01],
    "tau_syn": [5.5, 8.5, 2.8, 5.8], "after_spike_currents": True,
    "spike_dependent_threshold": False, "adapting_threshold": False,
}  # fmt: skip


def write_json(folder, name, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))


def bmtk_network(folder, cell=None, exc="e4Rorb", **edge):
    """20 excitatory and 5 inhibitory cells, connected by BMTK's NetworkBuilder."""
    from bmtk.builder import NetworkBuilder

    write_json(folder / "components" / "point_neuron_models", "cell.json", cell or CELL)
    for name, receptor in (("ee", 1), ("ei", 3), ("ie", 2)):
        write_json(
            folder / "components" / "synaptic_models", f"{name}.json", {"receptor_type": receptor}
        )
    network = NetworkBuilder("cortex")
    rng = np.random.default_rng(1)
    cells = {"model_type": "point_neuron", "model_template": "nest:glif_psc"}
    for n, name in ((5, "i4Pvalb"), (20, exc)):  # inhibitory first: to be sorted
        network.add_nodes(
            N=n,
            pop_name=name,
            dynamics_params="cell.json",
            x=rng.uniform(-50, 50, n),
            y=rng.uniform(-400, -320, n),
            z=rng.uniform(-50, 50, n),
            tuning_angle=np.linspace(0, 350, n),
            **cells,
        )
    common = {"connection_rule": 2, "model_template": "static_synapse"}
    e_to_e = {"syn_weight": 3.0, "delay": 1.5, "dynamics_params": "ee.json", **common, **edge}
    network.add_edges(source={"pop_name": exc}, target={"pop_name": exc}, **e_to_e)
    network.add_edges(
        source={"pop_name": exc},
        target={"pop_name": "i4Pvalb"},
        **{**common, "syn_weight": 2.0, "delay": 1.0, "dynamics_params": "ei.json"},
    )
    inhibition = {"syn_weight": -4.0, "delay": 1.0, "dynamics_params": "ie.json", **common}
    network.add_edges(source={"pop_name": "i4Pvalb"}, target={"pop_name": exc}, **inhibition)
    network.build()
    network.save_nodes(output_dir=str(folder))
    network.save_edges(output_dir=str(folder))
    return folder


@pytest.fixture(scope="module")
def bmtk_folder(tmp_path_factory):
    return bmtk_network(tmp_path_factory.mktemp("bmtk") / "network")


@pytest.fixture
def copy(bmtk_folder, tmp_path):
    return shutil.copytree(bmtk_folder, tmp_path / "network")


def test_a_network_of_bmtk(bmtk_folder):
    imported = import_circuit(bmtk_folder)
    circuit = imported.circuit
    assert imported.population == "cortex"
    assert circuit.population_slice("L4_E") == slice(0, 20)
    assert circuit.population_slice("L4_Pvalb") == slice(20, 25)
    assert imported.node_id.tolist() == [*range(5, 25), *range(5)]
    cells = circuit.tables.cells
    assert cells.C_m_pF.tolist() == [100.0, 100.0]
    assert cells.asc_tau_2_ms.tolist() == [100.0, 100.0]
    with h5py.File(bmtk_folder / "cortex_nodes.h5") as file:
        x = file["nodes/cortex/0/x"][()]
        y = file["nodes/cortex/0/y"][()]
    assert np.array_equal(circuit.nodes.x_um, x[imported.node_id])
    assert np.array_equal(circuit.nodes.depth_um, -y[imported.node_id])
    sizes = np.diff(circuit.edges.type_offsets)
    names = [circuit.tables.synapse_type_name(k) for k in range(3)]
    assert dict(zip(names, sizes.tolist(), strict=True)) == {
        "L4_E_to_L4_E": 400, "L4_E_to_L4_Pvalb": 100, "L4_Pvalb_to_L4_E": 100,
    }  # fmt: skip
    weights = [set(circuit.edges.weight_pA[circuit.edges_of(k)]) for k in range(3)]
    assert weights == [{6.0}, {4.0}, {-8.0}]  # two synapses each
    assert circuit.tables.connectivity.delay_ms.tolist() == [1.5, 1.0, 1.0]
    assert circuit.tables.connectivity.receptor.tolist() == [1, 3, 2]


@pytest.mark.filterwarnings("ignore")  # BMTK with pandas 3
def test_weights_are_those_that_bmtk_gives_to_nest(bmtk_folder, tmp_path, monkeypatch):
    circuit = import_circuit(bmtk_folder).circuit
    connections = pointnet_connections(bmtk_folder, tmp_path, monkeypatch)
    assert len(connections) == len(circuit.edges)
    assert sorted(connections[:, 2]) == sorted(circuit.edges.weight_pA)


def pointnet_connections(folder, tmp_path, monkeypatch):
    """Source, target and weight of all connections that BMTK creates in NEST; ids from 0."""
    from v1cortex.nest import load_nest

    nest = load_nest()
    from bmtk.simulator import pointnet

    monkeypatch.chdir(folder)
    components = folder / "components"
    networks = {
        kind: [
            {
                f"{kind}_file": str(path),
                f"{kind[:-1]}_types_file": str(path.with_name(f"{path.stem[:-1]}_types.csv")),
            }
            for path in sorted(folder.glob(f"*_{kind}.h5"))
            if not path.name.startswith("lgn")
        ]
        for kind in ("nodes", "edges")
    }
    config = {
        "run": {"tstop": 1.0, "dt": 0.1},
        "target_simulator": "NEST",
        "networks": networks,
        "components": {
            "point_neuron_models_dir": str(components / "point_neuron_models"),
            "synaptic_models_dir": str(components / "synaptic_models"),
        },
        "output": {"output_dir": str(tmp_path / "out"), "log_to_console": False},
    }
    write_json(tmp_path, "simulation.json", config)
    settings = pointnet.Config.from_json(str(tmp_path / "simulation.json"))
    settings.build_env()
    network = pointnet.PointNetwork.from_config(settings)
    pointnet.PointSimulator.from_config(settings, network)
    values = nest.GetConnections().get(["source", "target", "weight"])
    columns = np.column_stack([values["source"], values["target"], values["weight"]])
    nest.ResetKernel()
    return columns


@pytest.mark.filterwarnings("ignore")  # BMTK with pandas 3
def test_bmtk_simulates_our_folders_with_our_weights(tmp_path, monkeypatch):
    circuit = build_circuit(60, 3)
    save_circuit(circuit, tmp_path / "circuit")
    connections = pointnet_connections(tmp_path / "circuit", tmp_path, monkeypatch)
    assert len(connections) == len(circuit.edges) > 100
    np.testing.assert_array_equal(np.sort(connections[:, 2]), np.sort(circuit.edges.weight_pA))


def test_our_own_folder_read_as_a_foreign_one(small_circuit, tmp_path):
    folder = tmp_path / "circuit"
    save_circuit(small_circuit, folder)
    (folder / "circuit_config.json").unlink()
    circuit = import_circuit(folder).circuit
    for name, expected in small_circuit.nodes.items():
        if name != "cell_model":
            assert np.array_equal(getattr(circuit.nodes, name), expected), name
    edges = small_circuit.edges
    order = np.lexsort((edges.source, edges.target))
    other = np.lexsort((circuit.edges.source, circuit.edges.target))
    for name in ("source", "target", "weight_pA", "n_synapses"):
        mine, read = getattr(edges, name)[order], getattr(circuit.edges, name)[other]
        assert np.array_equal(mine, read), name
    for name, expected in small_circuit.lgn_units.items():
        assert np.array_equal(getattr(circuit.lgn_units, name), expected, equal_nan=True), name
    for name, expected in small_circuit.lgn_edges.items():
        assert np.array_equal(getattr(circuit.lgn_edges, name), expected), name
    model = small_circuit.tables.cells.asc_tau_1_ms[small_circuit.nodes.cell_model]
    assert np.array_equal(circuit.tables.cells.asc_tau_1_ms[circuit.nodes.cell_model], model)
    # Unknown connection probabilities must not scale the weights.
    assert np.all(calibration_for(circuit, "mouse-classes").recurrent_scale == 1)
    assert calibration_for(circuit, "published").background_pA.max() > 1


def test_imported_circuits_are_saved_and_opened_again(bmtk_folder, tmp_path):
    circuit = open_circuit(bmtk_folder).circuit
    save_circuit(circuit, tmp_path / "mine")
    again = open_circuit(tmp_path / "mine").circuit
    assert np.array_equal(again.edges.weight_pA, circuit.edges.weight_pA)
    assert again.tables.cells.V_th_mV.tolist() == circuit.tables.cells.V_th_mV.tolist()
    with pytest.raises(ConfigError, match="no background for cells named 'L4_E'"):
        calibration_for(open_circuit(bmtk_network(tmp_path / "n", exc="L4_E")).circuit, "published")


def test_open_circuit_reads_our_own_exactly(small_circuit, tmp_path):
    save_circuit(small_circuit, tmp_path / "c")
    assert open_circuit(tmp_path / "c").circuit.digest() == small_circuit.digest()
    assert load_circuit(tmp_path / "c").digest() == small_circuit.digest()


def test_configurations_with_variables(copy, tmp_path):
    networks = {
        "nodes": [{"nodes_file": "$DATA/cortex_nodes.h5",
                   "node_types_file": "${DATA}/cortex_node_types.csv"}],
        "edges": [{"edges_file": "$DATA/cortex_cortex_edges.h5",
                   "edge_types_file": "$DATA/cortex_cortex_edge_types.csv"}],
    }  # fmt: skip
    circuit = {
        "manifest": {"$BASE": "${configdir}", "$DATA": "$BASE/network"},
        "networks": networks,
        "components": {
            "point_neuron_models_dir": "$DATA/components/point_neuron_models",
            "synaptic_models_dir": "$DATA/components/synaptic_models",
        },
    }
    write_json(tmp_path, "circuit.json", circuit)
    write_json(tmp_path, "simulation.json", {"network": "./circuit.json", "run": {"tstop": 5}})
    expected = import_circuit(copy).circuit.edges.weight_pA
    for name in ("circuit.json", "simulation.json"):
        read = import_circuit(tmp_path / name).circuit.edges.weight_pA
        assert np.array_equal(read, expected)


def test_the_published_weight_function(tmp_path, small_circuit):
    """Weights of our own circuit, from per-synapse values and the direction rule."""
    folder = bmtk_network(
        tmp_path / "n", weight_function="DirectionRule_EE", weight_sigma=50.0, syn_weight=3.0
    )
    circuit = import_circuit(folder).circuit
    own = circuit.edges_of(0)
    source, target = circuit.edges.source[own], circuit.edges.target[own]
    nodes = circuit.nodes
    direction = nodes.preferred_direction_deg
    gap = np.abs(direction[source] - direction[target])
    gap = np.minimum(gap, 360 - gap)
    angle = np.deg2rad(direction[target])
    along = 0.07 * (nodes.x_um[target] - nodes.x_um[source]) * np.cos(angle)
    along += 0.04 * (nodes.z_um[target] - nodes.z_um[source]) * np.sin(angle)
    folded = np.abs(np.abs(180 - direction[target]) - 90)
    scale = 5.5 / 4 - 11 / 1680 * np.abs(folded - 90)
    expected = 3.0 * 2 * np.exp(-((gap / 50) ** 2) - along**2 / 2) * scale
    np.testing.assert_allclose(circuit.edges.weight_pA[own], expected, rtol=1e-12)


def test_several_synapse_types_of_one_pair(tmp_path):
    folder = bmtk_network(tmp_path / "n")
    with h5py.File(folder / "cortex_cortex_edges.h5", "a") as file:
        group = file["edges/cortex_to_cortex"]
        kind = group["edge_type_id"][()]
        first = np.flatnonzero(kind == kind.min())
        delay = np.full(len(kind), np.nan)
        delay[first[::2]] = 3.0
        group["0/delay"] = delay  # NaN: that of the type
    circuit = import_circuit(folder).circuit
    names = [circuit.tables.synapse_type_name(k) for k in range(4)]
    assert names[:2] == ["L4_E_to_L4_E_receptor_1_1.5_ms", "L4_E_to_L4_E_receptor_1_3_ms"]
    assert np.diff(circuit.edges.type_offsets).tolist() == [200, 200, 100, 100]


def test_names_that_say_no_population_are_asked_for(tmp_path):
    folder = bmtk_network(tmp_path / "n", exc="pyramidal")
    with pytest.raises(CircuitError, match=r"'pyramidal'.*--population pyramidal=L4_E"):
        import_circuit(folder)
    circuit = import_circuit(folder, populations={"pyramidal": "L5_E"}).circuit
    assert circuit.population_slice("L5_E") == slice(5, 25)
    with pytest.raises(CircuitError, match=r"no population 'L5_X'.*L5_E"):
        import_circuit(folder, populations={"pyramidal": "L5_X"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spike_dependent_threshold": True}, r"GLIF2, GLIF4.*not supported"),
        ({"adapting_threshold": True}, "GLIF5"),
        ({"V_reset": -60.0}, "reset to -60 mV"),
        ({"asc_r": [0.5, 1.0]}, "asc_r"),
        ({"asc_amps": [1.0, 2.0, 3.0], "asc_decay": [0.1] * 3}, "up to 2"),
        ({"C_m": -1.0}, "C_m is -1"),
        ({"V_th": float("nan")}, "V_th"),
        ({"tau_syn": [2.0]}, r"receptor 1 of 'e4Rorb' has a time constant of 2 ms.*5\.5"),
    ],
)
def test_cells_that_are_not_supported_are_named(copy, change, message):
    write_json(copy / "components" / "point_neuron_models", "cell.json", CELL | change)
    with pytest.raises(CircuitError, match=message):
        import_circuit(copy)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("cortex_node_types.csv", "nest:glif_psc", "nest:iaf_psc_alpha", "'nest:iaf_psc_alpha'"),
        ("cortex_node_types.csv", "point_neuron", "biophysical", "model_type 'biophysical'"),
        ("cortex_node_types.csv", "cell.json", "gone.json", r"gone\.json"),
        ("cortex_cortex_edge_types.csv", "static_synapse", "stdp_synapse", "'stdp_synapse'"),
        ("cortex_cortex_edge_types.csv", "-4.0", "4.0", "wrong sign"),
        ("cortex_cortex_edge_types.csv", "-4.0", "four", "'four', not a number"),
        ("cortex_cortex_edge_types.csv", "syn_weight", "weight_max", "no attribute 'syn_weight'"),
        ("cortex_cortex_edge_types.csv", "1.5", "-1.5", "'delay'"),
    ],
)
def test_types_that_are_not_supported_are_named(copy, file, old, new, message):
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    with pytest.raises(CircuitError, match=message):
        import_circuit(copy)


def test_edges_to_missing_nodes_and_nan_positions(copy):
    with h5py.File(copy / "cortex_cortex_edges.h5", "a") as file:
        file["edges/cortex_to_cortex/target_node_id"][7] = 25
    with pytest.raises(CircuitError, match=r"1 edges.*node that is not in 'cortex'.*node 25"):
        import_circuit(copy)
    with h5py.File(copy / "cortex_nodes.h5", "a") as file:
        file["nodes/cortex/0/x"][3] = np.nan
    with pytest.raises(CircuitError, match=r"'x' of node 3 \(type 100\) in 'cortex' is nan"):
        import_circuit(copy)


@pytest.mark.parametrize("name", ["cortex_nodes.h5", "cortex_cortex_edges.h5"])
def test_truncated_and_foreign_files_are_named(copy, name):
    path = copy / name
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(CircuitError, match=name):
        import_circuit(copy)
    with h5py.File(path, "w") as file:
        file["something"] = 1
    with pytest.raises(CircuitError, match=f"{name} is not a SONATA"):
        import_circuit(copy)


def test_other_virtual_populations_are_left_out_only_when_asked(copy):
    from bmtk.builder import NetworkBuilder

    network = NetworkBuilder("bkg")
    network.add_nodes(N=3, pop_name="poisson", model_type="virtual")
    network.build()
    network.save_nodes(output_dir=str(copy))
    with pytest.raises(CircuitError, match=r"'bkg' is not supported.*--leave-out bkg"):
        import_circuit(copy)
    imported = import_circuit(copy, leave_out=["bkg"])
    assert any("bkg" in note for note in imported.notes)
    assert len(imported.circuit.edges) == 600


def test_a_model_of_the_cell_types_database(copy):
    """The file format of the Allen Institute's published GLIF models."""
    config = {
        "type": "GLIF", "El": 0.0, "El_reference": -0.07, "R_input": 2e8, "C": 1e-10,
        "th_inf": 0.02, "spike_cut_length": 40, "dt": 5e-5, "init_AScurrents": [0.0, 0.0],
        "asc_amp_array": [-1e-11, 2e-11], "asc_tau_array": [0.01, 0.1],
        "coeffs": {"C": 1.5, "G": 2.0, "th_inf": 1.25, "asc_amp_array": [2.0, 1.0]},
    }  # fmt: skip
    write_json(copy / "components" / "point_neuron_models", "cell.json", config)
    types = copy / "cortex_node_types.csv"
    types.write_text(types.read_text().replace("nest:glif_psc", "nest:glif_lif_asc_psc"))
    cells = import_circuit(copy).circuit.tables.cells
    found = [
        getattr(cells, name)[0]
        for name in ("C_m_pF", "g_nS", "E_L_mV", "V_th_mV", "t_ref_ms", "asc_amp_1_pA",
                     "asc_amp_2_pA", "asc_tau_1_ms", "asc_tau_2_ms")
    ]  # fmt: skip
    np.testing.assert_allclose(found, [150, 10, -70, -45, 2, -20, 20, 10, 100], rtol=1e-12)
