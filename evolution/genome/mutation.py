"""Mutation of rules: terms are switched; coefficients, time constants and threshold shift."""

from __future__ import annotations

import numpy as np
from pymoo.core.mutation import Mutation

from evolution.genome.config import VariationConfig
from evolution.genome.genome import N_TERMS, TIME_CONSTANTS, RuleGenome, Vector, on_grid
from nestml_models.rule import TERMS


class RuleMutation(Mutation):
    """Mutate every child.

    Gates. On average `VariationConfig.gate_changes` of the 25 gates flip (1 by default, the usual
    rate of one over the number of gates). *Choice*: on average as many terms are lost as gained.
    Flipping all gates with the same probability would pull rules of a few terms toward twelve,
    since most of their gates are closed.

    Coefficients. Each term is left alone or shifted by normal noise in one of three ways, equally
    often: a few of its coefficients, all synapses from or onto one neuron type, or all of them by
    the same amount. This includes inactive terms, which drift, since there is no selection on them.
    Active coefficients are clipped to the bounds, so that a rule can reach the strongest values;
    drifting ones are reflected, so that they stay uniform, like those of new terms (*choice*).

    Time constants. Each is multiplied by log-normal noise with probability one over their number;
    equally often, all of one kind are multiplied by the same factor.

    Threshold. It is shifted by normal noise in half of the children.

    Parameters
    ----------
    genome
        The layout of the vectors.
    variation
        Sizes and rates.
    shared_coefficients
        Probability that a new term gets the same coefficient for all neuron types.
    """

    def __init__(
        self, genome: RuleGenome, variation: VariationConfig, shared_coefficients: float
    ) -> None:
        super().__init__(prob=1.0)
        self.genome, self.variation = genome, variation
        self.shared_coefficients = shared_coefficients

    def _do(
        self,
        _problem: object,
        vectors: Vector,
        *_: object,
        random_state: np.random.Generator,
        **__: object,
    ) -> Vector:
        return np.array([self.mutate(vector, random_state) for vector in vectors])

    def mutate(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Return a mutated copy within bounds; it may have no active terms."""
        child = self.genome.bounded(vector)
        self._gates(child, rng)
        for term in range(N_TERMS):
            self._coefficients(child, term, rng)
        self._reflect_inactive(child)
        for name in TIME_CONSTANTS:
            self._time_constants(child, self.genome.layout[name], rng)
        if rng.random() < 0.5:
            shift_Hz = rng.normal(0.0, self.variation.threshold_sigma_Hz)
            child[self.genome.layout["threshold_Hz"]] += shift_Hz
        return self.genome.bounded(child)

    def _gates(self, child: Vector, rng: np.random.Generator) -> None:
        active = np.zeros(N_TERMS, dtype=bool)
        active[self.genome.active(child)] = True
        half = self.variation.gate_changes / 2
        rate = np.where(active, half / max(active.sum(), 1), half / max((~active).sum(), 1))
        gates = self.genome.layout["gates"]
        for k in np.flatnonzero(rng.random(N_TERMS) < rate):
            if active[k]:
                child[gates.start + k] = 0.0
            else:
                self.genome.open_gate(child, int(k), rng, self.shared_coefficients)

    def _coefficients(self, child: Vector, term: int, rng: np.random.Generator) -> None:
        shape = self.genome.block_shape(TERMS[term])
        way = rng.integers(4)
        if way == 0:
            return
        # A view: changing it changes the child.
        block = child[self.genome.blocks[term]].reshape(shape)
        sigma = self.variation.coefficient_sigma
        if way == 1 and shape:
            chosen = rng.random(shape) < self.variation.coefficient_rate
            block[chosen] += rng.normal(0.0, sigma, int(chosen.sum()))
        elif way == 2 and shape:
            axis = int(rng.integers(len(shape)))
            np.moveaxis(block, axis, 0)[rng.integers(shape[axis])] += rng.normal(0.0, sigma)
        else:
            block += rng.normal(0.0, sigma)

    def _reflect_inactive(self, child: Vector) -> None:
        where = self.genome.layout["coefficients"]
        inactive = self.genome.per_coefficient(child[self.genome.layout["gates"]] == 0)
        child[where] = np.where(inactive, on_grid(reflected(child[where])), child[where])

    def _time_constants(self, child: Vector, where: slice, rng: np.random.Generator) -> None:
        n_types, sigma = where.stop - where.start, self.variation.tau_sigma
        factors = np.exp(rng.normal(0.0, sigma, n_types))
        chosen = rng.random(n_types) < 1 / n_types
        child[where] *= np.where(chosen, factors, 1.0)
        if rng.random() < 1 - (1 - 1 / n_types) ** n_types:
            child[where] *= np.exp(rng.normal(0.0, sigma))


def reflected(values: Vector) -> Vector:
    """Return numbers reflected at -1 and 1 until they lie in between."""
    distance = np.abs((values - 1.0) % 4.0 - 2.0)
    return np.asarray(np.where(np.abs(values) <= 1.0, values, distance - 1.0))
