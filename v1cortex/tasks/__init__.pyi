from .base import PHASES, Phase, Task
from .change_detection import PRESETS, ChangeDetection
from .classification import Classification
from .pools import disjoint_pools, pool, pools
from .registry import TASKS, load
from .repeats import RepeatedImages, repeated_images
from .similarity import lgn_cosine, mean_cosine
from .trials import TrialBlock

__all__ = [
    "PHASES",
    "PRESETS",
    "TASKS",
    "ChangeDetection",
    "Classification",
    "Phase",
    "RepeatedImages",
    "Task",
    "TrialBlock",
    "disjoint_pools",
    "lgn_cosine",
    "load",
    "mean_cosine",
    "pool",
    "pools",
    "repeated_images",
]
