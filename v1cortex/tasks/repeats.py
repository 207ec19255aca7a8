"""Images shown over and over, then left out, then shown again: what adaptation is measured with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.tasks.change_detection import ChangeDetection
from v1cortex.tasks.trials import TrialBlock

__all__ = ["GAPS", "N_REPEATED", "N_SEQUENCES", "RepeatedImages", "repeated_images"]

N_REPEATED = 6
"""Presentations of an image in sequence, the change to it included (*choice*)."""

GAPS = (1, 2, 4, 8)
"""Numbers of images left out in sequence (*choice*): 0.75 to 6 s of gray in the preset ``mouse``
in addition to that between images."""

N_SEQUENCES = 16
"""Number of sequences (*choice*): four with each gap, 188 presentations altogether."""

_PAUSE = -1
"""Frame of a presentation that is left out."""


@dataclass(frozen=True, eq=False)
class RepeatedImages:
    """Sequences of an image shown `N_REPEATED` times, left out, and shown twice again.

    Parameters
    ----------
    block
        The movie, in trials as long as the task's. Labels are 1 where a trial's last image differs
        from the trial before.
    starts_ms
        Begin of the response window of each presentation, those left out included, from the first
        trial on; float64[n].
    repeat
        How often the image was shown before without a gap, 0 for a change; -1 for presentations
        left out and those after them; int16[n].
    omitted
        Number of presentations left out up to this one; 0 where an image is shown; int16[n].
    after
        Number of presentations left out just before the one that is shown; 0 for all others;
        int16[n].
    sequence
        Index of the sequence; int16[n].
    """

    block: TrialBlock
    starts_ms: NDArray[np.float64]
    repeat: NDArray[np.int16]
    omitted: NDArray[np.int16]
    after: NDArray[np.int16]
    sequence: NDArray[np.int16]


def repeated_images(task: ChangeDetection, seed: int) -> RepeatedImages:
    """Draw sequences of a task's test images.

    Every sequence begins with a change; its image is drawn evenly from all but the one before. Each
    gap of `GAPS` follows as often, in random order.

    Parameters
    ----------
    task
        Its time line, contrast and images.
    seed
        The same seed gives the same sequences.

    Raises
    ------
    TaskError
        If the task has no images.
    """
    images, names = task.images("validation")
    rng = np.random.default_rng(seed)
    steps = rng.integers(1, len(images), N_SEQUENCES)
    shown = (rng.integers(len(images)) + np.cumsum(steps)) % len(images)
    gaps = rng.permutation(np.resize(GAPS, N_SEQUENCES))
    rows = [
        row
        for index, (image, gap) in enumerate(zip(shown.tolist(), gaps.tolist(), strict=True))
        for row in _sequence(index, image, gap)
    ]
    per_trial = task.trial_ms // task.presentation_ms
    n_rows, n_trials = len(rows), -(-len(rows) // per_trial)
    frames = np.full((n_trials + 1) * per_trial, _PAUSE)
    # A trial of gray comes first, in which the response to what was before fades.
    frames[per_trial : per_trial + n_rows] = [row[0] for row in rows]
    last = frames.reshape(-1, per_trial)[:, -1]
    columns = np.array([row[1:] for row in rows], dtype=np.int16).T
    block = TrialBlock(
        movie=task.movie(*task.varied(images, frames, rng)),
        n_trials=n_trials,
        n_warmup_trials=1,
        trial_ms=task.trial_ms,
        window_ms=task.trial_window_ms,
        labels=(np.diff(last) != 0).astype(np.int8),
        image_of_trial=last[1:].astype(np.int16),
        previous_image_of_trial=last[:-1].astype(np.int16),
        image_names=names,
    )
    starts_ms = (task.presentation_ms * np.arange(n_rows) + task.window_ms[0]).astype(np.float64)
    return RepeatedImages(block, starts_ms, *columns)


def _sequence(index: int, image: int, gap: int) -> list[tuple[int, int, int, int, int]]:
    """Return frame, repeat, omitted, after and sequence of each presentation."""
    return [
        *((image, k, 0, 0, index) for k in range(N_REPEATED)),
        *((_PAUSE, -1, k, 0, index) for k in range(1, gap + 1)),
        (image, -1, 0, gap, index),
        (image, -1, 0, 0, index),
    ]
