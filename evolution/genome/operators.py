"""Operators on rules: sampling, crossover, mutation, repair, removal of duplicates.

All draw only from the generator that pymoo passes to them, the algorithm's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import DuplicateElimination
from pymoo.core.individual import Individual
from pymoo.core.population import Population
from pymoo.core.repair import Repair
from pymoo.core.sampling import Sampling

from evolution.genome.config import StartConfig, VariationConfig
from evolution.genome.families import Family
from evolution.genome.genome import N_TERMS, TIME_CONSTANTS, RuleGenome, Vector
from evolution.genome.learning import RuleLearning
from evolution.genome.mutation import RuleMutation
from evolution.genome.rule_families import Exposure, rule_families
from evolution.genome.space import Operators
from nestml_models.rule import MAX_THRESHOLD_HZ

DIGEST = "digest"
"""Attribute of individuals: the digest of `RuleGenome.key`."""


class RuleSampling(Sampling):
    """Random rules with few active terms.

    Parameters
    ----------
    genome
        The layout of the vectors.
    start
        Numbers of terms and time constants.
    given
        Vectors of rules to put first.
    """

    def __init__(
        self, genome: RuleGenome, start: StartConfig, given: Sequence[Vector] = ()
    ) -> None:
        super().__init__()
        self.genome, self.start = genome, start
        self.given = tuple(given)

    def _do(
        self,
        _problem: object,
        n_samples: int,
        *_: object,
        random_state: np.random.Generator,
        **__: object,
    ) -> Vector:
        given = [self.genome.draw_inactive(each, random_state) for each in self.given[:n_samples]]
        drawn = [self.draw(random_state) for _ in range(n_samples - len(given))]
        return np.stack([*given, *drawn])

    def draw(self, rng: np.random.Generator) -> Vector:
        """Return one random rule's vector."""
        genome, start = self.genome, self.start
        vector = genome.draw_inactive(np.zeros(genome.n_variables), rng)
        n_active = rng.integers(start.min_terms, start.max_terms + 1)
        for k in np.sort(rng.choice(N_TERMS, n_active, replace=False)):
            genome.open_gate(vector, int(k), rng, start.shared_coefficients)
        n_types = len(genome.types)
        for name in TIME_CONSTANTS:
            # Log-uniform (choice).
            low, high = np.log(start.min_tau_ms), np.log(genome.max_tau_ms)
            vector[genome.layout[name]] = np.exp(rng.uniform(low, high, n_types))
        vector[genome.layout["threshold_Hz"]] = rng.uniform(0.0, MAX_THRESHOLD_HZ)
        return genome.bounded(vector)


class RuleCrossover(Crossover):
    """Two rules exchange terms: each gate together with its coefficients.

    A term that both parents use is exchanged or, as often, blended: the children lie on the line
    through the parents, up to a quarter of their distance outside (BLX-0.25, Eshelman and Schaffer
    1993). Time constants (their logarithms) and the threshold are treated in the same way.

    Parameters
    ----------
    genome
        The layout of the vectors.
    prob
        Probability that a pair of parents mates at all; otherwise the children are copies.
    """

    blend_margin = 0.25

    def __init__(self, genome: RuleGenome, prob: float) -> None:
        super().__init__(2, 2, prob=prob)
        self.genome = genome

    def _do(
        self,
        _problem: object,
        parents: NDArray[np.float64],
        *_: object,
        random_state: np.random.Generator,
        **__: object,
    ) -> NDArray[np.float64]:
        children = np.array(parents, dtype=np.float64)
        for mating in range(children.shape[1]):
            self._mate(children[:, mating, :], random_state)
        return children

    def _mate(self, pair: Vector, rng: np.random.Generator) -> None:
        gates = self.genome.layout["gates"]
        both = np.all(pair[:, gates] > 0, axis=0)
        exchanged = rng.random(N_TERMS) < 0.5
        blended = both & (rng.random(N_TERMS) < 0.5)
        for k in np.flatnonzero(exchanged & ~blended):
            for where in (slice(gates.start + k, gates.start + k + 1), self.genome.blocks[k]):
                pair[:, where] = pair[::-1, where].copy()
        for k in np.flatnonzero(blended):
            self._blend(pair, self.genome.blocks[k], rng)
        for name in TIME_CONSTANTS:
            where = self.genome.layout[name]
            pair[:, where] = np.log(pair[:, where])
            self._blend(pair, where, rng)
            pair[:, where] = np.exp(pair[:, where])
        self._blend(pair, self.genome.layout["threshold_Hz"], rng)
        np.clip(pair, self.genome.lower, self.genome.upper, out=pair)

    def _blend(self, pair: Vector, where: slice, rng: np.random.Generator) -> None:
        weight = rng.uniform(-self.blend_margin, 1.0 + self.blend_margin)
        first, second = pair[0, where].copy(), pair[1, where].copy()
        pair[0, where] = first + weight * (second - first)
        pair[1, where] = second + weight * (first - second)


