"""Movies and images from files: what is shown when, which way up, and what is refused."""

import numpy as np
import pytest
from skimage.io import imsave

from v1cortex.errors import StimulusError
from v1cortex.stimuli import image_file, movie_file, repeated
from v1cortex.stimuli.movies import image_sequence


@pytest.fixture
def array(tmp_path):
    frames = np.zeros((3, 120, 240), dtype=np.float32)
    frames[:] = np.array([0.1, 0.2, 0.3])[:, None, None]
    path = tmp_path / "movie.npy"
    np.save(path, frames)
    return path


def test_an_image_is_upright_centred_and_scaled(tmp_path):
    picture = np.zeros((300, 300), dtype=np.uint8)  # cut to 150 x 300 about the middle
    picture[75:150] = 255  # upper half of the cut is white
    imsave(tmp_path / "a.png", picture, check_contrast=False)
    frame = image_file(tmp_path / "a.png", contrast=2.0)
    assert frame.shape == (120, 240)
    assert frame.dtype == np.float32
    np.testing.assert_allclose(frame[:58], -2.0, atol=1e-6)  # row 0 is the lower edge
    np.testing.assert_allclose(frame[62:], 2.0, atol=1e-6)


def test_frames_are_shown_at_the_rate(array):
    movie = movie_file(array, 60.0)
    assert movie.n_steps == 50
    shown = movie.frames[movie.frame_of_step, 0, 0]
    expected = np.float32([0.1, 0.2, 0.3])[[0] * 17 + [1] * 17 + [2] * 16]
    np.testing.assert_array_equal(shown, expected)
    longer = movie_file(array, 60.0, 70)
    np.testing.assert_array_equal(longer.frame_of_step[50:], movie.frame_of_step[:20])
    assert movie_file(array, 1000.0).frame_of_step.tolist() == [0, 1, 2]


def test_bytes_are_luminances(tmp_path):
    frames = np.zeros((1, 120, 240), dtype=np.uint8)
    frames[0, :, 120:] = 255
    np.save(tmp_path / "m.npy", frames)
    movie = movie_file(tmp_path / "m.npy", 10.0, contrast=0.5)
    assert movie.frames[0, 0, 0] == -0.5
    assert movie.frames[0, 0, 239] == 0.5


def test_a_folder_of_pictures_is_shown_by_name(tmp_path):
    for number, name in ((200, "b.png"), (100, "a.png")):
        picture = np.full((120, 240), number, dtype=np.uint8)
        imsave(tmp_path / name, picture, check_contrast=False)
    (tmp_path / "notes.txt").write_text("not a frame")
    movie = movie_file(tmp_path, 100.0)
    assert movie.n_steps == 20
    first, second = movie.frames[:, 0, 0]
    assert first == pytest.approx(2 * 100 / 255 - 1)
    assert second == pytest.approx(2 * 200 / 255 - 1)


def test_repeating_a_movie():
    frames = np.zeros((2, 120, 240), dtype=np.float32)
    movie = repeated(image_sequence(frames, [(1, 3), (0, 2)]), 2)
    assert movie.frame_of_step.tolist() == [1, 1, 1, 0, 0] * 2
    assert movie.episode_starts.tolist() == [0, 5]
    with pytest.raises(StimulusError, match="n_trials is 0"):
        repeated(movie, 0)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 240, 120)), r"shape \(3, 240, 120\).*transpose\(0, 2, 1\)"),
        (np.zeros((120, 240)), r"shape \(120, 240\).*\(frames, 120, 240\)"),
        (np.zeros((0, 120, 240)), r"shape \(0, 120, 240\)"),
        (np.zeros((1, 120, 240), dtype=np.int32), "int32.*uint8"),
        (np.full((1, 120, 240), np.nan), "not finite"),
        (np.array([{"a": 1}], dtype=object), "cannot be read"),
    ],
)
def test_other_arrays_are_refused(tmp_path, array, message):
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(StimulusError, match=message):
        movie_file(tmp_path / "m.npy", 30.0)


@pytest.mark.parametrize("rate", [0.0, -30.0, 1001.0, float("nan"), float("inf")])
def test_impossible_rates(array, rate):
    with pytest.raises(StimulusError, match="frame rate"):
        movie_file(array, rate)


def test_missing_and_broken_files(tmp_path, array):
    with pytest.raises(StimulusError, match=r"no movie .*gone\.npy"):
        movie_file(tmp_path / "gone.npy", 30.0)
    array.write_bytes(array.read_bytes()[:1000])
    with pytest.raises(StimulusError, match=r"movie\.npy cannot be read"):
        movie_file(array, 30.0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(StimulusError, match="no image in"):
        movie_file(tmp_path / "empty", 30.0)
    with pytest.raises(StimulusError, match="no image file"):
        image_file(tmp_path / "gone.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(StimulusError, match=r"broken\.png cannot be read"):
        image_file(tmp_path / "broken.png")
