# ruff: noqa: E501 # a row of the table of faults is one line
"""Networks from other programs and hand edits: the right circuit, or one clear error."""

import json
import re

import h5py
import numpy as np
import pytest
from small_network import (
    CONFIG,
    N_E,
    N_I,
    change_json,
    replace,
    write_network,
)

from v1cortex.errors import CircuitError
from v1cortex.sonata import open_circuit

NODES, EDGES = "network/l4_nodes.h5", "network/l4_l4_edges.h5"
NODE_TYPES, EDGE_TYPES = "network/l4_node_types.csv", "network/l4_l4_edge_types.csv"
EXC = "components/cells/exc.json"


@pytest.fixture
def folder(tmp_path):
    return write_network(tmp_path / "net")


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    opened = open_circuit(write_network(tmp_path_factory.mktemp("plain") / "net"))
    circuit = opened.circuit
    assert (circuit.n_neurons, len(circuit.edges), opened.notes) == (12, 132, ())
    assert circuit.edges.n_synapses.sum() == sum(1 + (s + t) % 3 for s, t in pairs())
    assert circuit.edges.weight_pA.sum() == sum(
        (1 + (s + t) % 3) * [[2.0, 3.0], [-6.0, -4.0]][s >= N_E][t >= N_E] for s, t in pairs()
    )
    return circuit.digest()


def pairs():
    return [(s, t) for s in range(N_E + N_I) for t in range(N_E + N_I) if s != t]


def edit(folder, name, change):
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


def hdf5(folder, name, change):
    with h5py.File(folder / name, "a") as file:
        change(next(iter(file[next(iter(file))].values())))


