"""Ways to move within a family of rules: few dimensions, each of which moves many variables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v1cortex.experiments.paired.factors import scaled

__all__ = ["Factors", "Layer", "joined"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layer:
    """Variables that move together.

    Parameters
    ----------
    name
        Such as a grouping of neuron types.
    dimension
        Number of the dimension that each variable belongs to; -1: it does not move; shape
        (n_variables,).
    unit
        Change of each variable for a step of 1, shape (n_variables,).
    """

    name: str
    dimension: NDArray[np.intp]
    unit: Vector

    @property
    def n_dimensions(self) -> int:
        """Number of dimensions."""
        return int(self.dimension.max()) + 1

    def applied(self, away: Vector, step: NDArray[np.float64]) -> Vector:
        """Return variables after a step, shape (n_dimensions,), relative to a family's origin."""
        return np.asarray(away + np.where(self.dimension >= 0, step[self.dimension] * self.unit, 0))


@dataclass(frozen=True, eq=False)
class Factors:
    """Coefficients that are scaled, positive and negative ones apart: their learning rates.

    A step of 1 multiplies by `v1cortex.experiments.paired.factors.UNIT`, so the two dimensions are
    logarithmic.

    Parameters
    ----------
    name
        Of the layer.
    moving
        Whether each variable is scaled, shape (n_variables,).
    n_dimensions
        Number of dimensions: the factor of positive and that of negative coefficients.
    """

    name: str
    moving: NDArray[np.bool_]
    n_dimensions: int = 2

    def applied(self, away: Vector, step: NDArray[np.float64]) -> Vector:
        """Return variables after a step, shape (2,), relative to a family's origin."""
        positive, negative = step.tolist()
        factors = {"positive": positive, "negative": negative}
        return np.where(self.moving, scaled(away, factors), away)


def joined(first: Layer, second: Layer) -> Layer:
    """Return a layer with the dimensions of two that move different variables."""
    moved = second.dimension >= 0
    dimension = np.where(moved, second.dimension + first.n_dimensions, first.dimension)
    return Layer(first.name, dimension, np.where(moved, second.unit, first.unit))
