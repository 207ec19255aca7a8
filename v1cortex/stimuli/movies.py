"""Movies shown to the LGN: gray, gratings and sequences of still frames.

Frames cover the field of the LGN mosaic, 240 x 120 linear degrees, at one pixel per degree. Row 0
is the *lower* edge of the field and column 0 the left edge: pixel ``[y, x]`` is centred on the
point (x, y) in the units' coordinates, as in BMTK's FilterNet. Values are in contrast units: 0 is
gray, -1 and +1 are the darkest and brightest points of a full-contrast grating. Chen, Scherr and
Maass 2022 (Science Advances 8:eabq7592) scale their stimuli to [-2, 2], which is contrast 2 here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import StimulusError

__all__ = [
    "HEIGHT_DEG",
    "WIDTH_DEG",
    "Frame",
    "Movie",
    "drifting_grating",
    "grating",
    "gratings",
    "gray_frame",
    "gray_movie",
    "image_sequence",
    "still_movie",
]

WIDTH_DEG, HEIGHT_DEG = 240, 120
"""Extent of the field (Billeh et al. 2020, Neuron 106:388) and number of pixels of a frame."""
SPATIAL_FREQUENCY_CPD = 0.05
"""Cycles per degree of the gratings of Chen, Scherr and Maass 2022."""

Frame = NDArray[np.float32]

MAX_DURATION_MS = 36_000_000
"""Longer movies are rejected (*choice*): their steps alone take a GB of memory."""


def _start_of_movie() -> NDArray[np.int64]:
    return np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, eq=False, repr=False)
class Movie:
    """Frames and the order in which they are shown.

    A repeated frame is stored only once: the LGN's spatial filters are applied to every stored
    frame, whatever the length of the movie.

    Parameters
    ----------
    frames : float32[F, 120, 240]
        Distinct frames, in contrast units.
    frame_of_step : int16[n_steps]
        Index of the frame shown in each step.
    dt_ms : float
        Length of a step.
    episode_starts : int64[n]
        First steps of the movie's episodes, increasing from 0. An episode may be seen as if after
        a long gray screen (see ``memory`` of `v1cortex.lgn.rates.firing_rates_Hz`).

    Raises
    ------
    StimulusError
        If shapes or types are not as above, a value is not finite, or an index is out of range.
    """

    frames: NDArray[np.float32]
    frame_of_step: NDArray[np.int16]
    dt_ms: float = 1.0
    episode_starts: NDArray[np.int64] = field(default_factory=_start_of_movie)

    def __post_init__(self) -> None:
        _check_frames(self.frames)
        _check_order(self.frame_of_step, len(self.frames))
        starts = self.episode_starts
        increasing = len(starts) > 0 and starts[0] == 0 and bool(np.all(np.diff(starts) > 0))
        if not increasing or starts[-1] >= self.n_steps:
            raise StimulusError(
                f"episode_starts must increase from 0 and stay below {self.n_steps}, the number "
                f"of steps; got {np.array2string(starts, threshold=6)}"
            )
        if not self.dt_ms > 0:
            raise StimulusError(f"dt_ms is {self.dt_ms}; give the length of a step in ms, above 0")
        for array in (self.frames, self.frame_of_step, self.episode_starts):
            array.setflags(write=False)

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return len(self.frame_of_step)

    @property
    def duration_ms(self) -> float:
        """Length of the movie."""
        return self.n_steps * self.dt_ms

    def beginning(self, duration_ms: int) -> Movie:
        """Return the first `duration_ms` of the movie.

        Raises
        ------
        StimulusError
            If the duration is not a whole number of 1 or more, or the movie is shorter.
        """
        _check_duration(duration_ms)
        n_steps = round(duration_ms / self.dt_ms)
        if n_steps > self.n_steps:
            raise StimulusError(
                f"duration_ms is {duration_ms}, but the movie ends after {self.duration_ms:g} ms; "
                "repeat it, or make it longer"
            )
        starts = self.episode_starts[self.episode_starts < n_steps]
        return Movie(self.frames, self.frame_of_step[:n_steps], self.dt_ms, starts)

    def episode_start(self, step: int) -> int:
        """Return the first step of the episode that a step belongs to."""
        return int(self.episode_starts[self.episode_starts <= step].max())

    def part(self, begin: int, end: int) -> Movie:
        """Return the steps from `begin` to before `end`, with the frames that occur in them.

        Raises
        ------
        StimulusError
            If the movie does not have these steps, or they are none.
        """
        if not 0 <= begin < end <= self.n_steps:
            raise StimulusError(
                f"steps {begin} to {end} are not a part of a movie of {self.n_steps} steps"
            )
        used, order = np.unique(self.frame_of_step[begin:end], return_inverse=True)
        inside = self.episode_starts[(self.episode_starts > begin) & (self.episode_starts < end)]
        starts = np.concatenate([_start_of_movie(), inside - begin])
        return Movie(self.frames[used], order.astype(np.int16), self.dt_ms, starts)

    def __repr__(self) -> str:
        return f"<Movie: {self.duration_ms:g} ms, {len(self.frames)} distinct frames>"

    def digest(self) -> str:
        """SHA-256 (hex) of the movie's content."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256(repr(float(self.dt_ms)).encode())
        for array in (self.frames, self.frame_of_step, self.episode_starts):
            sha.update(f"{array.dtype.str}{array.shape}".encode())
            sha.update(np.ascontiguousarray(array).data)
        return sha.hexdigest()


