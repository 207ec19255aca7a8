"""SONATA folders: exact round trip, other readers, and errors for damaged folders."""

import json
import os
import sys
from pathlib import Path

import h5py
import libsonata
import numpy as np
import pandas as pd
import pytest
from bmtk.utils import sonata as bmtk_sonata

from v1cortex.circuit import build_circuit
from v1cortex.errors import CircuitError
from v1cortex.sonata import folder as sonata
from v1cortex.sonata import load_circuit, save_circuit
from v1cortex.tables import load_tables


@pytest.fixture(scope="module")
def circuit():
    return build_circuit(700, 4)


@pytest.fixture(scope="module")
def saved(circuit, tmp_path_factory):
    folder = tmp_path_factory.mktemp("circuits") / "small"
    save_circuit(circuit, folder)
    return folder


@pytest.fixture
def folder(circuit, tmp_path):
    """A circuit folder for a single test, to be damaged."""
    save_circuit(circuit, tmp_path / "circuit")
    return tmp_path / "circuit"


def assert_same(a, b):
    for group in ("nodes", "edges", "lgn_units", "lgn_edges"):
        for (name, x), (_, y) in zip(
            getattr(a, group).items(), getattr(b, group).items(), strict=True
        ):
            assert x.dtype == y.dtype, name
            assert x.tobytes() == y.tobytes(), name
    assert (a.seed, a.n_neurons, a.tables) == (b.seed, b.n_neurons, b.tables)


