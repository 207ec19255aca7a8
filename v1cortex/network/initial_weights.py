"""Initial weights of a circuit's synapse types, and samples of them: the same for every rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit

__all__ = ["ConnectionSample", "InitialWeights"]


@dataclass(frozen=True, eq=False)
class ConnectionSample:
    """Connections of one synapse type whose weights are read back.

    Attributes
    ----------
    targets : int64[m]
        Indices of the neurons onto which all connections of the type belong to the sample,
        increasing.
    source, target : int32[n]
        Indices of the neurons of each connection, in the circuit's order: by target, then source.
    magnitude_pA : float64[n]
        The circuit's weights, without signs.
    """

    targets: NDArray[np.int64]
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    magnitude_pA: NDArray[np.float64]


class InitialWeights:
    """Initial weights of a circuit's synapse types, without signs.

    They are worked out once for a circuit, however many networks are built from it
    (`InitialWeights.of`).

    Parameters
    ----------
    circuit
        The circuit.
    """

    def __init__(self, circuit: Circuit) -> None:
        # Not the circuit itself: it would keep itself alive as a key.
        self._edges, self._offsets = circuit.edges, circuit.edges.type_offsets
        self._samples: dict[tuple[int, int], ConnectionSample] = {}

    @classmethod
    def of(cls, circuit: Circuit) -> InitialWeights:
        """Return those of a circuit, which are kept as long as the circuit is."""
        if circuit not in _OF_CIRCUIT:
            _OF_CIRCUIT[circuit] = cls(circuit)
        return _OF_CIRCUIT[circuit]

    def mean_pA(self, row: int) -> float:
        """Return the mean magnitude of a synapse type with connections."""
        return self._means_pA[row]

    def largest_pA(self, row: int) -> float:
        """Return the largest magnitude of a synapse type with connections."""
        return self._largest_pA[row]

    def sample(self, row: int, n_most: int) -> ConnectionSample:
        """Return about `n_most` connections of a synapse type: all those onto spaced targets.

        Parameters
        ----------
        row
            The synapse type, which has connections.
        n_most
            Approximate number of connections.
        """
        if (row, n_most) not in self._samples:
            self._samples[row, n_most] = self._sampled(row, n_most)
        return self._samples[row, n_most]

    def _sampled(self, row: int, n_most: int) -> ConnectionSample:
        own = self._own(row)
        source, target = self._edges.source[own], self._edges.target[own]
        targets = np.unique(target)
        n_targets = min(len(targets), -(-n_most * len(targets) // len(target)))
        chosen = np.unique(targets[np.linspace(0, len(targets) - 1, n_targets).astype(int)])
        here = np.isin(target, chosen)
        magnitude_pA = np.abs(self._edges.weight_pA[own][here])
        return ConnectionSample(chosen.astype(np.int64), source[here], target[here], magnitude_pA)

    def _own(self, row: int) -> slice:
        return slice(int(self._offsets[row]), int(self._offsets[row + 1]))

    @cached_property
    def _means_pA(self) -> dict[int, float]:
        return {row: float(each.mean()) for row, each in self._magnitudes_pA()}

    @cached_property
    def _largest_pA(self) -> dict[int, float]:
        return {row: float(each.max()) for row, each in self._magnitudes_pA()}

    def _magnitudes_pA(self) -> Iterator[tuple[int, NDArray[np.float64]]]:
        for row in np.flatnonzero(np.diff(self._offsets)).tolist():
            yield row, np.abs(self._edges.weight_pA[self._own(row)])


_OF_CIRCUIT: WeakKeyDictionary[Circuit, InitialWeights] = WeakKeyDictionary()
