"""A sequence of trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.stimuli import Movie

__all__ = ["TrialBlock"]


@dataclass(frozen=True, eq=False)
class TrialBlock:
    """A sequence of trials and its movie.

    Parameters
    ----------
    movie : Movie
        Warm-up trials, then the scored trials, each `trial_ms` long. Each image presentation begins
        an episode of the movie.
    n_trials : int
        Scored trials.
    n_warmup_trials : int
        Trials before them that are shown but not scored: the last is the predecessor of the first
        scored trial.
    trial_ms : int
        Length of every trial.
    window_ms : (int, int)
        Begin and end, within the trial, of the window in which the answer is read.
    labels : int8[n_trials]
        1 if the image changes, 0 if it stays the same.
    image_of_trial, previous_image_of_trial : int16[n_trials]
        Index, in the task's images of this phase, of the image shown and of the one before.
    image_names : tuple of str
        Names of the images, by index.
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
