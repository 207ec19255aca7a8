"""The cells that give the answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.circuit import radius_um as circuit_radius_um
from v1cortex.errors import TaskError

__all__ = ["disjoint_pools", "pool", "pools"]


def pool(
    circuit: Circuit, n: int = 30, radius_um: float = 55.0, population: str = "L5_E"
) -> NDArray[np.int32]:
    """Return the cells that give the answer.

    They are the `n` cells nearest to the point on the circuit's axis at the middle of the
    population's layer, about where Chen, Scherr and Maass 2022 put their pools of 30 layer 5
    pyramidal cells within 55 µm.

    Parameters
    ----------
    circuit
        The circuit.
    n
        Number of cells in the pool.
    radius_um
        Largest distance from the point.
    population
        Population from which the cells are taken.

    Returns
    -------
    int32[n]
        Node indices, increasing.

    Raises
    ------
    TaskError
        If there are too few cells within the radius.
    """
    where = circuit.population_slice(population)
    table = circuit.tables.populations
    row = circuit.tables.population_index(population)
    middle_um = (table.depth_top_um[row] + table.depth_bottom_um[row]) / 2
    nodes = circuit.nodes
    offsets_um = (nodes.x_um[where], nodes.depth_um[where] - middle_um, nodes.z_um[where])
    distance_um = np.sqrt(sum(offset**2 for offset in offsets_um))
    n_within = int(np.count_nonzero(distance_um <= radius_um))
    if not 1 <= n <= n_within:
        raise TaskError(
            f"a pool of {n} {population} cells was asked for; {n_within} of the circuit's "
            f"{len(distance_um)} lie within {radius_um:g} µm of the point at depth "
            f"{middle_um:g} µm. Choose 1 to {n_within} cells, a larger radius or a larger circuit"
        )
    chosen = np.argsort(distance_um, kind="stable")[:n]
    return np.sort(where.start + chosen).astype(np.int32)


def pools(
    circuit: Circuit,
    n_pools: int,
    n: int = 30,
    radius_um: float = 55.0,
    population: str = "L5_E",
) -> NDArray[np.int32]:
    """Return the cells of several disjoint pools.

    A single pool is that of `pool`. The centres of several lie on a circle about the circuit's
    axis, of half the circuit's radius, evenly spaced anticlockwise from the left. In turn, each
    pool takes the nearest remaining cell; depth is ignored, since the middle of the layer alone has
    too few cells for ten pools in a circuit of 3000 neurons (*choices*).

    Parameters
    ----------
    circuit
        The circuit.
    n_pools
        Number of pools.
    n
        Number of cells in each.
    radius_um
        Largest lateral distance of a cell from the centre of its pool.
    population
        Population from which the cells are taken.

    Returns
    -------
    int32[n_pools, n]
        Node indices, increasing in each pool.

    Raises
    ------
    TaskError
        If there are too few cells, or too few near the centres.
    """
    if n_pools == 1:
        return pool(circuit, n, radius_um, population)[None]
    where = circuit.population_slice(population)
    n_cells = where.stop - where.start
    if not 1 <= n_pools * n <= n_cells:
        raise TaskError(
            f"{n_pools} pools of {n} {population} cells were asked for; the circuit has {n_cells} "
            f"such cells. Choose at most {n_cells // n_pools} cells per pool, or a larger circuit"
        )
    distance_um = _lateral_um(circuit, where, _centres_um(circuit, n_pools))
    chosen = np.zeros((n_pools, n), dtype=np.int64)
    left_um = distance_um.copy()
    for position in range(n):
        for index in range(n_pools):
            nearest = int(np.argmin(left_um[index]))
            chosen[index, position] = nearest
            left_um[:, nearest] = np.inf
    farthest_um = float(np.take_along_axis(distance_um, chosen, axis=1).max())
    if farthest_um > radius_um:
        raise TaskError(
            f"{n_pools} pools of {n} {population} cells were asked for; one of them would reach "
            f"{farthest_um:.0f} µm from its centre, and pool_radius_um is {radius_um:g}. Choose "
            "fewer cells per pool, a larger radius or a larger circuit"
        )
    return np.sort(where.start + chosen, axis=1).astype(np.int32)


def disjoint_pools(
    circuit: Circuit, n: int = 30, radius_um: float = 55.0, population: str = "L5_E"
) -> NDArray[np.int32]:
    """Return as many pools, none of which shares a cell with another, as fit by `pools`.

    Parameters
    ----------
    circuit, n, radius_um, population
        As in `pools`.

    Returns
    -------
    int32[n_pools, n]
        Node indices, increasing in each pool.

    Raises
    ------
    TaskError
        If not even one pool fits.
    """
    where = circuit.population_slice(population)
    for n_pools in range((where.stop - where.start) // n, 1, -1):
        try:
            return pools(circuit, n_pools, n, radius_um, population)
        except TaskError:
            continue
    return pools(circuit, 1, n, radius_um, population)


def _centres_um(circuit: Circuit, n_pools: int) -> NDArray[np.float64]:
    """Return x and z of the pools' centres, shape (n_pools, 2)."""
    angle = np.pi + 2 * np.pi * np.arange(n_pools) / n_pools
    reach_um = circuit_radius_um(circuit.n_neurons, circuit.tables) / 2
    return reach_um * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _lateral_um(
    circuit: Circuit, where: slice, centres_um: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the lateral distance of nodes from each centre, shape (n_centres, n_nodes)."""
    nodes = circuit.nodes
    position_um = np.stack([nodes.x_um[where], nodes.z_um[where]], axis=1)
    offsets_um = centres_um[:, None, :] - position_um[None, :, :]
    return np.asarray(np.sqrt(np.square(offsets_um).sum(axis=2)))
