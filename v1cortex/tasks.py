"""Tasks: what an animal is shown, when its answer is read, and which cells give it.

In change detection (Chen, Scherr and Maass 2022, Science Advances 8:eabq7592) images follow one
another, and the animal answers whether the last one differs from the one before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.errors import TaskError
from v1cortex.photographs import natural_images
from v1cortex.stimuli import SPATIAL_FREQUENCY_CPD, Movie, grating, gray_frame
from v1cortex.tables import nearest
from v1cortex.trials import TrialBlock

__all__ = [
    "PRESETS",
    "TASKS",
    "ChangeDetection",
    "GratingChange",
    "NaturalImageChange",
    "Phase",
    "TrialBlock",
    "load",
    "pool",
]

Phase = Literal["training", "validation"]
PHASES: tuple[Phase, ...] = ("training", "validation")


@dataclass(frozen=True, kw_only=True)
class ChangeDetection(ABC):
    """Change detection; a subclass says which images are shown.

    A trial is `repeats` presentations of the previous trial's image, then one presentation of the
    trial's own image, which is scored. A presentation is gray, image, gray. Where trials have
    different numbers of repeats, they begin with gray, so that all are equally long and scored at
    the same time of the trial (*choice*).

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

    preset: str = "clear"
    gray_before_ms: int = 50
    image_ms: int = 100
    gray_after_ms: int = 50
    window_ms: tuple[int, int] = (100, 150)
    repeats: tuple[int, int] = (0, 0)
    n_warmup_trials: int = 1
    contrast: float = 2.0

    def __post_init__(self) -> None:
        for name in ("gray_before_ms", "image_ms", "gray_after_ms"):
            value = getattr(self, name)
            if value != int(value) or value < (1 if name == "image_ms" else 0):
                raise TaskError(f"{name} is {value}; give a whole number of ms, and an image 1 ms")
        begin, end = self.window_ms
        if not 0 <= begin < end <= self.presentation_ms:
            raise TaskError(
                f"the response window {begin}-{end} ms is not within the presentation; "
                f"it must begin before it ends, between 0 and {self.presentation_ms} ms"
            )
        if not 0 <= self.repeats[0] <= self.repeats[1]:
            raise TaskError(f"repeats is {self.repeats}; give the smallest, then the largest")
        if self.n_warmup_trials < 1:
            raise TaskError(
                f"n_warmup_trials is {self.n_warmup_trials}; at least one trial must show what "
                "the first scored image is compared with"
            )
        if not np.isfinite(self.contrast) or self.contrast < 0:
            raise TaskError(f"contrast is {self.contrast}; give a number of 0 or more")

    @property
    def name(self) -> str:
        """The name that `load` knows the task by."""
        return self.domain

    @property
    @abstractmethod
    def domain(self) -> str:
        """What kind of images is shown."""

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
            Whose images to show.
        seed
            The same seed gives the same block.

        Raises
        ------
        TaskError
            If the number of trials is odd or below 2, the phase is unknown, or there is only one
            image.
        """
        if n_trials < 2 or n_trials % 2:
            raise TaskError(
                f"n_trials is {n_trials}; labels are exactly balanced, so give an even number, "
                "2 or more"
            )
        if phase not in PHASES:
            raise TaskError(f"no phase {phase!r}: there are {', '.join(PHASES)}")
        images, names = self.images(phase)
        if len(images) < 2:
            raise TaskError(f"{self.name} has {len(images)} image for {phase}; a change needs two")
        rng = np.random.default_rng(seed)
        labels = rng.permutation(np.repeat(np.array([0, 1], dtype=np.int8), n_trials // 2))
        # A change adds 1 ... n - 1 to the index, modulo n: every other image is as likely.
        steps = labels * rng.integers(1, len(images), n_trials)
        shown = np.cumsum(np.concatenate([[rng.integers(len(images))], steps])) % len(images)
        repeats = rng.integers(self.repeats[0], self.repeats[1] + 1, n_trials)
        return TrialBlock(
            movie=self._movie(images, shown, repeats),
            n_trials=n_trials,
            n_warmup_trials=self.n_warmup_trials,
            trial_ms=self.trial_ms,
            window_ms=self.trial_window_ms,
            labels=labels,
            image_of_trial=shown[1:].astype(np.int16),
            previous_image_of_trial=shown[:-1].astype(np.int16),
            image_names=names,
        )

    def _movie(
        self, images: NDArray[np.float32], shown: NDArray[np.int64], repeats: NDArray[np.int64]
    ) -> Movie:
        """Lay out the frames: 0 is gray, then the images that occur, in order of their index."""
        used, frame = np.unique(shown, return_inverse=True)
        # One row a trial, warm-ups first; in it the frame of each presentation, -1 for gray.
        n_warmup, slots = self.n_warmup_trials, self.repeats[1] + 1
        last = np.concatenate([np.full(n_warmup, frame[0]), frame[1:]])
        presented = np.repeat(last[:, None], slots, axis=1)
        presented[n_warmup:, :-1] = frame[:-1, None]
        first = slots - 1 - np.concatenate([np.full(n_warmup, slots - 1), repeats])
        presented[np.arange(slots) < first[:, None]] = -1
        step = np.zeros((presented.size, self.presentation_ms), dtype=np.int16)
        step[:, self.gray_before_ms : self.gray_before_ms + self.image_ms] = 1 + presented.reshape(
            -1, 1
        )
        starts = np.arange(presented.size, dtype=np.int64) * self.presentation_ms
        frames = np.concatenate([gray_frame()[None], images[used]])
        return Movie(frames, step.ravel(), episode_starts=starts)

    @classmethod
    def from_preset(cls, preset: str, overrides: Mapping[str, Any]) -> Self:
        """Return the task with a preset's values, and some of them replaced."""
        known = [entry.name for entry in fields(cls) if entry.name != "preset"]
        for name in overrides:
            if name not in known:
                raise TaskError(f"no setting {name!r} of {cls.__name__}. {nearest(name, known)}")
        common = {name: value for name, value in PRESETS[preset].items() if name in known}
        return replace(cls(), preset=preset, **{**common, **overrides})


