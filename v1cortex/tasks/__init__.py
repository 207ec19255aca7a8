"""Tasks: what an animal is shown, when its answer is read, and which cells give it.

A task is one file of this package with one class, derived from `Task` or from one of its kinds:
`ChangeDetection` and `Classification`. It is found by its name.
"""

from v1cortex.tasks.base import PHASES, Phase, Task
from v1cortex.tasks.change_detection import PRESETS, ChangeDetection
from v1cortex.tasks.classification import Classification
from v1cortex.tasks.pools import pool, pools
from v1cortex.tasks.registry import TASKS, load
from v1cortex.tasks.trials import TrialBlock

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
