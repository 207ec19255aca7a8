from .background_fit import FloatArray, RateTable, fit, rate_table, target_rates_Hz
from .result import Simulation
from .simulation import simulate
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
    "FloatArray",
    "RateTable",
    "Simulation",
    "Tuning",
    "TuningRow",
    "compare_tuning",
    "fit",
    "order_of_directions",
    "rate_table",
    "simulate",
    "target_rates_Hz",
    "trial_starts_ms",
    "tuning_movie",
    "tuning_of",
    "validate",
]
