"""Evidence accumulation: the side with more bars is the label, and bars are where they should."""

import numpy as np
import pytest
from scipy import stats

from v1cortex.errors import TaskError
from v1cortex.tasks import load

TASK = load("evidence", "paper")


def test_the_published_time_line():
    assert (TASK.trial_ms, TASK.window_ms, TASK.n_pools) == (600, (550, 600), 2)
    block = TASK.block(2, "training", 1)
    shown = (block.movie.frame_of_step.reshape(3, 600) > 0).all(axis=0)
    expected = np.zeros(600, dtype=bool)
    for cue in range(5):
        expected[60 * cue : 60 * cue + 50] = True
    np.testing.assert_array_equal(shown, expected)


def test_most_bars_are_on_the_side_of_the_label():
    block = TASK.block(2000, "training", 2)
    cues = block.movie.frame_of_step.reshape(-1, 600)[1:, 25:300:60]
    n_right = (cues == 2).sum(axis=1)
    np.testing.assert_array_equal(n_right > 2, block.labels == 1)
    assert block.labels.sum() == 1000
    # Fair coins, given the side: 3, 4 or 5 of 5 in the ratio 10 : 5 : 1.
    majority = np.bincount(np.maximum(n_right, 5 - n_right), minlength=6)[3:]
    assert stats.chisquare(majority, 2000 * np.array([10, 5, 1]) / 16).pvalue > 1e-3
    # No position in the sequence is more informative than another.
    agree = ((cues == 2) == (block.labels == 1)[:, None]).mean(axis=0)
    assert np.ptp(agree) < 0.06


def test_bars_are_left_and_right_of_the_middle():
    _, left, right = TASK.block(2, "training", 1).movie.frames
    np.testing.assert_array_equal(np.flatnonzero(left[0]), np.arange(111, 118))
    np.testing.assert_array_equal(np.flatnonzero(right[0]), np.arange(123, 130))
    assert right.max() == TASK.contrast


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_cues": 4}, "n_cues is 4.*odd"),
        ({"offset_deg": 2.0}, "do not lie left and right"),
        ({"window_ms": (590, 650)}, "590-650 ms.*600 ms"),
        ({"delay_ms": -1}, "delay_ms is -1"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(TaskError, match=message):
        load("evidence", "paper", **settings)