def grating(
    orientation_deg: float,
    *,
    contrast: float = 1.0,
    spatial_frequency_cpd: float = SPATIAL_FREQUENCY_CPD,
    phase_deg: float = 0.0,
) -> Frame:
    """Return one frame of a sinusoidal grating.

    Parameters
    ----------
    orientation_deg
        Direction across the bars, anticlockwise from the right; if the grating drifts, its
        direction of motion. It is measured like the preferred directions of V1 neurons, so that 0
        means vertical bars.
    contrast
        Amplitude of the sinusoid.
    spatial_frequency_cpd
        Cycles per degree.
    phase_deg
        Phase at the centre of the field: the luminance there is ``contrast * cos(phase)``.

    Returns
    -------
    float32[120, 240]

    Raises
    ------
    StimulusError
        If an argument is not finite, or the frequency is negative or above 0.5 (one pixel is one
        degree).
    """
    values = (orientation_deg, contrast, spatial_frequency_cpd, phase_deg)
    if not np.all(np.isfinite(values)):
        raise StimulusError(
            f"a grating needs finite numbers; its orientation, contrast, spatial frequency, phase "
            f"are {', '.join(f'{value:g}' for value in values)}"
        )
    if not 0 <= spatial_frequency_cpd <= 0.5:
        raise StimulusError(
            f"spatial_frequency_cpd is {spatial_frequency_cpd:g}; frames with one pixel per degree "
            "can show 0 to 0.5 cycles per degree"
        )
    angle = np.deg2rad(orientation_deg)
    x_deg = np.arange(WIDTH_DEG) - WIDTH_DEG / 2
    y_deg = np.arange(HEIGHT_DEG)[:, None] - HEIGHT_DEG / 2
    across_deg = x_deg * np.cos(angle) + y_deg * np.sin(angle)
    cycles = spatial_frequency_cpd * across_deg
    luminance = contrast * np.cos(2 * np.pi * cycles + np.deg2rad(phase_deg))
    return np.asarray(luminance, dtype=np.float32)


@lru_cache(maxsize=16)
def gratings(
    orientations_deg: tuple[float, ...],
    contrast: float,
    spatial_frequency_cpd: float,
    phase_deg: float,
) -> NDArray[np.float32]:
    """Return one frame of `grating` per orientation, float32[n, 120, 240], read-only.

    Parameters
    ----------
    orientations_deg
        Orientations.
    contrast, spatial_frequency_cpd, phase_deg
        As for `grating`.
    """
    frames = np.stack(
        [
            grating(
                angle_deg,
                contrast=contrast,
                spatial_frequency_cpd=spatial_frequency_cpd,
                phase_deg=phase_deg,
            )
            for angle_deg in orientations_deg
        ]
    )
    frames.setflags(write=False)
    return frames


def gray_movie(duration_ms: int) -> Movie:
    """Return a gray movie."""
    return still_movie(gray_frame(), duration_ms)


def gray_frame() -> Frame:
    """Return a gray frame."""
    return np.zeros((HEIGHT_DEG, WIDTH_DEG), dtype=np.float32)


def still_movie(frame: Frame, duration_ms: int) -> Movie:
    """Return a movie with a single frame."""
    return image_sequence(frame[None], [(0, duration_ms)])


def image_sequence(frames: NDArray[np.float32], parts: Sequence[tuple[int, int]]) -> Movie:
    """Return a movie of still frames in sequence.

    Parameters
    ----------
    frames : float32[F, 120, 240]
        The distinct frames.
    parts
        Index of the frame and its duration in whole ms, in the order of the movie.

    Raises
    ------
    StimulusError
        If there is no such frame, or a duration is not positive.
    """
    for index, duration_ms in parts:
        _check_duration(duration_ms)
        if not 0 <= index < len(frames):
            raise StimulusError(f"there is no frame {index}: valid are 0 to {len(frames) - 1}")
    order = np.array([index for index, _ in parts], dtype=np.int16)
    durations = np.array([duration_ms for _, duration_ms in parts], dtype=np.int64)
    return Movie(frames, np.repeat(order, durations))


