"""Classification: classes are balanced, and the movie shows what the labels say."""

import numpy as np
import pytest
from skimage.io import imsave

from v1cortex.errors import TaskError
from v1cortex.tasks import load


@pytest.mark.parametrize(("name", "n_classes"), [("orientation", 2), ("digits", 10)])
@pytest.mark.parametrize("preset", ["clear", "paper"])
def test_classes_are_balanced_and_shown(name, n_classes, preset):
    task = load(name, preset)
    block = task.block(20, "validation", 3)
    assert np.bincount(block.labels).tolist() == [20 // n_classes] * n_classes
    images, classes, names = task.images("validation")
    assert len(names) == len(images)
    np.testing.assert_array_equal(classes[block.image_of_trial], block.labels)
    during = block.movie.frame_of_step.reshape(21, -1)[:, task.gray_before_ms + 1]
    np.testing.assert_array_equal(block.movie.frames[during[1:]], images[block.image_of_trial])
    assert block.movie.frame_of_step.reshape(21, -1)[:, -1].max() == 0
    np.testing.assert_array_equal(block.previous_image_of_trial[1:], block.image_of_trial[:-1])


def test_time_lines_of_the_published_tasks():
    for name in ("orientation", "digits"):
        task = load(name, "paper")
        assert (task.trial_ms, task.window_ms) == (300, (150, 200))
    images, classes, names = load("orientation", "paper").images("training")
    angles = np.array([float(text.removesuffix(" deg")) for text in names])
    assert (len(images), angles.min(), angles.max()) == (40, 43.0, 47.0)
    np.testing.assert_array_equal(classes, angles > 45)
    assert not np.any(angles == 45)


def test_digits_of_validation_are_others_and_upright():
    task = load("digits")
    training, _, _ = task.images("training")
    validation, classes, _ = task.images("validation")
    assert (len(training), len(validation)) == (200, 100)
    assert not any((image == training).all(axis=(1, 2)).any() for image in validation)
    seven = validation[classes == 7].mean(axis=0)
    rows = np.flatnonzero(seven.sum(axis=1))
    assert 18 <= len(rows) <= 24
    upper, lower = np.array_split(seven[rows[0] : rows[-1] + 1], 2)[::-1]
    assert upper.sum() > lower.sum()  # row 0 is the lower edge; a 7 has its bar above


def test_own_images_by_class(tmp_path):
    rng = np.random.default_rng(1)
    for which in ("training", "test"):
        for name in ("cats", "dogs", "mice"):
            path = tmp_path / which / name / "one.png"
            path.parent.mkdir(parents=True)
            imsave(path, rng.integers(0, 255, (60, 120), dtype=np.uint8), check_contrast=False)
    task = load("digits", folder=tmp_path)
    task.check()
    assert (task.class_names, task.n_pools) == (("cats", "dogs", "mice"), 3)
    assert task.block(6, "validation", 1).image_names[0] == "cats/one.png"
    (tmp_path / "test" / "mice" / "one.png").unlink()
    with pytest.raises(TaskError, match="no image of class mice for validation"):
        task.check()
    (tmp_path / "test" / "mice").rmdir()
    with pytest.raises(TaskError, match=r"has classes cats, dogs; training has"):
        task.check()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: load("digits", window_ms=(150, 250)), "150-250 ms.*0 and 200 ms"),
        (lambda: load("digits", image_ms=0), "image_ms is 0"),
        (lambda: load("digits", height_deg=4), "height_deg is 4"),
        (lambda: load("digits", "mouse"), "no preset 'mouse' of digits"),
        (lambda: load("digits").block(12, "training", 1), "multiple of 10"),
        (lambda: load("orientation", step_deg=0.0), "step_deg is 0"),
        (lambda: load("digits", folder="/nowhere").class_names, "no folder /nowhere"),
    ],
)
def test_impossible_tasks_are_refused(make, message):
    with pytest.raises(TaskError, match=message):
        make()
