"""What a search stores for each evaluation, and what it was told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolution.runs.candidates import VIABLE, Candidate
from v1cortex.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class Record:
    """A finished evaluation of any status.

    Parameters
    ----------
    candidate
        What was evaluated.
    evaluation
        The result.
    rejected
        Why the hurdle, if it was one, rejected the candidate; empty otherwise.
    """

    candidate: Candidate
    evaluation: Evaluation
    rejected: str = ""


@dataclass(frozen=True, eq=False)
class Score:
    """The part of a record that ranking needs, without its statistics.

    Parameters
    ----------
    candidate
        What was evaluated.
    status
        Its status.
    objectives
        Objectives by name.
    rejected
        As for `Record`.
    """

    candidate: Candidate
    status: str
    objectives: Mapping[str, float]
    rejected: str

    @property
    def asked_in(self) -> int:
        """Generation of the search that asked for it."""
        asked_in = self.candidate.asked_in
        return self.candidate.generation if asked_in is None else asked_in

    def digest(self) -> int:
        """Return a number below 2**256, the digest of everything that a search is told by it."""
        candidate = self.candidate
        text = json.dumps(
            [
                candidate.stage,
                candidate.generation,
                candidate.index,
                candidate.seed,
                self.asked_in,
                self.status,
                self.rejected,
                {name: float(value) for name, value in self.objectives.items()},
            ],
            sort_keys=True,
        )
        genome = np.asarray(candidate.genome, dtype="<f8").tobytes()
        return int.from_bytes(hashlib.sha256(text.encode() + genome).digest(), "big")


@dataclass(frozen=True)
class Told:
    """Number and digest of evaluations, in any order.

    Times are not part of it: repeated evaluations give the same.

    Parameters
    ----------
    count
        Number of evaluations.
    digest
        Sum of their digests, modulo 2**256.
    """

    count: int = 0
    digest: int = 0

    def plus(self, scores: Iterable[Score]) -> Told:
        """Return this with further evaluations."""
        count, digest = self.count, self.digest
        for score in scores:
            count, digest = count + 1, (digest + score.digest()) % 2**256
        return Told(count, digest)


NOTHING = Told()
"""Before the first evaluation."""


@dataclass(frozen=True)
class StageCost:
    """Evaluations and cost of one stage of a search.

    Parameters
    ----------
    stage
        The protocol, or the name of a hurdle.
    n_evaluations
        Number of evaluations.
    n_rejected
        Number of candidates that it rejected.
    n_lost
        Number of evaluations that failed or timed out.
    seconds, cpu_seconds
        Total wall-clock and processor time of evaluations on workers.
    """

    stage: str
    n_evaluations: int
    n_rejected: int
    n_lost: int
    seconds: float
    cpu_seconds: float


def viable_values(
    scores: Iterable[Score], worst: Mapping[str, float]
) -> dict[tuple[int, int], dict[int, NDArray[np.float64]]]:
    """Return the objectives of candidates with all evaluations completed.

    Parameters
    ----------
    scores
        Evaluations with the protocol.
    worst
        Worst values by name of the objective, in order.

    Returns
    -------
    values
        By generation and index, then by seed; shape (n_objectives,).
    """
    values: dict[tuple[int, int], dict[int, NDArray[np.float64]]] = {}
    spoilt: set[tuple[int, int]] = set()
    for score in scores:
        origin = (score.candidate.generation, score.candidate.index)
        if score.status in VIABLE:
            row = np.array([score.objectives[name] for name in worst], dtype=np.float64)
            values.setdefault(origin, {})[score.candidate.seed] = row
        else:
            spoilt.add(origin)
    return {origin: rows for origin, rows in values.items() if origin not in spoilt}
