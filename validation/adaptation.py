"""Adaptation: responses to an image shown again and again, left out, and shown after a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from validation.spikes import SpikeTrains

__all__ = ["Adaptation", "PopulationAdaptation", "Presentations", "measure_adaptation"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class PopulationAdaptation:
    """Mean rates of a population in the response window of presentations.

    Parameters
    ----------
    population
        Its name.
    n_cells
        Number of cells.
    repeats_Hz, repeats_standard_error_Hz
        By how often the image was shown just before, from 0 (a change) on; standard errors over
        sequences.
    omitted_Hz
        Where the next repeat is left out.
    gray_Hz
        At the end of the longest gap: the rate without any response.
    after_gap_Hz, after_gap_standard_error_Hz
        To the image's next presentation, by length of the gap.
    change_over_repeat
        Rate at a change over the mean of the last repeats (the later half); None if that is 0.
    """

    population: str
    n_cells: int
    repeats_Hz: tuple[float, ...]
    repeats_standard_error_Hz: tuple[float, ...]
    omitted_Hz: float
    gray_Hz: float
    after_gap_Hz: tuple[float, ...]
    after_gap_standard_error_Hz: tuple[float, ...]
    change_over_repeat: float | None

    @property
    def repeated_Hz(self) -> float:
        """Mean rate over the later half of the repeats."""
        return _late(self.repeats_Hz)

    def recovered(self, index: int) -> float | None:
        """Return the share of what repeats take from the response to a change that a gap restores.

        None if repeats take nothing.
        """
        lost = self.repeats_Hz[0] - self.repeated_Hz
        return (self.after_gap_Hz[index] - self.repeated_Hz) / lost if lost > 0 else None


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """Adaptation of a network's populations.

    Parameters
    ----------
    n_sequences
        Number of sequences of repeats.
    period_ms
        From one presentation to the next.
    gaps_ms
        Time from the last presentation before each gap to the first after it.
    populations
        Populations with cells.
    """

    n_sequences: int
    period_ms: float
    gaps_ms: tuple[float, ...]
    populations: tuple[PopulationAdaptation, ...]


@dataclass(frozen=True, eq=False)
class Presentations:
    """What was shown, one entry for each presentation; shape (n,).

    Parameters
    ----------
    starts_ms
        Begin of its response window.
    repeat
        How often the image was shown just before; -1 if that does not count.
    omitted
        Number of presentations left out up to this one; 0 where an image is shown.
    after
        Number of presentations left out just before an image; 0 for others.
    """

    starts_ms: FloatArray
    repeat: IntArray
    omitted: IntArray
    after: IntArray


def measure_adaptation(
    spikes: SpikeTrains,
    shown: Presentations,
    window_ms: float,
    period_ms: float,
    cells: Mapping[str, npt.NDArray[np.integer]],
) -> Adaptation:
    """Measure the responses of populations to repeats, omissions and what follows gaps.

    Parameters
    ----------
    spikes
        All spikes.
    shown
        The presentations.
    window_ms
        Length of the response window.
    period_ms
        From one presentation to the next.
    cells
        Indices of the cells of each population; empty ones are left out.

    Raises
    ------
    StatisticsError
        If windows overlap.
    """
    rates_Hz = spikes.responses_Hz(shown.starts_ms, window_ms)
    gaps = np.unique(shown.after[shown.after > 0])
    return Adaptation(
        n_sequences=int(np.count_nonzero(shown.repeat == 0)),
        period_ms=period_ms,
        gaps_ms=tuple((period_ms * (gaps + 1)).tolist()),
        populations=tuple(
            _population(name, rates_Hz[own].mean(axis=0), len(own), shown, gaps)
            for name, own in cells.items()
            if len(own)
        ),
    )


def _population(
    name: str, rate_Hz: FloatArray, n_cells: int, shown: Presentations, gaps: IntArray
) -> PopulationAdaptation:
    repeats = [rate_Hz[shown.repeat == k] for k in range(int(shown.repeat.max()) + 1)]
    after = [rate_Hz[shown.after == gap] for gap in gaps]
    means = tuple(float(each.mean()) for each in repeats)
    late = _late(means)
    return PopulationAdaptation(
        population=name,
        n_cells=n_cells,
        repeats_Hz=means,
        repeats_standard_error_Hz=tuple(map(_standard_error, repeats)),
        omitted_Hz=float(rate_Hz[shown.omitted == 1].mean()),
        gray_Hz=float(rate_Hz[shown.omitted == shown.omitted.max()].mean()),
        after_gap_Hz=tuple(float(each.mean()) for each in after),
        after_gap_standard_error_Hz=tuple(map(_standard_error, after)),
        change_over_repeat=means[0] / late if late > 0 else None,
    )


def _late(repeats_Hz: Sequence[float]) -> float:
    return float(np.mean(repeats_Hz[len(repeats_Hz) // 2 :]))


def _standard_error(rates_Hz: FloatArray) -> float:
    return float(rates_Hz.std(ddof=1) / np.sqrt(len(rates_Hz)))
