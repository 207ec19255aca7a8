"""A circuit built with BMTK: NetworkBuilder writes SONATA files, PointNet loads them into NEST."""

import json
import logging
from pathlib import Path

import numpy as np

from v1cortex.network import rounded_delays_ms
from v1cortex.tables import POPULATIONS


class _Connected:
    """Numbers of synapses from all sources onto one target, in the form NetworkBuilder needs."""

    def __init__(self, source, target, n_sources, n_targets):
        self._matrix = np.zeros((n_targets, n_sources), dtype=np.int64)
        self._matrix[target, source] = 1
        self._rows = iter(self._matrix.tolist())

    def __call__(self, sources, target):
        return next(self._rows)


def write(circuit, calibration, folder):
    """Create the circuit's neurons and recurrent connections with NetworkBuilder and save them."""
    from bmtk.builder.networks import NetworkBuilder

    components = Path(folder) / "components"
    components.mkdir(parents=True)
    cells, models = circuit.tables.cells, circuit.nodes.cell_model
    network = NetworkBuilder("v1")
    for model in np.unique(models):
        file = f"cell_{model}.json"
        _write_json(components / file, _cell_parameters(cells, model))
        network.add_nodes(
            int(np.count_nonzero(models == model)),
            pop_name=POPULATIONS[cells.population[model]],
            model_type="point_neuron",
            model_template="nest:glif_psc",
            dynamics_params=file,
        )
    # NetworkBuilder numbers the neurons by cell model.
    number = np.empty(circuit.n_neurons, dtype=np.int64)
    number[np.argsort(models, kind="stable")] = np.arange(circuit.n_neurons)
    table, edges = circuit.tables.connectivity, circuit.edges
    for receptor in (1, 2, 3, 4):
        _write_json(components / f"synapse_{receptor}.json", {"receptor_type": receptor})
    for row, delay_ms in enumerate(rounded_delays_ms(circuit, 1.0)):
        own = circuit.edges_of(row)
        if own.stop == own.start:
            continue
        pre, post = (circuit.population_slice(POPULATIONS[p]) for p in _ends(table, row))
        source, target = (
            np.searchsorted(np.sort(number[cells]), number[nodes[own]])
            for nodes, cells in ((edges.source, pre), (edges.target, post))
        )
        # The builder asks for weights source by source.
        order = np.lexsort((target, source))
        added = network.add_edges(
            source={"pop_name": POPULATIONS[table.pre[row]]},
            target={"pop_name": POPULATIONS[table.post[row]]},
            connection_rule=_rule(source, target, pre, post),
            iterator="all_to_one",
            model_template="static_synapse",
            dynamics_params=f"synapse_{table.receptor[row]}.json",
            delay=float(delay_ms),
        )
        weights = edges.weight_pA[own][order] * calibration.recurrent_scale[row]
        added.add_properties("syn_weight", values=weights.tolist(), dtypes=float)
    network.build()
    network.save(output_dir=str(Path(folder) / "network"))


def _rule(source, target, pre, post):
    connected = _Connected(source, target, pre.stop - pre.start, post.stop - post.start)
    return lambda sources, one: connected(sources, one)


def _ends(table, row):
    return int(table.pre[row]), int(table.post[row])


def _cell_parameters(cells, model):
    return {
        "C_m": cells.C_m_pF[model],
        "g": cells.g_nS[model],
        "E_L": cells.E_L_mV[model],
        "V_reset": cells.E_L_mV[model],
        "V_m": cells.E_L_mV[model],
        "V_th": cells.V_th_mV[model],
        "t_ref": cells.t_ref_ms[model],
        "after_spike_currents": True,
        "asc_init": [0.0, 0.0],
        "asc_amps": [cells.asc_amp_1_pA[model], cells.asc_amp_2_pA[model]],
        "asc_decay": [1 / cells.asc_tau_1_ms[model], 1 / cells.asc_tau_2_ms[model]],
        "asc_r": [1.0, 1.0],
        "tau_syn": [5.5, 8.5, 2.8, 5.8],
    }


def _write_json(path, values):
    path.write_text(json.dumps(values))


def load(folder):
    """Build the saved network in NEST with PointNet."""
    from bmtk.simulator import pointnet

    folder = Path(folder)
    config = {
        "run": {"tstop": 10.0, "dt": 1.0},
        "target_simulator": "NEST",
        "components": {
            "point_neuron_models_dir": str(folder / "components"),
            "synaptic_models_dir": str(folder / "components"),
        },
        "output": {"output_dir": str(folder / "output"), "log_to_console": False},
        "networks": {
            "nodes": [_files(folder / "network", "nodes", "node")],
            "edges": [_files(folder / "network", "edges", "edge")],
        },
    }
    (folder / "config.json").write_text(json.dumps(config))
    configured = pointnet.Config.from_json(str(folder / "config.json"))
    configured.build_env(force=True)
    logging.disable(logging.INFO)
    network = pointnet.PointNetwork.from_config(configured)
    return pointnet.PointSimulator.from_config(configured, network)


def _files(folder, kind, one):
    stem = "v1" if kind == "nodes" else "v1_v1"
    return {
        f"{kind}_file": str(folder / f"{stem}_{kind}.h5"),
        f"{one}_types_file": str(folder / f"{stem}_{one}_types.csv"),
    }
