"""Short-term dynamics in SONATA files, under NEST's names.

An edge type with them has the model ``tsodyks2_synapse`` and the attributes ``U``, ``tau_rec`` and
``tau_fac``, which are also in its parameter file. That synapse transmits the weight times u x,
which is U at rest. Therefore ``syn_weight`` is the circuit's weight divided by U, so that other
programs simulate the same; ``rested_weight`` is the circuit's own, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import RuleError
from nestml_models.rule import ShortTerm
from v1cortex.circuit import Circuit
from v1cortex.errors import CircuitError
from v1cortex.sonata.reader import EdgeGroup, read_parameters
from v1cortex.sonata.type_rows import read_types
from v1cortex.tables import SynapseDynamics, Tables

__all__ = [
    "STATIC",
    "dynamics_file",
    "dynamics_of_type",
    "dynamics_of_types",
    "edge_attributes",
    "synapse_parameters",
    "type_attributes",
    "weight_attribute",
]

STATIC = ShortTerm(1.0, 0.0)
"""Dynamics of a synapse that transmits its weight."""

TEMPLATE, STATIC_TEMPLATE = "tsodyks2_synapse", "static_synapse"
NAMES = ("U", "tau_rec", "tau_fac")
RESTED = "rested_weight"


def dynamics_file(tables: Tables, index: int) -> str:
    """Return the name of a synapse type's parameter file with short-term dynamics."""
    return f"{tables.synapse_type_name(index)}.json"


def type_attributes(tables: Tables, index: int) -> dict[str, object]:
    """Return additional columns of the table of edge types; none for other circuits."""
    if tables.short_term is None:
        return {}
    own = tables.short_term.of(index)
    if own is None:
        return {**dict.fromkeys(NAMES), "model_template": STATIC_TEMPLATE}
    return {
        **own.parameters(),
        "model_template": TEMPLATE,
        "dynamics_params": dynamics_file(tables, index),
    }


def synapse_parameters(tables: Tables) -> dict[str, dict[str, Any]]:
    """Return the parameters of ``tsodyks2_synapse`` at rest, by file name."""
    if tables.short_term is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for index in range(tables.n_synapse_types):
        own = tables.short_term.of(index)
        if own is not None:
            receptor = int(tables.connectivity.receptor[index])
            at_rest = {"receptor_type": receptor, "u": own.U, "x": 1.0}
            found[dynamics_file(tables, index)] = {**at_rest, **own.parameters()}
    return found


def edge_attributes(circuit: Circuit) -> dict[str, NDArray[Any]]:
    """Return the attributes of a circuit's recurrent connections, by name."""
    edges, dynamics = circuit.edges, circuit.tables.short_term
    # Not under SONATA's name `nsyns`: readers would multiply weights by it.
    number = {"n_synapses": edges.n_synapses}
    if dynamics is None:
        return {"syn_weight": edges.weight_pA, **number}
    sizes = np.diff(edges.type_offsets)
    at_rest = [own.U if (own := dynamics.of(row)) else 1.0 for row in range(len(sizes))]
    scaled = edges.weight_pA / np.repeat(at_rest, sizes)
    return {"syn_weight": scaled, RESTED: edges.weight_pA, **number}


def weight_attribute(tables: Tables) -> str:
    """Return the name of the weight attribute in a circuit's own files."""
    return "syn_weight" if tables.short_term is None else RESTED


def dynamics_of_types(path: Path, tables: Tables) -> SynapseDynamics:
    """Read the short-term dynamics of a circuit's synapse types from its table of edge types.

    Raises
    ------
    CircuitError
        If a type or a value is missing, or not valid.
    """
    rows = read_types(path, "edge_type_id")
    found = []
    for index in range(tables.n_synapse_types):
        row = rows.get(index)
        if row is None:
            raise CircuitError(f"{path} has no edge type {index}")
        static = row.get("model_template") == STATIC_TEMPLATE
        found.append(STATIC if static else _dynamics(row, f"{path}: edge type {index}"))
    return SynapseDynamics.from_types(found)


def dynamics_of_type(
    group: EdgeGroup, type_id: int, where: str, folders: Mapping[str, Path]
) -> ShortTerm:
    """Return the dynamics of an edge type of another program.

    Parameters
    ----------
    group
        The edges.
    type_id
        Id of the edge type.
    where
        Name of the type in messages.
    folders
        Component folders of the network.

    Raises
    ------
    CircuitError
        If the synapse model is neither static nor ``tsodyks2_synapse``, or a parameter is missing
        or not valid.
    """
    template = (group.text(type_id, "model_template") or STATIC_TEMPLATE).removeprefix("nest:")
    if template == STATIC_TEMPLATE:
        return STATIC
    if template != TEMPLATE:
        raise CircuitError(
            f"{where}: synapse model '{template}' is not supported, only {STATIC_TEMPLATE} and "
            f"{TEMPLATE}"
        )
    file = group.text(type_id, "dynamics_params")
    values: dict[str, object] = {}
    if file is not None:
        values |= read_parameters(folders, "synaptic_models_dir", file)
    values |= {name: text for name in NAMES if (text := group.text(type_id, name)) is not None}
    return _dynamics(values, where)


def _dynamics(values: Mapping[str, Any], where: str) -> ShortTerm:
    missing = [name for name in NAMES if name not in values]
    if missing:
        raise CircuitError(
            f"{where}: the synapse model {TEMPLATE} needs {', '.join(missing)}, as a column of "
            "the table of edge types or in its parameter file"
        )
    try:
        U, tau_rec_ms, tau_fac_ms = (float(values[name]) for name in NAMES)
        return ShortTerm(U, tau_rec_ms, tau_fac_ms)
    except (TypeError, ValueError) as error:
        raise CircuitError(f"{where}: {error}") from None
    except RuleError as error:
        raise CircuitError(f"{where}: {error}") from None
