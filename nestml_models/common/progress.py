"""How long-running work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Notice", "Report"]

Notice = Callable[[str], None]
"""Called with a description of the current work, if its length is not known."""

Report = Callable[[str, float], None]
"""Called with a description of the current work and the share that is done, 0 to 1."""
