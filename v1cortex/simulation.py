"""Simulate a static circuit under a stimulus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v1cortex.calibration import Calibration
from v1cortex.circuit import Circuit
from v1cortex.lgn import firing_rates_Hz
from v1cortex.network import Network, NetworkSettings
from v1cortex.session import Session
from v1cortex.stimuli import Movie, gray_movie
from validation.spikes import SpikeTrains


def simulate(
    circuit: Circuit,
    movie: Movie,
    *,
    seed: int = 1,
    dt_ms: float = 1.0,
    threads: int = 1,
    calibration: str | Calibration = "mouse-classes",
    settling_ms: int = 500,
    report: Callable[[str, float], None] | None = None,
) -> SpikeTrains:
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
    report
        Called with what is done next and the share that is done.

    Returns
    -------
    SpikeTrains
        Spikes of all neurons during the movie. After Ctrl-C, those recorded until then, with a
        shorter duration.

    Raises
    ------
    V1CortexError
        If circuit, movie or calibration do not fit.
    """
    tell = report or (lambda _text, _share: None)
    tell("LGN", 0.0)
    rates_Hz = firing_rates_Hz(circuit.lgn_units, circuit.tables, movie)
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
        gray_Hz = firing_rates_Hz(circuit.lgn_units, circuit.tables, gray_movie(settling_ms))
        session.settle(gray_Hz, rng)
    duration_ms = rates_Hz.shape[1]
    return session.watch(
        rates_Hz,
        rng,
        lambda done_ms: tell(f"{done_ms:.0f} of {duration_ms} ms", done_ms / duration_ms),
    )
