"""All spikes of a network, taken from NEST piece by piece."""

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
"""Biological time between two progress reports."""


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
        """Steps of the simulation that the network has made."""
        return round(self.network.time_ms / self.network.settings.dt_ms)

    def clear(self) -> None:
        """Forget what was recorded."""
        set_each(self._recorder, [{"n_events": 0}])

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the time stamps (steps) and NEST ids of the spikes since the last call.

        NEST copies all recorded spikes whenever it is asked for any of a recorder's values, so they
        are asked for once, and forgotten.
        """
        events = self._recorder.events
        # Without any spike NEST returns empty arrays of floats.
        steps, ids = (np.array(events[key], dtype=np.int64) for key in ("times", "senders"))
        taken = ranks.gather(steps, ids)
        self.clear()
        return taken[0], taken[1]

    def mean_rate_Hz(self, n_spikes: int, duration_ms: int) -> float:
        """Return the mean rate of all neurons that this number of spikes amounts to."""
        return n_spikes / (self.network.circuit.n_neurons * duration_ms * 1e-3)

    def watch(
        self,
        rates_Hz: NDArray[np.float32],
        rng: np.random.Generator,
        progress: Callable[[float, float], None],
    ) -> SpikeTrains:
        """Run the network under an LGN input and return all spikes, time 0 at its beginning.

        Ctrl-C ends the run; what was recorded until then is returned, with its duration.

        Parameters
        ----------
        rates_Hz
            Rates of the LGN units by millisecond, shape (n_units, n_ms).
        rng
            Source of the LGN spikes.
        progress
            Called every 100 ms with the biological time run so far and the mean rate in the
            last 100 ms, in Hz.
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
            What `take` returned; shape (n,).
        start_step
            The step that becomes time 0.
        duration_ms
            Length of the trains; later spikes are left out.
        """
        times_ms = (steps - start_step) * self.network.settings.dt_ms
        # An interrupted step of the simulation may have left spikes beyond what is reported.
        kept = times_ms <= duration_ms + 1e-6
        senders = np.searchsorted(self.network.node_ids, ids[kept])
        return SpikeTrains.from_events(
            times_ms[kept],
            senders.astype(np.int32),
            self.network.circuit.n_neurons,
            float(duration_ms),
        )
