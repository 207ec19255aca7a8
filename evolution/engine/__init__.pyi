from .evaluator import RuleEvaluatorFactory
from .interrupts import stop_on_signal
from .search import search
from .stop_rule import StopRule

__all__ = [
    "RuleEvaluatorFactory",
    "StopRule",
    "search",
    "stop_on_signal",
]
