"""Stimuli for `v1cortex.simulation.simulation.simulate`: a movie, or the name of a stimulus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from nestml_models.errors import did_you_mean
from v1cortex.errors import StimulusError
from v1cortex.stimuli.movies import Movie, drifting_grating, grating, gray_movie, still_movie

__all__ = ["DEFAULT_MS", "STIMULI", "as_movie"]

DEFAULT_MS = 2000
"""Default length of a stimulus given by name."""

STIMULI: Mapping[str, Callable[[int], Movie]] = MappingProxyType(
    {
        "gray": gray_movie,
        "grating": lambda duration_ms: still_movie(grating(0.0), duration_ms),
        "drifting": lambda duration_ms: drifting_grating(0.0, duration_ms),
    }
)
"""Stimuli by name; gratings have full contrast.

:meta hide-value:
"""


def as_movie(stimulus: Movie | str, duration_ms: int | None = None) -> Movie:
    """Return the movie of a stimulus.

    Parameters
    ----------
    stimulus
        A movie, or one of `STIMULI`.
    duration_ms
        Length; a movie is cut to it. Default: the movie's length, or `DEFAULT_MS`.

    Raises
    ------
    StimulusError
        If there is no such stimulus, the duration is not a whole number of 1 or more, or the movie
        is shorter.
    """
    if isinstance(stimulus, str):
        if stimulus not in STIMULI:
            raise StimulusError(f"no stimulus {stimulus!r}. {did_you_mean(stimulus, STIMULI)}")
        return STIMULI[stimulus](DEFAULT_MS if duration_ms is None else duration_ms)
    return stimulus if duration_ms is None else stimulus.beginning(duration_ms)
