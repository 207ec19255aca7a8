"""Evidence accumulation: bars appear left and right, more on one side than on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import TaskError
from v1cortex.stimuli import HEIGHT_DEG, WIDTH_DEG, Movie, gray_frame
from v1cortex.tasks.base import Phase, Task, balanced_labels, check_times
from v1cortex.tasks.trials import TrialBlock

__all__ = ["EvidenceAccumulation"]


@dataclass(frozen=True, kw_only=True)
class EvidenceAccumulation(Task):
    """Tell on which side more bars appeared, after a delay; each side has a pool.

    A trial consists of `n_cues` cues, each a vertical bar left or right of the centre followed by a
    gray gap, then gray for the delay and the recall. More bars appear on the left in exactly half
    of the trials. Cues are drawn like fair coins, conditioned on the side with more.

    Parameters
    ----------
    n_cues
        Bars per trial; odd, so that one side has more.
    cue_ms, gap_ms, delay_ms, recall_ms
        Parts of a trial.
    window_ms
        Begin and end of the response window, in ms from the start of the trial.
    offset_deg, width_deg
        Distance of a bar's centre from the centre of the field, and its width (*choice*: within
        the field of the LGN units that reach a circuit of 3000 neurons).
    """

    name: ClassVar[str] = "evidence"
    stream: ClassVar[int] = 4
    summary: ClassVar[str] = "Say on which side more bars appeared."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
        {
            # Defaults: a short delay (choice).
            "clear": MappingProxyType({}),
            # The time line of Chen, Scherr and Maass 2022.
            "paper": MappingProxyType({"delay_ms": 250, "window_ms": (550, 600)}),
        }
    )

    n_cues: int = 5
    cue_ms: int = 50
    gap_ms: int = 10
    delay_ms: int = 50
    recall_ms: int = 50
    window_ms: tuple[int, int] = (350, 400)
    offset_deg: float = 6.0
    width_deg: float = 6.0

    def __post_init__(self) -> None:
        if self.n_cues < 1 or self.n_cues % 2 == 0:
            raise TaskError(
                f"n_cues is {self.n_cues}; give an odd number, so that one side has more bars"
            )
        if not 1 <= self.width_deg <= 2 * self.offset_deg <= WIDTH_DEG - self.width_deg:
            raise TaskError(
                f"bars {self.width_deg:g} deg wide, {self.offset_deg:g} deg from the centre, do "
                "not lie left and right of it within the field; the width must be at least 1 deg "
                "and at most twice the offset"
            )
        times = ("cue_ms", "gap_ms", "delay_ms", "recall_ms")
        check_times(self, times, "cue_ms", self.trial_ms)
        super().__post_init__()

    @property
    def trial_ms(self) -> int:
        """Length of a trial."""
        return self.n_cues * (self.cue_ms + self.gap_ms) + self.delay_ms + self.recall_ms

    @property
    def class_names(self) -> tuple[str, ...]:
        """Meaning of the answers 0 and 1."""
        return "left", "right"

    def block(self, n_trials: int, phase: Phase, seed: int) -> TrialBlock:
        """Draw a block of trials; see `Task.block`."""
        self.check_trials(n_trials, phase)
        rng = np.random.default_rng(seed)
        labels = balanced_labels(n_trials, 2, rng)
        warmup = rng.integers(2, size=self.n_warmup_trials).astype(np.int8)
        sides = np.concatenate([warmup, labels])
        cues = self._cues(sides, rng)
        n_warmup = self.n_warmup_trials
        return TrialBlock(
            movie=self._movie(cues),
            n_trials=n_trials,
            n_warmup_trials=n_warmup,
            trial_ms=self.trial_ms,
            window_ms=self.window_ms,
            labels=labels,
            image_of_trial=sides[n_warmup:].astype(np.int16),
            previous_image_of_trial=sides[n_warmup - 1 : -1].astype(np.int16),
            image_names=self.class_names,
        )

    def _cues(self, sides: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int8]:
        """Draw the side of every cue, 0 left and 1 right; int8[n_trials, n_cues]."""
        most = np.arange(self.n_cues // 2 + 1, self.n_cues + 1)
        ways = np.array([comb(self.n_cues, int(k)) for k in most], dtype=np.float64)
        n_own = rng.choice(most, size=len(sides), p=ways / ways.sum())
        own = rng.permuted(np.arange(self.n_cues) < n_own[:, None], axis=1)
        return np.where(own, sides[:, None], 1 - sides[:, None]).astype(np.int8)

    def _movie(self, cues: NDArray[np.int8]) -> Movie:
        """Lay out the frames: 0 is gray, 1 a bar left, 2 a bar right."""
        step = np.zeros((len(cues), self.trial_ms), dtype=np.int16)
        for position in range(self.n_cues):
            begin = position * (self.cue_ms + self.gap_ms)
            step[:, begin : begin + self.cue_ms] = 1 + cues[:, position, None]
        frames = np.stack([gray_frame(), self._bar(-1), self._bar(1)])
        starts = np.arange(len(cues), dtype=np.int64) * self.trial_ms
        return Movie(frames, step.ravel(), episode_starts=starts)

    def _bar(self, side: int) -> NDArray[np.float32]:
        x_deg = np.arange(WIDTH_DEG) - WIDTH_DEG / 2
        within = np.abs(x_deg - side * self.offset_deg) <= self.width_deg / 2
        frame = np.where(within, self.contrast, 0.0).astype(np.float32)
        return np.repeat(frame[None], HEIGHT_DEG, axis=0)
