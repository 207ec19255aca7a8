from .activity import psth, raster, rates
from .rules import reward_label, window
from .style import DPI, LABEL, Picture, save, text_colour_of
from .tasks import draw_task
from .tuning import tuning
from .validation import distances, variability

__all__ = [
    "DPI",
    "LABEL",
    "Picture",
    "distances",
    "draw_task",
    "psth",
    "raster",
    "rates",
    "reward_label",
    "save",
    "text_colour_of",
    "tuning",
    "variability",
    "window",
]
