"""The way into NEST and PyNN: quiet, safe under MPI, and without PyNN's own compilation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from nestml_models.build import load_nest
from v1cortex.nest import ranks

__all__ = [
    "RECEPTORS",
    "connect_pynn_devices",
    "held_bytes",
    "hold",
    "load_nest",
    "load_pynn",
    "record_spikes",
    "reset",
    "set_each",
]

RECEPTORS = {"E->E": 1, "I->E": 2, "E->I": 3, "I->I": 4}
"""NEST receptor port of each kind of connection (Billeh et al. 2020)."""

MAX_DELAY_MS = 20.0
"""Delays up to this are always possible; the longest published one is 3.8 ms."""

MAX_NODES_OF_SMALL_SYNAPSES = 65_000
"""NEST's synapses for very large machines number the targets of a thread with 16 bits."""


@cache
def load_pynn() -> ModuleType:
    """Import PyNN's NEST back end.

    On import, PyNN looks for its own NEST extensions and, where they are missing, runs CMake to
    build them in every process. None of them is used here, so PyNN is made to find no
    ``nest-config`` while it is imported.
    """
    load_nest()
    import pyNN.core

    find = pyNN.core.find
    pyNN.core.find = lambda *_: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyNN.nest
    finally:
        pyNN.core.find = find
    # PyNN 0.13 calls functions of NEST that 3.10 calls deprecated; users can do nothing about it.
    warnings.filterwarnings("ignore", r"\s*[GS]etStatus\(\) is deprecated", UserWarning)
    # It knows the signs of "excitatory" and "inhibitory" only, not those of four receptors.
    warnings.filterwarnings("ignore", "Can't check weight, conductance status", UserWarning)
    backend: ModuleType = pyNN.nest
    return backend


EVALUATIONS_PER_PROCESS = 40
"""Evaluations after which a worker process is replaced. NEST 3.10 does not forget the number of
devices when it is reset: its tables grow by the LGN's generators with each network, and with them
the time for each synapse model and connection that is made. With 500 neurons an evaluation of 2 s
takes three times as long after 500 others; a new process takes some 5 s to begin."""


def set_each(nodes: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401
    """Give each node parameters of its own.

    ``nodes.set(rows)`` first asks every node for its whole status, only to learn where it lives;
    this takes many times as long as setting.

    Parameters
    ----------
    nodes
        A NEST node collection, all of whose nodes may live on this rank or not.
    rows
        Parameters of each node, in the order of the collection.
    """
    if rows:
        load_nest().ll_api.nestkernel.llapi_set_nc_status(nodes._datum, rows)


def connect_pynn_devices() -> None:
    """Connect the recorders and spike sources that were added through PyNN since the last call.

    PyNN does so in its ``run``, which also simulates one shortest delay more at the first call, so
    that the last spikes reach its recorders. Here time is what was asked for, and PyNN's clock and
    recordings end one shortest delay earlier.
    """
    state = load_pynn().simulator.state
    for population in state.populations:
        if population._deferred_parrot_connections:
            population._connect_parrot_neurons()
    for device in state.recording_devices:
        # A recorder without cells stays open for cells to come: PyNN connects it once only.
        if device._all_ids and not device._connected:
            device.connect_to_cells()
            device._local_files_merged = False
    state.running = True


def record_spikes(neurons: Any, recorder: Any) -> None:  # noqa: ANN401
    """Connect neurons to a spike recorder.

    For every neuron that is connected to a device, NEST reserves room for 1,024 connections of that
    synapse model: 32 kB with the default model, 8 kB with the smallest one, which however can
    only reach devices of a low number.

    Parameters
    ----------
    neurons, recorder
        NEST node collections.
    """
    nest = load_nest()
    small = int(nest.network_size) <= MAX_NODES_OF_SMALL_SYNAPSES
    model = "static_synapse_hom_w_hpc" if small else "static_synapse_hom_w"
    nest.Connect(neurons, recorder, syn_spec=model)


def reset(
    *, dt_ms: float, min_delay_ms: float, seed: int, threads: int, max_delay_ms: float = 0.0
) -> tuple[Any, Any]:
    """Empty the simulator and set it up again through PyNN.

    Parameters
    ----------
    dt_ms
        Time step.
    min_delay_ms
        Shortest delay of any connection; a multiple of `dt_ms`.
    seed
        Seed of NEST's random streams, 1 to 2**32 - 1.
    threads
        Number of virtual processes. Under MPI they are split evenly over the ranks.
    max_delay_ms
        Longest delay of any connection; connections of up to `MAX_DELAY_MS` can be made anyway.

    Returns
    -------
    tuple
        The modules ``nest`` and ``pyNN.nest``.

    Raises
    ------
    ConfigError
        If the virtual processes cannot be split evenly over the ranks.
    """
    ranks.check_virtual_processes(threads)
    nest, sim = load_nest(), load_pynn()
    sim.end()  # removes the temporary folder of the setup before
    sim.setup(
        timestep=dt_ms,
        min_delay=min_delay_ms,
        max_delay=max(MAX_DELAY_MS, max_delay_ms),
        threads=threads // ranks.size(),
        rng_seed=seed,
        spike_precision="on_grid",
        verbosity="error",
    )
    _HELD.clear()
    return nest, sim


_HELD: list[int] = []
"""Estimates of what was built since the simulator was last emptied; there is one simulator in a
process, and so one count."""


def held_bytes() -> int:
    """Return what the simulator is estimated to hold, and gives back when it is emptied.

    Zero if it is empty, also if somebody else emptied it (``nest.ResetKernel()``).
    """
    return sum(_HELD) if _HELD and int(load_nest().network_size) else 0


@contextmanager
def hold(n_bytes: int) -> Iterator[None]:
    """Count what the block builds, in bytes; if it fails, empty the simulator again."""
    try:
        yield
    except BaseException:
        _HELD.clear()
        load_nest().ResetKernel()
        raise
    _HELD.append(n_bytes)
