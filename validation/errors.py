"""Errors of the statistics of spike trains."""


class StatisticsError(ValueError):
    """Spike trains, a selection of neurons or a reference do not fit the statistic asked for."""
