"""Movies and still images from files: NumPy arrays, picture files, folders of picture files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import StimulusError
from v1cortex.stimuli.movies import HEIGHT_DEG, WIDTH_DEG, Frame, Movie
from v1cortex.stimuli.photographs import IMAGE_SUFFIXES, image_luminance

__all__ = ["image_file", "movie_file", "repeated"]

MAX_FRAMES = 2**15
"""Frames are numbered with 16 bits."""


def image_file(path: Path, *, contrast: float = 1.0) -> Frame:
    """Read a picture as a frame.

    Parameters
    ----------
    path
        A picture of any size. It is turned to gray, cut to the field's shape (2 : 1) about its
        middle and resized to one pixel a degree.
    contrast
        Black becomes minus this value and white plus.

    Returns
    -------
    float32[120, 240]
        Row 0 at the lower edge.

    Raises
    ------
    StimulusError
        If the file is missing or no picture.
    """
    if not path.is_file():
        raise StimulusError(f"there is no image file {path}")
    return np.asarray(contrast * (2.0 * image_luminance(path)[::-1] - 1.0), dtype=np.float32)


def movie_file(
    path: Path,
    frame_rate_Hz: float,
    duration_ms: int | None = None,
    *,
    contrast: float = 1.0,
) -> Movie:
    """Read a movie.

    Parameters
    ----------
    path
        A ``.npy`` file with an array of shape (frames, 120, 240), or a folder of pictures, shown
        in the order of their names. Arrays have one pixel per degree, with row 0 at the lower edge;
        floating-point values are contrasts, 8-bit values are luminances from 0 to 255.
    frame_rate_Hz
        Frames per second, at most 1000.
    duration_ms
        Length of the movie; a longer one than the file's begins anew. Default: the file's.
    contrast
        For luminances: black becomes minus this value and white plus.

    Raises
    ------
    StimulusError
        If the file is missing, damaged or of another shape, or the rate is impossible.
    """
    if not (np.isfinite(frame_rate_Hz) and 0 < frame_rate_Hz <= 1000):
        raise StimulusError(
            f"frame rate is {frame_rate_Hz:g} Hz; it must be above 0, and at most 1000 since the "
            "LGN sees a movie in steps of 1 ms"
        )
    if duration_ms is not None and duration_ms < 1:
        raise StimulusError(f"duration_ms is {duration_ms}; give 1 ms or more")
    frames = _folder(path, contrast) if path.is_dir() else _array(path, contrast)
    if len(frames) > MAX_FRAMES:
        raise StimulusError(f"{path} has {len(frames)} frames; at most {MAX_FRAMES} are supported")
    own_ms = max(1, round(len(frames) * 1000.0 / frame_rate_Hz))
    step = np.arange(own_ms if duration_ms is None else duration_ms) % own_ms
    # The small term keeps 1000/60 x 3 ms and the like on the later frame despite rounding.
    frame = np.floor(step * (frame_rate_Hz / 1000.0) + 1e-9).astype(np.int64)
    shown = np.minimum(frame, len(frames) - 1).astype(np.int16)
    return Movie(frames, shown)


def repeated(movie: Movie, n_trials: int) -> Movie:
    """Return a movie that is shown `n_trials` times in a row.

    Raises
    ------
    StimulusError
        If the number of times is not 1 or more.
    """
    if n_trials < 1:
        raise StimulusError(f"n_trials is {n_trials}; give 1 or more")
    starts = movie.episode_starts
    offsets = np.arange(n_trials) * movie.n_steps
    return Movie(
        movie.frames,
        np.tile(movie.frame_of_step, n_trials),
        movie.dt_ms,
        (offsets[:, None] + starts).ravel(),
    )


def _folder(path: Path, contrast: float) -> NDArray[np.float32]:
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise StimulusError(f"no image in {path}; looked for *{', *'.join(IMAGE_SUFFIXES)}")
    return np.stack([image_file(each, contrast=contrast) for each in files])


def _array(path: Path, contrast: float) -> NDArray[np.float32]:
    if not path.is_file():
        raise StimulusError(f"there is no movie {path}; give a .npy file or a folder of images")
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise StimulusError(f"{path} cannot be read as a NumPy array: {error}") from error
    if not isinstance(array, np.ndarray) or array.ndim != 3 or not len(array):
        shape = array.shape if isinstance(array, np.ndarray) else "several arrays"
        raise StimulusError(f"{path} has shape {shape}; {_WANTED}")
    if array.shape[1:] != (HEIGHT_DEG, WIDTH_DEG):
        hint = ""
        if array.shape[1:] == (WIDTH_DEG, HEIGHT_DEG):
            hint = " Swap its last two axes: array.transpose(0, 2, 1)."
        raise StimulusError(f"{path} has shape {array.shape}; {_WANTED}{hint}")
    if array.dtype == np.uint8:
        return np.asarray(contrast * (array / 127.5 - 1.0), dtype=np.float32)
    if array.dtype.kind != "f":
        raise StimulusError(
            f"{path} holds {array.dtype}; give contrasts as floating-point numbers (0 is gray) or "
            "luminances as uint8"
        )
    return array.astype(np.float32)


_WANTED = (
    f"a movie has shape (frames, {HEIGHT_DEG}, {WIDTH_DEG}): one pixel per degree, rows from the "
    "lower edge."
)
