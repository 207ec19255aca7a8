from .calibration import (
    PUBLISHED,
    SHIPPED,
    Calibration,
    calibration_for,
    check_gain,
    combined_gain,
    population_background_pA,
    with_background,
    with_gain,
)
from .delays import delay_notes, exchange_interval_ms, rounded_delays_ms
from .network import Network, neuron_parameters, require_memory
from .plastic_synapses import PLASTIC_SETS, PlasticSynapses
from .settings import BuildSettings, NetworkSettings
from .short_term import (
    OFF,
    SHORT_TERM,
    compile_models,
    short_term_for,
    short_term_rows,
    with_short_term,
)
from .spike_recorder import SpikeRecorder
from .voltages import VoltageRecorder, Voltages, spread_sample, write_voltages
from .weight_controls import WeightControl, arrange_weights
from .weights import save_weights

__all__ = [
    "OFF",
    "PLASTIC_SETS",
    "PUBLISHED",
    "SHIPPED",
    "SHORT_TERM",
    "BuildSettings",
    "Calibration",
    "Network",
    "NetworkSettings",
    "PlasticSynapses",
    "SpikeRecorder",
    "VoltageRecorder",
    "Voltages",
    "WeightControl",
    "arrange_weights",
    "calibration_for",
    "check_gain",
    "combined_gain",
    "compile_models",
    "delay_notes",
    "exchange_interval_ms",
    "neuron_parameters",
    "population_background_pA",
    "require_memory",
    "rounded_delays_ms",
    "save_weights",
    "short_term_for",
    "short_term_rows",
    "spread_sample",
    "with_background",
    "with_gain",
    "with_short_term",
    "write_voltages",
]
