"""Movies, gratings and natural images."""

import numpy as np
import pytest
from skimage.io import imsave

from v1cortex.errors import StimulusError
from v1cortex.stimuli import (
    Movie,
    drifting_grating,
    grating,
    gray_frame,
    gray_movie,
    natural_images,
    still_movie,
)
from v1cortex.stimuli.movies import image_sequence
from v1cortex.stimuli.photographs import TEST_CROPS, TRAINING_CROPS, standardise


def peak_frequency(frame):
    """Frequency (fx, fy) of the strongest component, cycles per degree, and its amplitude."""
    spectrum = np.fft.fftshift(np.fft.fft2(frame, (480, 480)))
    axis = np.fft.fftshift(np.fft.fftfreq(480))
    row, column = np.unravel_index(np.argmax(np.abs(spectrum)), spectrum.shape)
    return np.array([axis[column], axis[row]]), 2 * np.abs(spectrum).max() / frame.size


@pytest.mark.parametrize("orientation", [0.0, 30.0, 90.0, 150.0])
def test_a_grating_varies_along_its_orientation(orientation):
    frequency, amplitude = peak_frequency(grating(orientation, contrast=1.5))
    angle = np.deg2rad(orientation)
    expected = 0.05 * np.array([np.cos(angle), np.sin(angle)])
    # The transform of a real frame peaks at plus and minus the wave vector.
    error = min(np.abs(frequency - expected).max(), np.abs(frequency + expected).max())
    assert error <= 1.01 / 480
    assert amplitude == pytest.approx(1.5, rel=0.06)


def test_phase_and_contrast_at_the_centre():
    assert grating(20.0, contrast=0.7)[60, 120] == pytest.approx(0.7)
    assert grating(20.0, phase_deg=90.0)[60, 120] == pytest.approx(0.0, abs=1e-6)
    assert np.abs(grating(20.0, contrast=0.7)).max() <= 0.7 + 1e-6


def test_a_grating_drifts_in_its_direction():
    movie = drifting_grating(0.0, 600)
    early, late = (movie.frames[movie.frame_of_step[step]] for step in (0, 100))
    # 2 Hz at 0.05 cycles per degree are 40 degrees per second.
    np.testing.assert_allclose(late[:, 4:], early[:, :-4], atol=1e-5)
    up = drifting_grating(90.0, 600)
    early, late = (up.frames[up.frame_of_step[step]] for step in (0, 100))
    np.testing.assert_allclose(late[4:], early[:-4], atol=1e-5)


def test_repeated_frames_of_a_drifting_grating_are_stored_once():
    movie = drifting_grating(0.0, 10_000)
    assert (len(movie.frames), movie.duration_ms) == (100, 10_000)
    assert movie.frame_of_step[0] == movie.frame_of_step[500] == movie.frame_of_step[4]
    assert movie.frame_of_step[0] != movie.frame_of_step[5]


def test_sequences_show_each_frame_for_its_time():
    frames = np.stack([gray_frame(), grating(0.0)])
    movie = image_sequence(frames, [(0, 3), (1, 2), (0, 1)])
    assert movie.frame_of_step.tolist() == [0, 0, 0, 1, 1, 0]
    assert gray_movie(7).n_steps == 7
    assert not gray_movie(7).frames.any()
    assert (still_movie(frames[1], 2).frames[0] == frames[1]).all()


def test_the_digest_follows_the_content():
    movies = [
        gray_movie(5),
        gray_movie(6),
        still_movie(grating(0.0), 5),
        Movie(gray_frame()[None], np.zeros(5, np.int16), dt_ms=0.5),
        Movie(gray_frame()[None], np.zeros(5, np.int16), episode_starts=np.array([0, 2])),
    ]
    assert len({movie.digest() for movie in movies}) == len(movies)
    assert gray_movie(5).digest() == gray_movie(5).digest()


def test_a_movie_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        gray_movie(5).frames[0, 0, 0] = 1.0


