"""The course of one task: settle, train, freeze, fit the threshold, validate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.rule import Rule
from v1cortex.calibration import calibration_for, with_gain
from v1cortex.circuit import Circuit
from v1cortex.config import ProtocolConfig
from v1cortex.lgn import firing_rates_Hz
from v1cortex.network import Network, NetworkSettings
from v1cortex.readout import fit_threshold, score_trials
from v1cortex.rewards import Rewards
from v1cortex.session import Judge, Session
from v1cortex.stimuli import Movie, gray_movie
from v1cortex.stopwatch import Stopwatch
from v1cortex.tasks import ChangeDetection, Phase, TrialBlock
from validation.spikes import SpikeTrains

Report = Callable[[str, float], None]
"""Takes what is being done and the share that is done, 0 to 1."""

DOMAIN_KEYS = {"gratings": 0, "natural_images": 1}
"""Keys of the tasks' random streams, so that a task's trials do not depend on which others run."""

PHASES = ("network", "settling", "training", "threshold", "validation", "shuffling")


@dataclass(frozen=True, eq=False)
class TaskOutcome:
    """What one task gave.

    Parameters
    ----------
    readout
        Accuracy, AUC and what belongs to them, as plain data.
    weights
        Summary of the weights after training, as plain data; empty for a static network.
    spikes
        All spikes of the validation trials.
    trial_ms
        Length of a trial.
    biological_s
        Biological time simulated.
    """

    readout: dict[str, Any]
    weights: dict[str, Any]
    spikes: SpikeTrains
    trial_ms: int
    biological_s: float


class TaskRun:
    """One task of one evaluation, on a network of its own.

    Parameters
    ----------
    circuit, rule, protocol, seed
        As in `v1cortex.evaluation.evaluate`.
    task
        The task.
    pool
        Neuron indices of the read-out pool.
    stopwatch
        Adds up the time that the parts take.
    """

    def __init__(
        self,
        circuit: Circuit,
        rule: Rule,
        protocol: ProtocolConfig,
        seed: int,
        task: ChangeDetection,
        pool: NDArray[np.int32],
        stopwatch: Stopwatch,
    ) -> None:
        self.circuit, self.rule, self.protocol = circuit, rule, protocol
        self.task, self.pool, self.stopwatch = task, pool, stopwatch
        streams = np.random.SeedSequence(seed, spawn_key=(DOMAIN_KEYS[task.domain],))
        self._seeds = dict(zip(PHASES, streams.spawn(len(PHASES)), strict=True))

    def run(self, report: Report) -> TaskOutcome:
        """Run all phases; `Runaway` passes through."""
        report(f"{self.task.name}: building the network", 0.0)
        session = self._session()
        self.stopwatch.lap("build")
        report(f"{self.task.name}: training", 0.05)
        self._settle(session)
        training = self._train(session)
        network = session.network
        weights = network.plastic.summary() if network.plastic else {}
        report(f"{self.task.name}: fitting the threshold", 0.45)
        threshold_Hz = self._threshold_Hz(session)
        report(f"{self.task.name}: validation", 0.6)
        block, rates_Hz = self._block("validation", "validation", self.protocol.validation_trials)
        record = session.run(
            block, rates_Hz, self._rng("validation"), judge=self._judge(block), record=True
        )
        assert record.spikes is not None
        self.stopwatch.lap("simulate")
        readout = {
            **score_trials(block, record.pool_counts, record.pool_size, threshold_Hz),
            "training": training,
        }
        self.stopwatch.lap("score")
        return TaskOutcome(
            readout, weights, record.spikes, self.task.trial_ms, network.time_ms * 1e-3
        )

    def _session(self) -> Session:
        protocol = self.protocol
        seed = int(self._seeds["network"].generate_state(1)[0])
        calibration = calibration_for(self.circuit, protocol.calibration)
        settings = NetworkSettings(
            dt_ms=protocol.dt_ms,
            threads=protocol.threads,
            seed=1 + seed % (2**32 - 2),
            calibration=with_gain(self.circuit, calibration, protocol.weight_gain),
            plasticity=protocol.plasticity.settings(),
            plastic=protocol.plastic,
            flush_ms=float(self.task.trial_ms),
        )
        network = Network(self.circuit, self.rule, settings)
        return Session(network, self.pool, protocol.runaway_rate_Hz)

    def _settle(self, session: Session) -> None:
        # Whole trials, so that synapses are brought up to date at the trials' boundaries.
        trials = -(-self.protocol.settling_ms // self.task.trial_ms)
        if trials:
            rates_Hz = self._rates_Hz(gray_movie(trials * self.task.trial_ms))
            if session.network.plastic:
                session.network.plastic.set_active(False)
            session.settle(rates_Hz, self._rng("settling"))
        if session.network.plastic:
            session.network.plastic.set_active(True)

    def _train(self, session: Session) -> dict[str, Any]:
        protocol = self.protocol
        n_trials = protocol.training_trials
        fixed_Hz = self.rule.threshold_Hz if protocol.resolved_threshold == "rule" else None
        self.rewards = Rewards(fixed_Hz, protocol.reward, self._rng("shuffling"))
        if n_trials:
            block, rates_Hz = self._block("training", "training", n_trials)
            judge = self.rewards.judge(block.labels)
            session.run(block, rates_Hz, self._rng("training"), judge=judge)
        if session.network.plastic and not protocol.test_plasticity:
            session.network.plastic.set_active(False)
        return self.rewards.summary()

    def _judge(self, block: TrialBlock) -> Judge | None:
        """Return what rewards trials after training: nothing, unless plasticity goes on."""
        return self.rewards.judge(block.labels) if self.protocol.test_plasticity else None

    def _threshold_Hz(self, session: Session) -> float:
        n_trials = self.protocol.threshold_trials
        if self.protocol.resolved_threshold == "rule" or not n_trials:
            return self.rule.threshold_Hz
        block, rates_Hz = self._block("threshold", "training", n_trials)
        record = session.run(block, rates_Hz, self._rng("threshold"), judge=self._judge(block))
        return fit_threshold(block.labels, record.pool_rates_Hz(block.window_ms))

    def _block(
        self, phase: str, images: Phase, n_trials: int
    ) -> tuple[TrialBlock, NDArray[np.float32]]:
        seed = int(self._seeds[phase].spawn(1)[0].generate_state(1)[0])
        block = self.task.block(n_trials, images, seed)
        return block, self._rates_Hz(block.movie)

    def _rates_Hz(self, movie: Movie) -> NDArray[np.float32]:
        return firing_rates_Hz(
            self.circuit.lgn_units, self.circuit.tables, movie, memory=self.protocol.lgn_memory
        )

    def _rng(self, phase: str) -> np.random.Generator:
        return np.random.default_rng(self._seeds[phase])
