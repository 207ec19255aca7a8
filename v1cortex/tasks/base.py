"""What every task defines: time line, response window, classes, and how trials are drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from v1cortex.errors import TaskError
from v1cortex.tasks.trials import TrialBlock

__all__ = ["PHASES", "Phase", "Task", "balanced_labels", "check_times"]

Phase = Literal["training", "validation"]
PHASES: tuple[Phase, ...] = ("training", "validation")

NO_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """What the animal is shown, when its answer is read, and which answers there are.

    A subclass in its own file in ``v1cortex/tasks`` is a task: it defines the class attributes
    below, settings with defaults as fields, and the abstract members.

    Parameters
    ----------
    preset
        Name of the preset that the values come from.
    window_ms
        Begin and end of the response window; subclasses define its reference time.
    n_warmup_trials
        Trials before the scored ones, which are not scored.
    contrast
        Amplitude of the stimuli; 1 is full contrast of a grating.

    Attributes
    ----------
    name
        The task's name for `load` and in protocols.
    stream
        Key of the task's random streams, different for each task.
    summary
        What the animal has to do, in one sentence.
    presets
        Settings that differ from the defaults, by preset.
    change_detection
        Whether class 1 is a change to be detected, so that rewards may be given for hits only.
    """

    name: ClassVar[str] = ""
    stream: ClassVar[int] = -1
    summary: ClassVar[str] = ""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = NO_PRESETS
    change_detection: ClassVar[bool] = False

    preset: str = "clear"
    window_ms: tuple[int, int] = (100, 150)
    n_warmup_trials: int = 1
    contrast: float = 2.0

    def __post_init__(self) -> None:
        if self.n_warmup_trials < 1:
            raise TaskError(
                f"n_warmup_trials is {self.n_warmup_trials}; at least one trial must precede the "
                "first scored one, as its comparison and to bring the network into its usual "
                "state"
            )
        if not np.isfinite(self.contrast) or self.contrast < 0:
            raise TaskError(f"contrast is {self.contrast}; give a number of 0 or more")

    @property
    @abstractmethod
    def trial_ms(self) -> int:
        """Length of a trial."""

    @property
    def trial_window_ms(self) -> tuple[int, int]:
        """Response window in ms from the start of the trial."""
        return self.window_ms

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """Meaning of the answers 0, 1, ..."""

    @property
    def n_classes(self) -> int:
        """Number of different answers."""
        return len(self.class_names)

    @property
    def n_pools(self) -> int:
        """Number of pools of neurons from which the answer is read.

        A single pool says yes or no by its rate; with one for each answer, the most active wins.
        """
        return self.n_classes

    @abstractmethod
    def block(self, n_trials: int, phase: Phase, seed: int) -> TrialBlock:
        """Draw a block of trials with exactly balanced labels.

        Parameters
        ----------
        n_trials
            Scored trials; a multiple of the number of classes, and even.
        phase
            Phase whose stimuli to show.
        seed
            The same seed gives the same block.

        Raises
        ------
        TaskError
            If the number of trials is not valid, the phase is unknown, or stimuli are missing.
        """

    def check(self) -> None:
        """Raise an error before any simulation if the task has no stimuli for a phase."""
        for phase in PHASES:
            self.block(2 * self.n_classes, phase, 0)

    def check_trials(self, n_trials: int, phase: Phase = "training") -> None:
        """Raise `TaskError` if the labels of this many trials cannot be balanced."""
        least = self.n_classes if self.n_classes % 2 == 0 else 2 * self.n_classes
        if n_trials < least or n_trials % least:
            multiple = "give an even number" if least == 2 else f"give a multiple of {least}"
            raise TaskError(
                f"n_trials is {n_trials}; the labels of {self.name} are exactly balanced, so "
                f"{multiple}, {least} or more"
            )
        if phase not in PHASES:
            raise TaskError(f"no phase {phase!r}: choose one of {', '.join(PHASES)}")

    @classmethod
    def from_preset(cls, preset: str, overrides: Mapping[str, Any]) -> Self:
        """Return the task with a preset's values, some of them replaced.

        Raises
        ------
        TaskError
            If the preset or a setting is unknown; the nearest known one is named.
        """
        if preset not in cls.presets:
            raise TaskError(
                f"no preset {preset!r} of {cls.name}. {did_you_mean(preset, cls.presets)}"
            )
        known = [entry.name for entry in fields(cls) if entry.name != "preset"]
        for name in overrides:
            if name not in known:
                raise TaskError(
                    f"no setting {name!r} of task {cls.name}. {did_you_mean(name, known)}"
                )
        return replace(cls(), preset=preset, **{**cls.presets[preset], **overrides})


def balanced_labels(n_trials: int, n_classes: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Return labels in random order, equally many of each class."""
    labels = np.repeat(np.arange(n_classes, dtype=np.int8), n_trials // n_classes)
    return rng.permutation(labels)


def check_times(task: Task, names: tuple[str, ...], shown: str, whole_ms: int) -> None:
    """Raise `TaskError` if a time is impossible, or the window is not within the trial.

    Parameters
    ----------
    task
        The task.
    names
        Its times in ms; whole numbers of 0 or more.
    shown
        Name of the time of the stimulus, which must be 1 or more.
    whole_ms
        Length of the period within which the window must lie.
    """
    for name in names:
        value = getattr(task, name)
        if value != int(value) or value < (1 if name == shown else 0):
            raise TaskError(f"{name} is {value}; give a whole number of ms, and {shown} 1 or more")
    begin, end = task.window_ms
    if not 0 <= begin < end <= whole_ms:
        raise TaskError(
            f"the response window {begin}-{end} ms is not within the trial; "
            f"it must begin before it ends, between 0 and {whole_ms} ms"
        )
