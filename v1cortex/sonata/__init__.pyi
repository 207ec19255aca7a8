from .cell_groups import CellGroups, of_circuit, of_nodes, one_group, read_cells
from .files import read_datasets, write_edges
from .folder import load_circuit, save_circuit
from .importer import ImportedCircuit, open_circuit
from .recorded import RecordedCircuit, path_from, read_record
from .recordings import recorded_nodes, recorded_window
from .spike_events import SpikeEvents
from .spike_files import OWN, NodeNames, write_spikes
from .spike_formats import read_events
from .spike_texts import distinct_recordings

__all__ = [
    "OWN",
    "CellGroups",
    "ImportedCircuit",
    "NodeNames",
    "RecordedCircuit",
    "SpikeEvents",
    "distinct_recordings",
    "load_circuit",
    "of_circuit",
    "of_nodes",
    "one_group",
    "open_circuit",
    "path_from",
    "read_cells",
    "read_datasets",
    "read_events",
    "read_record",
    "recorded_nodes",
    "recorded_window",
    "save_circuit",
    "write_edges",
    "write_spikes",
]