TABLES = {
    "CRLF": lambda b: b.replace(b"\n", b"\r\n"),
    "byte order mark": lambda b: b"\xef\xbb\xbf" + b,
    "UTF-16": lambda b: b.decode().encode("utf-16"),
    "commas": lambda b: re.sub(rb"(?<=[\w\".]) (?=[\w\"-][^&]*$)", b",", b, flags=re.M),
    "tabs": lambda b: re.sub(rb" (?![=&l])", b"\t", b),
    "trailing spaces": lambda b: b.replace(b"\n", b"  \n"),
    "blank lines": lambda b: b.replace(b"\n", b"\n\n"),
    "None": lambda b: b.replace(b"NULL", b"None"),
    "nan": lambda b: b.replace(b"NULL", b"nan"),
    "NA": lambda b: b.replace(b"NULL", b"NA"),
    "float ids": lambda b: re.sub(rb"^(10\d) ", rb"\1.0 ", b, flags=re.M),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_types_as_other_programs_save_them(folder, digest, name):
    if name == "commas":
        edit(folder, NODE_TYPES, lambda b: b.replace(b" ", b","))
    else:
        for file in (NODE_TYPES, EDGE_TYPES):
            edit(folder, file, TABLES[name])
    assert open_circuit(folder).circuit.digest() == digest


def numbered_from(first):
    def change(folder):
        hdf5(folder, NODES, lambda g: replace(g, "node_id", g["node_id"][()] + first))
        for side in ("source", "target"):
            name = f"{side}_node_id"
            hdf5(folder, EDGES, lambda g, name=name: replace(g, name, g[name][()] + first))

    return change


def receptor_floats(folder):
    for port in (1, 2, 3, 4):
        path = folder / f"components/synapses/r{port}.json"
        path.write_text(json.dumps({"receptor_type": float(port)}))


def receptor_column(folder):
    lines = (folder / EDGE_TYPES).read_text().splitlines()
    added = [f"{line} {word}" for line, word in zip(lines, ("receptor_type", "1.0", "3.0", "2.0", "4.0"), strict=True)]  # fmt: skip
    (folder / EDGE_TYPES).write_text("\n".join(added))


def receptor_of_each_edge(folder):
    edit(folder, EDGE_TYPES, lambda b: re.sub(rb"r\d.json", b"NULL", b))
    port = np.array([1, 3, 2, 4])

    def change(group):
        group["0/receptor_type"] = port[group["edge_type_id"][()] - 100]

    hdf5(folder, EDGES, change)


def names_of_nodes(folder):
    edit(folder, NODE_TYPES, lambda b: re.sub(rb" (pop_name|e4Rorb|i4Pvalb)", b"", b))

    def change(group):
        for part, n, name in (("0", N_E, "e4Rorb"), ("1", N_I, "i4Pvalb")):
            group.create_dataset(f"{part}/pop_name", data=[name] * n, dtype=h5py.string_dtype())

    hdf5(folder, NODES, change)


def library(folder):
    def change(group):
        group["0/mtype"] = np.zeros(N_E, np.uint32)
        group.create_dataset("0/@library/mtype", data=["L4"], dtype=h5py.string_dtype())

    hdf5(folder, NODES, change)


def old_attribute(folder):
    def change(group):
        for side in ("source", "target"):
            attributes = group[f"{side}_node_id"].attrs
            attributes["network"] = attributes.pop("node_population")

    hdf5(folder, EDGES, change)


ALIKE = {
    "ids from 3e9": numbered_from(3_000_000_000),
    "ids from 2^62": numbered_from(2**62),
    "no ids": lambda folder: hdf5(folder, NODES, lambda g: g.pop("node_id")),
    "float ids": lambda folder: hdf5(
        folder, NODES, lambda g: replace(g, "node_id", g["node_id"][()].astype(float))
    ),
    "float receptors": receptor_floats,
    "receptor column": receptor_column,
    "receptor of each edge": receptor_of_each_edge,
    "pop_name of each node": names_of_nodes,
    "library": library,
    "attribute 'network'": old_attribute,
    "BOM in JSON": lambda folder: edit(
        folder, "circuit_config.json", lambda b: b"\xef\xbb\xbf" + b
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_network_in_other_words(folder, digest, name):
    ALIKE[name](folder)
    assert open_circuit(folder).circuit.digest() == digest


def test_memory_follows_the_number_of_cells(folder, digest):
    import tracemalloc

    numbered_from(2**62)(folder)
    tracemalloc.start()
    assert open_circuit(folder).circuit.digest() == digest
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_types_split_where_names_of_nodes_differ(folder):
    """One type, whose nodes name their populations."""
    edit(folder, NODE_TYPES, lambda b: b.replace(b"e4Rorb", b"NULL"))
    names = ["L4_E"] * 5 + ["L23_E"] * 3

    def change(group):
        group.create_dataset("0/pop_name", data=names, dtype=h5py.string_dtype())

    hdf5(folder, NODES, change)
    circuit = open_circuit(folder).circuit
    sizes = {name: circuit.population_slice(name) for name in ("L23_E", "L4_E", "L4_Pvalb")}
    assert [part.stop - part.start for part in sizes.values()] == [3, 5, 4]


@pytest.mark.parametrize(
    "change",
    [
        {"$BASE_DIR": "."},
        {"$BASE_DIR": "$HERE/.", "$HERE": "${configdir}"},
        {"$NETWORK_DIR": "${BASE_DIR}/network", "$BASE_DIR": "./components/.."},
        {"$BASE_DIR": "$workingdir"},
    ],
)
def test_paths_are_those_of_the_file_that_names_them(folder, digest, monkeypatch, change):
    workingdir = change["$BASE_DIR"] == "$workingdir"
    change_json(folder / "circuit_config.json", lambda c: c["manifest"].update(change))
    monkeypatch.chdir(folder if workingdir else folder.parent)
    opened = open_circuit("." if workingdir else "net")  # a relative path, as on the command line
    assert opened.circuit.digest() == digest
    assert any("is the current folder" in note for note in opened.notes) == workingdir
    monkeypatch.chdir("/")
    if not workingdir:
        assert open_circuit(folder / "circuit_config.json").circuit.digest() == digest


def test_windows_separators_absolute_paths_and_simulation_configurations(
    folder, digest, monkeypatch
):
    content = json.dumps(CONFIG).replace("_DIR/", "_DIR\\\\")
    (folder / "circuit_config.json").write_text(content)
    assert open_circuit(folder).circuit.digest() == digest
    absolute = {"$BASE_DIR": str(folder.resolve())}
    (folder / "sub").mkdir()
    moved = json.loads(json.dumps(CONFIG))
    moved["manifest"].update(absolute)
    (folder / "sub/circuit.json").write_text(json.dumps(moved))
    simulation = {"network": "${configdir}/circuit.json", "components": {"x_dir": "."}}
    (folder / "sub/simulation.json").write_text(json.dumps(simulation))
    monkeypatch.chdir(folder.parent)
    assert open_circuit("net/sub/simulation.json").circuit.digest() == digest


def set_parameter(name, text):
    def change(folder):
        parameters = json.loads((folder / EXC).read_text())
        parameters[name] = "@"
        (folder / EXC).write_text(json.dumps(parameters).replace('"@"', text))

    return change


def manifest(**values):
    named = {f"${name}": value for name, value in values.items()}
    return lambda folder: change_json(
        folder / "circuit_config.json", lambda c: c["manifest"].update(named)
    )


def config_text(text):
    return lambda folder: (folder / "circuit_config.json").write_text(text)


def huge(file, name):
    def change(group):
        kept = dict(group[name].attrs)
        del group[name]
        group.create_dataset(name, (10**15,), dtype="u8", chunks=(1024,))
        group[name].attrs.update(kept)

    return lambda folder: hdf5(folder, file, change)


def without_angle(folder):
    hdf5(folder, NODES, lambda g: g["1"].pop("tuning_angle"))


REFUSED = {
    "g NaN": (set_parameter("g", "NaN"), r"l4_nodes.h5: node type 100 of 'l4' \(e4Rorb\), exc.json: g is nan; .* nS"),
    "C_m infinite": (set_parameter("C_m", "Infinity"), "exc.json: C_m is inf; it must be a number from"),
    "V_th infinite": (set_parameter("V_th", "Infinity"), "V_th is inf"),
    "V_th in volts below rest": (set_parameter("V_th", "-0.05e5"), "V_th is -5000"),
    "t_ref negative": (set_parameter("t_ref", "-1"), "t_ref is -1"),
    "C_m text": (set_parameter("C_m", '"120"'), "C_m is '120'"),
    "C_m of 300 digits": (set_parameter("C_m", "1" * 300), "C_m is 1111"),
    "asc_amps NaN": (set_parameter("asc_amps", "[NaN, -20.0]"), r"asc_amps\[0\] is nan"),
    "asc_decay NaN": (set_parameter("asc_decay", "[0.003, NaN]"), r"asc_decay\[1\] is nan"),
    "asc_decay zero": (set_parameter("asc_decay", "[0.003, 0]"), r"asc_decay\[1\] is 0"),
    "asc_init null": (set_parameter("asc_init", "null"), "asc_init is None; it must be a list"),
    "tau_syn scalar": (set_parameter("tau_syn", "5.5"), "tau_syn is 5.5; it must be a list"),
    "parameters a list": (lambda f: (f / EXC).write_text("[1]"), "exc.json must contain named values"),
    "parameter twice": (lambda f: (f / EXC).write_text('{"g": 1, "g": 2}'), "has the entry 'g' twice"),
    "angle of one group": (without_angle, r"'tuning_angle' of node 8 \(type 101\) .* missing \(4 of 12"),
    "node twice": (lambda f: hdf5(f, NODES, lambda g: g["node_id"].__setitem__(5, 4)), "node 4 of 'l4' occurs twice"),
    "negative node": (lambda f: hdf5(f, NODES, lambda g: g["node_id"].__setitem__(5, -4)), "entry 5 is -4"),
    "node of 2.5": (lambda f: hdf5(f, NODES, lambda g: replace(g, "node_id", np.arange(12) + 0.5)), "entry 0 is 0.5"),
    "too few targets": (lambda f: hdf5(f, EDGES, lambda g: replace(g, "target_node_id", g["target_node_id"][:7])), "has 7 entries; 132 are needed"),
    "index beyond group": (lambda f: hdf5(f, NODES, lambda g: g["node_group_index"].__setitem__(3, 99)), "members refer to entry 99"),
    "10^15 edges": (huge(EDGES, "source_node_id"), "declares 1,000,000,000,000,000 values but has"),
    "10^15 nodes": (huge(NODES, "node_type_id"), "declares 1,000,000,000,000,000 values but has"),
    "missing type": (lambda f: edit(f, EDGE_TYPES, lambda b: b.replace(b"\n103", b"\n105")), "Type 103 has no row in the table of edge types, which has 100, 101, 102, 105"),
    "no delay": (lambda f: edit(f, EDGE_TYPES, lambda b: b.replace(b" 1.5 ", b" NULL ")), "no attribute 'delay'; give it"),
    "delay of an hour": (lambda f: edit(f, EDGE_TYPES, lambda b: b.replace(b" 1.5 ", b" 3.6e6 ")), "'delay' of edge 0 .* is 3.6e\\+06 ms"),
    "no table of types": (lambda f: change_json(f / "circuit_config.json", lambda c: c["networks"]["nodes"][0].update(node_types_file="NULL")), "node type 100 of 'l4' has no name"),
    "short row": (lambda f: edit(f, NODE_TYPES, lambda b: b + b"102 x\n"), "types.csv, line 4: 2 columns, but the first line names 5"),
    "type twice": (lambda f: edit(f, NODE_TYPES, lambda b: b.replace(b"\n101", b"\n100")), "line 3: node_type_id 100 is already in an earlier line"),
    "empty table": (lambda f: (f / NODE_TYPES).write_bytes(b""), "types.csv is empty"),
    "table in cp1252": (lambda f: edit(f, NODE_TYPES, lambda b: b.replace(b"e4R", b"\xb5")), "line 2: byte 0xb5 is not UTF-8"),
    "no config": (config_text("{}"), "no entry 'networks'"),
    "deep config": (config_text('{"a": ' + "[" * 100_000), "nested too deeply|not valid JSON"),
    "config of a list": (config_text("[]"), "must contain named values"),
    "circular manifest": (manifest(BASE_DIR="$NETWORK_DIR/.."), r"'\$BASE_DIR' of the manifest refers to itself"),
    "unknown variable": (manifest(BASE_DIR="$HOME_DIR"), r"no '\$HOME_DIR' for .*, only \$configdir, \$BASE_DIR"),
    "network that is itself": (config_text('{"network": "circuit_config.json"}'), "names another configuration"),
    "HDF5 cut": (lambda f: edit(f, EDGES, lambda b: b[:3000]), "Cannot read .*l4_l4_edges.h5"),
    "text as HDF5": (lambda f: (f / EDGES).write_text("x"), "Cannot read .*l4_l4_edges.h5"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_names_file_place_and_value(folder, name):
    change, message = REFUSED[name]
    change(folder)
    with pytest.raises(CircuitError, match=message):
        open_circuit(folder)


def test_a_network_without_connections_is_read(folder):
    empty = {"source_node_id": "u8", "target_node_id": "u8", "edge_type_id": "i8"}

    def change(group):
        for name, kind in {**empty, "edge_group_id": "u4", "edge_group_index": "u8"}.items():
            replace(group, name, np.zeros(0, kind))
        del group["0"]
        group.create_group("0")

    hdf5(folder, EDGES, change)
    circuit = open_circuit(folder).circuit
    assert (circuit.n_neurons, len(circuit.edges)) == (12, 0)
