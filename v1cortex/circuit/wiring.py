"""Recurrent connections: independent Bernoulli draws for every pair of neurons, in O(edges) memory.

For a pair of tiles (squares of cortex, one with sources, one with targets), the smallest distance
between the tiles gives an upper bound q of the connection probabilities. A Poisson number of hits
with a mean of -ln(1 - q) per pair, each on a uniformly drawn pair, hits every pair with probability
q, independently of all others; a hit pair is kept with probability p/q. Each pair is thus connected
with its own p, and distant pairs, the vast majority, cost nothing. If q is large, every pair of the
tiles is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import Notice
from v1cortex.circuit.arrays import Edges, Nodes
from v1cortex.circuit.connection_rules import (
    ConnectionRule,
    Retinotopy,
    connection_rule,
    orientation_difference_deg,
    weights_pA,
)
from v1cortex.circuit.placement import apportion, radius_um
from v1cortex.circuit.random_streams import WIRING, blocks, stream
from v1cortex.tables import Tables

TILE_UM = 40.0
DENSE_BOUND = 0.6
"""Above this bound all pairs are tried: -ln(1 - q) hits per pair would cost more."""
BLOCK_SIZE = 2**18
"""Candidates processed at a time; small enough for the processor's cache."""
MIN_SYNAPSES, MAX_SYNAPSES = 3, 7
"""Number of synapses of a connection, uniform (Billeh et al. 2020)."""
N_PARTS = 50
"""Intervals of distance for integrating expected numbers, with ten nodes each."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Scalar = TypeVar("Scalar", bound=np.generic)


def connect(
    nodes: Nodes,
    seed: int,
    tables: Tables,
    block_size: int = BLOCK_SIZE,
    progress: Notice | None = None,
) -> Edges:
    """Draw all recurrent connections of a circuit.

    Parameters
    ----------
    nodes : Nodes
        The neurons.
    seed : int
        Seed of the circuit; every synapse type has its own streams.
    tables : Tables
        The model's tables.
    block_size : int
        Candidate pairs processed at a time; limits memory, does not change the result.
    progress : callable, optional
        Called with a line of text after every tenth of the synapse types.
    """
    tiles = _tile_populations(nodes, len(tables.populations.population))
    retinotopy = Retinotopy.of(nodes)
    parts: list[tuple[NDArray[np.int32], NDArray[np.int32], FloatArray, NDArray[np.int8]]] = []
    for index in range(tables.n_synapse_types):
        rule = connection_rule(index, tables)
        source, target = _pairs(rule, tiles, nodes, seed, block_size)
        draws = stream(seed, WIRING, rule.pre, rule.post, 3).random(len(source))
        span = MAX_SYNAPSES - MIN_SYNAPSES + 1
        n_synapses = (MIN_SYNAPSES + np.floor(draws * span)).astype(np.int8)
        weight = weights_pA(rule, source, target, n_synapses, nodes, retinotopy, tables)
        parts.append((source, target, weight, n_synapses))
        if progress and (index + 1) % (tables.n_synapse_types // 10) == 0:
            progress(f"connected {index + 1} of {tables.n_synapse_types} synapse types")
    offsets = np.cumsum([0, *(len(part[0]) for part in parts)], dtype=np.int64)
    sources, targets, weights, numbers = (list(column) for column in zip(*parts, strict=True))
    del parts
    return Edges(
        source=_concatenate(sources),
        target=_concatenate(targets),
        weight_pA=_concatenate(weights),
        n_synapses=_concatenate(numbers),
        type_offsets=offsets,
    )


def _concatenate(arrays: list[NDArray[Scalar]]) -> NDArray[Scalar]:
    """Join arrays and release the parts, so that at most one column is in memory twice."""
    joined = np.concatenate(arrays)
    arrays.clear()
    return joined


@dataclass(frozen=True, eq=False)
class _TiledPopulation:
    """Neurons of one population, ordered by tile."""

    nodes: IntArray  # node indices, tile by tile
    start: IntArray  # first entry of each non-empty tile in `nodes`
    count: IntArray  # neurons of each non-empty tile
    column: IntArray  # position of the tile along x
    row: IntArray  # position of the tile along z


def _tile_populations(nodes: Nodes, n_populations: int) -> list[_TiledPopulation]:
    column = np.floor(nodes.x_um / TILE_UM).astype(np.int64)
    row = np.floor(nodes.z_um / TILE_UM).astype(np.int64)
    bounds = np.searchsorted(nodes.population, np.arange(n_populations + 1))
    tiled = []
    for first, last in pairwise(bounds.tolist()):
        order = first + np.lexsort((row[first:last], column[first:last]))
        tile = np.stack([column[order], row[order]])
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = np.any(tile[:, 1:] != tile[:, :-1], axis=0)
        start = np.flatnonzero(is_first)
        count = np.diff(np.append(start, len(order)))
        tiled.append(_TiledPopulation(order, start, count, tile[0, start], tile[1, start]))
    return tiled


@dataclass(frozen=True, eq=False)
class _TilePairs:
    """All pairs of a target tile and a source tile, target tiles first."""

    target_tile: IntArray
    source_tile: IntArray
    n_pairs: IntArray
    bound: FloatArray  # upper bound of the pairs' probabilities


def _tile_pairs(rule: ConnectionRule, pre: _TiledPopulation, post: _TiledPopulation) -> _TilePairs:
    gap_x = np.maximum(np.abs(post.column[:, None] - pre.column) - 1, 0)
    gap_z = np.maximum(np.abs(post.row[:, None] - pre.row) - 1, 0)
    squared_um = (TILE_UM**2 * (gap_x**2 + gap_z**2)).ravel()
    highest = rule.probability(squared_um, np.zeros(1) if rule.like_to_like else None)
    return _TilePairs(
        target_tile=np.repeat(np.arange(len(post.count)), len(pre.count)),
        source_tile=np.tile(np.arange(len(pre.count)), len(post.count)),
        n_pairs=np.outer(post.count, pre.count).ravel(),
        bound=np.where(highest > DENSE_BOUND, 1.0, highest),
    )


def _pairs(
    rule: ConnectionRule,
    tiles: list[_TiledPopulation],
    nodes: Nodes,
    seed: int,
    block_size: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw the connected pairs of one synapse type, sorted by (target, source)."""
    pre, post = tiles[rule.pre], tiles[rule.post]
    empty = np.empty(0, dtype=np.int32)
    if not len(pre.nodes) or not len(post.nodes):
        return empty, empty
    n_nodes = len(nodes)
    accept = stream(seed, WIRING, rule.pre, rule.post, 2)
    direction = nodes.preferred_direction_deg
    keys = []
    for target, source, bound in _candidates(rule, pre, post, seed, block_size):
        squared_um = (nodes.x_um[target] - nodes.x_um[source]) ** 2
        squared_um += (nodes.z_um[target] - nodes.z_um[source]) ** 2
        difference_deg = (
            orientation_difference_deg(direction[target], direction[source])
            if rule.like_to_like
            else None
        )
        kept = accept.random(len(source)) * bound < rule.probability(squared_um, difference_deg)
        kept &= source != target
        keys.append(target[kept] * n_nodes + source[kept])
    sorted_keys = np.sort(np.concatenate(keys)) if keys else np.empty(0, dtype=np.int64)
    targets, sources = np.divmod(sorted_keys, n_nodes)
    return sources.astype(np.int32), targets.astype(np.int32)


