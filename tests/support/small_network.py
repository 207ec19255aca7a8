"""A network of 12 GLIF3 cells as written by other programs, for tests to damage."""

import json

import h5py
import numpy as np

N_E, N_I = 8, 4
GLIF = {
    "E_L": -70.0, "V_reset": -70.0, "V_th": -50.0, "C_m": 120.0, "g": 6.0, "t_ref": 3.0,
    "asc_init": [0.0, 0.0], "asc_amps": [-5.0, -20.0], "asc_decay": [0.003, 0.1],
    "asc_r": [1.0, 1.0], "tau_syn": [5.5, 8.5, 2.8, 5.8], "after_spike_currents": True,
}  # fmt: skip
CONFIG = {
    "manifest": {
        "$BASE_DIR": "${configdir}",
        "$NETWORK_DIR": "$BASE_DIR/network",
        "$COMPONENTS_DIR": "$BASE_DIR/components",
    },
    "components": {
        "point_neuron_models_dir": "$COMPONENTS_DIR/cells",
        "synaptic_models_dir": "$COMPONENTS_DIR/synapses",
    },
    "networks": {
        "nodes": [
            {
                "nodes_file": "$NETWORK_DIR/l4_nodes.h5",
                "node_types_file": "$NETWORK_DIR/l4_node_types.csv",
            }
        ],
        "edges": [
            {
                "edges_file": "$NETWORK_DIR/l4_l4_edges.h5",
                "edge_types_file": "$NETWORK_DIR/l4_l4_edge_types.csv",
            }
        ],
    },
}
NODE_TYPES = """\
node_type_id pop_name model_type model_template dynamics_params
100 e4Rorb point_neuron nest:glif_lif_asc_psc exc.json
101 i4Pvalb point_neuron nest:glif_lif_asc_psc inh.json
"""
EDGE_TYPES = """\
edge_type_id target_query syn_weight delay dynamics_params weight_function
100 "ei=='e' & l==4" 2.0 1.5 r1.json NULL
101 "ei=='i' & l==4" 3.0 1.5 r3.json NULL
102 "ei=='e' & l==4" -6.0 1.5 r2.json NULL
103 "ei=='i' & l==4" -4.0 1.5 r4.json NULL
"""


def write_network(folder):
    """Write the network and return its folder."""
    (folder / "network").mkdir(parents=True)
    for name in ("cells", "synapses"):
        (folder / "components" / name).mkdir(parents=True)
    cells, synapses = folder / "components/cells", folder / "components/synapses"
    (cells / "exc.json").write_text(json.dumps(GLIF))
    (cells / "inh.json").write_text(json.dumps(GLIF | {"C_m": 80.0}))
    for port in (1, 2, 3, 4):
        (synapses / f"r{port}.json").write_text(json.dumps({"receptor_type": port}))
    (folder / "circuit_config.json").write_text(json.dumps(CONFIG))
    (folder / "network/l4_node_types.csv").write_text(NODE_TYPES)
    (folder / "network/l4_l4_edge_types.csv").write_text(EDGE_TYPES)
    _write_nodes(folder / "network/l4_nodes.h5")
    _write_edges(folder / "network/l4_l4_edges.h5")
    return folder


def _write_nodes(path):
    with h5py.File(path, "w") as file:
        group = file.create_group("nodes/l4")
        group["node_type_id"] = np.repeat([100, 101], [N_E, N_I])
        group["node_id"] = np.arange(N_E + N_I)
        group["node_group_id"] = np.repeat([0, 1], [N_E, N_I])
        group["node_group_index"] = np.append(np.arange(N_E), np.arange(N_I))
        for part, n in (("0", N_E), ("1", N_I)):
            for axis, name in enumerate("xyz"):
                group[f"{part}/{name}"] = 10.0 * np.arange(n) + axis
            group[f"{part}/tuning_angle"] = 30.0 * np.arange(n)


def _write_edges(path):
    n = N_E + N_I
    source, target = (a[~np.eye(n, dtype=bool)] for a in np.indices((n, n)))
    kind = 100 + (target >= N_E) + 2 * (source >= N_E)
    with h5py.File(path, "w") as file:
        group = file.create_group("edges/l4_to_l4")
        for side, ids in (("source", source), ("target", target)):
            group[f"{side}_node_id"] = ids.astype(np.uint64)
            group[f"{side}_node_id"].attrs["node_population"] = "l4"
        group["edge_type_id"] = kind
        group["edge_group_id"] = np.zeros(len(kind), dtype=np.uint32)
        group["edge_group_index"] = np.arange(len(kind))
        group["0/nsyns"] = 1 + (source + target) % 3


def change_json(path, change):
    """Change a JSON file in place."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def replace(group, name, values, attributes=True):
    """Replace a dataset by another one."""
    kept = dict(group[name].attrs) if attributes else {}
    del group[name]
    group[name] = values
    group[name].attrs.update(kept)
