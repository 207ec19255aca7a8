"""Errors of the statistics of spike trains.

The only module of this package that imports another one of ours: all errors share one root.
"""

from nestml_models.errors import V1CortexError, did_you_mean

__all__ = ["StatisticsError", "did_you_mean"]


class StatisticsError(V1CortexError, ValueError):
    """Spike trains, a selection of neurons or a reference do not fit the statistic asked for."""
