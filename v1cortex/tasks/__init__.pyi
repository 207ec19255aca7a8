from .base import PHASES, Phase, Task
from .change_detection import PRESETS, ChangeDetection
from .classification import Classification
from .pools import pool, pools
from .registry import TASKS, load
from .trials import TrialBlock

__all__ = [
    "PHASES",
    "PRESETS",
    "TASKS",
    "ChangeDetection",
    "Classification",
    "Phase",
    "Task",
    "TrialBlock",
    "load",
    "pool",
    "pools",
]