def test_exact_round_trip(circuit, saved):
    assert_same(load_circuit(saved), circuit)
    assert load_circuit(str(saved)).digest() == circuit.digest()


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems refuse such names")
def test_a_folder_whose_name_is_no_text(circuit, tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")  # as Latin-1 spells it
    save_circuit(circuit, folder)
    assert_same(load_circuit(folder), circuit)


@pytest.mark.parametrize("n", [1, 25])
def test_round_trip_of_the_smallest_circuits(n, tmp_path):
    circuit = build_circuit(n, 0)
    save_circuit(circuit, tmp_path / "c")
    assert_same(load_circuit(tmp_path / "c"), circuit)


def test_libsonata_reads_every_array(circuit, saved):
    config = libsonata.CircuitConfig.from_file(str(saved / "circuit_config.json"))
    assert config.node_populations == {"v1", "lgn"}
    assert config.edge_populations == {"v1_to_v1", "lgn_to_v1"}
    v1, lgn = config.node_population("v1"), config.node_population("lgn")
    nodes, units = circuit.nodes, circuit.lgn_units
    for population, attribute, expected in (
        (v1, "x", nodes.x_um),
        (v1, "y", -nodes.depth_um),
        (v1, "z", nodes.z_um),
        (v1, "tuning_angle", nodes.preferred_direction_deg),
        (lgn, "x", units.x_deg),
        (lgn, "y", units.y_deg),
        (lgn, "spatial_size", units.size_deg),
        (lgn, "tuning_angle", units.tuning_angle_deg),
    ):
        read = population.get_attribute(attribute, population.select_all())
        np.testing.assert_array_equal(read, expected)
    for name, expected in (("v1_to_v1", circuit.edges), ("lgn_to_v1", circuit.lgn_edges)):
        edges = config.edge_population(name)
        every = edges.select_all()
        np.testing.assert_array_equal(edges.source_nodes(every), expected.source)
        np.testing.assert_array_equal(edges.target_nodes(every), expected.target)
        np.testing.assert_array_equal(edges.get_attribute("syn_weight", every), expected.weight_pA)
    edges = config.edge_population("v1_to_v1")
    np.testing.assert_array_equal(
        edges.get_attribute("n_synapses", edges.select_all()), circuit.edges.n_synapses
    )


def test_libsonata_finds_edges_by_both_indices(circuit, saved):
    config = libsonata.CircuitConfig.from_file(str(saved / "circuit_config.json"))
    edges = config.edge_population("v1_to_v1")
    for node in (0, 123, 699):
        np.testing.assert_array_equal(
            np.sort(edges.afferent_edges([node]).flatten()),
            np.flatnonzero(circuit.edges.target == node),
        )
        np.testing.assert_array_equal(
            np.sort(edges.efferent_edges([node]).flatten()),
            np.flatnonzero(circuit.edges.source == node),
        )


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # BMTK with pandas 3
def test_bmtk_reads_nodes_edges_and_their_types(circuit, saved):
    tables = circuit.tables
    nodes = bmtk_sonata.File(saved / "v1_nodes.h5", saved / "v1_node_types.csv").nodes["v1"]
    for i in (0, 100, 699):
        assert nodes[i]["tuning_angle"] == circuit.nodes.preferred_direction_deg[i]
        assert nodes[i]["C_m_pF"] == tables.cells.C_m_pF[circuit.nodes.cell_model[i]]
        population = tables.populations.population[circuit.nodes.population[i]]
        assert nodes[i]["pop_name"] == population
    file = bmtk_sonata.File(saved / "v1_v1_edges.h5", saved / "v1_v1_edge_types.csv")
    found = list(file.edges["v1_to_v1"].get_target(300))
    mine = np.flatnonzero(circuit.edges.target == 300)
    kinds = np.searchsorted(circuit.edges.type_offsets, mine, side="right") - 1
    assert sorted((e.source_node_id, e["syn_weight"], e["delay"]) for e in found) == sorted(
        zip(
            circuit.edges.source[mine].tolist(),
            circuit.edges.weight_pA[mine].tolist(),
            tables.connectivity.delay_ms[kinds].tolist(),
            strict=True,
        )
    )


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # BMTK with pandas 3
def test_bmtk_reads_every_array(circuit, saved):
    nodes, units = circuit.nodes, circuit.lgn_units
    for name, columns in (
        (
            "v1",
            {
                "x": nodes.x_um,
                "y": -nodes.depth_um,
                "z": nodes.z_um,
                "tuning_angle": nodes.preferred_direction_deg,
                "C_m_pF": circuit.tables.cells.C_m_pF[nodes.cell_model],
            },
        ),
        ("lgn", {"x": units.x_deg, "y": units.y_deg, "spatial_size": units.size_deg}),
    ):
        file = bmtk_sonata.File(saved / f"{name}_nodes.h5", saved / f"{name}_node_types.csv")
        frame = file.nodes[name].to_dataframe()
        for column, expected in columns.items():
            np.testing.assert_array_equal(frame[column].to_numpy(dtype=float), expected)
    delay_ms = np.repeat(circuit.tables.connectivity.delay_ms, np.diff(circuit.edges.type_offsets))
    for name, edges, delays in (
        ("v1", circuit.edges, delay_ms),
        ("lgn", circuit.lgn_edges, np.full(len(circuit.lgn_edges), 1.7)),
    ):
        file = bmtk_sonata.File(saved / f"{name}_v1_edges.h5", saved / f"{name}_v1_edge_types.csv")
        found = [
            (e.source_node_id, e.target_node_id, e["syn_weight"], e["delay"])
            for e in file.edges[f"{name}_to_v1"]
        ]
        columns = np.array(found, dtype=float).T
        for column, expected in zip(
            columns, (edges.source, edges.target, edges.weight_pA, delays), strict=True
        ):
            np.testing.assert_array_equal(column, expected)


def test_type_tables_and_file_attributes(circuit, saved):
    types = pd.read_csv(saved / "v1_v1_edge_types.csv", sep=" ")
    np.testing.assert_array_equal(types.delay, circuit.tables.connectivity.delay_ms)
    np.testing.assert_array_equal(types.receptor_type, circuit.tables.connectivity.receptor)
    lgn = pd.read_csv(saved / "lgn_v1_edge_types.csv", sep=" ")
    assert dict(zip(lgn.edge_type_id, lgn.delay, strict=True)) == {1: 1.7, 3: 1.7}
    for name in sonata.FILES:
        if name.endswith(".h5"):
            with h5py.File(saved / name) as file:
                assert file.attrs["magic"] == 0x0A7A
                np.testing.assert_array_equal(file.attrs["version"], [0, 1])


def test_a_circuit_is_replaced_and_nothing_is_left_over(circuit, folder):
    other = build_circuit(50, 9)
    save_circuit(other, folder)
    assert_same(load_circuit(folder), other)
    assert [path.name for path in folder.parent.iterdir()] == ["circuit"]
    assert {path.name for path in folder.iterdir()} == {*sonata.FILES, sonata.COMPONENTS}


def test_an_empty_folder_is_used(circuit, tmp_path):
    save_circuit(build_circuit(5, 0), tmp_path)
    assert load_circuit(tmp_path).n_neurons == 5


def test_a_foreign_folder_is_refused_and_left_alone(circuit, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(CircuitError, match=r"thesis\.tex.*Choose another folder"):
        save_circuit(circuit, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    with pytest.raises(CircuitError, match="Choose another folder"):
        save_circuit(circuit, tmp_path / "thesis.tex")


def test_results_beside_a_circuit_are_not_deleted(circuit, folder):
    (folder / "spikes.h5").write_text("results")
    with pytest.raises(CircuitError, match=r"spikes\.h5"):
        save_circuit(circuit, folder)
    assert load_circuit(folder).digest() == circuit.digest()


def test_a_failed_write_leaves_the_old_circuit(circuit, folder, monkeypatch):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(sonata, "write_edges", fail)
    with pytest.raises(CircuitError, match="No space left"):
        save_circuit(build_circuit(50, 9), folder)
    assert_same(load_circuit(folder), circuit)
    assert [path.name for path in folder.parent.iterdir()] == ["circuit"]


def test_missing_folder_and_files_are_named(folder):
    with pytest.raises(CircuitError, match=r"no circuit folder .*nowhere"):
        load_circuit(folder / "nowhere")
    (folder / "lgn_nodes.h5").unlink()
    with pytest.raises(CircuitError, match=r"lacks lgn_nodes\.h5.*v1cortex build"):
        load_circuit(folder)


@pytest.mark.parametrize("name", [n for n in sonata.FILES if n.endswith(".h5")])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_truncated_files_are_named(folder, name, share):
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(CircuitError, match=f"{name}.*v1cortex build"):
        load_circuit(folder)


def test_other_hdf5_files_and_missing_datasets_are_named(folder):
    with h5py.File(folder / "v1_nodes.h5", "a") as file:
        del file["nodes/v1/0/x"]
    with pytest.raises(CircuitError, match=r"v1_nodes\.h5"):
        load_circuit(folder)
    with h5py.File(folder / "v1_nodes.h5", "w"):
        pass
    with pytest.raises(CircuitError, match=r"v1_nodes\.h5 is not a SONATA file"):
        load_circuit(folder)


@pytest.mark.parametrize(
    ("path", "dataset", "change"),
    [
        ("v1_nodes.h5", "nodes/v1/node_type_id", 1),
        ("v1_nodes.h5", "nodes/v1/node_type_id", -1),
        ("v1_v1_edges.h5", "edges/v1_to_v1/0/syn_weight", 1),
        ("v1_v1_edges.h5", "edges/v1_to_v1/edge_type_id", 1),
        ("v1_v1_edges.h5", "edges/v1_to_v1/edge_type_id", -1),
        ("v1_v1_edges.h5", "edges/v1_to_v1/edge_type_id", 186),
        ("lgn_v1_edges.h5", "edges/lgn_to_v1/source_node_id", 1),
    ],
)
def test_a_changed_value_is_noticed(folder, path, dataset, change):
    with h5py.File(folder / path, "a") as file:
        file[dataset][3] = file[dataset][3] + change
    with pytest.raises(CircuitError, match="changed or is damaged"):
        load_circuit(folder)


def edit_config(folder: Path, **changes):
    config = json.loads((folder / "circuit_config.json").read_text())
    config["v1cortex"].update(changes)
    (folder / "circuit_config.json").write_text(json.dumps(config))


def test_other_versions_and_tables_are_refused(folder):
    edit_config(folder, format_version=99)
    with pytest.raises(CircuitError, match="format 99; this v1cortex reads 2"):
        load_circuit(folder)
    edit_config(folder, format_version=sonata.FORMAT_VERSION, tables_digest="0" * 64)
    with pytest.raises(CircuitError, match="different tables"):
        load_circuit(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"v1cortex": 3}', '{"v1cortex": {}}'])
def test_a_broken_config_is_named(folder, text):
    (folder / "circuit_config.json").write_text(text)
    with pytest.raises(CircuitError, match=r"circuit_config\.json was not written by v1cortex"):
        load_circuit(folder)


def test_tables_are_shared_with_the_loaded_circuit(saved):
    assert load_circuit(saved).tables is load_tables()


def test_the_current_folder_is_filled_and_not_replaced(circuit, tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir(mode=0o750)
    monkeypatch.chdir(folder)
    inode, mode = folder.stat().st_ino, folder.stat().st_mode
    for _ in range(2):  # into an empty folder, then in place of a circuit
        save_circuit(circuit, ".")
        assert (folder.stat().st_ino, folder.stat().st_mode) == (inode, mode)
        assert Path.cwd() == folder.resolve()
        assert load_circuit(".").digest() == circuit.digest()
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
