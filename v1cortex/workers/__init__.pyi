from .executor import Executor, run
from .local import LocalExecutor
from .process import SIGNALS
from .records import CPU, TOTAL
from .settings import EXECUTORS, WorkersConfig, make_executor
from .work import Evaluator, Setup

__all__ = [
    "CPU",
    "EXECUTORS",
    "SIGNALS",
    "TOTAL",
    "Evaluator",
    "Executor",
    "LocalExecutor",
    "Setup",
    "WorkersConfig",
    "make_executor",
    "run",
]
