from .config import StartConfig, VariationConfig
from .families import Exposure, Family, Layer, box_family
from .genome import RuleGenome
from .learning import Learning, Pull
from .operators import RuleSpace
from .space import Operators, Space

__all__ = [
    "Exposure",
    "Family",
    "Layer",
    "Learning",
    "Operators",
    "Pull",
    "RuleGenome",
    "RuleSpace",
    "Space",
    "StartConfig",
    "VariationConfig",
    "box_family",
]
