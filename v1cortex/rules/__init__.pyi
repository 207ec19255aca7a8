from .controls import merged, redrawn
from .library import SHIPPED, load_rule

__all__ = ["SHIPPED", "load_rule", "merged", "redrawn"]
