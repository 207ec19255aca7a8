"""Records all spikes of a network, retrieved from NEST in pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.nest import load_nest, ranks, record_spikes, set_each
from v1cortex.network.network import Network
from validation.spikes import SpikeTrains

__all__ = ["SpikeRecorder"]

CHUNK_MS = 100
"""Simulated time between two progress reports."""


class SpikeRecorder:
    """Records the spikes of every neuron of a network.

    Parameters
    ----------
    network
        The network.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._recorder = load_nest().Create("spike_recorder", params={"time_in_steps": True})
        record_spikes(network.neurons, self._recorder)

    @property
    def now_step(self) -> int:
        """Number of time steps that the network has been simulated for."""
        return round(self.network.time_ms / self.network.settings.dt_ms)

    def clear(self) -> None:
        """Discard recorded spikes."""
        set_each(self._recorder, [{"n_events": 0}])

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the time stamps (steps) and NEST ids of the spikes since the last call.

        NEST copies all recorded spikes whenever any value of a recorder is read, so they are read
        once and discarded.
        """
        events = self._recorder.events
        # Without spikes, NEST returns empty arrays of floats.
        steps, ids = (np.array(events[key], dtype=np.int64) for key in ("times", "senders"))
        taken = ranks.gather(steps, ids)
        self.clear()
        return taken[0], taken[1]

    def mean_rate_Hz(self, n_spikes: int, duration_ms: int) -> float:
        """Return the mean rate over all neurons for this number of spikes."""
        return n_spikes / (self.network.circuit.n_neurons * duration_ms * 1e-3)

    def watch(
        self,
        rates_Hz: NDArray[np.float32],
        rng: np.random.Generator,
        progress: Callable[[float, float], None],
    ) -> SpikeTrains:
        """Simulate the network with an LGN input and return all spikes, from time 0 on.

        Ctrl-C ends the run; the spikes recorded until then are returned, with their duration.

        Parameters
        ----------
        rates_Hz
            Rates of the LGN units per millisecond, shape (n_units, n_ms).
        rng
            Generator that draws the LGN spikes.
        progress
            Called every 100 ms with the simulated time so far and the mean rate in the last
            100 ms, in Hz.
        """
        self.network.set_lgn_rates(rates_Hz, rng)
        start_step, run_ms, total_ms = self.now_step, 0, rates_Hz.shape[1]
        parts: list[tuple[NDArray[Any], ...]] = []
        self.clear()
        try:
            while run_ms < total_ms:
                chunk_ms = min(CHUNK_MS, total_ms - run_ms)
                self.network.simulate(chunk_ms)
                parts.append(self.take())
                run_ms += chunk_ms
                progress(run_ms, self.mean_rate_Hz(len(parts[-1][0]), chunk_ms))
        except KeyboardInterrupt:
            if not run_ms:
                raise
        steps, ids = (np.concatenate(column) for column in zip(*parts, strict=True))
        return self.trains(steps, ids, start_step, run_ms)

    def trains(
        self, steps: NDArray[Any], ids: NDArray[Any], start_step: int, duration_ms: int
    ) -> SpikeTrains:
        """Return recorded spikes as spike trains.

        Parameters
        ----------
        steps, ids
            Arrays returned by `take`; shape (n,).
        start_step
            The step that becomes time 0.
        duration_ms
            Length of the trains; later spikes are left out.
        """
        times_ms = (steps - start_step) * self.network.settings.dt_ms
        # An interrupted simulation may have recorded spikes after the reported duration.
        kept = times_ms <= duration_ms + 1e-6
        senders = np.searchsorted(self.network.node_ids, ids[kept])
        return SpikeTrains.from_events(
            times_ms[kept],
            senders.astype(np.int32),
            self.network.circuit.n_neurons,
            float(duration_ms),
        )
