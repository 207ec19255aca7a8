"""Runs trials on one network: stimulate, read out, reward, record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import SimulationError
from v1cortex.network import Network, SpikeRecorder
from v1cortex.tasks import TrialBlock
from validation.spikes import SpikeTrains

Judge = Callable[[int, NDArray[np.float64]], float]
"""Called with a trial's index and the rate of each pool in the response window (Hz); returns the
reward error."""


class Runaway(SimulationError):
    """The network's mean rate in one trial exceeded the protocol's limit."""


@dataclass(frozen=True, eq=False)
class BlockRecord:
    """The recording of one block of trials, without warm-up trials.

    Parameters
    ----------
    pool_counts
        Spikes of the read-out pools per millisecond of the trial; int32, shape (n_pools, n_trials,
        trial_ms).
    pool_size
        Number of cells in each pool.
    mean_rates_Hz
        Mean rate of all neurons in each trial, shape (n_trials,).
    spikes
        All spikes, with time 0 at the first trial; None unless requested.
    """

    pool_counts: NDArray[np.int32]
    pool_size: int
    mean_rates_Hz: NDArray[np.float64]
    spikes: SpikeTrains | None

    def pool_rates_Hz(self, window_ms: tuple[int, int]) -> NDArray[np.float64]:
        """Return each pool's mean rate in a window of each trial, shape (n_trials, n_pools)."""
        begin, end = window_ms
        counts = self.pool_counts[:, :, begin:end].sum(axis=2).T
        return np.asarray(counts / (self.pool_size * (end - begin) * 1e-3))


class Session:
    """Runs blocks of trials on one network.

    Parameters
    ----------
    network
        The network; its `flush_ms` is the length of a trial.
    pools
        Neuron indices of the disjoint read-out pools, shape (n_pools, n), or (n,) for a single
        one.
    runaway_rate_Hz
        The session stops if the network's mean rate in a trial exceeds this.
    """

    def __init__(
        self, network: Network, pools: NDArray[np.int32], runaway_rate_Hz: float = 100.0
    ) -> None:
        self.network, self.pools = network, np.atleast_2d(pools)
        self.recorder = SpikeRecorder(network)
        self._limit_Hz = runaway_rate_Hz
        self._pool_of_id = np.full(int(network.node_ids.max()) + 1, -1)
        self._pool_of_id[network.node_ids[self.pools]] = np.arange(len(self.pools))[:, None]
        self._steps_per_ms = round(1.0 / network.settings.dt_ms)

    def settle(self, rates_Hz: NDArray[np.float32], rng: np.random.Generator) -> None:
        """Run the network with LGN input, one column of `rates_Hz` per millisecond."""
        self.network.set_lgn_rates(rates_Hz, rng)
        self.network.simulate(rates_Hz.shape[1])
        self.recorder.clear()

    def run(
        self,
        block: TrialBlock,
        pieces_Hz: Iterable[NDArray[np.float32]],
        rng: np.random.Generator,
        *,
        judge: Judge | None = None,
        record: bool = False,
    ) -> BlockRecord:
        """Run a block of trials.

        Parameters
        ----------
        block
            The trials.
        pieces_Hz
            Rates of the LGN units for all trials in sequence, warm-up trials first, in one or
            several arrays of shape (n_units, n_ms). Each holds whole trials.
        rng
            Generator that draws the LGN spikes.
        judge
            Called after each scored trial; the returned reward error is delivered to the synapses.
        record
            Whether to keep all spikes, not only the pools'.

        Raises
        ------
        Runaway
            If the network's mean rate in one trial exceeds the limit.
        """
        pieces, left_ms = iter(pieces_Hz), 0
        n_pools, pool_size = self.pools.shape
        pool_counts = np.zeros((n_pools, block.n_trials, block.trial_ms), dtype=np.int32)
        mean_rates_Hz = np.zeros(block.n_trials)
        self.recorder.clear()
        recorded: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        first_step, trial_steps = self.recorder.now_step, block.trial_ms * self._steps_per_ms
        for position in range(-block.n_warmup_trials, block.n_trials):
            if not left_ms:
                rates_Hz = next(pieces)
                self.network.set_lgn_rates(rates_Hz, rng)
                left_ms = rates_Hz.shape[1]
                del rates_Hz  # the next piece need not wait for room
            left_ms -= block.trial_ms
            self.network.simulate(block.trial_ms)
            steps, ids = self.recorder.take()
            begin_step = first_step + (position + block.n_warmup_trials) * trial_steps
            rate_Hz = self.recorder.mean_rate_Hz(len(steps), block.trial_ms)
            if rate_Hz > self._limit_Hz:
                raise Runaway(
                    f"mean rate {rate_Hz:.0f} Hz in trial {position} exceeds {self._limit_Hz:g} Hz"
                )
            if position < 0:
                continue
            counts = self._pool_counts(steps - begin_step, ids, block.trial_ms)
            pool_counts[:, position], mean_rates_Hz[position] = counts, rate_Hz
            if record:
                recorded.append((steps, ids))
            if judge is not None:
                delta = judge(position, self._window_rates_Hz(counts, block.window_ms))
                if self.network.plastic is not None:
                    self.network.plastic.deliver_reward_error(delta)
        spikes = None
        if recorded:
            steps, ids = (np.concatenate(column) for column in zip(*recorded, strict=True))
            start_step = first_step + block.n_warmup_trials * trial_steps
            spikes = self.recorder.trains(steps, ids, start_step, block.n_trials * block.trial_ms)
        return BlockRecord(pool_counts, pool_size, mean_rates_Hz, spikes)

    def _window_rates_Hz(
        self, counts: NDArray[np.int32], window_ms: tuple[int, int]
    ) -> NDArray[np.float64]:
        begin, end = window_ms
        seconds = self.pools.shape[1] * (end - begin) * 1e-3
        return np.asarray(counts[:, begin:end].sum(axis=1) / seconds)

    def _pool_counts(
        self, steps: NDArray[np.int64], ids: NDArray[np.int64], trial_ms: int
    ) -> NDArray[np.int32]:
        # A spike in the k-th step of the trial (k from 0) has time stamp k + 1.
        pool = self._pool_of_id[ids]
        chosen = pool >= 0
        bins = pool[chosen] * trial_ms + (steps[chosen] - 1) // self._steps_per_ms
        counts = np.bincount(bins, minlength=len(self.pools) * trial_ms)
        return counts.reshape(len(self.pools), trial_ms).astype(np.int32)
