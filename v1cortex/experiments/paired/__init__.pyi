from .antithetic import Gradient, directions, gradient, point_along
from .ascent import Ascent, AscentSettings, Length
from .coefficients import CoefficientSearch, CoefficientSettings, search_coefficients
from .factors import FACTORS, factor_of
from .gains import GainSearch, GainSettings, search_gains
from .levels import Level, PairedSettings
from .steady import without_component

__all__ = [
    "FACTORS",
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
    "factor_of",
    "gradient",
    "point_along",
    "search_coefficients",
    "search_gains",
    "without_component",
]
