from .calibration import (
    Calibration,
    calibration_for,
    check_gain,
    combined_gain,
    gain_factors,
    with_background,
    with_gain,
)
from .calibration_tables import (
    PUBLISHED,
    SHIPPED,
    STATIC,
    Synapses,
    calibration_notes,
    fitted_synapses,
    parse_gain,
    population_background_pA,
)
from .delays import delay_notes, exchange_interval_ms, rounded_delays_ms
from .network import Network, neuron_parameters, require_memory
from .plastic_synapses import PLASTIC_SETS, PlasticSynapses
from .settings import BuildSettings, NetworkSettings, take_if_not_given
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
    "STATIC",
    "BuildSettings",
    "Calibration",
    "Network",
    "NetworkSettings",
    "PlasticSynapses",
    "SpikeRecorder",
    "Synapses",
    "VoltageRecorder",
    "Voltages",
    "WeightControl",
    "arrange_weights",
    "calibration_for",
    "calibration_notes",
    "check_gain",
    "combined_gain",
    "compile_models",
    "delay_notes",
    "exchange_interval_ms",
    "fitted_synapses",
    "gain_factors",
    "neuron_parameters",
    "parse_gain",
    "population_background_pA",
    "require_memory",
    "rounded_delays_ms",
    "save_weights",
    "short_term_for",
    "short_term_rows",
    "spread_sample",
    "take_if_not_given",
    "with_background",
    "with_gain",
    "with_short_term",
    "write_voltages",
]