class RuleRepair(Repair):
    """Clip vectors to the bounds, set gates to 0 or 1, and ensure at least one active term.

    A rule without active terms is the static network, a control that needs no search: it gets one
    random term.

    Parameters
    ----------
    genome
        The layout of the vectors.
    shared_coefficients
        Probability that a new term gets the same coefficient for all neuron types.
    keep_static
        Leave the static network as it is, for a search that was given it to start with.
    """

    def __init__(
        self, genome: RuleGenome, shared_coefficients: float, keep_static: bool = False
    ) -> None:
        super().__init__()
        self.genome, self.shared_coefficients = genome, shared_coefficients
        self.keep_static = keep_static

    def _do(
        self,
        _problem: object,
        vectors: Vector,
        *_: object,
        random_state: np.random.Generator,
        **__: object,
    ) -> Vector:
        return np.array([self.repaired(vector, random_state) for vector in vectors])

    def repaired(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Return the vector within bounds, by default with at least one active term."""
        vector = self.genome.bounded(vector)
        if self.genome.active(vector).size == 0 and not self.keep_static:
            term = int(rng.integers(N_TERMS))
            self.genome.open_gate(vector, term, rng, self.shared_coefficients)
        return vector


class RuleDuplicates(DuplicateElimination):
    """Drop rules that act like another rule (see `RuleGenome.key`).

    A rule's vector no longer changes afterwards: its digest is kept with the individual.
    """

    def __init__(self, genome: RuleGenome) -> None:
        super().__init__()
        self.genome = genome

    def _do(
        self, pop: Population, other: Population | None, is_duplicate: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        seen = {self._digest(each) for each in other} if other is not None else set()
        for position, each in enumerate(pop):
            digest = self._digest(each)
            is_duplicate[position] |= digest in seen
            if other is None:
                seen.add(digest)
        return is_duplicate

    def _digest(self, individual: Individual) -> bytes:
        digest = individual.get(DIGEST)
        if digest is None:
            digest = hashlib.sha256(self.genome.key(individual.X)).digest()
            individual.set(DIGEST, digest)
        return bytes(digest)


@dataclass(frozen=True)
class RuleSpace:
    """The space of plasticity rules (a `Space`).

    Parameters
    ----------
    genome
        The layout of the vectors.
    start
        How the first generation is drawn.
    variation
        How rules mutate.
    given
        Vectors of rules at the start of the first generation.
    exposure
        How long rules act in an evaluation, and their scales.
    """

    genome: RuleGenome
    start: StartConfig
    variation: VariationConfig
    given: tuple[Vector, ...] = ()
    exposure: Exposure = field(default_factory=Exposure)

    @property
    def lower(self) -> Vector:
        """Smallest value of each variable."""
        return self.genome.lower

    @property
    def upper(self) -> Vector:
        """Largest value of each variable."""
        return self.genome.upper

    def operators(self, crossover_probability: float) -> Operators:
        """Return the operators on rules."""
        given_static = any(self.genome.active(vector).size == 0 for vector in self.given)
        return Operators(
            sampling=RuleSampling(self.genome, self.start, self.given),
            crossover=RuleCrossover(self.genome, crossover_probability),
            mutation=RuleMutation(self.genome, self.variation, self.start.shared_coefficients),
            repair=RuleRepair(self.genome, self.start.shared_coefficients, given_static),
            duplicates=RuleDuplicates(self.genome),
            learning=RuleLearning(self.genome),
        )

    def families(
        self,
        terms: Sequence[Sequence[str]],
        groupings: Sequence[str],
        tau_ms: float,
        rates_Hz: Mapping[str, float] | None,
    ) -> tuple[Family, ...]:
        """Return families of rules with the layers of their parameters, see `rule_families`."""
        return rule_families(
            self.genome, terms, groupings, tau_ms, rates_Hz, self.exposure, self.given
        )

    def key(self, vector: Vector) -> bytes:
        """Return a key that differs between rules that act differently."""
        return self.genome.key(vector)
