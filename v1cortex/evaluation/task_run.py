"""Runs one task: settle, train, freeze, fit the threshold, validate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import Report
from nestml_models.rule import Rule
from v1cortex.circuit import Circuit
from v1cortex.errors import TaskError
from v1cortex.evaluation.analyses import Analyses
from v1cortex.evaluation.other_readouts import ReadoutCells
from v1cortex.evaluation.protocol import Protocol
from v1cortex.evaluation.readout import fit_threshold, score_trials
from v1cortex.evaluation.rewards import Rewards
from v1cortex.evaluation.session import BlockRecord, Judge, Runaway, Session
from v1cortex.evaluation.several_pools import score_choices
from v1cortex.evaluation.stopwatch import Stopwatch
from v1cortex.evaluation.task_result import TaskResult, Training
from v1cortex.lgn import firing_rates_Hz, rates_in_pieces_Hz
from v1cortex.network import (
    Network,
    NetworkSettings,
    arrange_weights,
    calibration_for,
    short_term_for,
)
from v1cortex.stimuli import Movie, gray_movie
from v1cortex.tables import POPULATIONS
from v1cortex.tasks import ChangeDetection, Phase, Task, TrialBlock, pools, repeated_images
from validation.adaptation import Adaptation, measure_adaptation
from validation.spikes import SpikeTrains
from validation.weights import WeightMovement

PHASES = (
    "network",
    "settling",
    "training",
    "threshold",
    "validation",
    "shuffling",
    "tested_weights",
    "adaptation",
)

MAX_RATES = 2**28
"""Rates of LGN units, by unit and millisecond, that are computed at once: 1 GiB (*choice*). A block
of the longest trials of the preset ``mouse`` has 6 times as many with 3000 neurons."""
PIECE_RATES = 2**25
"""Rates that are computed at a time if there are more: 128 MiB (*choice*)."""


@dataclass(frozen=True, eq=False)
class TaskOutcome:
    """The outcome of one task.

    Parameters
    ----------
    result
        Accuracy, AUC and related measures.
    weights
        How far weights have changed after training, by kind of connection; empty for a static
        network.
    spikes
        All spikes of the validation trials.
    trial_ms
        Length of a trial.
    biological_s
        Simulated time.
    """

    result: TaskResult
    weights: dict[str, WeightMovement]
    spikes: SpikeTrains
    trial_ms: int
    biological_s: float


def check_circuit(circuit: Circuit, protocol: Protocol) -> dict[str, NDArray[np.int32]]:
    """Raise an error before any simulation if a circuit cannot run a protocol.

    Returns
    -------
    dict
        Neuron indices of the read-out pools by task, shape (n_pools, n).

    Raises
    ------
    TaskError
        If the circuit has no LGN, or too few cells for the pools, or a task has no stimuli.
    ConfigError, TableError
        If the circuit has no short-term dynamics of its own, or the table lacks one of its pairs.
    """
    short_term_for(circuit, protocol.short_term)
    found = {}
    for task in protocol.load_tasks():
        if not len(circuit.lgn_units):
            raise TaskError(
                f"task {task.name} shows movies, but this circuit has no LGN units to see them; "
                "build one with `v1cortex build`, or import one with its LGN"
            )
        task.check()
        found[task.name] = pools(circuit, task.n_pools, protocol.pool_size, protocol.pool_radius_um)
    return found


class TaskRun:
    """One task of one evaluation, on its own network.

    Parameters
    ----------
    circuit, rule, protocol, seed
        As for `v1cortex.evaluation.evaluate.evaluate`.
    task
        The task.
    pools
        Neuron indices of the read-out pools, shape (n_pools, n).
    stopwatch
        Adds up the time of each part.
    """

    def __init__(
        self,
        circuit: Circuit,
        rule: Rule,
        protocol: Protocol,
        seed: int,
        task: Task,
        pools: NDArray[np.int32],
        stopwatch: Stopwatch,
    ) -> None:
        self.circuit, self.rule, self.protocol = circuit, rule, protocol
        self.task, self.pools, self.stopwatch = task, pools, stopwatch
        # Its own key, so that a task's trials do not depend on which other tasks run.
        streams = np.random.SeedSequence(seed, spawn_key=(task.stream,))
        self._seeds = dict(zip(PHASES, streams.spawn(len(PHASES)), strict=True))

    def run(self, report: Report) -> TaskOutcome:
        """Run all phases; `Runaway` is passed on."""
        report(f"{self.task.name}: building the network", 0.0)
        session = self._session()
        self.stopwatch.lap("build")
        report(f"{self.task.name}: training", 0.05)
        self._settle(session)
        training = self._train(session)
        network = session.network
        weights = network.plastic.summary() if network.plastic else {}
        report(f"{self.task.name}: fitting the threshold", 0.45)
        reference_Hz = self._reference_Hz(session)
        report(f"{self.task.name}: validation", 0.6)
        block, pieces_Hz = self._block("validation", "validation", self.protocol.validation_trials)
        record = session.run(
            block, pieces_Hz, self._rng("validation"), judge=self._judge(block), record=True
        )
        assert record.spikes is not None
        self.stopwatch.lap("simulate")
        cells = ReadoutCells(
            self.circuit, self.pools, self.protocol.pool_radius_um, self.task.change_detection
        )
        analyses = self.analyses.results(block, record.spikes, cells)
        if self.analyses.wants_adaptation:
            report(f"{self.task.name}: adaptation", 0.85)
            analyses = replace(analyses, adaptation=self._adaptation(session))
            self.stopwatch.lap("simulate")
        result = replace(
            _score(block, record, reference_Hz),
            training=training,
            image_cosine=cells.cosine(block, record.spikes),
            **vars(analyses),
            **cells.scored(self.protocol.readout, block, record.spikes),
        )
        self.stopwatch.lap("score")
        return TaskOutcome(
            result, weights, record.spikes, self.task.trial_ms, network.time_ms * 1e-3
        )

    def _session(self) -> Session:
        protocol = self.protocol
        seed = int(self._seeds["network"].generate_state(1)[0])
        settings = NetworkSettings.of(
            protocol,
            seed=1 + seed % (2**32 - 2),
            calibration=calibration_for(self.circuit, protocol.calibration, protocol.weight_gain),
            flush_ms=float(self.task.trial_ms),
        )
        network = Network(self.circuit, self.rule, settings)
        return Session(network, self.pools, protocol.runaway_rate_Hz)

    def _settle(self, session: Session) -> None:
        # Whole trials, so that synapses are updated at trial boundaries.
        trials = -(-self.protocol.settling_ms // self.task.trial_ms)
        if trials:
            rates_Hz = self._rates_Hz(gray_movie(trials * self.task.trial_ms))
            if session.network.plastic:
                session.network.plastic.set_active(False)
            session.settle(rates_Hz, self._rng("settling"))
        if session.network.plastic:
            session.network.plastic.set_active(True)

    def _train(self, session: Session) -> Training | None:
        protocol = self.protocol
        n_trials = protocol.training_trials
        fixed_Hz = self.rule.threshold_Hz if protocol.resolved_threshold == "rule" else None
        self.rewards = Rewards(fixed_Hz, protocol.reward, self._rng("shuffling"))
        self.analyses = Analyses(protocol.analyses, session.network.plastic, n_trials)
        if n_trials:
            block, pieces_Hz = self._block("training", "training", n_trials)
            record = session.run(
                block,
                pieces_Hz,
                self._rng("training"),
                judge=self.analyses.watch(self.rewards.judge(block.labels)),
                record=self.analyses.records_training,
            )
            self.analyses.trained(block, record)
        if session.network.plastic and not protocol.test_plasticity:
            if protocol.tested_weights != "learned":
                session.network.plastic.set_active(False)
                arrange_weights(
                    session.network, protocol.tested_weights, self._rng("tested_weights")
                )
            session.network.plastic.freeze()
        return self.rewards.summary()

    def _judge(self, block: TrialBlock) -> Judge | None:
        """Return the judge after training: None, unless plasticity stays on."""
        return self.rewards.judge(block.labels) if self.protocol.test_plasticity else None

    def _reference_Hz(self, session: Session) -> NDArray[np.float64]:
        """Return a single pool's threshold, or the usual rates of several pools."""
        n_trials, n_pools = self.protocol.threshold_trials, len(self.pools)
        if self.protocol.resolved_threshold == "rule" or not n_trials:
            return np.zeros(n_pools) if n_pools > 1 else np.array([self.rule.threshold_Hz])
        block, pieces_Hz = self._block("threshold", "training", n_trials)
        record = session.run(block, pieces_Hz, self._rng("threshold"), judge=self._judge(block))
        pool_rates_Hz = record.pool_rates_Hz(block.window_ms)
        if n_pools > 1:
            return np.asarray(pool_rates_Hz.mean(axis=0))
        return np.array([fit_threshold(block.labels, pool_rates_Hz[:, 0])])

    def _adaptation(self, session: Session) -> Adaptation | None:
        """Show repeats and gaps, after everything that is scored; None for other kinds of tasks."""
        task = self.task
        if not isinstance(task, ChangeDetection):
            return None
        seed = int(self._seeds["adaptation"].spawn(1)[0].generate_state(1)[0])
        shown = repeated_images(task, seed)
        pieces_Hz = self._pieces_Hz(shown.block.movie)
        try:
            record = session.run(shown.block, pieces_Hz, self._rng("adaptation"), record=True)
        except Runaway:
            return None
        assert record.spikes is not None
        population = self.circuit.nodes.population
        return measure_adaptation(
            record.spikes,
            shown.presentations,
            float(task.window_ms[1] - task.window_ms[0]),
            float(task.presentation_ms),
            {name: np.flatnonzero(population == k) for k, name in enumerate(POPULATIONS)},
        )

    def _block(
        self, phase: str, images: Phase, n_trials: int
    ) -> tuple[TrialBlock, Iterator[NDArray[np.float32]]]:
        seed = int(self._seeds[phase].spawn(1)[0].generate_state(1)[0])
        block = self.task.block(n_trials, images, seed)
        return block, self._pieces_Hz(block.movie)

    def _pieces_Hz(self, movie: Movie) -> Iterator[NDArray[np.float32]]:
        """Yield the LGN's rates: at once, or of some trials at a time if they take much memory."""
        units, trial_ms = self.circuit.lgn_units, self.task.trial_ms
        if len(units) * movie.n_steps <= MAX_RATES:
            yield self._rates_Hz(movie)
            return
        trials = max(1, PIECE_RATES // (len(units) * trial_ms))
        # Not cached: they would drive everything else out of the cache.
        yield from rates_in_pieces_Hz(
            units,
            self.circuit.tables,
            movie,
            trials * trial_ms,
            cache=False,
            memory=self.protocol.lgn_memory,
        )

    def _rates_Hz(self, movie: Movie) -> NDArray[np.float32]:
        return firing_rates_Hz(
            self.circuit.lgn_units, self.circuit.tables, movie, memory=self.protocol.lgn_memory
        )

    def _rng(self, phase: str) -> np.random.Generator:
        return np.random.default_rng(self._seeds[phase])


def _score(block: TrialBlock, record: BlockRecord, reference_Hz: NDArray[np.float64]) -> TaskResult:
    """Score answers of one pool at a threshold, or of several relative to their usual rates."""
    counts, size = record.pool_counts, record.pool_size
    if len(counts) > 1:
        return score_choices(block, counts, size, reference_Hz)
    return score_trials(block, counts[0], size, float(reference_Hz[0]))
