"""Spike trains of a whole network as two flat arrays.

A spike stamped ``t`` belongs to the time step that ends at ``t``, as in NEST. Windows and bins are
therefore open on the left and closed on the right: a trial that is simulated from 0 to 200 ms
contains the spikes with ``0 < t <= 200``, and consecutive windows share none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from validation.conversions import Convertible
from validation.errors import StatisticsError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]

TIME_TOLERANCE_MS = 1e-6
"""Rounding error of a time stamp that still counts as "on the edge"; far below any time step."""


@dataclass(frozen=True, eq=False, repr=False)
class SpikeTrains(Convertible):
    """The spikes of `n_neurons` neurons during one recording.

    For conversions to and from Neo, NEST's events and pandas, see
    `validation.conversions.Convertible`.

    Parameters
    ----------
    times_ms
        Spike times, ascending, within the recording; float64[n_spikes].
    senders
        Neuron of each spike, 0 to ``n_neurons - 1``; int32[n_spikes].
    n_neurons
        Number of recorded neurons, including silent ones.
    duration_ms
        Length of the recording.
    start_ms
        Start of the recording.

    Raises
    ------
    StatisticsError
        Times are not sorted, or a time or a sender is out of range.
    """

    times_ms: FloatArray
    senders: npt.NDArray[np.int32]
    n_neurons: int
    duration_ms: float
    start_ms: float = 0.0

    def __post_init__(self) -> None:
        times = _read_only(self.times_ms, np.dtype(np.float64))
        senders = _read_only(self.senders, np.dtype(np.int32))
        object.__setattr__(self, "times_ms", times)
        object.__setattr__(self, "senders", senders)
        self._check_shapes()
        if times.size:
            self._check_ranges()

    def _check_shapes(self) -> None:
        times, senders = self.times_ms, self.senders
        if times.ndim != 1 or times.shape != senders.shape:
            raise StatisticsError(
                f"spike times {times.shape} and senders {senders.shape} must be one-dimensional "
                "and of the same length"
            )
        if not (np.isfinite(self.duration_ms) and self.duration_ms > 0):
            raise StatisticsError(f"duration_ms must be positive, not {self.duration_ms}")
        if self.n_neurons < 0:
            raise StatisticsError(f"n_neurons must not be negative: {self.n_neurons}")

    def _check_ranges(self) -> None:
        times, senders = self.times_ms, self.senders
        if not bool(np.all(times[1:] >= times[:-1])):
            raise StatisticsError(
                "spike times are not ascending (or not numbers): use SpikeTrains.from_events"
            )
        first, last = float(times[0]), float(times[-1])
        if not (first >= self.start_ms - TIME_TOLERANCE_MS):
            raise StatisticsError(f"a spike at {first} ms is before the start, {self.start_ms} ms")
        if not (last <= self.stop_ms + TIME_TOLERANCE_MS):
            raise StatisticsError(f"a spike at {last} ms is after the end, {self.stop_ms} ms")
        low, high = int(senders.min()), int(senders.max())
        if low < 0 or high >= self.n_neurons:
            wrong = low if low < 0 else high
            raise StatisticsError(
                f"sender {wrong} is not a neuron: 0 to {self.n_neurons - 1}. NEST's ids start at "
                "1: use SpikeTrains.from_nest for them"
            )

    @classmethod
    def from_events(
        cls,
        times_ms: npt.ArrayLike,
        senders: npt.ArrayLike,
        n_neurons: int,
        duration_ms: float,
        start_ms: float = 0.0,
    ) -> Self:
        """Sort events by time, then sender, so that the order of the input does not matter.

        Parameters
        ----------
        times_ms, senders
            Time and neuron of each spike, in any order; [n_spikes].
        n_neurons, duration_ms, start_ms
            As in the class.

        Raises
        ------
        StatisticsError
            As for the class; also if times and senders differ in number, or senders are not whole
            numbers.
        """
        times = np.asarray(times_ms, dtype=np.float64)
        neurons = np.asarray(senders)
        if times.shape != neurons.shape:
            raise StatisticsError(f"{times.shape} spike times but {neurons.shape} senders")
        step, shift = np.diff(times), np.diff(neurons)
        # A simulator's spikes often come in order, and checking is far cheaper than sorting.
        if not bool(np.all((step > 0) | ((step == 0) & (shift >= 0)))):
            order = np.lexsort((neurons, times))
            times, neurons = times[order], neurons[order]
        return cls(times, _as_senders(neurons), n_neurons, duration_ms, start_ms)

    @property
    def stop_ms(self) -> float:
        """End of the recording."""
        return self.start_ms + self.duration_ms

    @property
    def n_spikes(self) -> int:
        """Number of spikes of all neurons."""
        return int(self.times_ms.size)

    @cached_property
    def spike_counts(self) -> npt.NDArray[np.int64]:
        """Spikes of each neuron; int64[n_neurons]."""
        return np.bincount(self.senders, minlength=self.n_neurons)

    @cached_property
    def by_neuron(self) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Times sorted by neuron, then time, and each neuron's offset; int64[n_neurons + 1]."""
        # NumPy uses radix sort for 16-bit integers, about five times faster than longer ones.
        keys = self.senders.astype(np.uint16) if self.n_neurons <= 2**16 else self.senders
        order = np.argsort(keys, kind="stable")
        offsets = np.zeros(self.n_neurons + 1, dtype=np.int64)
        np.cumsum(self.spike_counts, out=offsets[1:])
        return self.times_ms[order], offsets

    def train_ms(self, neuron: int) -> FloatArray:
        """Return the spike times of one neuron in ms.

        Raises
        ------
        StatisticsError
            There is no such neuron.
        """
        if not 0 <= neuron < self.n_neurons:
            raise StatisticsError(f"{neuron} is not a neuron: 0 to {self.n_neurons - 1}")
        times, offsets = self.by_neuron
        return times[offsets[neuron] : offsets[neuron + 1]]

    def rates_Hz(self) -> FloatArray:
        """Return each neuron's mean firing rate; float64[n_neurons]."""
        return np.asarray(self.spike_counts * (1000.0 / self.duration_ms), dtype=np.float64)

    def select(self, neurons: npt.ArrayLike) -> SpikeTrains:
        """Return the trains of some neurons, renumbered 0, 1, ... in the order given."""
        chosen = self.check_neurons(neurons)
        new_index = np.full(self.n_neurons, -1, dtype=np.int32)
        new_index[chosen] = np.arange(chosen.size, dtype=np.int32)
        renumbered = new_index[self.senders]
        kept = renumbered >= 0
        return SpikeTrains(
            self.times_ms[kept], renumbered[kept], chosen.size, self.duration_ms, self.start_ms
        )

    def window(self, start_ms: float, stop_ms: float) -> SpikeTrains:
        """Return the spikes with ``start_ms < t <= stop_ms`` (a window at the start includes it).

        Raises
        ------
        StatisticsError
            The window is empty or not within the recording.
        """
        inside = (
            start_ms >= self.start_ms - TIME_TOLERANCE_MS
            and stop_ms <= self.stop_ms + TIME_TOLERANCE_MS
        )
        if not (inside and start_ms < stop_ms):
            raise StatisticsError(
                f"window {start_ms} to {stop_ms} ms is not within the recording, "
                f"{self.start_ms} to {self.stop_ms} ms"
            )
        at_start = start_ms <= self.start_ms + TIME_TOLERANCE_MS
        first = 0 if at_start else self._position(start_ms)
        last = self._position(stop_ms)
        times, senders = self.times_ms[first:last], self.senders[first:last]
        return SpikeTrains(times, senders, self.n_neurons, stop_ms - start_ms, start_ms)

    def counts(self, bin_ms: float, neurons: npt.ArrayLike | None = None) -> npt.NDArray[np.int32]:
        """Count spikes in consecutive bins; an incomplete last bin is dropped.

        Parameters
        ----------
        bin_ms
            Bin width.
        neurons
            The neurons to count; all if None.

        Returns
        -------
        counts
            int32[neurons, bins].
        """
        trains = self if neurons is None else self.select(neurons)
        n_bins = self.n_bins(bin_ms)
        bins = trains.bin_index(bin_ms)
        kept = bins < n_bins
        flat = trains.senders[kept].astype(np.int64) * n_bins + bins[kept]
        size = trains.n_neurons * n_bins
        return np.bincount(flat, minlength=size).astype(np.int32).reshape(trains.n_neurons, n_bins)

    def population_counts(self, bin_ms: float) -> npt.NDArray[np.int64]:
        """Count the spikes of all neurons together in consecutive bins; int64[bins]."""
        n_bins = self.n_bins(bin_ms)
        return np.bincount(self.bin_index(bin_ms), minlength=n_bins)[:n_bins]

    def responses_Hz(self, starts_ms: npt.ArrayLike, length_ms: float) -> FloatArray:
        """Return the rate of each neuron in windows ``start < t <= start + length_ms``.

        Windows need not be contiguous but must not overlap.

        Returns
        -------
        rates
            float64[n_neurons, n_windows], Hz, in the order of `starts_ms`.

        Raises
        ------
        StatisticsError
            Windows overlap.
        """
        starts = np.asarray(starts_ms, dtype=np.float64)
        order = np.argsort(starts, kind="stable")
        ascending = starts[order]
        if np.any(np.diff(ascending) < length_ms - TIME_TOLERANCE_MS):
            raise StatisticsError(f"windows of {length_ms} ms overlap")
        window = np.searchsorted(ascending, self.times_ms - TIME_TOLERANCE_MS, side="left") - 1
        known = window >= 0
        late = self.times_ms > ascending[window] + length_ms + TIME_TOLERANCE_MS
        kept = known & ~late
        flat = self.senders[kept].astype(np.int64) * starts.size + order[window[kept]]
        counts = np.bincount(flat, minlength=self.n_neurons * starts.size)
        rates = counts.reshape(self.n_neurons, starts.size) * (1000.0 / length_ms)
        return np.asarray(rates, dtype=np.float64)

    def n_bins(self, bin_ms: float) -> int:
        """Return the number of whole bins of `bin_ms` in the recording.

        Raises
        ------
        StatisticsError
            The bin is not positive, or longer than the recording.
        """
        if not bin_ms > 0:
            raise StatisticsError(f"bin_ms must be positive, not {bin_ms}")
        bins = int(self.duration_ms / bin_ms + TIME_TOLERANCE_MS)
        if bins < 1:
            raise StatisticsError(
                f"a recording of {self.duration_ms} ms is too short for a {bin_ms} ms bin"
            )
        return bins

    def bin_index(self, bin_ms: float) -> npt.NDArray[np.int64]:
        """Return the bin of every spike, including the incomplete last one; int64[n_spikes]."""
        position = (self.times_ms - (self.start_ms + TIME_TOLERANCE_MS)) / bin_ms
        return np.maximum(np.ceil(position).astype(np.int64) - 1, 0)

    def __repr__(self) -> str:
        rate_Hz = self.n_spikes * 1000.0 / self.duration_ms / max(1, self.n_neurons)
        return (
            f"<SpikeTrains: {self.n_spikes:,} spikes of {self.n_neurons:,} neurons in "
            f"{self.duration_ms:g} ms, {rate_Hz:.2f} Hz on average>"
        )

    def check_neurons(self, neurons: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return neuron indices as int64, or raise if one is unknown or given twice.

        Raises
        ------
        StatisticsError
            A neuron is unknown or given twice, or a mask has the wrong length.
        """
        chosen = np.asarray(neurons)
        if chosen.dtype == np.bool_:
            if chosen.shape != (self.n_neurons,):
                raise StatisticsError(f"mask {chosen.shape} for {self.n_neurons} neurons")
            chosen = np.flatnonzero(chosen)
        chosen = chosen.astype(np.int64).reshape(-1)
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.n_neurons):
            wrong = int(chosen[(chosen < 0) | (chosen >= self.n_neurons)][0])
            raise StatisticsError(f"{wrong} is not a neuron: 0 to {self.n_neurons - 1}")
        if np.unique(chosen).size != chosen.size:
            raise StatisticsError("a neuron was selected twice")
        return chosen

    def _position(self, time_ms: float) -> int:
        return int(np.searchsorted(self.times_ms, time_ms + TIME_TOLERANCE_MS, side="right"))


def concatenate(parts: Sequence[SpikeTrains]) -> SpikeTrains:
    """Join recordings of the same neurons end to end into one that starts at 0 ms.

    Raises
    ------
    StatisticsError
        There is no recording, or they have different numbers of neurons.
    """
    sizes = {part.n_neurons for part in parts}
    if len(sizes) != 1:
        raise StatisticsError(f"cannot join recordings of {sorted(sizes)} neurons")
    ends = np.cumsum([part.duration_ms for part in parts])
    times = [
        part.times_ms + (end - part.duration_ms - part.start_ms)
        for part, end in zip(parts, ends, strict=True)
    ]
    senders = np.concatenate([part.senders for part in parts])
    return SpikeTrains(np.concatenate(times), senders, sizes.pop(), float(ends[-1]))


def _read_only(array: npt.ArrayLike, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    result = np.asarray(array)
    if dtype.kind == "i" and result.dtype != dtype:
        result = _as_senders(result)
    view = np.ascontiguousarray(result, dtype=dtype).view()
    view.flags.writeable = False
    return view


def _as_senders(neurons: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    if neurons.size and neurons.dtype.kind not in "iu":
        raise StatisticsError(f"senders must be whole numbers, not {neurons.dtype}")
    if neurons.size and not (-(2**31) <= int(neurons.min()) <= int(neurons.max()) < 2**31):
        raise StatisticsError(
            f"senders are {neurons.min()} to {neurons.max()}; neuron indices must be below 2^31"
        )
    return neurons.astype(np.int32)
