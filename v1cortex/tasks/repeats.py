"""Images shown over and over, then left out, then shown again: what adaptation is measured with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v1cortex.tasks.change_detection import ChangeDetection
from v1cortex.tasks.trials import TrialBlock
from validation.adaptation import Presentations

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
    presentations
        What is shown when, from the first trial on, those left out included. A change is repeat 0;
        presentations left out, and those after them, do not count as repeats.
    """

    block: TrialBlock
    presentations: Presentations


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
        for image, gap in zip(shown.tolist(), gaps.tolist(), strict=True)
        for row in _sequence(image, gap)
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
    return RepeatedImages(block, Presentations(starts_ms, *columns))


def _sequence(image: int, gap: int) -> list[tuple[int, int, int, int]]:
    """Return frame, repeat, omitted and after of each presentation."""
    return [
        *((image, k, 0, 0) for k in range(N_REPEATED)),
        *((_PAUSE, -1, k, 0) for k in range(1, gap + 1)),
        (image, -1, 0, gap),
        (image, -1, 0, 0),
    ]
