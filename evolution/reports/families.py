"""Families of rules: clusters by the rules' terms, then by their coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import silhouette_score

from evolution.genome import RuleGenome
from nestml_models.rule import TERMS, Term
from v1cortex.tables import POPULATIONS, is_excitatory, load_tables

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

GATE_DISTANCE = 0.4
"""Rules of a family share at least 60 % of their terms on average (*choice*): rules with one and
two terms that differ in one stay apart, those with three and four may be joined."""

COEFFICIENT_DISTANCE = 0.5
"""Largest average distance between coefficients within a family (*choice*). Coefficients drawn
independently and uniformly from [-1, 1] differ by 0.82 (root mean square)."""


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Rules, and the synapse types at which their coefficients have an effect.

    Parameters
    ----------
    genome
        The encoding of rules.
    vectors
        The rules, shape (n_rules, n_variables).
    synapse_types
        Which pairs [pre, post] of neuron types have plastic synapses, shape (n_types, n_types):
        coefficients of other pairs have no effect.
    """

    genome: RuleGenome
    vectors: FloatArray
    synapse_types: BoolArray

    @cached_property
    def gates(self) -> BoolArray:
        """Which terms each rule has, shape (n_rules, 25)."""
        return np.asarray(self.vectors[:, self.genome.layout["gates"]] > 0)

    @cached_property
    def coefficients(self) -> FloatArray:
        """Coefficients, 0 for inactive terms, shape (n_rules, n_coefficients)."""
        canonical = np.array([self.genome.canonical(vector) for vector in self.vectors])
        return np.asarray(canonical[:, self.genome.layout["coefficients"]])

    def maps(self, term: Term) -> FloatArray:
        """Return a term's coefficients for each pair of types, shape (n_rules, pre, post).

        A term of one neuron is constant along the other's axis; without plastic synapses the map is
        NaN.
        """
        n_types = len(self.genome.types)
        start = self.genome.layout["coefficients"].start
        block = self.genome.blocks[term.index]
        values = self.coefficients[:, block.start - start : block.stop - start]
        values = values.reshape(len(self.vectors), *self.genome.block_shape(term))
        if term.scope == "pre":
            values = values[:, :, None]
        elif term.scope == "global":
            values = values[:, None, None]
        elif term.scope == "post":
            values = values[:, None, :]
        full = np.broadcast_to(values, (len(self.vectors), n_types, n_types))
        return np.where(self.synapse_types, full, np.nan)

    @cached_property
    def gate_distances(self) -> FloatArray:
        """Jaccard distances between the sets of terms, in SciPy's condensed form."""
        return np.asarray(pdist(self.gates, "jaccard"))

    @cached_property
    def distances(self) -> FloatArray:
        """Distances between the parameters of the rules, in SciPy's condensed form.

        Root mean square difference of the coefficients, 0 for inactive terms, over all synapse
        types with plastic synapses and all terms that at least one of the two rules has. Time
        constants and thresholds are not compared (*choice*).
        """
        squared = pdist(self.coefficients * np.sqrt(self._weights), "sqeuclidean")
        gates = self.gates.astype(np.float64)
        n_terms = gates.sum(axis=1)
        shared = gates @ gates.T
        either = squareform(n_terms[:, None] + n_terms - shared - np.diag(n_terms))
        return np.sqrt(squared / np.maximum(either, 1.0))

    @property
    def _weights(self) -> FloatArray:
        """Share of the synapse types at which each coefficient acts."""
        n = max(int(self.synapse_types.sum()), 1)
        shares = {
            "pair": self.synapse_types.ravel() / n,
            "pre": self.synapse_types.sum(axis=1) / n,
            "post": self.synapse_types.sum(axis=0) / n,
            "global": np.ones(1),
        }
        return np.concatenate([shares[term.scope] for term in TERMS])


@dataclass(frozen=True)
class Family:
    """A family of similar rules.

    Parameters
    ----------
    number
        Number from 1, the largest family first.
    members
        Positions of the rules, ascending.
    medoid
        Position of the member with the smallest mean distance to the others, which represents them.
    """

    number: int
    members: tuple[int, ...]
    medoid: int


@dataclass(frozen=True)
class Families:
    """All families of a set of rules.

    Parameters
    ----------
    families
        The families, the largest first, then by their first rule.
    label
        Number of each rule's family, shape (n_rules,).
    silhouette
        Mean silhouette of the rules in parameter space (Rousseeuw 1987, doi
        10.1016/0377-0427(87)90125-7), from -1 to 1; None with a single family or only families of
        one, where it is not defined.
    """

    families: tuple[Family, ...]
    label: tuple[int, ...]
    silhouette: float | None


def find_families(
    rules: RuleSet,
    gate_distance: float = GATE_DISTANCE,
    coefficient_distance: float = COEFFICIENT_DISTANCE,
) -> Families:
    """Cluster rules by their terms, then each cluster by coefficients.

    Both use average linkage (SciPy), cut where clusters are further apart than the given distances.

    Parameters
    ----------
    rules
        The rules, at least one.
    gate_distance
        Largest average Jaccard distance between sets of terms, in [0, 1]; 0 means the same terms.
    coefficient_distance
        Largest average distance between coefficients (see `RuleSet.distances`).
    """
    distances = squareform(rules.distances)
    groups: list[list[int]] = []
    for same_terms in _clusters(rules.gate_distances, len(rules.vectors), gate_distance):
        within = squareform(distances[np.ix_(same_terms, same_terms)], checks=False)
        for chosen in _clusters(within, len(same_terms), coefficient_distance):
            groups.append([same_terms[k] for k in chosen])
    groups.sort(key=lambda members: (-len(members), members[0]))
    families = tuple(
        Family(number, tuple(members), _medoid(members, distances))
        for number, members in enumerate(groups, start=1)
    )
    label = {member: family.number for family in families for member in family.members}
    labels = tuple(label[k] for k in range(len(rules.vectors)))
    return Families(families, labels, _silhouette(distances, labels))


def plastic_pairs(plastic: str) -> BoolArray:
    """Return the pairs of neuron types [pre, post] with synapses that follow the rule.

    Parameters
    ----------
    plastic
        ``all``, ``excitatory`` or ``E->E``, as in a protocol.
    """
    connectivity = load_tables().connectivity
    n_types = len(POPULATIONS)
    pairs = np.zeros((n_types, n_types), dtype=bool)
    pairs[connectivity.pre, connectivity.post] = True
    excitatory = is_excitatory(np.arange(n_types))
    if plastic != "all":
        pairs &= excitatory[:, None]
    if plastic == "E->E":
        pairs &= excitatory
    return pairs


def _clusters(distances: FloatArray, n: int, largest: float) -> list[list[int]]:
    """Return the positions in each cluster."""
    if n < 2:
        return [list(range(n))]
    labels = fcluster(linkage(distances, "average"), largest, "distance")
    return [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]


def _medoid(members: Sequence[int], distances: FloatArray) -> int:
    within = distances[np.ix_(members, members)].mean(axis=1)
    return members[int(np.argmin(within))]


def _silhouette(distances: FloatArray, labels: tuple[int, ...]) -> float | None:
    if not 2 <= len(set(labels)) < len(labels):
        return None
    return float(silhouette_score(distances, labels, metric="precomputed"))
