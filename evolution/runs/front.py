"""The Pareto front of a run, and its files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from evolution.algorithms import Estimate, fit
from evolution.genome import RuleGenome
from evolution.runs.candidates import VIABLE
from evolution.runs.folder import RunFolder
from evolution.runs.records import Score, viable_values
from evolution.runs.store import SearchStore
from nestml_models.common import csv_text
from v1cortex.evaluation import SCORES, Evaluation

RULES = "front"
"""Folder of the front's rules within the run folder."""


@dataclass(frozen=True, eq=False)
class Scored:
    """A candidate and its scores.

    Parameters
    ----------
    generation, index
        Generation, and position in it.
    objectives
        What the search minimised, shape (n_objectives,): means over the evaluations, each minus the
        effect of its seed.
    expected
        Expected values, shape (n_objectives,): the same, shrunk toward the mean of all candidates
        in proportion to its noise.
    statuses
        Statuses of its evaluations, one for each seed.
    estimate
        What the search itself expects of it, if it fits all rules of a family together.
    """

    generation: int
    index: int
    objectives: NDArray[np.float64]
    expected: NDArray[np.float64]
    statuses: tuple[str, ...]
    estimate: Estimate | None = field(default=None, kw_only=True)

    @property
    def viable(self) -> bool:
        """Whether all evaluations were completed."""
        return VIABLE.issuperset(self.statuses)


@dataclass(frozen=True, eq=False)
class Member(Scored):
    """A member of the front, with all that is known about it.

    Parameters
    ----------
    generation, index, objectives, expected, statuses, estimate
        As for every candidate.
    genome
        The vector.
    evaluations
        One for each seed.
    """

    genome: NDArray[np.float64]
    evaluations: tuple[Evaluation, ...]


@dataclass(frozen=True, eq=False)
class Front:
    """The candidates of a run that no other one beats in all objectives, or its estimated best.

    Parameters
    ----------
    members
        The front, sorted by the expected first objective, then the others. The best of many
        candidates evaluated once owe their rank to luck: those that did well again come first. If
        the search has estimates, those rules instead, the best of each family first.
    candidates
        All candidates that reached the protocol, in order of generation and position.
    names
        Names of the objectives.
    n_tried
        Number of candidates tried, including those rejected by a hurdle.
    """

    members: tuple[Member, ...]
    candidates: tuple[Scored, ...]
    names: tuple[str, ...]
    n_tried: int

    @property
    def values(self) -> NDArray[np.float64]:
        """Objectives of the members, shape (n_members, n_objectives)."""
        return np.array([m.objectives for m in self.members]).reshape(-1, len(self.names))

    @property
    def is_estimated(self) -> bool:
        """Whether the members are those that the search itself expects to be best."""
        return bool(self.members) and self.members[0].estimate is not None

    @property
    def title(self) -> str:
        """What tables of the front are called."""
        n, n_tried = len(self.members), self.n_tried
        if self.is_estimated:
            return f"the {n} best of {n_tried} rules, the best of each family first"
        return f"{n} of {n_tried} rules on the front"


def front_of(
    store: SearchStore,
    worst: Mapping[str, float],
    key: Callable[[NDArray[np.float64]], bytes],
    estimates: Mapping[tuple[int, int], Estimate] | None = None,
) -> Front:
    """Return the front of all evaluations of a run.

    *Choice*: among all candidates ever evaluated, not only the last population, which may have
    dropped members of a large front. It is a function of the stored evaluations alone. Candidates
    that failed, timed out or ran away are never on it; candidates with the same key are represented
    by the first.

    Parameters
    ----------
    store
        The evaluations of the run.
    worst
        Worst values by the name of the objective, in order.
    key
        Returns a key that differs between genomes whose evaluations differ.
    estimates
        What the search expects of its best rules, by generation and index. If there are any, these
        rules are the front, in this order, whatever their other objectives.
    """
    candidates: list[Scored] = []
    unique: list[Scored] = []
    seen: set[bytes] = set()
    for scored, genome in _candidates(store, worst):
        candidates.append(scored)
        digest = hashlib.sha256(key(genome)).digest()
        if scored.viable and digest not in seen:
            seen.add(digest)
            unique.append(scored)
    on_front: list[Scored] = []
    if estimates:
        found = {(each.generation, each.index): each for each in unique}
        on_front = [replace(found[k], estimate=v) for k, v in estimates.items() if k in found]
    elif unique:
        values = np.array([scored.objectives for scored in unique])
        on_front = [
            unique[k] for k in NonDominatedSorting().do(values, only_non_dominated_front=True)
        ]
        on_front.sort(key=lambda m: (*m.expected.tolist(), m.generation, m.index))
    members = tuple(_member(scored, store) for scored in on_front)
    return Front(members, tuple(candidates), tuple(worst), store.n_candidates())


