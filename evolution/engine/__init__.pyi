from .evaluator import RuleEvaluatorFactory
from .interrupts import stop_on_signal
from .search import search
from .sessions import Session, driven, read_sessions
from .stop_rule import StopRule

__all__ = [
    "RuleEvaluatorFactory",
    "Session",
    "StopRule",
    "driven",
    "read_sessions",
    "search",
    "stop_on_signal",
]
