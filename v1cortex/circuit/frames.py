"""A circuit as pandas tables, and as the text and small table shown in notebooks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from v1cortex.errors import CircuitError

if TYPE_CHECKING:
    import pandas as pd

    from v1cortex.circuit.circuit import Circuit

__all__ = ["CircuitTable", "circuit_frame", "circuit_html", "circuit_text"]

CircuitTable = Literal["populations", "nodes", "edges", "lgn_units", "lgn_edges"]
"""The tables of a circuit."""


def circuit_frame(circuit: Circuit, table: CircuitTable = "nodes") -> pd.DataFrame:
    """Return a part of a circuit as a table; see `v1cortex.circuit.circuit.Circuit.to_frame`.

    Raises
    ------
    CircuitError
        If there is no such table.
    """
    if table not in _TABLES:
        known = get_args(CircuitTable)
        raise CircuitError(f"a circuit has no table {table!r}. {did_you_mean(table, known)}")
    return _TABLES[table](circuit)


def circuit_text(circuit: Circuit) -> str:
    """Return a circuit's size and seed on one line."""
    return (
        f"<Circuit: {circuit.n_neurons:,} neurons, {len(circuit.edges):,} connections, "
        f"{len(circuit.lgn_units):,} LGN units, seed {circuit.seed}>"
    )


def circuit_html(circuit: Circuit) -> str:
    """Return the same text as an HTML heading, with a table of the populations."""
    table = circuit_frame(circuit, "populations")
    shown = table[table["n_neurons"] > 0].to_html(
        float_format="{:.1f}".format, border=0, index_names=False
    )
    return f"<p>{html.escape(circuit_text(circuit)[1:-1])}</p>\n{shown}"


def _populations(circuit: Circuit) -> pd.DataFrame:
    import pandas as pd  # here, since most uses of a circuit do not need it

    names = circuit.tables.populations.population
    population = circuit.nodes.population
    n_neurons = np.bincount(population, minlength=len(names))
    columns: dict[str, NDArray[np.int64] | NDArray[np.float64]] = {"n_neurons": n_neurons}
    for name, target in (
        ("recurrent_inputs", circuit.edges.target),
        ("lgn_inputs", circuit.lgn_edges.target),
    ):
        n_inputs = np.bincount(population[target], minlength=len(names))
        columns[name] = n_inputs / np.maximum(n_neurons, 1)
    return pd.DataFrame(columns, index=pd.Index(names, name="population"))


def _nodes(circuit: Circuit) -> pd.DataFrame:
    import pandas as pd

    nodes, cells = circuit.nodes, circuit.tables.cells
    return pd.DataFrame(
        {
            "population": _population_names(circuit, nodes.population),
            "cell_model": cells.specimen_id[nodes.cell_model],
            "cell_label": pd.Categorical(np.array(cells.label)[nodes.cell_model]),
            "x_um": nodes.x_um,
            "depth_um": nodes.depth_um,
            "z_um": nodes.z_um,
            "preferred_direction_deg": nodes.preferred_direction_deg,
        },
        index=pd.RangeIndex(len(nodes), name="node"),
    )


def _edges(circuit: Circuit) -> pd.DataFrame:
    import pandas as pd

    edges, types = circuit.edges, circuit.tables.connectivity
    of_edge = np.repeat(np.arange(len(types.pre)), np.diff(edges.type_offsets))
    return pd.DataFrame(
        {
            "source": edges.source,
            "target": edges.target,
            "pre": _population_names(circuit, types.pre[of_edge]),
            "post": _population_names(circuit, types.post[of_edge]),
            "weight_pA": edges.weight_pA,
            "delay_ms": types.delay_ms[of_edge],
            "receptor": types.receptor[of_edge],
            "n_synapses": edges.n_synapses,
        },
        index=pd.RangeIndex(len(edges), name="edge"),
    )


def _lgn_units(circuit: Circuit) -> pd.DataFrame:
    import pandas as pd

    units = circuit.lgn_units
    names = circuit.tables.lgn_units.unit
    return pd.DataFrame(
        {
            "unit_type": pd.Categorical.from_codes(units.unit_type, categories=pd.Index(names)),
            "x_deg": units.x_deg,
            "y_deg": units.y_deg,
            "size_deg": units.size_deg,
            "tuning_angle_deg": units.tuning_angle_deg,
        },
        index=pd.RangeIndex(len(units), name="lgn_unit"),
    )


def _lgn_edges(circuit: Circuit) -> pd.DataFrame:
    import pandas as pd

    edges = circuit.lgn_edges
    return pd.DataFrame(
        {
            "source": edges.source,
            "target": edges.target,
            "post": _population_names(circuit, circuit.nodes.population[edges.target]),
            "weight_pA": edges.weight_pA,
            "receptor": edges.receptor,
        },
        index=pd.RangeIndex(len(edges), name="lgn_edge"),
    )


def _population_names(circuit: Circuit, population: NDArray[np.int8]) -> pd.Categorical[str]:
    """Return population names as categories ordered from the pia down."""
    import pandas as pd

    names = pd.Index(circuit.tables.populations.population)
    return pd.Categorical.from_codes(population, categories=names, ordered=True)


_TABLES = {
    "populations": _populations,
    "nodes": _nodes,
    "edges": _edges,
    "lgn_units": _lgn_units,
    "lgn_edges": _lgn_edges,
}