def rule_name(number: int) -> str:
    """Return the name of a rule of the front by its position, from 1."""
    return f"rule_{number:03d}"


def front_rows(front: Front, genome: RuleGenome) -> list[dict[str, Any]]:
    """Return the front of a search for rules as rows of a table, plain data."""
    rows = []
    for number, member in enumerate(front.members, start=1):
        rule = genome.decode(member.genome, rule_name(number))
        rows.append(
            {"rule": rule.name, "formula": rule.formula(), "active_terms": rule.n_active}
            | dict(zip(front.names, member.objectives.tolist(), strict=True))
            | {f"{front.names[0]}.expected": float(member.expected[0])}
            | _estimate(member)
            | _noise(member, front.names)
            | _task_scores(member)
            | {"generation": member.generation, "candidate": member.index}
            | {"seeds": " ".join(str(e.seed) for e in member.evaluations)}
            | {"file": f"{RULES}/{rule.name}.yaml"}
        )
    return rows


def write_rules(front: Front, genome: RuleGenome, folder: RunFolder) -> None:
    """Write the front of a search for rules: a table, and one file per rule.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    rows = front_rows(front, genome)
    for row, member in zip(rows, front.members, strict=True):
        rule = genome.decode(member.genome, row["rule"])
        folder.write(row["file"], rule.to_yaml())
    kept = {row["file"] for row in rows}
    for file in (folder.path / RULES).glob("rule_*.yaml"):
        if f"{RULES}/{file.name}" not in kept:
            file.unlink()
    folder.write("front.csv", csv_text(rows))


def _candidates(
    store: SearchStore, worst: Mapping[str, float]
) -> Iterator[tuple[Scored, NDArray[np.float64]]]:
    """Yield every candidate of a run, scored over its seeds, with its genome."""

    def identity(score: Score) -> tuple[int, int]:
        return score.candidate.generation, score.candidate.index

    values = viable_values(store.scores(), worst)
    model = fit(values)
    lost = np.array(list(worst.values()), dtype=np.float64)
    # Read again: the genomes of a large run do not fit into memory.
    for origin, group in groupby(store.scores(), identity):
        scores = list(group)
        viable = origin in values
        yield (
            Scored(
                *origin,
                model.corrected(values[origin]).mean(axis=0) if viable else lost,
                model.expected[origin] if viable else lost,
                tuple(score.status for score in scores),
            ),
            scores[0].candidate.genome,
        )


def _member(scored: Scored, store: SearchStore) -> Member:
    genome, evaluations = store.candidate(scored.generation, scored.index)
    return Member(**vars(scored), genome=genome, evaluations=evaluations)


def _estimate(member: Member) -> dict[str, Any]:
    """Return what the search expects of a rule, if it estimates that."""
    estimate = member.estimate
    if estimate is None:
        return {}
    return {
        "family": estimate.family,
        "difference.expected": estimate.difference,
        "difference.standard_error": estimate.standard_error,
        "within_limits": estimate.within_limits,
    }


def _noise(member: Member, names: Sequence[str]) -> dict[str, Any]:
    """Return the number of evaluations, and the standard errors of the means over several."""
    n = len(member.evaluations)
    row: dict[str, Any] = {"evaluations": n}
    if n > 1:
        values = [[e.objectives[name] for name in names] for e in member.evaluations]
        errors = np.std(values, axis=0, ddof=1) / np.sqrt(n)
        row |= {
            f"{name}.standard_error": error
            for name, error in zip(names, errors.tolist(), strict=True)
        }
    return row


def _task_scores(member: Member) -> dict[str, Any]:
    """Return accuracy and AUC of each task, averaged over the evaluations."""
    return {
        f"{task}.{score}": float(np.mean([e.tasks[task].score(score) for e in member.evaluations]))
        for task in member.evaluations[0].tasks
        for score in SCORES
    }
