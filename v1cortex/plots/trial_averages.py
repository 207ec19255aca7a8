"""Rates of populations averaged over trials, with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from nestml_models.common import counted
from v1cortex.plots.style import IntArray, layer_name, readable_name
from validation.errors import StatisticsError
from validation.spikes import SpikeTrains

__all__ = ["ENOUGH_TRIALS", "MIN_CELLS", "PopulationRate", "TrialAverages", "trial_averages"]

FloatArray = npt.NDArray[np.float64]

MIN_CELLS = 5
"""Smaller populations are left out: their averages show single spikes (*choice*)."""

ENOUGH_TRIALS = 10
"""Averages over fewer trials are marked as noisy (*choice*)."""

SMOOTHING_MS = 10.0
"""Smallest standard deviation of the Gaussian kernel (*choice*)."""

RECORDED_MS = 50.0
"""The kernel's standard deviation times the number of trials is at least this (*choice*)."""

BIN_MS = 5.0
"""Preferred bin width (*choice*)."""


@dataclass(frozen=True, eq=False)
class PopulationRate:
    """Rate of a population in a trial.

    Attributes
    ----------
    name
        Population name.
    n_cells
        Number of neurons.
    mean_Hz
        Mean over trials and neurons by bin; float64[n_bins].
    sem_Hz
        Standard error of the mean over trials; float64[n_bins], None for a single trial.
    """

    name: str
    n_cells: int
    mean_Hz: FloatArray
    sem_Hz: FloatArray | None


@dataclass(frozen=True, eq=False)
class TrialAverages:
    """Rates of populations averaged over trials.

    Attributes
    ----------
    time_ms
        Middle of each bin; float64[n_bins].
    bin_ms, smoothing_ms
        Bin width, and standard deviation of the Gaussian kernel.
    n_trials
        Number of trials.
    populations
        The populations of at least `MIN_CELLS` neurons, in the order of their names.
    left_out
        Name and number of neurons of those that are smaller.
    """

    time_ms: FloatArray
    bin_ms: float
    smoothing_ms: float
    n_trials: int
    populations: tuple[PopulationRate, ...]
    left_out: tuple[tuple[str, int], ...]

    @property
    def period_ms(self) -> float:
        """Length of a trial."""
        return len(self.time_ms) * self.bin_ms

    @property
    def layers(self) -> list[str]:
        """Layers with populations."""
        return list(dict.fromkeys(layer_name(each.name) for each in self.populations))

    def in_layer(self, layer: str) -> list[PopulationRate]:
        """Return the populations of a layer."""
        return [each for each in self.populations if layer_name(each.name) == layer]

    def how(self, trial_name: str = "trial") -> str:
        """Say over what rates are averaged, how they are smoothed, and what bands mean."""
        if self.n_trials == 1:
            text = f"a single {trial_name}, without s.e.m."
        else:
            text = f"mean ± s.e.m. of {counted(self.n_trials, trial_name)}"
        if self.n_trials < ENOUGH_TRIALS:
            text += f" (noisy: fewer than {ENOUGH_TRIALS})"
        return f"{text}, smoothed by a Gaussian of sd {self.smoothing_ms:.3g} ms"

    def without(self) -> str:
        """Say which populations are left out; empty if none is."""
        if not self.left_out:
            return ""
        names = ", ".join(f"{readable_name(name)} ({n})" for name, n in self.left_out)
        return f"left out, fewer than {MIN_CELLS} cells: {names}"


def trial_averages(
    trains: SpikeTrains,
    population: IntArray,
    population_names: Sequence[str],
    *,
    period_ms: float,
    bin_ms: float | None = None,
    smoothing_ms: float | None = None,
) -> TrialAverages:
    """Average the rate of each population over trials.

    Counts are smoothed before they are cut into trials, so that a trial's ends are as smooth as its
    middle.

    Parameters
    ----------
    trains
        Spike trains; trial k lasts from ``start + k * period_ms`` to the next.
    population
        Population of each neuron, an index into `population_names`; int[n_neurons].
    population_names
        Names such as ``L23_E``.
    period_ms
        Length of a trial.
    bin_ms
        Bin width, which divides the period; by default about `BIN_MS`, in whole ms if possible.
    smoothing_ms
        Standard deviation of the Gaussian kernel; by default `SMOOTHING_MS`, and more for fewer
        than five trials (`RECORDED_MS`). 0 for none.

    Raises
    ------
    StatisticsError
        The period is not a multiple of the bin, or the recording is shorter than one period.
    """
    bin_ms = bin_ms or _bin_of(period_ms)
    bins = round(period_ms / bin_ms)
    if bins < 1 or abs(bins * bin_ms - period_ms) > 1e-6:
        raise StatisticsError(f"period {period_ms} ms is not a multiple of the bin, {bin_ms} ms")
    n_trials = trains.n_bins(period_ms)
    if smoothing_ms is None:
        smoothing_ms = max(SMOOTHING_MS, RECORDED_MS / n_trials)
    drawn, left_out = [], []
    for index, name in enumerate(population_names):
        members = np.flatnonzero(population == index)
        if 0 < members.size < MIN_CELLS:
            left_out.append((name, int(members.size)))
        elif members.size:
            counts = trains.select(members).population_counts(bin_ms).astype(np.float64)
            rate_Hz = counts * (1000 / bin_ms / members.size)
            if smoothing_ms:
                rate_Hz = gaussian_filter1d(rate_Hz, smoothing_ms / bin_ms, mode="nearest")
            trials = rate_Hz[: n_trials * bins].reshape(n_trials, bins)
            sem_Hz = trials.std(axis=0, ddof=1) / np.sqrt(n_trials) if n_trials > 1 else None
            drawn.append(PopulationRate(name, int(members.size), trials.mean(axis=0), sem_Hz))
    middles_ms = (np.arange(bins, dtype=np.float64) + 0.5) * np.float64(bin_ms)
    return TrialAverages(middles_ms, bin_ms, smoothing_ms, n_trials, tuple(drawn), tuple(left_out))


def _bin_of(period_ms: float) -> float:
    """Return a divisor of the period of about `BIN_MS`: a whole number of ms if there is one."""
    if period_ms >= 1 and period_ms == round(period_ms):
        divisors = [n for n in range(1, int(2 * BIN_MS) + 1) if period_ms % n == 0]
        return float(min(divisors, key=lambda divisor: abs(np.log(divisor / BIN_MS))))
    return period_ms / max(1, round(period_ms / BIN_MS))
