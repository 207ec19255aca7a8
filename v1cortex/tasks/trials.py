"""Trials in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.stimuli import Movie

__all__ = ["TrialBlock"]


@dataclass(frozen=True, eq=False)
class TrialBlock:
    """Trials in a row, and the movie that they are.

    Parameters
    ----------
    movie : Movie
        Warm-up trials, then the scored trials, each `trial_ms` long. Each presentation of an image
        begins an episode of the movie.
    n_trials : int
        Scored trials.
    n_warmup_trials : int
        Trials before them that are shown but not scored: the last gives the first scored trial
        its predecessor.
    trial_ms : int
        Length of every trial.
    window_ms : (int, int)
        Begin and end, within the trial, of the time in which the answer is read.
    labels : int8[n_trials]
        1 where the image changes, 0 where it stays.
    image_of_trial, previous_image_of_trial : int16[n_trials]
        Index, in the task's images of this phase, of the image shown and of the one before.
    image_names : tuple of str
        What the images are called, by index.
    """

    movie: Movie
    n_trials: int
    n_warmup_trials: int
    trial_ms: int
    window_ms: tuple[int, int]
    labels: NDArray[np.int8]
    image_of_trial: NDArray[np.int16]
    previous_image_of_trial: NDArray[np.int16]
    image_names: tuple[str, ...]
