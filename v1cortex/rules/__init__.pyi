from .controls import merged, redrawn
from .drive import expected_change
from .fast_weights import fast_weights
from .library import SHIPPED, load_rule

__all__ = ["SHIPPED", "expected_change", "fast_weights", "load_rule", "merged", "redrawn"]
