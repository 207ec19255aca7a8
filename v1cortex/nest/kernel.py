"""Access to NEST and PyNN: quiet, safe under MPI, and without PyNN's own compilation."""

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
    "node_ids",
    "record_spikes",
    "reset",
    "set_defaults",
    "set_each",
]

RECEPTORS = {"E->E": 1, "I->E": 2, "E->I": 3, "I->I": 4}
"""NEST receptor port of each kind of connection (Billeh et al. 2020)."""

MAX_DELAY_MS = 20.0
"""Delays up to this value are always possible; the longest published one is 3.8 ms."""

MAX_NODES_OF_SMALL_SYNAPSES = 65_000
"""NEST's synapses for very large machines (HPC) index the targets of a thread with 16 bits."""


@cache
def load_pynn() -> ModuleType:
    """Import PyNN's NEST back end.

    On import, PyNN looks for its own NEST extensions and, if they are missing, runs CMake to build
    them, in every process. They are not used here, so ``nest-config`` is hidden from PyNN while it
    is imported.
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
    # PyNN 0.13 calls functions that are deprecated in NEST 3.10; users cannot do anything about it.
    warnings.filterwarnings("ignore", r"\s*[GS]etStatus\(\) is deprecated", UserWarning)
    # It knows only the signs of "excitatory" and "inhibitory", not those of four receptors.
    warnings.filterwarnings("ignore", "Can't check weight, conductance status", UserWarning)
    backend: ModuleType = pyNN.nest
    return backend


EVALUATIONS_PER_PROCESS = 40
"""Evaluations after which a worker process is replaced. NEST 3.10 does not clear its count of
devices when it is reset: its tables grow by the LGN's generators with each network, and with them
the time to create each synapse model and connection. With 500 neurons a 2 s evaluation takes three
times as long after 500 others; a new process takes about 5 s to start."""


def set_each(nodes: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401
    """Set individual parameters for each node.

    ``nodes.set(rows)`` first reads the full status of every node, just to find its rank; this takes
    many times longer than setting.

    Parameters
    ----------
    nodes
        A NEST node collection, whose nodes may be on this rank or on others.
    rows
        Parameters of each node, in the order of the collection.
    """
    if rows:
        load_nest().ll_api.nestkernel.llapi_set_nc_status(nodes._datum, rows)


def set_defaults(model: str, values: dict[str, Any]) -> None:
    """Set defaults of a model. ``nest.SetDefaults`` first reads all there are: 20 us for a synapse.

    Parameters
    ----------
    model
        Name of a model in NEST.
    values
        New values by name.
    """
    load_nest().ll_api.nestkernel.llapi_set_defaults(model, values)


def node_ids(nodes: Any) -> list[int]:  # noqa: ANN401
    """Return the ids of a NEST node collection.

    Its ``tolist`` reads the full status of every node for that.
    """
    ids: list[int] = load_nest().ll_api.nestkernel.llapi_node_collection_to_array(
        nodes._datum, "all"
    )
    return ids


def connect_pynn_devices() -> None:
    """Connect recorders and spike sources added through PyNN since the last call.

    PyNN does so in its ``run``, which at its first call also simulates one additional minimum
    delay, so that the last spikes reach its recorders. Here exactly the requested time is
    simulated, and PyNN's clock and recordings end one minimum delay earlier.
    """
    state = load_pynn().simulator.state
    for population in state.populations:
        if population._deferred_parrot_connections:
            population._connect_parrot_neurons()
    for device in state.recording_devices:
        # A recorder without cells stays open for later cells: PyNN connects it only once.
        if device._all_ids and not device._connected:
            device.connect_to_cells()
            device._local_files_merged = False
    state.running = True


def record_spikes(neurons: Any, recorder: Any) -> None:  # noqa: ANN401
    """Connect neurons to a spike recorder.

    For every neuron connected to a device, NEST allocates space for 1,024 connections of that
    synapse model: 32 kB with the default model, 8 kB with the smallest one, which however can only
    reach devices with a low number.

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
    """Reset the simulator and set it up again through PyNN.

    Parameters
    ----------
    dt_ms
        Time step.
    min_delay_ms
        Minimum delay of any connection; a multiple of `dt_ms`.
    seed
        Seed of NEST's random streams, 1 to 2**32 - 1.
    threads
        Number of virtual processes. Under MPI they are split evenly over the ranks.
    max_delay_ms
        Maximum delay of any connection; delays up to `MAX_DELAY_MS` are possible in any case.

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
    sim.end()  # removes the temporary folder of the previous setup
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
"""Estimated memory of everything built since the last reset; each process has one simulator, and
so one count."""


def held_bytes() -> int:
    """Return the estimated memory of the simulator's network, which a reset releases.

    Zero if it is empty, even if reset from elsewhere (``nest.ResetKernel()``).
    """
    return sum(_HELD) if _HELD and int(load_nest().network_size) else 0


@contextmanager
def hold(n_bytes: int) -> Iterator[None]:
    """Count the bytes that the block builds; if it fails, reset the simulator."""
    try:
        yield
    except BaseException:
        _HELD.clear()
        load_nest().ResetKernel()
        raise
    _HELD.append(n_bytes)
