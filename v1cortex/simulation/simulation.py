"""Simulates a static circuit with a stimulus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import Report
from v1cortex.circuit import Circuit
from v1cortex.lgn import rates_in_pieces_Hz
from v1cortex.network import (
    OFF,
    Calibration,
    Network,
    NetworkSettings,
    SpikeRecorder,
    VoltageRecorder,
    calibration_for,
    fitted_synapses,
    with_gain,
)
from v1cortex.simulation.result import Simulation
from v1cortex.stimuli import Movie, as_movie, gray_movie
from v1cortex.tables import SynapseDynamics
from validation.spikes import SpikeTrains, concatenate

PIECE_MS = 10_000
"""Simulated time for which LGN input is computed at a time; limits memory."""


def simulate(
    circuit: Circuit,
    stimulus: Movie | str,
    duration_ms: int | None = None,
    *,
    seed: int = 1,
    dt_ms: float = 1.0,
    threads: int = 1,
    calibration: str | Calibration = "mouse-classes",
    short_term: str | SynapseDynamics | None = None,
    weight_gain: Mapping[str, float] | None = None,
    settling_ms: int = 500,
    lgn: bool = True,
    lgn_mode: str = "poisson",
    voltages_of: NDArray[np.int64] | None = None,
    report: Report | None = None,
) -> Simulation:
    """Show a stimulus to a circuit whose synapses follow no rule.

    Parameters
    ----------
    circuit
        The circuit.
    stimulus
        What the LGN sees, after gray: a movie, or the name of a stimulus (``gray``, ``grating``,
        ``drifting``, see `v1cortex.stimuli.named`).
    duration_ms
        Length of a named stimulus, by default 2000; a movie is cut to it, by default shown in
        full.
    seed
        Seed of the LGN spikes and the background.
    dt_ms, threads, calibration, short_term
        As for `NetworkSettings`. Short-term dynamics that are not given are those that the
        calibration was fitted for.
    weight_gain
        Factors on the weights by pair of groups of neuron types, see
        `v1cortex.network.calibration.with_gain`. Default: those that the calibration was fitted
        with.
    settling_ms
        Gray before the movie, not recorded.
    lgn
        If False, the LGN is silent and neurons receive only their background; only the length of
        the stimulus matters.
    lgn_mode
        As for `NetworkSettings`.
    voltages_of
        Neurons whose membrane potential is recorded.
    report
        Called with the next step and the share that is done; `print` works.

    Returns
    -------
    Simulation
        Spikes of all neurons during the movie, with tables, plots and Neo objects. After Ctrl-C,
        those recorded until then, with a shorter duration.

    Raises
    ------
    V1CortexError
        If circuit, movie or calibration are not valid.
    """
    movie = as_movie(stimulus, duration_ms)
    tell = report or (lambda _text, _share: None)
    tell("building the network", 0.0)
    network_seed, lgn_seed = np.random.SeedSequence(seed).spawn(2)
    settings = NetworkSettings(
        dt_ms=dt_ms,
        threads=threads,
        seed=1 + int(network_seed.generate_state(1)[0]) % (2**32 - 2),
        calibration=_with_gain(circuit, calibration, weight_gain),
        short_term=_short_term(calibration) if short_term is None else short_term,
        lgn_mode=lgn_mode,
    )
    network = Network(circuit, None, settings, progress=lambda text: tell(text, 0.0))
    spike_recorder = SpikeRecorder(network)
    rng = np.random.default_rng(lgn_seed)
    for rates_Hz in _pieces_Hz(circuit, gray_movie(settling_ms), lgn) if settling_ms else ():
        tell("settling", 0.0)
        network.set_lgn_rates(rates_Hz, rng)
        network.simulate(rates_Hz.shape[1])
    recorder = None if voltages_of is None else VoltageRecorder(network, voltages_of)
    spikes = _watch(spike_recorder, movie, lgn, rng, tell)
    if recorder is None:
        return Simulation(circuit, spikes, seed=seed)
    network.simulate(network.min_delay_ms)  # NEST delivers the last samples after a delay
    return Simulation(circuit, spikes, recorder.take(spikes.duration_ms), seed)


def _with_gain(
    circuit: Circuit, calibration: str | Calibration, gain: Mapping[str, float] | None
) -> str | Calibration:
    if isinstance(calibration, str):
        return calibration_for(circuit, calibration, gain)
    return with_gain(circuit, calibration, gain or {})


def _short_term(calibration: str | Calibration) -> str:
    return fitted_synapses(calibration).short_term if isinstance(calibration, str) else OFF


def _watch(
    recorder: SpikeRecorder, movie: Movie, lgn: bool, rng: np.random.Generator, tell: Report
) -> SpikeTrains:
    """Show the movie in pieces; after Ctrl-C, return what was recorded until then."""
    total_s = movie.duration_ms * 1e-3
    parts: list[SpikeTrains] = []
    done_ms = 0.0

    def progress(piece_ms: float, rate_Hz: float) -> None:
        now_s = (done_ms + piece_ms) * 1e-3
        tell(f"{now_s:.1f} of {total_s:.1f} s, {rate_Hz:.1f} Hz", now_s / total_s)

    try:
        tell("LGN", 0.0)
        for rates_Hz in _pieces_Hz(recorder.network.circuit, movie, lgn):
            parts.append(recorder.watch(rates_Hz, rng, progress))
            done_ms += parts[-1].duration_ms
            if parts[-1].duration_ms < rates_Hz.shape[1]:
                break
    except KeyboardInterrupt:
        if not parts:
            raise
    return concatenate(parts)


def _pieces_Hz(circuit: Circuit, movie: Movie, lgn: bool) -> Iterator[NDArray[np.float32]]:
    """Yield the LGN rates in pieces; they are 0 for a silent LGN."""
    if lgn:
        yield from rates_in_pieces_Hz(circuit.lgn_units, circuit.tables, movie, PIECE_MS)
        return
    for begin in range(0, movie.n_steps, PIECE_MS):
        n_ms = min(PIECE_MS, movie.n_steps - begin)
        yield np.zeros((len(circuit.lgn_units), n_ms), dtype=np.float32)