def _candidates(
    rule: ConnectionRule,
    pre: _TiledPopulation,
    post: _TiledPopulation,
    seed: int,
    block_size: int,
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Yield targets, sources and bounds of the hit pairs, each pair at most once.

    Numbers of hits and their positions come from separate streams and are drawn in the order of the
    tile pairs: the division into blocks makes no difference.
    """
    pairs = _tile_pairs(rule, pre, post)
    hits = np.where(
        pairs.bound == 1.0,
        pairs.n_pairs,
        stream(seed, WIRING, rule.pre, rule.post, 0).poisson(
            -np.log1p(-np.where(pairs.bound == 1.0, 0.0, pairs.bound)) * pairs.n_pairs
        ),
    )
    position = stream(seed, WIRING, rule.pre, rule.post, 1)
    hit = np.flatnonzero(hits)
    ends = np.cumsum(hits[hit])
    for block in blocks(ends, block_size):
        tile_pair = np.repeat(hit[block], hits[hit[block]])
        within = _hit_pairs(tile_pair, hits[hit[block]], pairs, position)
        tile_pair, within = _unique(tile_pair, within)
        source_tile = pairs.source_tile[tile_pair]
        target_tile = pairs.target_tile[tile_pair]
        rank_post, rank_pre = np.divmod(within, pre.count[source_tile])
        source = pre.nodes[pre.start[source_tile] + rank_pre]
        target = post.nodes[post.start[target_tile] + rank_post]
        yield target, source, pairs.bound[tile_pair]


def _hit_pairs(
    tile_pair: IntArray, hits: IntArray, pairs: _TilePairs, rng: np.random.Generator
) -> IntArray:
    """Draw the pair of each hit, as its number within the tile pair."""
    uniform = np.floor(rng.random(len(tile_pair)) * pairs.n_pairs[tile_pair]).astype(np.int64)
    every = np.arange(len(tile_pair)) - np.repeat(np.cumsum(hits) - hits, hits)
    return np.where(pairs.bound[tile_pair] == 1.0, every, uniform)


def _unique(tile_pair: IntArray, within: IntArray) -> tuple[IntArray, IntArray]:
    """Sort hits and drop repeated ones (both numbers are below 2^31)."""
    key = np.sort((tile_pair << 31) | within)
    first = np.ones(len(key), dtype=bool)
    first[1:] = key[1:] != key[:-1]
    key = key[first]
    return key >> 31, key & (2**31 - 1)


def expected_connections(n_neurons: int, tables: Tables) -> FloatArray:
    """Compute the expected number of connections of each synapse type, over all placements.

    The distance r of two uniform points in a disc of radius R has the density
    4 r / (pi R^2) arccos(r / 2R) - 2 r^2 / (pi R^3) sqrt(1 - r^2 / 4R^2); the mean probability is
    the integral of its product with p(r), computed by Gauss-Legendre quadrature on equal intervals.
    Preferred orientations are assumed to be independent, so the like-to-like factor has mean 1.

    Parameters
    ----------
    n_neurons : int
        Number of neurons.
    tables : Tables
        The model's tables.

    Returns
    -------
    float64[186]
        Expected connections per row of the connectivity table.
    """
    counts = apportion(n_neurons, tables.populations.n_core)
    radius = radius_um(n_neurons, tables)
    # Few nodes per interval: for hundreds, NumPy finds them by multithreaded linear algebra, whose
    # last digits depend on the number of threads.
    node, weight = np.polynomial.legendre.leggauss(10)
    part = np.arange(N_PARTS)[:, None]
    half = ((part + 0.5 * (node + 1.0)) / N_PARTS).ravel()  # r / 2R in (0, 1)
    weight = np.tile(weight / N_PARTS, N_PARTS)
    distance = 2.0 * radius * half
    density = 4 * distance / (np.pi * radius**2) * np.arccos(half)
    density -= 2 * distance**2 / (np.pi * radius**3) * np.sqrt(1 - half**2)
    expected = np.empty(tables.n_synapse_types)
    for index in range(tables.n_synapse_types):
        rule = connection_rule(index, tables)
        mean = radius * np.sum(weight * density * rule.mean_probability(distance**2))
        pairs = counts[rule.pre] * (counts[rule.post] - (rule.pre == rule.post))
        expected[index] = pairs * mean
    return expected
