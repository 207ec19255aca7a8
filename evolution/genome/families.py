"""Families of rules: genomes that differ only in what a few layers of parameters move.

A rule has thousands of coefficients, and independent changes of all of them cancel. A family fixes
the terms; its layers tie the coefficients, coarse to fine, into as few dimensions as there are
groups of neuron types.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolution.genome.genome import require_length
from evolution.genome.layers import Factors, Layer, Vector

__all__ = ["Family", "box_family"]


@dataclass(frozen=True, eq=False)
class Family:
    """Genomes that differ only in variables that its layers move.

    Parameters
    ----------
    name
        Such as the terms of its rules.
    origin
        The genome from which changes are measured, without effect.
    start
        Where a search begins.
    layers
        Coarse to fine, then others; a search that has been through them goes on with the space's
        own layer and those after it.
    space
        The dimensions in which places are measured.
    lower, upper
        Bounds of the variables.
    static
        The genome of no rule at all.
    logarithmic
        Which variables vary on a logarithmic scale, shape (n_variables,); None: none.

    Raises
    ------
    ConfigError
        If a genome or a layer has another length than the bounds.
    """

    name: str
    origin: Vector
    start: Vector
    layers: tuple[Layer | Factors, ...]
    space: Layer
    lower: Vector
    upper: Vector
    static: Vector
    logarithmic: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        for name in ("origin", "start", "upper", "static"):
            require_length(f"{self.name}: {name}", getattr(self, name), len(self.lower))
        for layer in (*self.layers, self.space):
            moving = layer.dimension if isinstance(layer, Layer) else layer.moving
            require_length(f"{self.name}: the layer {layer.name}", moving, len(self.lower))

    def layer(self, turn: int) -> Layer | Factors:
        """Return the layer of a turn, counted from 0."""
        finest = [layer.name for layer in self.layers].index(self.space.name)
        if turn >= len(self.layers):
            turn = finest + (turn - finest) % (len(self.layers) - finest)
        return self.layers[turn]

    def moved(self, vector: Vector, layer: Layer | Factors, step: NDArray[np.float64]) -> Vector:
        """Return a genome after a step; beyond the bounds, all changes are scaled down alike.

        Scaling keeps the proportions of the coefficients, which clipping would not. Logarithmic
        variables are clipped.
        """
        origin, lower, upper = map(self._scaled, (self.origin, self.lower, self.upper))
        away = layer.applied(self._scaled(vector) - origin, step)
        room = np.where(away > 0, upper - origin, lower - origin)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(away != 0, room / away, np.inf)
        if self.logarithmic is not None:
            shares[self.logarithmic] = np.inf
        reached = origin + away * min(1.0, float(shares.min()))
        if self.logarithmic is not None:
            reached[self.logarithmic] = np.exp(origin + away)[self.logarithmic]
            still = self.logarithmic & (away == 0)
            reached[still] = self.origin[still]
        return np.asarray(np.clip(reached, self.lower, self.upper))

    def place(self, vector: Vector) -> NDArray[np.float64]:
        """Return where a genome is: steps from the start in the dimensions of the space."""
        moving = self.space.dimension >= 0
        away = self._scaled(vector) - self._scaled(self.start)
        own = self.space.dimension[moving]
        return np.asarray(
            np.bincount(own, away[moving] / self.space.unit[moving]) / np.bincount(own)
        )

    def ties(self) -> NDArray[np.float64]:
        """Return which dimensions of the space move together in a coarser layer.

        Returns
        -------
        float64[n_dimensions, n_coarser]
            The share of each dimension's variables that belongs to each dimension of each coarser
            layer.
        """
        moving = self.space.dimension >= 0
        own = np.eye(self.space.n_dimensions)[self.space.dimension[moving]]
        columns = [np.zeros((self.space.n_dimensions, 0))]
        for layer in self.layers:
            if layer.name == self.space.name:
                break
            if isinstance(layer, Layer):
                dimension = layer.dimension[moving]
                coarse = np.eye(layer.n_dimensions)[dimension] * (dimension >= 0)[:, None]
                columns.append(own.T @ coarse / own.sum(axis=0)[:, None])
        return np.concatenate(columns, axis=1)

    def direction(self, vector: Vector) -> int:
        """Return whether the variables are above (1) or below (-1) the origin on balance."""
        moving = self.space.dimension >= 0
        if self.logarithmic is not None:
            moving &= ~self.logarithmic
        balance = ((vector - self.origin)[moving] / self.space.unit[moving]).sum()
        return 1 if balance >= 0 else -1

    def _scaled(self, vector: Vector) -> Vector:
        """Return variables, logarithmic ones as their logarithms."""
        if self.logarithmic is None:
            return np.asarray(vector, np.float64)
        return np.asarray(np.where(self.logarithmic, np.log(np.maximum(vector, 1e-300)), vector))


def box_family(lower: Vector, upper: Vector) -> Family:
    """Return the only family of a space without structure: each variable by itself.

    A step of 1 is half of a variable's range, and the origin is in the middle.
    """
    layer = Layer("variables", np.arange(len(lower)), (upper - lower) / 2)
    middle = (lower + upper) / 2
    return Family("all", middle, middle, (layer,), layer, lower, upper, middle)
