"""The tables of node and edge types of a circuit's SONATA files."""

from __future__ import annotations

from dataclasses import fields

from v1cortex.circuit import LGN_DELAY_MS
from v1cortex.sonata.short_term import synapse_parameters, type_attributes
from v1cortex.tables import Tables

Row = dict[str, object]

TAU_SYN_MS = (5.5, 8.5, 2.8, 5.8)
"""Time constants of receptors 1 to 4 of the GLIF3 neuron (Billeh et al. 2020)."""


def cell_types(tables: Tables) -> list[Row]:
    """Return one row per GLIF3 cell model; the node type is its specimen number."""
    names, cells = tables.populations.population, tables.cells
    rows = []
    for index, specimen in enumerate(cells.specimen_id.tolist()):
        population = names[cells.population[index]]
        row: Row = {
            "node_type_id": specimen,
            "pop_name": population,
            "cell_label": cells.label[index],
            "ei": "e" if population.endswith("_E") else "i",
            "location": population.partition("_")[0],
            "model_type": "point_neuron",
            "model_template": "nest:glif_psc",
            "dynamics_params": cell_file(specimen),
        }
        for field in fields(cells)[3:]:
            row[field.name] = float(getattr(cells, field.name)[index])
        rows.append(row)
    return rows


def unit_types(tables: Tables) -> list[Row]:
    """Return one row per LGN unit type; the node type is its row in the model's table."""
    table = tables.lgn_units
    rows = []
    for index, unit in enumerate(table.unit):
        row: Row = {
            "node_type_id": index,
            "pop_name": unit,
            "ei": "e",
            "location": "LGN",
            "model_type": "virtual",
            "model_template": f"lgnmodel:{unit}",
        }
        for field in fields(table)[5:]:
            row[field.name] = float(getattr(table, field.name)[index])
        rows.append(row)
    return rows


def cell_file(specimen: int) -> str:
    """Return the name of a cell model's parameter file."""
    return f"{specimen}.json"


def receptor_file(receptor: int) -> str:
    """Return the name of a receptor's parameter file."""
    return f"receptor_{receptor}.json"


def cell_parameters(tables: Tables) -> dict[str, Row]:
    """Return the parameters of NEST's ``glif_psc`` for each cell model, by file name."""
    cells = tables.cells
    return {
        cell_file(specimen): {
            "V_m": float(cells.E_L_mV[index]),
            "E_L": float(cells.E_L_mV[index]),
            "V_reset": float(cells.E_L_mV[index]),
            "V_th": float(cells.V_th_mV[index]),
            "C_m": float(cells.C_m_pF[index]),
            "g": float(cells.g_nS[index]),
            "t_ref": float(cells.t_ref_ms[index]),
            "asc_init": [0.0, 0.0],
            "asc_amps": [float(cells.asc_amp_1_pA[index]), float(cells.asc_amp_2_pA[index])],
            "asc_decay": [
                1 / float(cells.asc_tau_1_ms[index]),
                1 / float(cells.asc_tau_2_ms[index]),
            ],
            "tau_syn": list(TAU_SYN_MS),
            "spike_dependent_threshold": False,
            "after_spike_currents": True,
            "adapting_threshold": False,
        }
        for index, specimen in enumerate(cells.specimen_id.tolist())
    }


def synaptic_models(tables: Tables) -> dict[str, Row]:
    """Return the parameters of synapses by file name: at each receptor, and of dynamic types."""
    numbers = range(1, len(TAU_SYN_MS) + 1)
    static: dict[str, Row] = {
        receptor_file(number): {"receptor_type": number} for number in numbers
    }
    return static | synapse_parameters(tables)


def synapse_types(tables: Tables) -> list[Row]:
    """Return one row per V1 synapse type; the edge type is its row in the connectivity table."""
    names, table = tables.populations.population, tables.connectivity
    return [
        {
            "edge_type_id": index,
            "name": tables.synapse_type_name(index),
            "source_query": f"pop_name=='{names[table.pre[index]]}'",
            "target_query": f"pop_name=='{names[table.post[index]]}'",
            "model_template": "static_synapse",
            "dynamics_params": receptor_file(int(table.receptor[index])),
            "delay": float(table.delay_ms[index]),
            "receptor_type": int(table.receptor[index]),
            **type_attributes(tables, index),
        }
        for index in range(tables.n_synapse_types)
    ]


def lgn_synapse_types(tables: Tables) -> list[Row]:
    """Return one row per receptor with LGN input; the edge type is the receptor."""
    return [
        {
            "edge_type_id": receptor,
            "name": f"lgn_to_receptor_{receptor}",
            "source_query": "location=='LGN'",
            "target_query": f"ei=='{'e' if receptor == 1 else 'i'}'",
            "model_template": "static_synapse",
            "dynamics_params": receptor_file(receptor),
            "delay": LGN_DELAY_MS,
            "receptor_type": receptor,
        }
        for receptor in sorted(set(tables.lgn_connectivity.receptor.tolist()))
    ]
