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
    "Length",
    "Level",
    "PairedSettings",
    "search_coefficients",
    "search_gains",
]