@dataclass(frozen=True, kw_only=True)
class GratingChange(ChangeDetection):
    """Change detection with static gratings; `contrast` is their amplitude.

    Parameters
    ----------
    orientations_deg
        Orientations that are shown, in training and in validation.
    spatial_frequency_cpd
        Cycles per degree.
    phase_deg
        Phase at the centre of the field (*choice*: the same for all).
    """

    orientations_deg: tuple[float, ...] = (0.0, 45.0, 90.0, 135.0)
    spatial_frequency_cpd: float = SPATIAL_FREQUENCY_CPD
    phase_deg: float = 0.0

    @property
    def domain(self) -> str:
        """What kind of images is shown."""
        return "gratings"

    def images(self, phase: Phase) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return one grating an orientation."""
        frames = [
            grating(
                orientation_deg,
                contrast=self.contrast,
                spatial_frequency_cpd=self.spatial_frequency_cpd,
                phase_deg=self.phase_deg,
            )
            for orientation_deg in self.orientations_deg
        ]
        return np.stack(frames), tuple(f"{angle:g} deg" for angle in self.orientations_deg)


@dataclass(frozen=True, kw_only=True)
class NaturalImageChange(ChangeDetection):
    """Change detection with natural images: 40 in training, 8 others in validation.

    Parameters
    ----------
    folder
        Folder of the user's own images (see `v1cortex.photographs.natural_images`); None for the
        shipped photographs.
    standardised
        True: each image has zero mean and the root mean square of a grating of the same
        `contrast`, in the middle of the field. False: luminances from black to white become
        -`contrast` to +`contrast`, as Chen, Scherr and Maass 2022 do.
    """

    folder: Path | None = None
    standardised: bool = True

    @property
    def domain(self) -> str:
        """What kind of images is shown."""
        return "natural_images"

    def images(self, phase: Phase) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return the images, scaled by the contrast."""
        which: Literal["training", "test"] = "training" if phase == "training" else "test"
        images = natural_images(which, self.folder, standardised=self.standardised)
        scale = self.contrast / np.sqrt(2.0) if self.standardised else self.contrast
        names = tuple(f"{which} image {index}" for index in range(len(images)))
        return images * np.float32(scale), names


