from .candidates import PROTOCOL, VIABLE, Candidate
from .interrupts import stop_on_signal
from .search import search
from .settings import SearchSettings
from .stop_rule import StopRule

__all__ = [
    "PROTOCOL",
    "VIABLE",
    "Candidate",
    "SearchSettings",
    "StopRule",
    "search",
    "stop_on_signal",
]
