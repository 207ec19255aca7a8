"""Estimates of the memory that a circuit and its network take, made before building them.

Sizes were measured with ``benchmarks/cortex.py`` (NEST 3.10, PyNN 0.13, up to the full model) and
rounded up: if an estimate is too low, the operating system may kill the process after hours.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import psutil

from v1cortex.circuit.wiring import expected_connections
from v1cortex.errors import ConfigError, MemoryShortageError
from v1cortex.tables import Tables

__all__ = [
    "LIMIT_VARIABLE",
    "available_bytes",
    "circuit_bytes",
    "network_bytes",
    "require_for_circuit",
    "require_for_network",
]

LIMIT_VARIABLE = "V1CORTEX_MEMORY_GB"
"""Environment variable with the memory that may be used, in place of the free memory."""

SAMPLING_BYTES = 36
"""Bytes per connection, at most, while a circuit is sampled; its arrays take 17 B."""
STATIC_BYTES = 44
"""Bytes per connection in NEST, including spike delivery tables, and for creating it (36 B in the
core)."""
PLASTIC_BYTES = 106
"""The same of the plastic synapse that keeps all traces, the largest variant (103 B with 20,000
neurons; 69 B where the rule needs no trace)."""
SHORT_TERM_BYTES = 16
"""Of a connection with short-term dynamics, in addition: its utilisation and its resources."""
NEURON_BYTES = 12_000
"""Bytes per neuron in NEST, its object in PyNN and its recorder connection."""
LARGE_NETWORK = 55_000
"""Neurons above which a recorder connection may take 24 kB more: NEST's smallest synapses reach
65,000 nodes, LGN units included (`v1cortex.nest.kernel.record_spikes`)."""
NEURON_BYTES_OF_LARGE = 35_000
"""Bytes per neuron in networks larger than that (34.7 kB in the full model)."""
PROGRAMS_BYTES = 200 * 2**20
"""Bytes taken by NEST, PyNN and their libraries."""
NETWORK_BYTES = 100 * 2**20
"""Bytes of a network of any size: models, kernel and blocks that are not full (50 MB without
plastic synapses, 75 MB with)."""

_CGROUP = Path("/sys/fs/cgroup")


def circuit_bytes(n_neurons: int, tables: Tables) -> int:
    """Estimate the peak memory of sampling a circuit, in bytes."""
    return int(SAMPLING_BYTES * expected_connections(n_neurons, tables).sum()) + PROGRAMS_BYTES


def network_bytes(
    n_neurons: int, n_static: int, n_plastic: int, n_ranks: int = 1, n_short_term: int = 0
) -> int:
    """Estimate the memory of a network in NEST on each MPI rank, in bytes.

    Parameters
    ----------
    n_neurons
        Neurons of the circuit.
    n_static, n_plastic
        Connections of each kind, including those from the LGN; those with short-term dynamics
        count as plastic.
    n_ranks
        MPI ranks that share neurons and connections evenly.
    n_short_term
        Connections with short-term dynamics.
    """
    of_neuron = NEURON_BYTES if n_neurons <= LARGE_NETWORK else NEURON_BYTES_OF_LARGE
    shared = of_neuron * n_neurons + STATIC_BYTES * n_static + PLASTIC_BYTES * n_plastic
    shared += SHORT_TERM_BYTES * n_short_term
    return shared // n_ranks + NETWORK_BYTES


def available_bytes() -> int:
    """Return the memory that this process may still take, in bytes.

    It is the lower of the machine's free memory and what a container's or batch job's limit leaves,
    or the value of the environment variable `LIMIT_VARIABLE`.

    Raises
    ------
    ConfigError
        If the variable is not a positive number.
    """
    given = os.environ.get(LIMIT_VARIABLE)
    if given is None:
        return min([int(psutil.virtual_memory().available), *_cgroup_bytes()])
    try:
        limit_GB = float(given)
    except ValueError:
        limit_GB = float("nan")
    if not limit_GB > 0:
        raise ConfigError(f"{LIMIT_VARIABLE} is '{given}'; give the memory to use in GB, such as 8")
    return int(limit_GB * 2**30)


def require_for_circuit(n_neurons: int, tables: Tables) -> None:
    """Raise an error if there is not enough memory to sample a circuit.

    Raises
    ------
    MemoryShortageError
        With the estimate, the free memory, and the size that would fit.
    """
    needed, available = circuit_bytes(n_neurons, tables), available_bytes()
    if needed <= available:
        return
    fits = _largest_circuit(n_neurons, available, tables)
    raise MemoryShortageError(
        f"sampling {n_neurons:,} neurons with "
        f"{expected_connections(n_neurons, tables).sum():,.0f} connections needs about "
        f"{_GB(needed)}; {_GB(available)} is free. "
        + (f"{fits:,} neurons would fit. " if fits else "")
        + _WAY_OUT
    )


def require_for_network(
    n_neurons: int,
    n_static: int,
    n_plastic: int,
    released_bytes: int = 0,
    *,
    n_short_term: int = 0,
    n_ranks: int = 1,
    n_ranks_here: int = 1,
) -> int:
    """Check that there is enough memory to build a network; return the estimate in bytes.

    Parameters
    ----------
    n_neurons, n_static, n_plastic, n_short_term
        As for `network_bytes`; of the whole network, whatever the number of ranks.
    released_bytes
        Memory that this process releases first.
    n_ranks, n_ranks_here
        MPI ranks that share the network, in total and on this machine.

    Raises
    ------
    MemoryShortageError
        With the estimate, the free memory, and what to do.
    """
    needed = network_bytes(n_neurons, n_static, n_plastic, n_ranks, n_short_term)
    available = available_bytes() // n_ranks_here + released_bytes
    if needed <= available:
        return needed
    a_rank = " on each MPI rank" if n_ranks > 1 else ""
    raise MemoryShortageError(
        f"a network of {n_neurons:,} neurons with {n_static:,} static and {n_plastic:,} plastic "
        f"connections needs about {_GB(needed)}{a_rank}; {_GB(available)} is free. Use fewer "
        f"neurons{', or fewer plastic synapses' if n_plastic else ''}; or distribute it over MPI "
        f"ranks on several machines (docs/cluster.md). {_WAY_OUT}"
    )


_WAY_OUT = f"To override this, set {LIMIT_VARIABLE} to the memory in GB that may be used"


def _largest_circuit(n_neurons: int, available: int, tables: Tables) -> int:
    """Return the largest round number of neurons whose circuit fits, or 0."""
    sizes = np.unique(np.round(np.geomspace(100, n_neurons, 40), -2).astype(int))
    fitting = [int(size) for size in sizes if circuit_bytes(int(size), tables) <= available]
    return max(fitting, default=0)


def _cgroup_bytes() -> list[int]:
    """Return what the limits of this process's control groups leave, if there are any."""
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        statistics = (_CGROUP / "memory.stat").read_text().split()
        cached = int(statistics[statistics.index("inactive_file") + 1])
    except (OSError, ValueError):
        return []
    return [max(0, limit - used + cached)]


def _GB(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.1f} GB"
