"""What a search itself expects of a rule."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Estimate"]


@dataclass(frozen=True)
class Estimate:
    """By how much a search expects a rule to beat the network without a rule.

    Parameters
    ----------
    family
        Name of its family: the terms.
    difference
        Expected difference of the score; more is better.
    standard_error
        Its standard error.
    within_limits
        Whether its biology is expected to be within the limits.
    """

    family: str
    difference: float
    standard_error: float
    within_limits: bool

    def __str__(self) -> str:
        beyond = "" if self.within_limits else ", beyond the limits of the biology"
        return f"{self.difference:+.3f} ± {self.standard_error:.3f} ({self.family}{beyond})"
