"""Movies and images from files: timing, orientation, and what is rejected."""

import numpy as np
import pytest
from skimage.io import imsave

from v1cortex.errors import StimulusError
from v1cortex.stimuli import load_image, load_movie, repeated
from v1cortex.stimuli.movies import image_sequence


@pytest.fixture
def array(tmp_path):
    frames = np.zeros((3, 120, 240), dtype=np.float32)
    frames[:] = np.array([0.1, 0.2, 0.3])[:, None, None]
    path = tmp_path / "movie.npy"
    np.save(path, frames)
    return path


def test_an_image_is_upright_centred_and_scaled(tmp_path):
    picture = np.zeros((300, 300), dtype=np.uint8)  # cropped to 150 x 300 about the centre
    picture[75:150] = 255  # upper half of the cut is white
    imsave(tmp_path / "a.png", picture, check_contrast=False)
    frame = load_image(tmp_path / "a.png", contrast=2.0)
    assert frame.shape == (120, 240)
    assert frame.dtype == np.float32
    np.testing.assert_allclose(frame[:58], -2.0, atol=1e-6)  # row 0 is the lower edge
    np.testing.assert_allclose(frame[62:], 2.0, atol=1e-6)


def test_frames_are_shown_at_the_rate(array):
    movie = load_movie(array, 60.0)
    assert movie.n_steps == 50
    shown = movie.frames[movie.frame_of_step, 0, 0]
    expected = np.float32([0.1, 0.2, 0.3])[[0] * 17 + [1] * 17 + [2] * 16]
    np.testing.assert_array_equal(shown, expected)
    longer = load_movie(array, 60.0, 70)
    np.testing.assert_array_equal(longer.frame_of_step[50:], movie.frame_of_step[:20])
    assert load_movie(array, 1000.0).frame_of_step.tolist() == [0, 1, 2]


def test_bytes_are_luminances(tmp_path):
    frames = np.zeros((1, 120, 240), dtype=np.uint8)
    frames[0, :, 120:] = 255
    np.save(tmp_path / "m.npy", frames)
    movie = load_movie(tmp_path / "m.npy", 10.0, contrast=0.5)
    assert movie.frames[0, 0, 0] == -0.5
    assert movie.frames[0, 0, 239] == 0.5


def test_a_folder_of_pictures_is_shown_by_name(tmp_path):
    for number, name in ((200, "b.png"), (100, "a.png")):
        picture = np.full((120, 240), number, dtype=np.uint8)
        imsave(tmp_path / name, picture, check_contrast=False)
    (tmp_path / "notes.txt").write_text("not a frame")
    movie = load_movie(tmp_path, 100.0)
    assert movie.n_steps == 20
    first, second = movie.frames[:, 0, 0]
    assert first == pytest.approx(2 * 100 / 255 - 1)
    assert second == pytest.approx(2 * 200 / 255 - 1)


def gray_pictures(folder, levels):
    folder.mkdir(exist_ok=True)
    for name, level in levels.items():
        imsave(folder / name, np.full((120, 240), level, dtype=np.uint8), check_contrast=False)
    return folder


def levels_of(movie):
    return np.rint((movie.frames[:, 0, 0] + 1) * 127.5).astype(int).tolist()


def test_frames_are_shown_in_the_order_of_the_numbers_in_their_names(tmp_path):
    notes = []
    folder = gray_pictures(tmp_path / "f", {f"frame{k}.png": 10 * k for k in (1, 10, 11, 2)})
    (folder / "notes.txt").write_text("not a frame")
    (folder / ".DS_Store").write_text("nor this")
    assert levels_of(load_movie(folder, 100.0, notes=notes)) == [10, 20, 100, 110]
    left_out, order = notes
    assert "notes.txt left out" in left_out
    assert "frame1.png, frame2.png, frame10.png, frame11.png" in order
    notes.clear()
    padded = gray_pictures(tmp_path / "p", {f"{k:03d}.png": k for k in (1, 10, 11, 2)})
    assert levels_of(load_movie(padded, 100.0, notes=notes)) == [1, 2, 10, 11]
    assert notes == []


@pytest.mark.parametrize("second", ["01.png", "1.jpg"])
def test_two_frames_of_the_same_number_are_refused(tmp_path, second):
    folder = gray_pictures(tmp_path, {"1.png": 1, second: 2, "2.png": 3})
    with pytest.raises(StimulusError, match="the same position among the frames"):
        load_movie(folder, 100.0)


def saved(tmp_path, low, high):
    frames = np.full((2, 120, 240), low)
    frames[1] = high
    np.save(tmp_path / "m.npy", frames)
    return tmp_path / "m.npy"


@pytest.mark.parametrize(
    ("low", "high", "way_out"),
    [(0.0, 255.0, r"uint8.*array / 127.5 - 1"), (-300.0, 10.0, "full contrast is 1")],
)
def test_what_is_no_contrast_is_refused(tmp_path, low, high, way_out):
    with pytest.raises(StimulusError, match=rf"{low:g} to {high:g}, .*{way_out}"):
        load_movie(saved(tmp_path, low, high), 100.0)


