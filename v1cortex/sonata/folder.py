"""Circuits on disk, as folders of SONATA files.

SONATA (Dai et al. 2020, PLoS Comput Biol 16:e1007696) is the format of the Allen Institute and the
Blue Brain Project. The folder contains node and edge files of the populations `v1` and `lgn`,
tables of their types, model parameters, and `circuit_config.json`, which also stores what is not
part of SONATA: the format's version, the seed, and the digests of circuit and tables.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nestml_models.common import read_json
from v1cortex.circuit import Circuit, Edges, LgnEdges, LgnUnits, Nodes
from v1cortex.errors import CircuitError
from v1cortex.sonata import type_tables as sonata_types
from v1cortex.sonata.files import REBUILD, read_datasets, write_edges, write_nodes, write_types
from v1cortex.sonata.short_term import dynamics_of_types, edge_attributes, weight_attribute
from v1cortex.tables import Tables, load_tables

FORMAT_VERSION = 2
CONFIG = "circuit_config.json"
V1_NODES, V1_NODE_TYPES = "v1_nodes.h5", "v1_node_types.csv"
V1_EDGES, V1_EDGE_TYPES = "v1_v1_edges.h5", "v1_v1_edge_types.csv"
LGN_NODES, LGN_NODE_TYPES = "lgn_nodes.h5", "lgn_node_types.csv"
LGN_EDGES, LGN_EDGE_TYPES = "lgn_v1_edges.h5", "lgn_v1_edge_types.csv"
COMPONENTS = "components"
CELL_MODELS, SYNAPSE_MODELS = f"{COMPONENTS}/point_neuron_models", f"{COMPONENTS}/synaptic_models"
FILES = (
    CONFIG,
    V1_NODES,
    V1_NODE_TYPES,
    V1_EDGES,
    V1_EDGE_TYPES,
    LGN_NODES,
    LGN_NODE_TYPES,
    LGN_EDGES,
    LGN_EDGE_TYPES,
)


def save_circuit(circuit: Circuit, folder: Path | str) -> None:
    """Write a circuit as SONATA files; the folder appears whole or not at all.

    Parameters
    ----------
    circuit : Circuit
        The circuit to write.
    folder : path
        Folder to create. A folder that contains nothing but a circuit is replaced.

    Raises
    ------
    CircuitError
        If the folder contains anything else, or cannot be written to.
    """
    folder = Path(folder).resolve()
    try:
        with _replacing(folder) as new:
            _write_nodes(circuit, new)
            _write_edges(circuit, new)
            _write_components(circuit, new)
            config = json.dumps(_config(circuit), indent=2)
            (new / CONFIG).write_text(config + "\n", encoding="utf-8")
    except OSError as error:
        raise CircuitError(f"Cannot write the circuit to {folder}: {error}.") from error


def load_circuit(
    folder: Path | str, tables: Tables | None = None, *, mapped: bool = False
) -> Circuit:
    """Read a circuit written by `save_circuit`: the same arrays, bit for bit.

    Parameters
    ----------
    folder : path
        Folder of the circuit.
    tables : Tables, optional
        Tables from which the circuit was built. Default: those shipped with v1cortex. Short-term
        dynamics of the circuit's own are read from its table of edge types.
    mapped : bool
        Memory-map the recurrent connections, so that processes on one machine share them. The file
        must not be changed.

    Raises
    ------
    CircuitError
        If files are missing, damaged, of another format version or built from other tables.
    """
    folder = Path(folder)
    properties, tables = _properties(folder, tables or load_tables())
    circuit = Circuit(
        nodes=_read_nodes(folder / V1_NODES, tables),
        edges=_read_edges(folder / V1_EDGES, tables, mapped),
        lgn_units=_read_lgn_units(folder / LGN_NODES),
        lgn_edges=_read_lgn_edges(folder / LGN_EDGES),
        seed=int(properties["seed"]),
        tables=tables,
    )
    if circuit.digest() != properties["circuit_digest"]:
        raise _damaged(folder)
    return circuit


def is_sampled(folder: Path) -> bool:
    """Return whether a folder is marked as a circuit of `v1cortex.circuit.circuit.build_circuit`.

    False for networks of other programs, including imported and saved ones.
    """
    try:
        config = read_json(folder / CONFIG)
        return bool(config["v1cortex"].get("sampled", True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _damaged(path: Path) -> CircuitError:
    return CircuitError(
        f"{path} does not contain the circuit that {CONFIG} describes: it was changed or is "
        f"damaged. {REBUILD} Or, if it was changed on purpose, delete the entry 'v1cortex' from "
        f"{CONFIG}: it is then checked and read like any other SONATA network"
    )


def _write_nodes(circuit: Circuit, folder: Path) -> None:
    nodes, units, tables = circuit.nodes, circuit.lgn_units, circuit.tables
    attributes = {
        "x": nodes.x_um,
        "y": -nodes.depth_um,
        "z": nodes.z_um,
        "tuning_angle": nodes.preferred_direction_deg,
    }
    specimens = tables.cells.specimen_id[nodes.cell_model]
    write_nodes(folder / V1_NODES, "v1", specimens, attributes)
    write_types(folder / V1_NODE_TYPES, sonata_types.cell_types(tables))
    attributes = {
        "x": units.x_deg,
        "y": units.y_deg,
        "spatial_size": units.size_deg,
        "tuning_angle": units.tuning_angle_deg,
    }
    write_nodes(folder / LGN_NODES, "lgn", units.unit_type, attributes)
    write_types(folder / LGN_NODE_TYPES, sonata_types.unit_types(tables))


def _write_edges(circuit: Circuit, folder: Path) -> None:
    edges, lgn, tables = circuit.edges, circuit.lgn_edges, circuit.tables
    n_v1, n_lgn = circuit.n_neurons, len(circuit.lgn_units)
    kinds = np.arange(tables.n_synapse_types, dtype=np.int32)
    write_edges(
        folder / V1_EDGES,
        ("v1", "v1"),
        (n_v1, n_v1),
        (edges.source, edges.target, np.repeat(kinds, np.diff(edges.type_offsets))),
        edge_attributes(circuit),
    )
    write_types(folder / V1_EDGE_TYPES, sonata_types.synapse_types(tables))
    write_edges(
        folder / LGN_EDGES,
        ("lgn", "v1"),
        (n_lgn, n_v1),
        (lgn.source, lgn.target, lgn.receptor.astype(np.int32)),
        {"syn_weight": lgn.weight_pA},
    )
    write_types(folder / LGN_EDGE_TYPES, sonata_types.lgn_synapse_types(tables))


def _write_components(circuit: Circuit, folder: Path) -> None:
    """Write parameters with NEST's names, so that BMTK's PointNet can build the network."""
    for place, content in (
        (CELL_MODELS, sonata_types.cell_parameters(circuit.tables)),
        (SYNAPSE_MODELS, sonata_types.synaptic_models(circuit.tables)),
    ):
        (folder / place).mkdir(parents=True)
        for name, parameters in content.items():
            text = json.dumps(parameters, indent=2) + "\n"
            (folder / place / name).write_text(text, encoding="utf-8")


def _config(circuit: Circuit) -> dict[str, Any]:
    def nodes(file: str, types: str, population: str, kind: str) -> dict[str, Any]:
        populations = {population: {"type": kind}}
        return {"nodes_file": file, "node_types_file": types, "populations": populations}

    def edges(file: str, types: str, population: str) -> dict[str, Any]:
        populations = {population: {"type": "chemical"}}
        return {"edges_file": file, "edge_types_file": types, "populations": populations}

    return {
        "version": 2,
        "components": {
            "point_neuron_models_dir": CELL_MODELS,
            "synaptic_models_dir": SYNAPSE_MODELS,
        },
        "networks": {
            "nodes": [
                nodes(V1_NODES, V1_NODE_TYPES, "v1", "point_neuron"),
                nodes(LGN_NODES, LGN_NODE_TYPES, "lgn", "virtual"),
            ],
            "edges": [
                edges(V1_EDGES, V1_EDGE_TYPES, "v1_to_v1"),
                edges(LGN_EDGES, LGN_EDGE_TYPES, "lgn_to_v1"),
            ],
        },
        "v1cortex": {
            "format_version": FORMAT_VERSION,
            "written_by": f"v1cortex {version('v1cortex')}",
            "n_neurons": circuit.n_neurons,
            "seed": circuit.seed,
            "sampled": replace(circuit.tables, short_term=None).digest == load_tables().digest,
            "short_term": circuit.tables.short_term is not None,
            "circuit_digest": circuit.digest(),
            "tables_digest": circuit.tables.digest,
        },
    }


def _properties(folder: Path, tables: Tables) -> tuple[dict[str, Any], Tables]:
    """Read and check the circuit's properties in the configuration; return its tables as well."""
    if not folder.is_dir():
        raise CircuitError(f"There is no circuit folder {folder}. Build one with `v1cortex build`.")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise CircuitError(f"Circuit folder {folder} lacks {', '.join(missing)}. {REBUILD}")
    try:
        properties = read_json(folder / CONFIG)["v1cortex"]
        found = properties["format_version"]
        tables_digest = properties["tables_digest"]
        int(properties["seed"]), str(properties["circuit_digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise CircuitError(
            f"{folder / CONFIG} was not written by v1cortex or is damaged ({error!r}). {REBUILD}"
        ) from error
    if found != FORMAT_VERSION:
        raise CircuitError(
            f"{folder} has circuit format {found}; this v1cortex reads {FORMAT_VERSION}. {REBUILD}"
        )
    if properties.get("short_term"):
        tables = replace(tables, short_term=dynamics_of_types(folder / V1_EDGE_TYPES, tables))
    if tables_digest != tables.digest:
        raise CircuitError(f"{folder} was built from different tables. {REBUILD}")
    return dict(properties), tables


def _read_nodes(path: Path, tables: Tables) -> Nodes:
    f8 = np.float64
    names = ["0/x", "0/y", "0/z", "0/tuning_angle"]
    specimen, x, y, z, direction = read_datasets(
        path, {"nodes/v1/node_type_id": np.int64} | {f"nodes/v1/{name}": f8 for name in names}
    )
    order = np.argsort(tables.cells.specimen_id)
    position = np.searchsorted(tables.cells.specimen_id, specimen, sorter=order)
    model = order[np.minimum(position, len(order) - 1)]
    if not np.array_equal(tables.cells.specimen_id[model], specimen):
        raise _damaged(path)
    return Nodes(
        population=tables.cells.population[model],
        cell_model=model.astype(np.int16),
        x_um=x,
        depth_um=-y,
        z_um=z,
        preferred_direction_deg=direction,
    )


def _read_edges(path: Path, tables: Tables, mapped: bool) -> Edges:
    group = "edges/v1_to_v1"
    source, target, kind, weight, number = read_datasets(
        path,
        {
            f"{group}/source_node_id": np.int32,
            f"{group}/target_node_id": np.int32,
            f"{group}/edge_type_id": np.int32,
            f"{group}/0/{weight_attribute(tables)}": np.float64,
            f"{group}/0/n_synapses": np.int8,
        },
        mapped=mapped,
    )
    offsets = np.searchsorted(kind, np.arange(tables.n_synapse_types + 1))
    if np.any(np.diff(kind) < 0) or offsets[0] != 0 or offsets[-1] != len(kind):
        raise _damaged(path)
    return Edges(source, target, weight, number, offsets.astype(np.int64))


def _read_lgn_units(path: Path) -> LgnUnits:
    names = ["0/x", "0/y", "0/spatial_size", "0/tuning_angle"]
    kind, *attributes = read_datasets(
        path,
        {"nodes/lgn/node_type_id": np.int8} | {f"nodes/lgn/{name}": np.float64 for name in names},
    )
    return LgnUnits(kind, *attributes)


def _read_lgn_edges(path: Path) -> LgnEdges:
    group = "edges/lgn_to_v1"
    source, target, weight, receptor = read_datasets(
        path,
        {
            f"{group}/source_node_id": np.int32,
            f"{group}/target_node_id": np.int32,
            f"{group}/0/syn_weight": np.float64,
            f"{group}/edge_type_id": np.int8,
        },
    )
    return LgnEdges(source, target, weight, receptor)


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces `folder` if the block succeeds.

    An empty folder, or the working directory, is filled in place: a shell in a replaced folder
    would be left in a deleted one.
    """
    contents: set[str] = set()
    if folder.exists():
        contents = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
        foreign = sorted(contents - {*FILES, COMPONENTS})
        if foreign or (contents and CONFIG not in contents):
            raise CircuitError(
                f"{folder} exists and contains files that do not belong to a circuit "
                f"({', '.join(foreign[:3] or sorted(contents)[:3])}). Choose another folder."
            )
    folder.parent.mkdir(parents=True, exist_ok=True)
    filled = folder.exists() and (not contents or Path.cwd().is_relative_to(folder))
    parent = folder if filled else folder.parent
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent))
    old = new / "replaced"
    try:
        content = new / "new"
        content.mkdir()
        yield content
        if filled:
            _fill(folder, content, contents)
            return
        if folder.exists():
            folder.replace(old)
        content.replace(folder)
    finally:
        if old.exists() and not folder.exists():
            old.replace(folder)
        shutil.rmtree(new, ignore_errors=True)


def _fill(folder: Path, content: Path, present: set[str]) -> None:
    """Move a circuit's files into a folder, replacing those of another circuit.

    The configuration is removed first and written last: without it, the folder is not a circuit.
    """
    for name in sorted(present, key=lambda name: name != CONFIG):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(content.iterdir(), key=lambda path: path.name == CONFIG):
        path.replace(folder / path.name)
