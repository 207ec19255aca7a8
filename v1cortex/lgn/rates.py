"""Firing rates and spikes of LGN units in response to a movie.

The rates are those of BMTK's FilterNet: every unit filters the movie in space and time, adds its
spontaneous rate and rectifies. All units are evaluated at once: as a movie has few distinct frames,
each spatial filter is applied once to each frame, followed by one temporal convolution per unit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import LgnUnits
from v1cortex.errors import StimulusError
from v1cortex.lgn.cache import cached_rates
from v1cortex.lgn.filters import Subfield, spatial_filters, unit_filters
from v1cortex.stimuli import Movie
from v1cortex.tables import Tables

__all__ = ["firing_rates_Hz", "poisson_spikes", "rates_in_pieces_Hz"]

BLOCK_SIZE = 2**19
"""Values processed at a time; limits memory."""
FRAME_BLOCK = 64
"""Frames filtered at a time; limits memory."""
KERNEL_STEP_MS = 1.0
"""Sampling interval of FilterNet's temporal kernels."""

FloatArray = NDArray[np.float64]


def firing_rates_Hz(
    units: LgnUnits,
    tables: Tables,
    movie: Movie,
    cache: bool = True,
    *,
    memory: bool = True,
) -> NDArray[np.float32]:
    """Return the firing rates of LGN units that see a movie after a long gray screen.

    Parameters
    ----------
    units
        The units.
    tables
        The model's tables.
    movie
        What they see.
    cache
        Whether to read the rates from the cache on disk, or store them there.
    memory
        If False, the filters see gray before each of the movie's episodes, whatever was shown: the
        LGN then carries nothing over from one image to the next.

    Returns
    -------
    float32[n_units, n_steps]
        Rates in Hz, one column per millisecond. They differ from FilterNet's by less than 1e-4 Hz,
        the precision of 32-bit numbers.

    Raises
    ------
    StimulusError
        If the movie's steps are not 1 ms long, or a unit lies outside the field.
    CacheError
        If the cache folder cannot be written to.
    """
    if movie.dt_ms != KERNEL_STEP_MS:
        raise StimulusError(
            f"the movie's steps are {movie.dt_ms:g} ms long; the LGN's kernels are sampled at "
            f"{KERNEL_STEP_MS:g} ms: use that step, and hold the rates constant in shorter ones"
        )
    if not cache:
        return _rates_Hz(units, tables, movie, memory)
    return cached_rates(
        units, tables, movie, memory, lambda: _rates_Hz(units, tables, movie, memory)
    )


def rates_in_pieces_Hz(
    units: LgnUnits,
    tables: Tables,
    movie: Movie,
    piece_ms: int,
    cache: bool = True,
    *,
    memory: bool = True,
) -> Iterator[NDArray[np.float32]]:
    """Yield the rates of a movie in pieces, so that memory does not grow with its length.

    Each piece is computed, and cached, from its own frames and earlier ones that the temporal
    kernels reach back to. A periodic movie whose period divides `piece_ms` is computed only once or
    twice.

    Parameters
    ----------
    units, tables, movie, cache, memory
        As for `firing_rates_Hz`.
    piece_ms
        Length of a piece.

    Yields
    ------
    float32[n_units, n]
        Rates in Hz for the next `piece_ms` or the rest.
    """
    kernels = [each.kernel_Hz for fields in unit_filters(tables.lgn_units) for each in fields]
    reach = max(len(kernel) for kernel in kernels)
    for begin in range(0, movie.n_steps, piece_ms):
        earliest = 0 if memory else movie.episode_start(begin)
        lead = min(begin - earliest, reach)
        part = movie.part(begin - lead, min(begin + piece_ms, movie.n_steps))
        yield firing_rates_Hz(units, tables, part, cache, memory=memory)[:, lead:]


