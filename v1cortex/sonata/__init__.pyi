from .cell_groups import CellGroups, of_circuit, one_group, read_cells
from .files import read_datasets, write_edges
from .folder import load_circuit, save_circuit
from .importer import ImportedCircuit, open_circuit
from .spike_files import OWN, NodeNames, SpikeEvents, read_events, write_spikes

__all__ = [
    "OWN",
    "CellGroups",
    "ImportedCircuit",
    "NodeNames",
    "SpikeEvents",
    "load_circuit",
    "of_circuit",
    "one_group",
    "open_circuit",
    "read_cells",
    "read_datasets",
    "read_events",
    "save_circuit",
    "write_edges",
    "write_spikes",
]
