"""Classification: each trial shows one image, and the answer is the image's class."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import TaskError
from v1cortex.stimuli import Movie, gray_frame
from v1cortex.tasks.base import Phase, Task, balanced_labels, check_times
from v1cortex.tasks.trials import TrialBlock

__all__ = ["PRESETS", "Classification"]

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # Defaults: the answer is read while the image is on (choice).
        "clear": MappingProxyType({}),
        # The time line of Chen, Scherr and Maass 2022.
        "paper": MappingProxyType({"gray_after_ms": 150, "window_ms": (150, 200)}),
    }
)
"""Settings that presets change in all tasks of this kind, by preset."""


@dataclass(frozen=True, kw_only=True)
class Classification(Task):
    """Classification; subclasses define the images and their classes.

    A trial is gray, image, gray. All classes are shown equally often; within a class, images are
    drawn evenly.

    Parameters
    ----------
    gray_before_ms, image_ms, gray_after_ms
        Parts of a trial.
    window_ms
        Begin and end of the response window, in ms from the start of the trial.

    Raises
    ------
    TaskError
        If a time is negative, the window lies outside the trial, or a number is too small.
    """

    gray_before_ms: int = 50
    image_ms: int = 100
    gray_after_ms: int = 50

    def __post_init__(self) -> None:
        times = ("gray_before_ms", "image_ms", "gray_after_ms")
        check_times(self, times, "image_ms", self.trial_ms)
        super().__post_init__()

    @property
    def trial_ms(self) -> int:
        """Length of a trial."""
        return self.gray_before_ms + self.image_ms + self.gray_after_ms

    @abstractmethod
    def images(self, phase: Phase) -> tuple[NDArray[np.float32], NDArray[np.int8], tuple[str, ...]]:
        """Return the images of a phase, float32[n, 120, 240], their classes and their names."""

    def block(self, n_trials: int, phase: Phase, seed: int) -> TrialBlock:
        """Draw a block of trials; see `Task.block`."""
        self.check_trials(n_trials, phase)
        images, classes, names = self.images(phase)
        for answer, class_name in enumerate(self.class_names):
            if not np.any(classes == answer):
                raise TaskError(f"{self.name} has no image of class {class_name} for {phase}")
        rng = np.random.default_rng(seed)
        labels = balanced_labels(n_trials, self.n_classes, rng)
        warmup = rng.integers(self.n_classes, size=self.n_warmup_trials)
        shown = np.array(
            [rng.choice(np.flatnonzero(classes == answer)) for answer in (*warmup, *labels)]
        )
        n_warmup = self.n_warmup_trials
        return TrialBlock(
            movie=self._movie(images, shown),
            n_trials=n_trials,
            n_warmup_trials=n_warmup,
            trial_ms=self.trial_ms,
            window_ms=self.window_ms,
            labels=labels,
            image_of_trial=shown[n_warmup:].astype(np.int16),
            previous_image_of_trial=shown[n_warmup - 1 : -1].astype(np.int16),
            image_names=names,
        )

    def _movie(self, images: NDArray[np.float32], shown: NDArray[np.int64]) -> Movie:
        """Lay out the frames: 0 is gray, then the images that occur, in order of their index."""
        used, frame = np.unique(shown, return_inverse=True)
        step = np.zeros((len(shown), self.trial_ms), dtype=np.int16)
        step[:, self.gray_before_ms : self.gray_before_ms + self.image_ms] = 1 + frame[:, None]
        starts = np.arange(len(shown), dtype=np.int64) * self.trial_ms
        frames = np.concatenate([gray_frame()[None], images[used]])
        return Movie(frames, step.ravel(), episode_starts=starts)
