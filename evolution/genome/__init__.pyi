from .config import StartConfig, VariationConfig
from .families import Family, box_family
from .gain_rules import rule_of_gains, term_of_pairs
from .genome import RuleGenome
from .layers import Factors, Layer
from .learning import Learning, Pull
from .operators import RuleSpace
from .rule_families import OTHER_LAYERS, Exposure, require_tau
from .space import Operators, Space

__all__ = [
    "OTHER_LAYERS",
    "Exposure",
    "Factors",
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
    "require_tau",
    "rule_of_gains",
    "term_of_pairs",
]
