from .controls import merged, redrawn
from .library import SHIPPED, rule

__all__ = ["SHIPPED", "merged", "redrawn", "rule"]
