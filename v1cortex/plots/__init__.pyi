from .activity import LOWEST_RATE_HZ, psth, raster, rates, stratified_sample
from .adaptation import adaptation
from .rules import reward_label, window
from .style import (
    DPI,
    FORMATS,
    LABEL,
    MOUSE_COLOUR,
    Picture,
    class_colour,
    class_name,
    colour_of,
    counted,
    log_axis,
    new_grid,
    panels_of,
    plain_axes,
    readable_name,
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
    "LOWEST_RATE_HZ",
    "MOUSE_COLOUR",
    "Picture",
    "PopulationRate",
    "TrialAverages",
    "adaptation",
    "class_colour",
    "class_name",
    "colour_of",
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
    "readable_name",
    "reward_label",
    "save",
    "stratified_sample",
    "text_colour_of",
    "trial_averages",
    "tuning",
    "variability",
    "window",
]
