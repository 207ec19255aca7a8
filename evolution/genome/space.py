"""What a search needs to know about the space it searches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evolution.genome.learning import BoxLearning, Learning


@dataclass(frozen=True)
class Operators:
    """The operators of an evolutionary algorithm, pymoo objects that can be pickled.

    Parameters
    ----------
    sampling, crossover, mutation, repair
        ``pymoo.core.sampling.Sampling`` and so on.
    duplicates
        ``pymoo.core.duplicate.DuplicateElimination``.
    learning
        How a student moves toward its teacher, in a swarm.
    """

    sampling: Any
    crossover: Any
    mutation: Any
    repair: Any
    duplicates: Any
    learning: Learning = field(default_factory=BoxLearning)


class Space(Protocol):
    """A space of genomes: real vectors within bounds, and the operators that vary them."""

    @property
    def lower(self) -> NDArray[np.float64]:
        """Smallest value of each variable."""

    @property
    def upper(self) -> NDArray[np.float64]:
        """Largest value of each variable."""

    def operators(self, crossover_probability: float) -> Operators:
        """Return the operators; a pair of parents mates with the given probability."""

    def key(self, vector: NDArray[np.float64]) -> bytes:
        """Return a key that differs between genomes whose evaluations differ."""
