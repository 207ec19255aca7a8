from .antithetic import Gradient, directions, gradient, point_along
from .ascent import Ascent, AscentSettings, Length
from .coefficients import CoefficientSearch, CoefficientSettings, search_coefficients
from .gains import GainSearch, GainSettings, search_gains
from .levels import Level, PairedSettings

__all__ = [
    "Ascent",
    "AscentSettings",
    "CoefficientSearch",
    "CoefficientSettings",
    "GainSearch",
    "GainSettings",
    "Gradient",
    "Length",
    "Level",
    "PairedSettings",
    "directions",
    "gradient",
    "point_along",
    "search_coefficients",
    "search_gains",
]