TASKS: Mapping[str, type[ChangeDetection]] = MappingProxyType(
    {"gratings": GratingChange, "natural_images": NaturalImageChange}
)
"""Tasks by name."""

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # The defaults: images that differ clearly, read while they are on (choice).
        "clear": {},
        # The time line and the images of Chen, Scherr and Maass 2022: gratings of 120 to 150
        # degrees in steps of 0.1, photographs scaled to [-2, 2].
        "paper": {
            "gray_after_ms": 150,
            "window_ms": (200, 250),
            "orientations_deg": tuple(np.round(np.arange(120.0, 150.05, 0.1), 1).tolist()),
            "standardised": False,
        },
        # Mice see images for 250 ms every 750 ms; after 2 to 8 s one may change (Garrett et al.
        # 2020, eLife 9:e50340). An answer is read while the image is on (choice).
        "mouse": {
            "gray_before_ms": 0,
            "image_ms": 250,
            "gray_after_ms": 500,
            "window_ms": (50, 250),
            "repeats": (3, 11),
        },
    }
)
"""Settings that the presets change, by preset."""


def load(name: str, preset: str = "clear", **overrides: Any) -> ChangeDetection:  # noqa: ANN401
    """Return a task.

    Parameters
    ----------
    name
        A key of `TASKS`.
    preset
        A key of `PRESETS`.
    overrides
        Values of single settings.

    Raises
    ------
    TaskError
        If a name is unknown (the nearest known one is named) or a value is not allowed.
    """
    if name not in TASKS:
        raise TaskError(f"no task {name!r}. {nearest(name, TASKS)}")
    if preset not in PRESETS:
        raise TaskError(f"no preset {preset!r} of {name}. {nearest(preset, PRESETS)}")
    return TASKS[name].from_preset(preset, overrides)


def pool(
    circuit: Circuit, n: int = 30, radius_um: float = 55.0, population: str = "L5_E"
) -> NDArray[np.int32]:
    """Return the cells that give the answer.

    They are the `n` cells nearest to the point on the circuit's axis in the middle of the
    population's layer, about where Chen, Scherr and Maass 2022 put their pools of 30 layer 5
    pyramidal cells within 55 um.

    Parameters
    ----------
    circuit
        The circuit.
    n
        Cells of the pool.
    radius_um
        Largest distance from the point.
    population
        Where the cells are taken from.

    Returns
    -------
    int32[n]
        Node indices, increasing.

    Raises
    ------
    TaskError
        If there are not so many cells within the radius.
    """
    where = circuit.population_slice(population)
    table = circuit.tables.populations
    row = circuit.tables.population_index(population)
    middle_um = (table.depth_top_um[row] + table.depth_bottom_um[row]) / 2
    nodes = circuit.nodes
    offsets_um = (nodes.x_um[where], nodes.depth_um[where] - middle_um, nodes.z_um[where])
    distance_um = np.sqrt(sum(offset**2 for offset in offsets_um))
    n_within = int(np.count_nonzero(distance_um <= radius_um))
    if not 1 <= n <= n_within:
        raise TaskError(
            f"a pool of {n} {population} cells was asked for; {n_within} of the circuit's "
            f"{len(distance_um)} lie within {radius_um:g} um of the point at depth "
            f"{middle_um:g} um. Choose 1 to {n_within} cells, a larger radius or a larger circuit"
        )
    chosen = np.argsort(distance_um, kind="stable")[:n]
    return np.sort(where.start + chosen).astype(np.int32)
