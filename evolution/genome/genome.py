"""A plasticity rule as a vector of real numbers: the genome of the search.

The vector is that of ``Rule.to_vector``: 25 gates, the coefficients term by term, the time
constants tau_E and tau_R by neuron type, and the read-out threshold; 2645 numbers for 17 types.

Gates are exactly 0 or 1. Coefficients of inactive terms have no effect: the search lets them drift
within their bounds, free of selection, and a term that is switched on again starts from their
current values. Evaluations and files use the *canonical* form, in which they are 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.rule import (
    MAX_TAU_MS,
    MAX_THRESHOLD_HZ,
    N_TERMS,
    TERMS,
    Rule,
    Term,
    vector_layout,
    vector_length,
)
from v1cortex.errors import ConfigError

Vector = NDArray[np.float64]

MIN_TAU_MS = 1.0
"""Shortest time constant that the search tries (*choice*): the time step of the simulation; a
shorter trace would not outlast the step in which it arises."""

TIME_CONSTANTS = ("tau_E_ms", "tau_R_ms")
"""Parts of the vector that vary on a logarithmic scale: ratios matter, not differences."""

GATE_ON = 0.5
"""A gate is open from this value upwards, as in `Rule.from_vector`."""


INACTIVE_GRID = 1 / 256
"""Inactive coefficients are multiples of this (*choice*): a stored genome takes a quarter of the
space, and a coefficient that becomes active varies continuously from there."""


@dataclass(frozen=True)
class RuleGenome:
    """The layout of a rule's vector, and which vectors are valid.

    Parameters
    ----------
    types
        Names of the neuron types.
    reads_threshold
        Whether the evaluation uses the rule's own read-out threshold. If not, rules that differ
        only in it count as equal.
    max_tau_ms
        Longest time constant.
    """

    types: tuple[str, ...]
    reads_threshold: bool = True
    max_tau_ms: float = MAX_TAU_MS

    @property
    def n_variables(self) -> int:
        """Length of the vector."""
        return vector_length(len(self.types))

    @cached_property
    def layout(self) -> dict[str, slice]:
        """Positions of gates, coefficients, time constants and threshold."""
        return vector_layout(len(self.types))

    @cached_property
    def blocks(self) -> tuple[slice, ...]:
        """Positions of the coefficients of each term."""
        start = self.layout["coefficients"].start
        stops = start + np.cumsum([term.n_coefficients(len(self.types)) for term in TERMS])
        starts = [start, *stops[:-1].tolist()]
        return tuple(slice(a, b) for a, b in zip(starts, stops.tolist(), strict=True))

    @cached_property
    def lower(self) -> Vector:
        """Smallest value of each variable."""
        return self._filled(gates=0.0, coefficients=-1.0, tau=MIN_TAU_MS, threshold_Hz=0.0)

    @cached_property
    def upper(self) -> Vector:
        """Largest value of each variable."""
        return self._filled(
            gates=1.0, coefficients=1.0, tau=self.max_tau_ms, threshold_Hz=MAX_THRESHOLD_HZ
        )

    def block_shape(self, term: Term) -> tuple[int, ...]:
        """Shape of a term's coefficients: (pre, post) for pair terms, (type,) for one neuron."""
        n_types = len(self.types)
        return {"pair": (n_types, n_types), "global": ()}.get(term.scope, (n_types,))

    def active(self, vector: Vector) -> NDArray[np.intp]:
        """Return the indices of the terms whose gate is open."""
        return np.flatnonzero(vector[self.layout["gates"]] >= GATE_ON)

    def decode(self, vector: Vector, name: str = "") -> Rule:
        """Return the rule that a vector encodes."""
        return Rule.from_vector(self.canonical(vector), self.types, name)

    def encode(self, rule: Rule) -> Vector:
        """Return a rule's vector in canonical form.

        A time constant below `MIN_TAU_MS` is raised to it.
        """
        return self.canonical(np.asarray(rule.to_vector(), dtype=np.float64))

    def bounded(self, vector: Vector) -> Vector:
        """Return the vector within bounds, gates 0 or 1; inactive coefficients are kept.

        Raises
        ------
        ConfigError
            If it has another length than the genomes of this encoding.
        """
        require_length("a genome", vector, self.n_variables)
        result = np.clip(vector, self.lower, self.upper)
        gates = self.layout["gates"]
        result[gates] = result[gates] >= GATE_ON
        return result

    def canonical(self, vector: Vector) -> Vector:
        """Return the vector within bounds, gates 0 or 1, inactive coefficients 0."""
        result = self.bounded(vector)
        result[self.layout["coefficients"]] *= self.per_coefficient(result[self.layout["gates"]])
        # Adding 0 turns -0.0 into 0.0: equal numbers, equal bytes.
        return result + 0.0

    def per_coefficient(self, per_term: NDArray[Any]) -> NDArray[Any]:
        """Return an array with one value per term, shape (25,), repeated for each coefficient."""
        return np.asarray(per_term[self._term_of_coefficient])

    def logarithmic(self, vectors: Vector) -> Vector:
        """Return a copy with logarithms of time constants; shape (..., n_variables)."""
        result = np.array(vectors, dtype=np.float64)
        for name in TIME_CONSTANTS:
            result[..., self.layout[name]] = np.log(result[..., self.layout[name]])
        return result

    def exponential(self, vectors: Vector) -> Vector:
        """Undo `logarithmic`."""
        result = np.array(vectors, dtype=np.float64)
        for name in TIME_CONSTANTS:
            result[..., self.layout[name]] = np.exp(result[..., self.layout[name]])
        return result

    def key(self, vector: Vector) -> bytes:
        """Return a key that differs between rules that act differently.

        It contains gates and coefficients, time constants only if a term uses them, and the
        threshold only if the evaluation does.
        """
        vector = self.canonical(vector)
        terms = [TERMS[k] for k in self.active(vector)]
        parts = [vector[self.layout["gates"]], vector[self.layout["coefficients"]]]
        if any(term.x_pre + term.x_post for term in terms):
            parts.append(vector[self.layout["tau_E_ms"]])
        if any(term.r for term in terms):
            parts.append(vector[self.layout["tau_R_ms"]])
        if self.reads_threshold:
            parts.append(vector[self.layout["threshold_Hz"]])
        return np.concatenate(parts).tobytes()

    def open_gate(
        self, vector: Vector, term: int, rng: np.random.Generator, shared: float = 0.0
    ) -> None:
        """Switch a term on, in place, with its current coefficients or a new one for all types.

        Parameters
        ----------
        vector
            The rule's vector.
        term
            Index of the term.
        rng
            Source of random numbers.
        shared
            Probability that all neuron types get the same new coefficient, uniform in [-1, 1]
            (*choice*): independent coefficients of hundreds of synapse types nearly cancel, shared
            ones act on the whole network.
        """
        vector[self.layout["gates"].start + term] = 1.0
        if rng.random() < shared:
            vector[self.blocks[term]] = rng.uniform(-1.0, 1.0)

    def draw_inactive(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Return a copy with random inactive coefficients, uniform in [-1, 1], on the grid."""
        result = np.array(vector, dtype=np.float64)
        where = self.layout["coefficients"]
        drawn = rng.uniform(-1.0, 1.0, where.stop - where.start)
        active = self.per_coefficient(result[self.layout["gates"]] >= GATE_ON)
        result[where] = np.where(active, result[where], on_grid(drawn))
        return result

    @cached_property
    def _term_of_coefficient(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(N_TERMS), [b.stop - b.start for b in self.blocks])

    def _filled(self, gates: float, coefficients: float, tau: float, threshold_Hz: float) -> Vector:
        vector = np.empty(self.n_variables)
        vector[self.layout["gates"]] = gates
        vector[self.layout["coefficients"]] = coefficients
        vector[self.layout["tau_E_ms"]] = tau
        vector[self.layout["tau_R_ms"]] = tau
        vector[self.layout["threshold_Hz"]] = threshold_Hz
        vector.setflags(write=False)
        return vector


def require_length(what: str, vector: NDArray[Any], n_variables: int) -> None:
    """Raise `ConfigError` if a vector does not have one value for each variable."""
    if vector.shape[-1:] != (n_variables,):
        n = vector.shape[-1] if vector.ndim else "no"
        raise ConfigError(
            f"{what} has {n} values, and the genomes of this search have {n_variables} variables; "
            "make both with the same neuron types and terms"
        )


def on_grid(coefficients: Vector) -> Vector:
    """Return inactive coefficients rounded to the grid."""
    return np.asarray(np.round(coefficients / INACTIVE_GRID) * INACTIVE_GRID)


__all__ = ["GATE_ON", "MIN_TAU_MS", "N_TERMS", "TIME_CONSTANTS", "RuleGenome", "Vector", "on_grid"]
