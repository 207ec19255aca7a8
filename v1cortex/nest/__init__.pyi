from .bulk_connector import BulkConnector
from .kernel import (
    EVALUATIONS_PER_PROCESS,
    RECEPTORS,
    connect_pynn_devices,
    held_bytes,
    hold,
    load_nest,
    load_pynn,
    record_spikes,
    reset,
    set_each,
)
from .pynn_models import CompiledSynapse, Population, cell_type

__all__ = [
    "EVALUATIONS_PER_PROCESS",
    "RECEPTORS",
    "BulkConnector",
    "CompiledSynapse",
    "Population",
    "cell_type",
    "connect_pynn_devices",
    "held_bytes",
    "hold",
    "load_nest",
    "load_pynn",
    "record_spikes",
    "reset",
    "set_each",
]
