"""How long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Notice", "Report"]

Notice = Callable[[str], None]
"""Takes what is being done, for work whose length is not known."""

Report = Callable[[str, float], None]
"""Takes what is being done and the share of the work that is done, 0 to 1."""
