"""Position, cell model and preferred direction of each neuron.

The model of Billeh et al. 2020 (Neuron 106:388) is a cylinder of radius 845 µm with uniform
density. A smaller circuit is its centre: the cells nearest to the vertical axis.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from v1cortex.circuit.arrays import Nodes
from v1cortex.circuit.random_streams import PLACEMENT, stream
from v1cortex.tables import Tables

CORE_RADIUS_UM = 400.0
"""Radius of the published core (Billeh et al. 2020)."""


def radius_um(n_neurons: int, tables: Tables) -> float:
    """Return the radius of the cylinder with `n_neurons` at the core's density, in µm."""
    return CORE_RADIUS_UM * math.sqrt(n_neurons / int(tables.populations.n_core.sum()))


def apportion(total: int, shares: ArrayLike) -> NDArray[np.int64]:
    """Split a total into whole numbers in the ratio of shares, by largest remainder.

    Parameters
    ----------
    total : int
        Number to split.
    shares : array_like
        Non-negative shares, shape (n,).

    Returns
    -------
    int64[n]
        Counts that add up to `total`. Equal remainders favour the earlier share.
    """
    exact = np.asarray(shares, dtype=np.float64)
    exact = total * exact / exact.sum()
    counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: total - int(counts.sum())]] += 1
    return counts


def place(n_neurons: int, seed: int, tables: Tables) -> Nodes:
    """Place the neurons of a circuit.

    Positions are uniform in the disc and in the depth range of the population. Populations, and
    labels within them, have the proportions of the core. The cell models of a label have equal
    counts, except for a random remainder. Preferred directions are evenly spaced over 360 degrees
    within a cell model; their common offset is random (choice: with few cells per model a fixed
    offset would favour one direction).

    Parameters
    ----------
    n_neurons : int
        Number of neurons.
    seed : int
        Seed of the circuit.
    tables : Tables
        The model's tables.
    """
    counts = apportion(n_neurons, tables.populations.n_core)
    radius = radius_um(n_neurons, tables)
    parts = [
        _place_population(index, int(count), radius, seed, tables)
        for index, count in enumerate(counts)
    ]
    return Nodes(
        population=np.repeat(np.arange(len(counts)), counts).astype(np.int8),
        cell_model=np.concatenate([part[0] for part in parts]).astype(np.int16),
        x_um=np.concatenate([part[1] for part in parts]),
        depth_um=np.concatenate([part[2] for part in parts]),
        z_um=np.concatenate([part[3] for part in parts]),
        preferred_direction_deg=np.concatenate([part[4] for part in parts]),
    )


def _place_population(
    population: int, count: int, radius: float, seed: int, tables: Tables
) -> tuple[NDArray[np.float64], ...]:
    """Return cell models, x, depth, z and preferred directions of one population."""
    rng = stream(seed, PLACEMENT, population)
    models, directions = _models_and_directions(population, count, rng, tables)
    distance = radius * np.sqrt(rng.random(count))
    angle = 2 * np.pi * rng.random(count)
    top = tables.populations.depth_top_um[population]
    bottom = tables.populations.depth_bottom_um[population]
    depth = top + (bottom - top) * rng.random(count)
    return models, distance * np.cos(angle), depth, distance * np.sin(angle), directions


def _models_and_directions(
    population: int, count: int, rng: np.random.Generator, tables: Tables
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cell model and preferred direction of each neuron, in random order."""
    labels = np.flatnonzero(tables.labels.population == population)
    label_counts = apportion(count, tables.labels.n_core[labels])
    cell_labels = np.array(tables.cells.label)
    models, directions = [np.empty(0)], [np.empty(0)]
    for label, label_count in zip(labels, label_counts, strict=True):
        rows = rng.permutation(np.flatnonzero(cell_labels == tables.labels.label[label]))
        for row, n in zip(rows, apportion(int(label_count), np.ones(len(rows))), strict=True):
            models.append(np.full(n, float(row)))
            directions.append((np.arange(n) + rng.random()) * 360.0 / max(n, 1))
    order = rng.permutation(count)
    return np.concatenate(models)[order], np.concatenate(directions)[order]
