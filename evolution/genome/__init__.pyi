from .config import StartConfig, VariationConfig
from .genome import RuleGenome
from .learning import Learning, Pull
from .operators import RuleSpace
from .space import Operators, Space

__all__ = [
    "Learning",
    "Operators",
    "Pull",
    "RuleGenome",
    "RuleSpace",
    "Space",
    "StartConfig",
    "VariationConfig",
]