def test_what_is_assumed_of_contrasts_is_said(tmp_path):
    notes = []
    movie = load_movie(saved(tmp_path, 0.0, 1.0), 100.0, contrast=0.5, notes=notes)
    assert movie.frames[:, 0, 0].tolist() == [0.0, 1.0]
    ignored, taken = notes
    assert "contrast=0.5 applies to luminances only" in ignored
    assert "taken as contrasts" in taken
    notes.clear()
    assert load_movie(saved(tmp_path, -2.5, 2.5), 100.0, notes=notes).frames[1, 0, 0] == 2.5
    assert notes == []


def test_an_array_that_is_larger_than_its_file_is_not_read(tmp_path):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 120, 240), }"
    for n_frames in (10**9, 10**15):
        text = header % n_frames
        content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
        (tmp_path / "m.npy").write_bytes(content)
        with pytest.raises(StimulusError, match=r"m\.npy cannot be read"):
            load_movie(tmp_path / "m.npy", 30.0)


def test_repeating_a_movie():
    frames = np.zeros((2, 120, 240), dtype=np.float32)
    movie = repeated(image_sequence(frames, [(1, 3), (0, 2)]), 2)
    assert movie.frame_of_step.tolist() == [1, 1, 1, 0, 0] * 2
    assert movie.episode_starts.tolist() == [0, 5]
    with pytest.raises(StimulusError, match="n_trials is 0"):
        repeated(movie, 0)
    for n_trials in (3_600_001, 10**40):
        with pytest.raises(StimulusError, match="of 10 ms can be shown at most 3,600,000 times"):
            repeated(movie, n_trials)


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
        load_movie(tmp_path / "m.npy", 30.0)


@pytest.mark.parametrize("rate", [0.0, -30.0, 1001.0, float("nan"), float("inf")])
def test_impossible_rates(array, rate):
    with pytest.raises(StimulusError, match="frame rate"):
        load_movie(array, rate)


def test_missing_and_broken_files(tmp_path, array):
    with pytest.raises(StimulusError, match=r"no movie .*gone\.npy"):
        load_movie(tmp_path / "gone.npy", 30.0)
    array.write_bytes(array.read_bytes()[:1000])
    with pytest.raises(StimulusError, match=r"movie\.npy cannot be read"):
        load_movie(array, 30.0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(StimulusError, match="no image in"):
        load_movie(tmp_path / "empty", 30.0)
    with pytest.raises(StimulusError, match="no image file"):
        load_image(tmp_path / "gone.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(StimulusError, match=r"broken\.png cannot be read"):
        load_image(tmp_path / "broken.png")


def header(text, version=b"\x01\x00"):
    size = len(text).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return b"\x93NUMPY" + version + size + text


SHAPE = b"'fortran_order': False, 'shape': (1, 120, 240), }"
HEADERS = {
    "TokenError": header(b"{'descr': '<f4', 'fortran_order': (False,"),
    "SyntaxError": header(b"{'descr': '<f4',, }  'x\n"),
    "IndentationError": header(b"  {\n  'a': 1L }\n b\n"),
    "bytes for a name": header(b"{'descr': '<f4', b'descr': 2, " + SHAPE),
    "no type": header(b"{'descr': '<f4@', " + SHAPE),
    "a type of no fields": header(b"{'descr': [], " + SHAPE),
    "fields of nothing": header(b"{'descr': [(), ()], " + SHAPE),
    "a number as the type": header(b"{'descr': 4, " + SHAPE),
    "objects": header(b"{'descr': '|O', " + SHAPE),
    "a list": header(b"[1, 2]"),
    "a call": header(b"print(1)"),
    "a size below zero": header(
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 120, 240)}"
    ),
    "a size of 400 digits": header(b"{'descr': '<f4', " + SHAPE.replace(b"1,", b"9" * 400 + b",")),
    "nesting": header(b"(" * 5000, b"\x02\x00"),
    "a length beyond the file": b"\x93NUMPY\x01\x00\xff\xff{}",
    "a length beyond sense": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
    "an unknown version": header(b"{}", b"\x09\x00"),
    "no text": header(b"\xff\xfe\x00", b"\x03\x00"),
    "half a magic number": b"\x93NUM",
    "a cut archive": b"PK\x03\x04" + bytes(30),
    "an empty archive": b"PK\x05\x06" + bytes(18),
    "a pickle": b"cos\nsystem\n(S'true'\ntR.",
    "nothing": b"",
}


@pytest.mark.filterwarnings("ignore:Reading:UserWarning")  # of headers that Python 2 wrote
@pytest.mark.parametrize("name", ["m.npy", "m.npz"])
@pytest.mark.parametrize("damage", HEADERS)
def test_damaged_headers_are_one_error(tmp_path, damage, name):
    (tmp_path / name).write_bytes(HEADERS[damage])
    with pytest.raises(
        StimulusError, match=rf"{name} (cannot be read as a NumPy|has shape|contains \[\])"
    ):
        load_movie(tmp_path / name, 30.0)
