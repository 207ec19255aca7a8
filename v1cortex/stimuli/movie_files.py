"""Movies and still images from files: NumPy arrays, image files, folders of image files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsort_keygen
from numpy.typing import NDArray

from v1cortex.errors import StimulusError
from v1cortex.stimuli.movies import HEIGHT_DEG, MAX_DURATION_MS, WIDTH_DEG, Frame, Movie
from v1cortex.stimuli.photographs import IMAGE_SUFFIXES, image_luminance

__all__ = ["load_image", "load_movie", "repeated"]

MAX_FRAMES = 2**15
"""Frames are numbered with 16-bit integers."""

LARGEST_CONTRAST = 10.0
"""Larger values in an array are not contrasts but another quantity (*choice*). Standardised natural
images reach about 2.5."""

_by_number = natsort_keygen()


def load_image(path: Path | str, *, contrast: float = 1.0) -> Frame:
    """Read an image as a frame.

    Parameters
    ----------
    path
        An image of any size. It is converted to gray, cropped to the field's shape (2 : 1) about
        its centre and resized to one pixel per degree.
    contrast
        Black becomes minus and white plus this value.

    Returns
    -------
    float32[120, 240]
        Row 0 at the lower edge.

    Raises
    ------
    StimulusError
        If the file is missing or not an image.
    """
    path = Path(path)
    if not path.is_file():
        raise StimulusError(f"there is no image file {path}")
    return np.asarray(contrast * (2.0 * image_luminance(path)[::-1] - 1.0), dtype=np.float32)


def load_movie(
    path: Path | str,
    frame_rate_Hz: float,
    duration_ms: int | None = None,
    *,
    contrast: float = 1.0,
    notes: list[str] | None = None,
) -> Movie:
    """Read a movie.

    Parameters
    ----------
    path
        A ``.npy`` file with an array of shape (frames, 120, 240), or a folder of images, shown in
        the order of their names, in which numbers are compared as numbers: 2 comes before 10.
        Arrays have one pixel per degree, with row 0 at the lower edge; floating-point values are
        contrasts of at most `LARGEST_CONTRAST`, 8-bit values are luminances from 0 to 255.
    frame_rate_Hz
        Frames per second, at most 1000.
    duration_ms
        Length of the movie; if longer than the file's, it is repeated. Default: the file's.
    contrast
        For luminances: black becomes minus and white plus this value.
    notes
        List to which assumptions are added, one sentence each.

    Raises
    ------
    StimulusError
        If the file is missing, damaged or of the wrong shape, its values are not contrasts, two
        images in a folder have the same number, or the rate is impossible.
    """
    said = [] if notes is None else notes
    if not (np.isfinite(frame_rate_Hz) and 0 < frame_rate_Hz <= 1000):
        raise StimulusError(
            f"frame rate is {frame_rate_Hz:g} Hz; it must be above 0, and at most 1000 since the "
            "LGN sees a movie in steps of 1 ms"
        )
    if duration_ms is not None and not 1 <= duration_ms <= MAX_DURATION_MS:
        raise StimulusError(f"duration_ms is {duration_ms}; give 1 to {MAX_DURATION_MS:,} ms")
    path = Path(path)
    frames = _folder(path, contrast, said) if path.is_dir() else _array(path, contrast, said)
    own_ms = len(frames) * 1000.0 / frame_rate_Hz
    if own_ms > MAX_DURATION_MS:
        raise StimulusError(
            f"{path} has {len(frames)} frames, which last {own_ms:g} ms at {frame_rate_Hz:g} Hz; "
            f"a movie may last at most {MAX_DURATION_MS:,} ms"
        )
    n_steps = max(1, round(own_ms))
    step = np.arange(n_steps if duration_ms is None else duration_ms) % n_steps
    # The small term keeps times such as 1000/60 x 3 ms on the later frame despite rounding.
    frame = np.floor(step * (frame_rate_Hz / 1000.0) + 1e-9).astype(np.int64)
    shown = np.minimum(frame, len(frames) - 1).astype(np.int16)
    return Movie(frames, shown)


def repeated(movie: Movie, n_trials: int) -> Movie:
    """Return a movie repeated `n_trials` times.

    Raises
    ------
    StimulusError
        If the number is not 1 or more, or the result would last longer than `MAX_DURATION_MS`.
    """
    if n_trials < 1:
        raise StimulusError(f"n_trials is {n_trials}; give 1 or more")
    if n_trials > (most := int(MAX_DURATION_MS // movie.duration_ms)):
        raise StimulusError(
            f"n_trials is {n_trials:,}; a stimulus of {movie.duration_ms:,g} ms can be shown at "
            f"most {most:,} times"
        )
    starts = movie.episode_starts
    offsets = np.arange(n_trials) * movie.n_steps
    return Movie(
        movie.frames,
        np.tile(movie.frame_of_step, n_trials),
        movie.dt_ms,
        (offsets[:, None] + starts).ravel(),
    )


def _folder(path: Path, contrast: float, notes: list[str]) -> NDArray[np.float32]:
    names = [each for each in path.iterdir() if not each.name.startswith(".")]
    files = [each for each in names if each.suffix.lower() in IMAGE_SUFFIXES]
    if not files:
        raise StimulusError(f"no image in {path}; looked for *{', *'.join(IMAGE_SUFFIXES)}")
    _check_number(path, len(files))
    others = sorted(each.name for each in names if each not in files)
    if others:
        notes.append(f"{path}: {_listed(others)} left out: not an image")
    return np.stack([load_image(each, contrast=contrast) for each in _in_order(files, notes)])


def _in_order(files: Sequence[Path], notes: list[str]) -> list[Path]:
    """Sort files by name, numbers as numbers; note it if alphabetical order differs."""
    ordered = sorted(files, key=lambda file: (_by_number(file.stem), file.name))
    for first, second in pairwise(ordered):
        if _by_number(first.stem) == _by_number(second.stem):
            raise StimulusError(
                f"{first.parent}: {first.name} and {second.name} have the same position among "
                "the frames; rename or remove one"
            )
    if ordered != sorted(files):
        notes.append(
            f"{files[0].parent}: frames are shown in the order of the numbers in their names, "
            f"{_listed([each.name for each in ordered])}"
        )
    return ordered


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 4:
        return ", ".join(names)
    return f"{names[0]}, {names[1]}, ..., {names[-1]} ({len(names)} files)"


def _array(path: Path, contrast: float, notes: list[str]) -> NDArray[np.float32]:
    if not path.is_file():
        raise StimulusError(f"there is no movie {path}; give a .npy file or a folder of images")
    array = _checked(path)
    if array.dtype == np.uint8:
        contrasts = np.asarray(contrast * (np.arange(256) / 127.5 - 1.0), dtype=np.float32)
        return np.asarray(contrasts[array])
    if array.dtype.kind != "f":
        raise StimulusError(
            f"{path} contains {array.dtype}; give contrasts as floating-point numbers (0 is gray) "
            "or luminances as uint8"
        )
    if contrast != 1.0:
        notes.append(f"{path} contains contrasts: contrast={contrast:g} applies to luminances only")
    _check_contrasts(path, float(array.min()), float(array.max()), notes)
    return array.astype(np.float32)


def _checked(path: Path) -> NDArray[Any]:
    """Memory-map an array, so that nothing is read if it is too large or not a movie."""
    try:
        with np.errstate(over="ignore"):  # impossible sizes
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy raises anything that its header parsers raise
        raise StimulusError(
            f"{path} cannot be read as a NumPy array ({type(error).__name__}: {error}). It is "
            "damaged or a different kind of file: write it again with numpy.save"
        ) from error
    if not isinstance(array, np.ndarray) or array.ndim != 3 or not len(array):
        shape = array.shape if isinstance(array, np.ndarray) else "several arrays"
        raise StimulusError(f"{path} has shape {shape}; {_WANTED}")
    if array.shape[1:] != (HEIGHT_DEG, WIDTH_DEG):
        hint = ""
        if array.shape[1:] == (WIDTH_DEG, HEIGHT_DEG):
            hint = " Swap its last two axes: array.transpose(0, 2, 1)."
        raise StimulusError(f"{path} has shape {array.shape}; {_WANTED}{hint}")
    _check_number(path, len(array))
    return array


def _check_number(path: Path, n_frames: int) -> None:
    if n_frames > MAX_FRAMES:
        raise StimulusError(f"{path} has {n_frames} frames; at most {MAX_FRAMES} are supported")


def _check_contrasts(path: Path, low: float, high: float, notes: list[str]) -> None:
    """Reject values that are not contrasts, and note values that may be luminances."""
    largest = max(abs(low), abs(high))
    if np.isfinite(largest) and largest > LARGEST_CONTRAST:
        way = f"scale them so that full contrast is 1 (at most {LARGEST_CONTRAST:g} is accepted)"
        if low >= 0 and high <= 255:
            way = (
                "for luminances from 0 to 255, save array.round().astype(numpy.uint8), or as "
                "contrasts array / 127.5 - 1"
            )
        raise StimulusError(
            f"{path} contains floating-point numbers from {low:g} to {high:g}, which are not "
            f"contrasts; {way}"
        )
    if low >= 0 and 0 < high <= 1:
        notes.append(
            f"{path} contains floating-point numbers from {low:g} to {high:g}, which are taken as "
            "contrasts: 0 is gray, and nothing is darker; convert luminances from 0 to 1 to "
            "contrasts with 2 * array - 1"
        )


_WANTED = (
    f"a movie has shape (frames, {HEIGHT_DEG}, {WIDTH_DEG}): one pixel per degree, rows from the "
    "lower edge."
)
