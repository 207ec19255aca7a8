from .activity import (
    LOWEST_RATE_HZ,
    RATE_TICKS_HZ,
    averages,
    label_places,
    psth,
    raster,
    rates,
    stratified_sample,
)
from .adaptation import adaptation
from .formats import FigureFormat
from .rules import reward_label, window
from .style import (
    DPI,
    LABEL,
    MOUSE_COLOUR,
    QUANTILES,
    Picture,
    class_colour,
    class_name,
    colour_of,
    log_axis,
    new_grid,
    panels_of,
    plain_axes,
    readable_name,
    save,
    save_alone,
    text_colour_of,
)
from .tasks import draw_task
from .trial_averages import PopulationRate, TrialAverages, trial_averages
from .tuning import tuning
from .validation import distances, variability

__all__ = [
    "DPI",
    "LABEL",
    "LOWEST_RATE_HZ",
    "MOUSE_COLOUR",
    "QUANTILES",
    "RATE_TICKS_HZ",
    "FigureFormat",
    "Picture",
    "PopulationRate",
    "TrialAverages",
    "adaptation",
    "averages",
    "class_colour",
    "class_name",
    "colour_of",
    "distances",
    "draw_task",
    "label_places",
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
    "save_alone",
    "stratified_sample",
    "text_colour_of",
    "trial_averages",
    "tuning",
    "variability",
    "window",
]
