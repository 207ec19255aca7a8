from .cell_groups import CellGroups, of_circuit, of_nodes, one_group, read_cells
from .events import SpikeEvents
from .files import OWN, NodeNames, write_spikes
from .formats import read_events
from .recordings import recorded_nodes, recorded_window
from .texts import distinct_recordings

__all__ = [
    "OWN",
    "CellGroups",
    "NodeNames",
    "SpikeEvents",
    "distinct_recordings",
    "of_circuit",
    "of_nodes",
    "one_group",
    "read_cells",
    "read_events",
    "recorded_nodes",
    "recorded_window",
    "write_spikes",
]
