from .controls import merged, redrawn
from .drive import expected_change
from .library import SHIPPED, load_rule

__all__ = ["SHIPPED", "expected_change", "load_rule", "merged", "redrawn"]
