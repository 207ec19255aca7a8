"""Simulate a static circuit under a stimulus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.calibration import Calibration
from v1cortex.circuit import Circuit
from v1cortex.lgn import firing_rates_Hz
from v1cortex.network import Network, NetworkSettings
from v1cortex.session import Session
from v1cortex.stimuli import Movie, gray_movie
from v1cortex.voltages import VoltageRecorder, Voltages
from validation.spikes import SpikeTrains

Report = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class Recording:
    """What was recorded of a simulation.

    Attributes
    ----------
    spikes : SpikeTrains
        Spikes of all neurons.
    voltages : Voltages or None
        Membrane potentials, if they were asked for.
    """

    spikes: SpikeTrains
    voltages: Voltages | None


def simulate(
    circuit: Circuit,
    movie: Movie,
    *,
    seed: int = 1,
    dt_ms: float = 1.0,
    threads: int = 1,
    calibration: str | Calibration = "mouse-classes",
    settling_ms: int = 500,
    report: Report | None = None,
) -> SpikeTrains:
    """Show a movie to a circuit with static synapses and return all spikes; see `record`."""
    recording = record(
        circuit,
        movie,
        seed=seed,
        dt_ms=dt_ms,
        threads=threads,
        calibration=calibration,
        settling_ms=settling_ms,
        report=report,
    )
    return recording.spikes


def record(
    circuit: Circuit,
    movie: Movie,
    *,
    seed: int = 1,
    dt_ms: float = 1.0,
    threads: int = 1,
    calibration: str | Calibration = "mouse-classes",
    settling_ms: int = 500,
    lgn: bool = True,
    voltages_of: NDArray[np.int64] | None = None,
    report: Report | None = None,
) -> Recording:
    """Show a movie to a circuit with static synapses.

    Parameters
    ----------
    circuit
        The circuit.
    movie
        What the LGN sees; before it, gray.
    seed
        Seed of the LGN spikes and the background.
    dt_ms, threads, calibration
        As in `NetworkSettings`.
    settling_ms
        Gray before the movie, not recorded.
    lgn
        False: the LGN is silent, and neurons have their background only; of the movie, the
        length counts.
    voltages_of
        Neurons whose membrane potential is recorded.
    report
        Called with what is done next and the share that is done.

    Returns
    -------
    Recording
        Spikes of all neurons during the movie. After Ctrl-C, those recorded until then, with a
        shorter duration.

    Raises
    ------
    V1CortexError
        If circuit, movie or calibration do not fit.
    """
    tell = report or (lambda _text, _share: None)
    tell("LGN", 0.0)
    rates_Hz = _lgn_rates_Hz(circuit, movie, lgn)
    tell("building the network", 0.0)
    network_seed, lgn_seed = np.random.SeedSequence(seed).spawn(2)
    settings = NetworkSettings(
        dt_ms=dt_ms,
        threads=threads,
        seed=1 + int(network_seed.generate_state(1)[0]) % (2**32 - 2),
        calibration=calibration,
    )
    network = Network(circuit, None, settings, progress=lambda text: tell(text, 0.0))
    session = Session(network, np.arange(1, dtype=np.int32))
    rng = np.random.default_rng(lgn_seed)
    if settling_ms:
        session.settle(_lgn_rates_Hz(circuit, gray_movie(settling_ms), lgn), rng)
    recorder = None if voltages_of is None else VoltageRecorder(network, voltages_of)
    total_s = rates_Hz.shape[1] * 1e-3

    def progress(done_ms: float, rate_Hz: float) -> None:
        text = f"{done_ms * 1e-3:.1f} of {total_s:.1f} s, {rate_Hz:.1f} Hz"
        tell(text, done_ms * 1e-3 / total_s)

    spikes = session.watch(rates_Hz, rng, progress)
    return Recording(spikes, recorder.take(spikes.duration_ms) if recorder else None)


def _lgn_rates_Hz(circuit: Circuit, movie: Movie, lgn: bool) -> NDArray[np.float32]:
    if not lgn:
        return np.zeros((len(circuit.lgn_units), movie.n_steps), dtype=np.float32)
    return firing_rates_Hz(circuit.lgn_units, circuit.tables, movie)
