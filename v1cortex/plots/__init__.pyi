from .activity import psth, raster, rates
from .rules import reward_label, window
from .style import (
    DPI,
    FORMATS,
    LABEL,
    Picture,
    counted,
    log_axis,
    new_grid,
    panels_of,
    plain_axes,
    save,
    text_colour_of,
)
from .tasks import draw_task
from .trial_averages import PopulationRate, TrialAverages, trial_averages
from .tuning import tuning
from .validation import distances, variability

__all__ = [
    "DPI",
    "FORMATS",
    "LABEL",
    "Picture",
    "PopulationRate",
    "TrialAverages",
    "counted",
    "distances",
    "draw_task",
    "log_axis",
    "new_grid",
    "panels_of",
    "plain_axes",
    "psth",
    "raster",
    "rates",
    "reward_label",
    "save",
    "text_colour_of",
    "trial_averages",
    "tuning",
    "variability",
    "window",
]
