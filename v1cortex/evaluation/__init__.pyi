from .evaluate import evaluate
from .protocol import MAX_NEURONS, ProtocolConfig, StrictModel, dump_yaml, load_yaml, parse
from .results import Evaluation, Status
from .session import Session
from .task_run import check_circuit

__all__ = [
    "MAX_NEURONS",
    "Evaluation",
    "ProtocolConfig",
    "Session",
    "Status",
    "StrictModel",
    "check_circuit",
    "dump_yaml",
    "evaluate",
    "load_yaml",
    "parse",
]
