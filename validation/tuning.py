"""Orientation and direction selectivity from responses to gratings of several directions.

The global indices of the Allen Brain Observatory: with mean responses r_k to directions theta_k,
``OSI = |sum r_k exp(2 i theta_k)| / sum r_k`` and ``DSI = |sum r_k exp(i theta_k)| / sum r_k``. OSI
is one minus the circular variance (Ringach et al. 2002, J Neurosci 22:5639). 0 means untuned, 1 a
response to a single orientation (or direction) only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from validation.errors import StatisticsError

FloatArray = npt.NDArray[np.float64]


def tuning_curves(
    responses_Hz: npt.ArrayLike, direction_of_trial_deg: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Average responses over the trials of each direction.

    Parameters
    ----------
    responses_Hz
        Response of each neuron in each trial; float64[neurons, trials].
    direction_of_trial_deg
        Direction shown in each trial; float64[trials].

    Returns
    -------
    directions_deg
        The different directions, ascending; float64[directions].
    curves_Hz
        Mean responses; float64[neurons, directions].

    Raises
    ------
    StatisticsError
        Responses and directions differ in their number of trials.
    """
    responses = np.asarray(responses_Hz, dtype=np.float64)
    shown = np.asarray(direction_of_trial_deg, dtype=np.float64)
    if responses.ndim != 2 or shown.shape != responses.shape[1:]:
        raise StatisticsError(f"responses {responses.shape} do not match {shown.shape} trials")
    directions, index = np.unique(shown, return_inverse=True)
    assignment = np.zeros((shown.size, directions.size))
    assignment[np.arange(shown.size), index] = 1.0
    return directions, responses @ assignment / assignment.sum(axis=0)


def orientation_selectivity(curves_Hz: npt.ArrayLike, directions_deg: npt.ArrayLike) -> FloatArray:
    """Return the global OSI; float64[neurons], NaN for neurons without a response."""
    return np.abs(_resultant(curves_Hz, directions_deg, 2))


def direction_selectivity(curves_Hz: npt.ArrayLike, directions_deg: npt.ArrayLike) -> FloatArray:
    """Return the global DSI; float64[neurons], NaN for neurons without a response."""
    return np.abs(_resultant(curves_Hz, directions_deg, 1))


def preferred_direction_deg(curves_Hz: npt.ArrayLike, directions_deg: npt.ArrayLike) -> FloatArray:
    """Return the direction of the vector sum in [0, 360); NaN for neurons without a response."""
    resultant = _resultant(curves_Hz, directions_deg, 1)
    return np.asarray(np.rad2deg(np.angle(resultant)) % 360.0, dtype=np.float64)


def preferred_orientation_deg(
    curves_Hz: npt.ArrayLike, directions_deg: npt.ArrayLike
) -> FloatArray:
    """Return the preferred axis of motion: half the angle of the OSI's vector sum.

    Directions theta and theta + 180 deg are the same axis; values in [0, 180), NaN for neurons
    without a response.
    """
    resultant = _resultant(curves_Hz, directions_deg, 2)
    return np.asarray(np.rad2deg(np.angle(resultant)) % 360.0 / 2.0, dtype=np.float64)


def _resultant(
    curves_Hz: npt.ArrayLike, directions_deg: npt.ArrayLike, harmonic: int
) -> npt.NDArray[np.complex128]:
    curves = np.asarray(curves_Hz, dtype=np.float64)
    directions = np.asarray(directions_deg, dtype=np.float64)
    _check_directions(curves, directions, harmonic)
    total = curves.sum(axis=1)
    phase = np.exp(1j * harmonic * np.deg2rad(directions))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((curves @ phase) / total)


def _check_directions(curves: FloatArray, directions: FloatArray, harmonic: int) -> None:
    if curves.ndim != 2 or directions.shape != curves.shape[1:]:
        raise StatisticsError(f"curves {curves.shape} do not match {directions.shape} directions")
    if np.any(curves < 0):
        raise StatisticsError("selectivity indices need non-negative responses")
    # Uneven directions would make an untuned neuron look tuned.
    steps = np.diff(np.sort(directions))
    span = 360.0 / harmonic
    turns = directions.size * steps[0] / span if steps.size else 0.0
    even = steps.size > 1 and np.allclose(steps, steps[0]) and abs(turns - round(turns)) < 1e-6
    if not (even and round(turns) >= 1):
        raise StatisticsError(
            f"directions must be evenly spaced over {span:g} deg, not {directions.tolist()}"
        )