NAN_FRAME = np.where(np.eye(120, 240) > 0, np.nan, 0.0).astype(np.float32)
STEPS = np.zeros(4, dtype=np.int16)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Movie(gray_frame()[None].astype(np.float64), STEPS), "float64.*astype"),
        (lambda: Movie(gray_frame(), STEPS), r"\(120, 240\)"),
        (lambda: Movie(gray_frame()[None, ::-1].swapaxes(1, 2), STEPS), r"\(1, 240, 120\)"),
        (lambda: Movie(gray_frame()[None][:0], STEPS), "number of frames"),
        (lambda: Movie(NAN_FRAME[None], STEPS), "frame 0 has values that are not finite"),
        (lambda: Movie(gray_frame()[None], STEPS.astype(np.int64)), "int64"),
        (lambda: Movie(gray_frame()[None], STEPS + np.int16(1)), "frame 1; .*0 to 0"),
        (lambda: Movie(gray_frame()[None], STEPS[:0]), "at least one step"),
        (lambda: Movie(gray_frame()[None], STEPS, dt_ms=0.0), "dt_ms is 0"),
        (lambda: Movie(gray_frame()[None], STEPS, episode_starts=np.array([1])), "from 0"),
        (lambda: Movie(gray_frame()[None], STEPS, episode_starts=np.array([0, 4])), "below 4"),
        (lambda: grating(np.nan), "finite"),
        (lambda: grating(0.0, spatial_frequency_cpd=0.6), "0.6"),
        (lambda: gray_movie(0), "give 1 to 36,000,000 ms"),
        (lambda: gray_movie(2.5), "whole number"),
        (lambda: drifting_grating(0.0, 100, temporal_frequency_Hz=100.0), "below 100"),
        (lambda: drifting_grating(0.0, 100, temporal_frequency_Hz=np.nan), "nan"),
        (lambda: image_sequence(gray_frame()[None], [(1, 5)]), "no frame 1"),
        (lambda: natural_images("validation"), "'training' or 'test'"),
        (lambda: standardise(np.full((120, 240), 0.5), "wall.png"), "wall.png has no contrast"),
    ],
)
def test_unusable_stimuli_are_refused(make, message):
    with pytest.raises(StimulusError, match=message):
        make()


@pytest.mark.parametrize(("which", "n"), [("training", 40), ("test", 8)])
def test_natural_images_have_equal_mean_and_contrast(which, n):
    images = natural_images(which)
    assert (images.shape, images.dtype) == ((n, 120, 240), np.float32)
    middle = images[:, 30:90, 80:160]
    np.testing.assert_allclose(middle.mean(axis=(1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(middle.std(axis=(1, 2)), 1.0, atol=1e-4)
    assert np.abs(images).max() < 2.6


def test_training_and_test_images_are_different_scenes():
    assert not set(TRAINING_CROPS) & set(TEST_CROPS)
    images = np.concatenate([natural_images("training"), natural_images("test")])
    correlation = np.corrcoef(images.reshape(len(images), -1))
    assert np.abs(correlation - np.eye(len(images))).max() < 0.8


def test_raw_images_keep_their_luminance():
    images = natural_images("test", standardised=False)
    assert -1.0 <= images.min() < -0.9
    assert 0.9 < images.max() <= 1.0


def write_image(path, pixels):
    path.parent.mkdir(exist_ok=True)
    imsave(path, pixels, check_contrast=False)


def test_own_images_are_cut_to_the_field_and_stand_upright(tmp_path):
    sky_above = np.zeros((300, 200, 3), dtype=np.uint8)
    sky_above[:150] = 255
    write_image(tmp_path / "training" / "b.png", sky_above)
    write_image(tmp_path / "training" / "a.jpg", sky_above[:, :, 0][::-1])
    write_image(tmp_path / "training" / "c.png", np.dstack([sky_above, sky_above[:, :, :1] + 255]))
    upside_down, upright, with_alpha = natural_images("training", tmp_path)
    assert upright.shape == (120, 240)
    assert (upright[70:].mean(), upright[:50].mean()) == pytest.approx((1.0, -1.0), abs=0.05)
    assert upside_down[:50].mean() == pytest.approx(1.0, abs=0.05)
    assert with_alpha[70:].mean() > 0.9


@pytest.mark.filterwarnings("ignore:The legacy `DICOM`")
def test_unusable_folders_are_refused(tmp_path):
    with pytest.raises(StimulusError, match=r"no folder .*training"):
        natural_images("training", tmp_path)
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "notes.txt").write_text("no image")
    with pytest.raises(StimulusError, match=r"no image in .*\*\.png"):
        natural_images("training", tmp_path)
    (tmp_path / "training" / "broken.png").write_bytes(b"no image either")
    with pytest.raises(StimulusError, match=r"broken\.png cannot be read"):
        natural_images("training", tmp_path)


def test_a_part_of_a_movie_has_its_frames_and_episodes():
    frames = np.stack([np.full_like(gray_frame(), value) for value in (0.0, 0.5, 1.0)])
    order = np.array([2, 2, 0, 1, 1, 0], np.int16)
    movie = Movie(frames, order, episode_starts=np.array([0, 2, 3, 5]))
    part = movie.part(2, 5)
    assert part.frames[part.frame_of_step][:, 0, 0].tolist() == [0.0, 0.5, 0.5]
    assert part.episode_starts.tolist() == [0, 1]
    assert len(movie.part(0, 2).frames) == 1
    assert [movie.episode_start(step) for step in range(6)] == [0, 0, 2, 3, 3, 5]
    for begin, end in ((-1, 2), (3, 3), (2, 7)):
        with pytest.raises(StimulusError, match="of 6 steps"):
            movie.part(begin, end)