def poisson_spikes(
    rates_Hz: NDArray[np.float32], dt_ms: float, rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Draw the spikes of independent Poisson processes whose rate is constant within a step.

    The processes of a block of units are drawn as one: the total number of spikes is Poisson
    distributed, and each spike falls on a unit and step in proportion to its rate. The counts per
    unit and step are then independent Poisson numbers.

    Parameters
    ----------
    rates_Hz : float32[n_units, n_steps]
        Rates.
    dt_ms
        Length of a step.
    rng
        Random number generator; the same state gives the same spikes.

    Returns
    -------
    unit : int32[n_spikes]
        Unit of each spike.
    step : int64[n_spikes]
        Step of each spike. Sorted by unit, then step; a step with several spikes is repeated.

    Raises
    ------
    StimulusError
        If a rate is negative or not finite.
    """
    n_units, n_steps = rates_Hz.shape
    parts = [np.zeros(0, dtype=np.int64)]
    for begin, end in _blocks(n_units, n_steps):
        rates = rates_Hz[begin:end].ravel()
        if not (rates.min(initial=0.0) >= 0 and rates.max(initial=0.0) < np.inf):  # nor NaN
            raise StimulusError(
                f"firing rates of LGN units {begin}-{end - 1} have negative or non-finite values"
            )
        expected = np.cumsum(rates, dtype=np.float64)
        expected *= dt_ms * 1e-3
        total = float(expected[-1])
        places = np.sort(rng.random(rng.poisson(total))) * total
        found = np.searchsorted(expected, np.minimum(places, np.nextafter(total, 0)), "right")
        parts.append(begin * n_steps + found)
    unit, step = np.divmod(np.concatenate(parts), max(n_steps, 1))
    return unit.astype(np.int32), step


def _rates_Hz(units: LgnUnits, tables: Tables, movie: Movie, memory: bool) -> NDArray[np.float32]:
    rates = np.zeros((len(units), movie.n_steps), dtype=np.float32)
    for kind, subfields in enumerate(unit_filters(tables.lgn_units)):
        chosen = np.flatnonzero(units.unit_type == kind)
        for begin, end in _blocks(len(chosen), movie.n_steps):
            block = chosen[begin:end]
            total = np.zeros((len(block), movie.n_steps))
            for subfield in subfields:
                drive = _drive(units, block, subfield, movie)
                linear = _filtered(drive, subfield.kernel_Hz, movie, memory)
                total += np.maximum(linear + subfield.spontaneous_Hz, 0.0)
            rates[block] = total
    return rates


def _drive(
    units: LgnUnits, chosen: NDArray[np.int64], subfield: Subfield, movie: Movie
) -> FloatArray:
    """Return the filtered contrast of each frame for each unit's spatial filter."""
    # Units with one field have no tuning angle; their offset is 0.
    angle = np.deg2rad(np.nan_to_num(units.tuning_angle_deg[chosen]))
    filters = spatial_filters(
        units.x_deg[chosen] + subfield.offset_deg * np.cos(angle),
        units.y_deg[chosen] + subfield.offset_deg * np.sin(angle),
        units.size_deg[chosen] * subfield.sigma_per_size,
    )
    frames = movie.frames.reshape(len(movie.frames), -1)
    parts = [
        filters @ frames[begin : begin + FRAME_BLOCK].T.astype(np.float64)
        for begin in range(0, len(frames), FRAME_BLOCK)
    ]
    return np.concatenate(parts, axis=1)


def _filtered(drive: FloatArray, kernel: FloatArray, movie: Movie, memory: bool) -> FloatArray:
    """Convolve the sequence of drives with a temporal kernel, starting each episode from gray."""
    starts = movie.episode_starts if not memory else movie.episode_starts[:1]
    lengths = np.diff(starts, append=movie.n_steps)
    if np.all(lengths == lengths[0]):
        order = movie.frame_of_step.reshape(len(starts), -1)
        return _from_gray(drive[:, order], kernel).reshape(len(drive), -1)
    episodes = np.split(movie.frame_of_step, starts[1:])
    return np.concatenate([_from_gray(drive[:, order], kernel) for order in episodes], axis=1)


def _from_gray(signal: FloatArray, kernel: FloatArray) -> FloatArray:
    """Convolve along the last axis, with zeros before the start."""
    from scipy.signal import oaconvolve  # here, since it takes a second to import

    n_steps = signal.shape[-1]
    lags = kernel[:n_steps].reshape((1,) * (signal.ndim - 1) + (-1,))
    convolved: FloatArray = oaconvolve(signal, lags, axes=-1)
    return convolved[..., :n_steps]


def _blocks(n_rows: int, n_columns: int) -> Iterator[tuple[int, int]]:
    rows = max(1, BLOCK_SIZE // max(n_columns, 1))
    for begin in range(0, n_rows, rows):
        yield begin, min(begin + rows, n_rows)