def drifting_grating(
    orientation_deg: float,
    duration_ms: int,
    *,
    contrast: float = 1.0,
    temporal_frequency_Hz: float = 2.0,
    spatial_frequency_cpd: float = SPATIAL_FREQUENCY_CPD,
    phase_deg: float = 0.0,
    refresh_ms: int = 5,
) -> Movie:
    """Return a movie of a grating drifting in the direction `orientation_deg`.

    Parameters
    ----------
    orientation_deg, contrast, spatial_frequency_cpd, phase_deg
        As for `grating`; the phase is that at the start.
    duration_ms
        Length of the movie.
    temporal_frequency_Hz
        Cycles per second. Default: 2 Hz, the frequency of the drifting gratings used to compare
        mouse and model (Siegle et al. 2021, Nature 592:86; Billeh et al. 2020).
    refresh_ms
        The grating moves in steps of this length, as on a screen (*choice*: 200 Hz). If a cycle is
        a whole number of refreshes, its frames are stored only once.

    Raises
    ------
    StimulusError
        If a number is not finite or out of range, or the grating moves by half a cycle or more
        from one refresh to the next.
    """
    _check_duration(duration_ms)
    _check_duration(refresh_ms, "refresh_ms")
    cycles_per_refresh = temporal_frequency_Hz * refresh_ms * 1e-3
    if not abs(cycles_per_refresh) < 0.5:
        raise StimulusError(
            f"temporal_frequency_Hz is {temporal_frequency_Hz:g}; with refresh_ms {refresh_ms} "
            f"it must stay below {500 / refresh_ms:g}"
        )
    refresh = np.arange(duration_ms) // refresh_ms
    # Rounded, so that the same phase in a later cycle is the same frame.
    cycle = np.round(np.mod(refresh * cycles_per_refresh, 1.0), 9) % 1.0
    cycles, frame_of_step = np.unique(cycle, return_inverse=True)
    frames = np.stack(
        [
            grating(
                orientation_deg,
                contrast=contrast,
                spatial_frequency_cpd=spatial_frequency_cpd,
                phase_deg=phase_deg - 360.0 * value,
            )
            for value in cycles
        ]
    )
    return Movie(frames, frame_of_step.astype(np.int16))


def _check_duration(duration_ms: int, name: str = "duration_ms") -> None:
    if isinstance(duration_ms, bool) or not isinstance(duration_ms, int | np.integer):
        raise StimulusError(f"{name} is {duration_ms!r}; give a whole number of ms")
    if not 1 <= duration_ms <= MAX_DURATION_MS:
        raise StimulusError(f"{name} is {duration_ms}; give 1 to {MAX_DURATION_MS:,} ms (10 hours)")


def _check_frames(frames: NDArray[np.float32]) -> None:
    if frames.dtype != np.float32:
        raise StimulusError(
            f"frames are {frames.dtype}; convert them with frames.astype(numpy.float32)"
        )
    if frames.ndim != 3 or frames.shape[1:] != (HEIGHT_DEG, WIDTH_DEG) or not len(frames):
        raise StimulusError(
            f"frames have shape {frames.shape}; they must have shape (number of frames, "
            f"{HEIGHT_DEG}, {WIDTH_DEG}): one pixel per degree, rows from the lower edge"
        )
    broken = np.flatnonzero(~np.isfinite(frames).all(axis=(1, 2)))
    if len(broken):
        raise StimulusError(
            f"frame {broken[0]} has values that are not finite ({len(broken)} such frames); "
            "gray is 0"
        )


def _check_order(frame_of_step: NDArray[np.int16], n_frames: int) -> None:
    if frame_of_step.dtype != np.int16 or frame_of_step.ndim != 1:
        raise StimulusError(
            f"frame_of_step is {frame_of_step.dtype} of shape {frame_of_step.shape}; it must be "
            "int16 with one value per step"
        )
    if not len(frame_of_step):
        raise StimulusError("frame_of_step is empty; a movie needs at least one step")
    low, high = int(frame_of_step.min()), int(frame_of_step.max())
    if low < 0 or high >= n_frames:
        wrong = low if low < 0 else high
        raise StimulusError(f"frame_of_step refers to frame {wrong}; valid are 0 to {n_frames - 1}")
