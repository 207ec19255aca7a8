"""Change detection: trials, their movies and presets; the user's own images."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from skimage.io import imsave

from v1cortex.errors import StimulusError, TaskError
from v1cortex.tasks import PRESETS, lgn_cosine, load, mean_cosine

BOTH_TASKS = pytest.mark.parametrize("name", ["gratings", "natural_images"])


def shown(block, step_in_presentation, presentation_ms):
    """Frame shown at a given time of every presentation: (trials with warm-up, presentations)."""
    steps = block.movie.frame_of_step.reshape(-1, presentation_ms)[:, step_in_presentation]
    return steps.reshape(block.n_warmup_trials + block.n_trials, -1)


@BOTH_TASKS
@pytest.mark.parametrize("phase", ["training", "validation"])
def test_half_of_the_trials_are_changes_and_changes_change(name, phase):
    task = load(name)
    block = task.block(60, phase, seed=4)
    assert block.labels.sum() == 30
    changed = block.image_of_trial != block.previous_image_of_trial
    np.testing.assert_array_equal(block.labels == 1, changed)
    np.testing.assert_array_equal(block.image_of_trial[:-1], block.previous_image_of_trial[1:])
    assert len(block.image_names) == len(task.images(phase)[0])


@BOTH_TASKS
@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_the_movie_shows_what_the_labels_say(name, preset):
    task = load(name, preset, n_warmup_trials=2)
    block = task.block(6, "training", seed=2)
    images, _ = task.images("training")
    frames = block.movie.frames
    assert block.movie.n_steps == (2 + 6) * block.trial_ms
    during = shown(block, task.gray_before_ms + 1, task.presentation_ms)
    for trial in range(6):
        image = frames[during[2 + trial, -1]]
        np.testing.assert_array_equal(image, images[block.image_of_trial[trial]])
        before = frames[during[1 + trial, -1]]
        np.testing.assert_array_equal(before, images[block.previous_image_of_trial[trial]])
    assert (during[:2] == during[0, 0]).all()
    assert not frames[0].any()


@BOTH_TASKS
@pytest.mark.parametrize(
    ("preset", "times", "window", "trial_ms"),
    [
        ("clear", (50, 100, 50), (100, 150), 200),
        ("paper", (50, 100, 150), (200, 250), 300),
        ("mouse", (0, 250, 500), (8300, 8500), 9000),
    ],
)
def test_time_lines_of_the_presets(name, preset, times, window, trial_ms):
    task = load(name, preset)
    block = task.block(2, "training", seed=1)
    assert (block.trial_ms, block.window_ms) == (trial_ms, window)
    before, on, after = times
    last = block.movie.frame_of_step[-(before + on + after) :] > 0
    expected = np.repeat([False, True, False], times)
    np.testing.assert_array_equal(last, expected)


def test_images_of_the_presets():
    gratings = load("gratings")
    assert gratings.orientations_deg == (0, 45, 90, 135)
    assert np.abs(gratings.images("training")[0]).max() == pytest.approx(2.0)
    orientations = np.array(load("gratings", "paper").orientations_deg)
    assert (len(orientations), orientations[0], orientations[-1]) == (301, 120.0, 150.0)
    np.testing.assert_allclose(np.diff(orientations), 0.1)
    standardised, _ = load("natural_images").images("validation")
    middle = standardised[:, 30:90, 80:160]
    np.testing.assert_allclose(np.square(middle).mean(axis=(1, 2)), 2.0, rtol=1e-3)
    raw, _ = load("natural_images", "paper").images("validation")
    assert np.abs(raw).max() == pytest.approx(2.0, abs=0.05)


def test_natural_images_of_validation_are_others():
    task = load("natural_images")
    training, validation = task.images("training")[0], task.images("validation")[0]
    assert (len(training), len(validation)) == (40, 8)
    assert not any((image == training).all(axis=(1, 2)).any() for image in validation)


def test_blocks_are_repeatable_and_seeds_matter():
    task = load("gratings")
    first, same, other = (task.block(40, "training", seed) for seed in (7, 7, 8))
    assert first.movie.digest() == same.movie.digest()
    np.testing.assert_array_equal(first.labels, same.labels)
    assert (first.labels != other.labels).any()


def test_changes_are_drawn_evenly():
    block = load("gratings").block(6000, "training", seed=3)
    changed = block.labels == 1
    pairs = block.previous_image_of_trial[changed] * 4 + block.image_of_trial[changed]
    counts = np.bincount(pairs, minlength=16).reshape(4, 4)
    assert not np.diag(counts).any()
    assert stats.chisquare(counts[~np.eye(4, dtype=bool)]).pvalue > 1e-3
    # Labels carry no trend and no alternation that a network could exploit.
    assert abs(np.corrcoef(changed[:-1], changed[1:])[0, 1]) < 4 / np.sqrt(6000)


def test_the_mouse_sees_an_image_several_times_before_it_may_change():
    task = load("gratings", "mouse")
    block = task.block(40, "training", seed=5)
    during = shown(block, 1, task.presentation_ms)[1:]
    repeats = (during[:, :-1] > 0).sum(axis=1)
    assert (repeats.min(), repeats.max()) == (3, 11)
    for trial in range(40):
        seen = during[trial][during[trial] > 0]
        assert (seen[:-1] == seen[0]).all()
        assert (seen[-1] != seen[0]) == bool(block.labels[trial])
    # The first repeat comes 2.25 to 8.25 s before the scored presentation.
    assert task.presentation_ms * repeats.min() == 2250


def test_each_presentation_is_an_episode():
    block = load("gratings", "paper").block(4, "training", seed=1)
    assert block.movie.episode_starts.tolist() == [0, 300, 600, 900, 1200]


def test_every_setting_can_be_replaced():
    task = load("gratings", "paper", gray_after_ms=50, window_ms=(60, 90), contrast=0.5)
    assert (task.trial_ms, task.block(2, "training", 0).window_ms) == (200, (60, 90))
    assert np.abs(task.images("training")[0]).max() == pytest.approx(0.5)
    assert load("gratings", orientations_deg=(10.0, 20.0)).images("training")[1] == (
        "10 deg",
        "20 deg",
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: load("grating"), "no task 'grating'.*'gratings'"),
        (lambda: load("gratings", "cleer"), "no preset 'cleer'.*'clear'"),
        (lambda: load("gratings", image_m=3), "no setting 'image_m'.*'image_ms'"),
        (lambda: load("natural_images", orientations_deg=(1.0,)), "orientations_deg"),
        (lambda: load("gratings", image_ms=0), "image_ms is 0"),
        (lambda: load("gratings", gray_before_ms=-1), "gray_before_ms is -1"),
        (lambda: load("gratings", window_ms=(150, 250)), "150-250 ms.*0 and 200 ms"),
        (lambda: load("gratings", window_ms=(150, 150)), "window"),
        (lambda: load("gratings", repeats=(3, 2)), "repeats"),
        (lambda: load("gratings", n_warmup_trials=0), "n_warmup_trials is 0"),
        (lambda: load("gratings", contrast=float("nan")), "contrast is nan"),
        (lambda: load("gratings").block(5, "training", 0), "n_trials is 5.*even"),
        (lambda: load("gratings").block(0, "training", 0), "n_trials is 0"),
        (lambda: load("gratings").block(4, "test", 0), "no phase 'test'"),
        (
            lambda: load("gratings", orientations_deg=(0.0,)).block(4, "training", 0),
            "has 1 image",
        ),
    ],
)
def test_inconsistent_tasks_are_refused(make, message):
    with pytest.raises(TaskError, match=message):
        make()


@pytest.fixture
def own_images(tmp_path):
    """Write two images for training and two for testing, and return the folder."""
    rng = np.random.default_rng(0)
    for which in ("training", "test"):
        for name in ("a.png", "b.png"):
            path = tmp_path / which / name
            path.parent.mkdir(exist_ok=True)
            imsave(path, rng.integers(0, 255, (60, 120), dtype=np.uint8), check_contrast=False)
    return tmp_path


def test_a_folder_of_own_images(own_images):
    task = load("natural_images", folder=own_images)
    task.check()
    block = task.block(4, "validation", 1)
    assert block.image_names == ("test/a.png", "test/b.png")


def test_impossible_folders_are_refused_before_anything_runs(own_images):
    task = load("natural_images", folder=own_images)
    copy = own_images / "test" / "c.png"
    copy.write_bytes((own_images / "test" / "a.png").read_bytes())
    with pytest.raises(TaskError, match=r"test/c.png and test/a.png .* the same image"):
        task.check()
    copy.unlink()
    (own_images / "test" / "b.png").unlink()
    with pytest.raises(TaskError, match="has 1 image for validation; a change needs at least two"):
        task.check()
    (own_images / "test" / "a.png").unlink()
    with pytest.raises(StimulusError, match=r"no image in .*test; looked for .*\.png"):
        task.check()


def test_clear90_is_clear_with_another_phase():
    assert load("gratings", "clear90") == replace(
        load("gratings"), preset="clear90", phase_deg=90.0
    )
    assert load("natural_images", "clear90") == replace(load("natural_images"), preset="clear90")


def test_near_orientations_are_more_alike_for_excitatory_cells(small_circuit):
    near, far = (
        lgn_cosine(load("gratings", orientations_deg=(0.0, angle)), small_circuit, 1)
        for angle in (10.0, 90.0)
    )
    assert -1 < far < near - 0.1 < 0.9


def test_cosine_of_given_responses():
    assert mean_cosine(np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])) == pytest.approx(
        np.sqrt(0.5) * 2 / 3
    )
    assert mean_cosine(np.array([[1.0, 0.0]])) is None
    assert mean_cosine(np.array([[1.0, 0.0], [0.0, 0.0]])) is None


def test_phases_are_drawn_for_each_presentation_and_change_nothing_else():
    plain, drawn = (load("gratings", random_phases=n).block(200, "training", 5) for n in (1, 8))
    for name in ("labels", "image_of_trial", "previous_image_of_trial"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(drawn, name))
    assert (len(plain.movie.frames), len(drawn.movie.frames)) == (5, 33)
    middle = plain.movie.frame_of_step.reshape(-1, plain.trial_ms)[1:, plain.trial_ms // 2]
    looks = drawn.movie.frame_of_step.reshape(-1, plain.trial_ms)[1:, plain.trial_ms // 2]
    same = np.array([drawn.movie.frames[k] for k in looks[:40]])
    for image in range(4):
        own = looks[plain.image_of_trial == image]
        assert len(np.unique(own)) == 8
        assert not set(own) & set(looks[plain.image_of_trial != image])
    assert len(np.unique(middle)) == 4
    assert same.std(axis=(1, 2)).min() > 0.5
    again = load("gratings", random_phases=8).block(200, "training", 5)
    assert np.array_equal(again.movie.frame_of_step, drawn.movie.frame_of_step)
    with pytest.raises(TaskError, match="random_phases is 0"):
        load("gratings", random_phases=0)
