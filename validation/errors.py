"""Errors of the statistics of spike trains.

This is the only module of the package that imports another one of ours: all errors share one root.
"""

from nestml_models.errors import V1CortexError, did_you_mean

__all__ = ["StatisticsError", "did_you_mean"]


class StatisticsError(V1CortexError, ValueError):
    """Spike trains, selected neurons or reference data do not suit the requested statistic."""
