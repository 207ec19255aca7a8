"""Change detection: in a sequence of images, the last one may differ from the one before.

After Chen, Scherr and Maass 2022 (Science Advances 8:eabq7592).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import TaskError
from v1cortex.stimuli import Movie, gray_frame
from v1cortex.tasks.base import Phase, Task, balanced_labels, check_times
from v1cortex.tasks.trials import TrialBlock

__all__ = ["PRESETS", "ChangeDetection"]


@dataclass(frozen=True, kw_only=True)
class ChangeDetection(Task):
    """Change detection; subclasses define the images.

    A trial consists of `repeats` presentations of the previous trial's image, then one presentation
    of the trial's own image, which is scored. A presentation is gray, image, gray. If the number of
    repeats varies, trials begin with gray, so that all have the same length and are scored at the
    same time within the trial (*choice*).

    Parameters
    ----------
    preset
        Name of the preset that the values come from.
    gray_before_ms, image_ms, gray_after_ms
        Parts of a presentation.
    window_ms
        Begin and end of the response window, in ms from the start of the scored presentation.
    repeats
        Smallest and largest number of repeats; each trial draws its own.
    n_warmup_trials
        Trials before the scored ones, all with the same image.
    contrast
        Amplitude of gratings, and the scale of natural images (see the subclasses).

    Raises
    ------
    TaskError
        If a time is negative, the window lies outside the presentation, or a number is too small.
    """

    change_detection: ClassVar[bool] = True

    gray_before_ms: int = 50
    image_ms: int = 100
    gray_after_ms: int = 50
    repeats: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        times = ("gray_before_ms", "image_ms", "gray_after_ms")
        check_times(self, times, "image_ms", self.presentation_ms)
        if not 0 <= self.repeats[0] <= self.repeats[1]:
            raise TaskError(f"repeats is {self.repeats}; give the smallest, then the largest")
        super().__post_init__()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Meaning of the answers 0 and 1."""
        return "same", "change"

    @property
    def n_pools(self) -> int:
        """One pool: the animal says "change" when its rate exceeds a threshold."""
        return 1

    @property
    def presentation_ms(self) -> int:
        """Length of one presentation."""
        return self.gray_before_ms + self.image_ms + self.gray_after_ms

    @property
    def trial_ms(self) -> int:
        """Length of a trial."""
        return self.presentation_ms * (1 + self.repeats[1])

    @property
    def trial_window_ms(self) -> tuple[int, int]:
        """Response window in ms from the start of the trial."""
        offset = self.presentation_ms * self.repeats[1]
        return self.window_ms[0] + offset, self.window_ms[1] + offset

    @abstractmethod
    def images(self, phase: Phase) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return the images of a phase, float32[n, 120, 240], and their names."""

    def block(self, n_trials: int, phase: Phase, seed: int) -> TrialBlock:
        """Draw a block of trials.

        Exactly half of the trials are changes, in random order; the image of a change is drawn
        evenly from the others.

        Parameters
        ----------
        n_trials
            Scored trials; even.
        phase
            Phase whose images to show.
        seed
            The same seed gives the same block.

        Raises
        ------
        TaskError
            If the number of trials is odd or below 2, the phase is unknown, or there is only one
            image.
        """
        self.check_trials(n_trials, phase)
        images, names = self.images(phase)
        self._check_images(images, names, phase)
        rng = np.random.default_rng(seed)
        labels = balanced_labels(n_trials, 2, rng)
        # A change adds 1 ... n - 1 to the index, modulo n: all other images are equally likely.
        steps = labels * rng.integers(1, len(images), n_trials)
        shown = np.cumsum(np.concatenate([[rng.integers(len(images))], steps])) % len(images)
        repeats = rng.integers(self.repeats[0], self.repeats[1] + 1, n_trials)
        looks, presented = self.varied(images, self._presented(shown, repeats), rng)
        return TrialBlock(
            movie=self.movie(looks, presented),
            n_trials=n_trials,
            n_warmup_trials=self.n_warmup_trials,
            trial_ms=self.trial_ms,
            window_ms=self.trial_window_ms,
            labels=labels,
            image_of_trial=shown[1:].astype(np.int16),
            previous_image_of_trial=shown[:-1].astype(np.int16),
            image_names=names,
        )

    def varied(
        self,
        images: NDArray[np.float32],
        presented: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return frames and the frame of each presentation, for images whose looks vary.

        Parameters
        ----------
        images
            The images, float32[n, 120, 240].
        presented
            Index of the image of each presentation in sequence; -1 for gray.
        rng
            Source of random numbers, from which the default, one look for each image, takes none.
        """
        return images, presented

    def movie(self, images: NDArray[np.float32], presented: NDArray[np.int64]) -> Movie:
        """Lay out presentations, each an episode; frame 0 is gray, then those images that occur.

        Parameters
        ----------
        images
            The images, float32[n, 120, 240].
        presented
            Index of the image of each presentation in sequence; -1 for gray.
        """
        used, frame = np.unique(presented[presented >= 0], return_inverse=True)
        shown = np.zeros(len(presented), dtype=np.int16)
        shown[presented >= 0] = 1 + frame
        step = np.zeros((len(presented), self.presentation_ms), dtype=np.int16)
        step[:, self.gray_before_ms : self.gray_before_ms + self.image_ms] = shown[:, None]
        starts = np.arange(len(presented), dtype=np.int64) * self.presentation_ms
        frames = np.concatenate([gray_frame()[None], images[used]])
        return Movie(frames, step.ravel(), episode_starts=starts)

    def _presented(self, shown: NDArray[np.int64], repeats: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the image of each presentation of all trials, warm-ups first, -1 for gray."""
        n_warmup, slots = self.n_warmup_trials, self.repeats[1] + 1
        last = np.concatenate([np.full(n_warmup, shown[0]), shown[1:]])
        presented = np.repeat(last[:, None], slots, axis=1)
        presented[n_warmup:, :-1] = shown[:-1, None]
        first = slots - 1 - np.concatenate([np.full(n_warmup, slots - 1), repeats])
        presented[np.arange(slots) < first[:, None]] = -1
        return presented.ravel()

    def _check_images(
        self, images: NDArray[np.float32], names: tuple[str, ...], phase: Phase
    ) -> None:
        """Reject fewer than two images, and identical images: there would be no change."""
        if len(images) < 2:
            raise TaskError(
                f"{self.name} has {len(images)} image for {phase}; a change needs at least two"
            )
        # Whole images are compared only if they have the same values at some points.
        alike: dict[bytes, list[int]] = {}
        for k, points in enumerate(images[:, ::8, ::8]):
            others = alike.setdefault(points.tobytes(), [])
            for other in others:
                if np.array_equal(images[k], images[other]):
                    raise TaskError(
                        f"{names[k]} and {names[other]} of {self.name} are the same image, so "
                        "switching from one to the other would be no change; remove one of them"
                    )
            others.append(k)


PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # Defaults: images that differ clearly, answers read while they are on (choice).
        "clear": MappingProxyType({}),
        # The same, with gratings that have an edge and no bar in the middle of the field.
        "clear90": MappingProxyType({}),
        # The time line of Chen, Scherr and Maass 2022.
        "paper": MappingProxyType({"gray_after_ms": 150, "window_ms": (200, 250)}),
        # Mice see images for 250 ms every 750 ms; after 2 to 8 s one may change (Garrett et al.
        # 2020, eLife 9:e50340). The answer is read while the image is on (choice).
        "mouse": MappingProxyType(
            {
                "gray_before_ms": 0,
                "image_ms": 250,
                "gray_after_ms": 500,
                "window_ms": (50, 250),
                "repeats": (3, 11),
            }
        ),
    }
)
"""Settings that presets change in all tasks of this kind, by preset."""
