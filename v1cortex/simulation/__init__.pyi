from .background_fit import (
    FloatArray,
    RateTable,
    fit,
    rate_table,
    target_rates_Hz,
)
from .result import Simulation
from .simulation import simulate
from .spike_validation import (
    CellSource,
    LabelledSpikes,
    SpikeValidation,
    load_spikes,
    validate_spikes,
)
from .tuning import (
    DIRECTIONS_DEG,
    GRATING_MS,
    Tuning,
    TuningRow,
    compare_tuning,
    order_of_directions,
    trial_starts_ms,
    tuning_movie,
    tuning_of,
)
from .validate import validate

__all__ = [
    "DIRECTIONS_DEG",
    "GRATING_MS",
    "CellSource",
    "FloatArray",
    "LabelledSpikes",
    "RateTable",
    "Simulation",
    "SpikeValidation",
    "Tuning",
    "TuningRow",
    "compare_tuning",
    "fit",
    "load_spikes",
    "order_of_directions",
    "rate_table",
    "simulate",
    "target_rates_Hz",
    "trial_starts_ms",
    "tuning_movie",
    "tuning_of",
    "validate",
    "validate_spikes",
]
