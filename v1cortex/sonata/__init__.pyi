from .files import HDF5_ERRORS, read_datasets, write_edges
from .folder import load_circuit, save_circuit
from .importer import ImportedCircuit, open_circuit
from .recorded import RecordedCircuit, path_from, read_record
from .short_term import edge_attributes, weight_attribute

__all__ = [
    "HDF5_ERRORS",
    "ImportedCircuit",
    "RecordedCircuit",
    "edge_attributes",
    "load_circuit",
    "open_circuit",
    "path_from",
    "read_datasets",
    "read_record",
    "save_circuit",
    "weight_attribute",
    "write_edges",
]
