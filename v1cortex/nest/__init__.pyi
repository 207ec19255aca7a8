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
    set_defaults,
    set_each,
)
from .pynn_models import CompiledSynapse, Population, cell_type
from .rules_in_nest import Plastic, plastic
from .rules_in_pynn import PlasticSynapse, PyNNTypes, plastic_pynn

__all__ = [
    "EVALUATIONS_PER_PROCESS",
    "RECEPTORS",
    "BulkConnector",
    "CompiledSynapse",
    "Plastic",
    "PlasticSynapse",
    "Population",
    "PyNNTypes",
    "cell_type",
    "connect_pynn_devices",
    "held_bytes",
    "hold",
    "load_nest",
    "load_pynn",
    "plastic",
    "plastic_pynn",
    "record_spikes",
    "reset",
    "set_defaults",
    "set_each",
]
