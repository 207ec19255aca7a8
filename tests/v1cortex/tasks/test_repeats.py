"""Sequences of repeats, omissions and gaps, and the movie that shows them."""

import numpy as np
import pytest

from v1cortex.tasks import load, repeated_images
from v1cortex.tasks.repeats import GAPS, N_REPEATED, N_SEQUENCES


@pytest.mark.parametrize("preset", ["clear", "paper", "mouse"])
def test_the_movie_shows_what_the_presentations_say(preset):
    task = load("gratings", preset)
    found = repeated_images(task, 3)
    block, period_ms = found.block, task.presentation_ms
    what = found.presentations
    sequence = np.cumsum(what.repeat == 0) - 1
    assert block.trial_ms == task.trial_ms
    n_ms = (block.n_trials + block.n_warmup_trials) * task.trial_ms
    assert len(block.movie.frame_of_step) == n_ms
    frame = block.movie.frame_of_step[task.trial_ms :]  # without the first trial, which is gray
    middle = task.gray_before_ms + task.image_ms // 2
    shown = frame[middle::period_ms][: len(what.repeat)]
    np.testing.assert_array_equal(shown == 0, what.omitted > 0)
    assert not np.any(frame[middle::period_ms][len(what.repeat) :])
    assert not np.any(block.movie.frame_of_step[: task.trial_ms])
    changes = np.flatnonzero(what.repeat == 0)
    assert len(changes) == N_SEQUENCES
    image = shown[changes]
    assert np.all(np.diff(image) != 0)
    for index, first in enumerate(changes):
        own = shown[sequence == index]
        assert set(own) <= {0, image[index]}
        assert np.all(own[:N_REPEATED] == image[index])
        np.testing.assert_array_equal(
            what.repeat[first : first + N_REPEATED], np.arange(N_REPEATED)
        )
    counts = np.unique(what.after, return_counts=True)
    np.testing.assert_array_equal(counts[0], [0, *GAPS])
    np.testing.assert_array_equal(counts[1][1:], N_SEQUENCES // len(GAPS))
    np.testing.assert_array_equal(
        what.starts_ms, task.window_ms[0] + period_ms * np.arange(len(shown))
    )
    assert np.array_equal(repeated_images(task, 3).presentations.repeat, what.repeat)
    assert not np.array_equal(repeated_images(task, 4).presentations.after, what.after)
