"""Fits the background of each population to the mouse's mean rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.network import STATIC, Synapses, with_background
from v1cortex.simulation.simulation import simulate
from v1cortex.stimuli import Movie, drifting_grating, gray_movie
from v1cortex.tables import POPULATIONS
from validation.reference import load_reference

FloatArray = NDArray[np.float64]

DIRECTIONS_DEG = (0.0, 90.0, 180.0, 270.0)
"""Directions of the drifting gratings over which rates are averaged."""

CONTRAST, SPATIAL_FREQUENCY_CPD = 0.8, 0.04
"""As in the gratings used to measure the mouse's rates (Siegle et al. 2021, Nature 592:86). Here
they drift at 2 Hz, one of the five frequencies used there."""

GUESSED_RATE_HZ = 5.0
"""Target for populations without mouse data, close to the mean over all units (*choice*)."""

GAIN = 0.5
"""Exponent of the correction: the weight is multiplied by (target / rate) to this power."""

LARGEST_FACTOR = 1.5
"""Limit of one correction, so that a silent population does not overshoot."""


@dataclass(frozen=True, eq=False)
class RateTable:
    """Mean rates for one circuit size, averaged over network seeds.

    Parameters
    ----------
    n_neurons
        Size of the circuits.
    gratings_Hz, gray_Hz
        Mean rate of each population during drifting gratings and during gray, shape (17,).
    """

    n_neurons: int
    gratings_Hz: FloatArray
    gray_Hz: FloatArray


def target_rates_Hz() -> FloatArray:
    """Return the mouse's mean rate of each population during drifting gratings, shape (17,)."""
    reference = load_reference()
    known = set(reference.populations())
    return np.array(
        [
            reference.row(name).distribution().mean if name in known else GUESSED_RATE_HZ
            for name in POPULATIONS
        ]
    )


def gratings(duration_ms: int) -> Movie:
    """Return drifting gratings in all directions in sequence, `duration_ms` each."""
    movies = [
        drifting_grating(
            direction, duration_ms, contrast=CONTRAST, spatial_frequency_cpd=SPATIAL_FREQUENCY_CPD
        )
        for direction in DIRECTIONS_DEG
    ]
    first_frame = np.cumsum([0, *(len(movie.frames) for movie in movies[:-1])])
    order = [movie.frame_of_step + n for movie, n in zip(movies, first_frame, strict=True)]
    frames = np.concatenate([movie.frames for movie in movies])
    return Movie(frames, np.concatenate(order).astype(np.int16))


def mean_rates_Hz(
    circuits: Sequence[Circuit],
    movie: Movie,
    background_pA: FloatArray,
    synapses: Synapses = STATIC,
) -> FloatArray:
    """Return the mean rate of each population, averaged over circuits.

    Parameters
    ----------
    circuits
        Circuits; each is simulated with its own seed.
    movie
        The stimulus.
    background_pA
        Background weight of each population, shape (17,).
    synapses
        Short-term dynamics and gains.
    """
    total = np.zeros(len(POPULATIONS))
    for circuit in circuits:
        calibration = with_background(circuit, "fit", background_pA[circuit.nodes.population])
        cells = np.bincount(circuit.nodes.population, minlength=len(POPULATIONS))
        found = simulate(
            circuit,
            movie,
            seed=circuit.seed,
            calibration=calibration,
            short_term=synapses.short_term,
            weight_gain=synapses.weight_gain,
        )
        of_population = np.bincount(
            circuit.nodes.population, found.rates_Hz, minlength=len(POPULATIONS)
        )
        total += of_population / np.maximum(cells, 1)
    return total / len(circuits)


def fit(
    circuits: Sequence[Circuit],
    start_pA: FloatArray,
    duration_ms: int,
    iterations: int,
    report: Callable[[str, float], None],
    synapses: Synapses = STATIC,
) -> FloatArray:
    """Return background weights that bring each population close to the mouse's mean rate.

    Each step multiplies a population's weight by a power of the ratio of target to rate. A weight
    of 0 stays 0: that population fires enough without background.

    Parameters
    ----------
    circuits
        Circuits of one or several sizes; rates are averaged over all.
    start_pA
        Initial weight of each population, shape (17,).
    duration_ms
        Length of each grating.
    iterations
        Number of corrections.
    report
        Called before each with a line of text and the share that is done.
    synapses
        Short-term dynamics and gains that the weights are fitted for.

    Returns
    -------
    numpy.ndarray
        Weights in pA, shape (17,), rounded to 0.01 pA.
    """
    weights_pA = start_pA
    targets_Hz, movie = target_rates_Hz(), gratings(duration_ms)
    for step in range(iterations):
        rates_Hz = mean_rates_Hz(circuits, movie, weights_pA, synapses)
        error = float(np.abs(rates_Hz / targets_Hz - 1).mean())
        report(f"step {step + 1}: mean relative error {error:.2f}", step / iterations)
        factor = (targets_Hz / np.maximum(rates_Hz, 0.1)) ** GAIN
        weights_pA = weights_pA * np.clip(factor, 1 / LARGEST_FACTOR, LARGEST_FACTOR)
    return np.round(weights_pA, 2)


def rate_table(
    circuits: Sequence[Circuit],
    background_pA: FloatArray,
    duration_ms: int,
    synapses: Synapses = STATIC,
) -> RateTable:
    """Measure circuits of one size during gratings and during gray."""
    return RateTable(
        circuits[0].n_neurons,
        mean_rates_Hz(circuits, gratings(duration_ms), background_pA, synapses),
        mean_rates_Hz(circuits, gray_movie(2 * duration_ms), background_pA, synapses),
    )
