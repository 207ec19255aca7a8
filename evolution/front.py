"""The Pareto front of a run, and its files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from evolution.genome import RuleGenome
from evolution.results import VIABLE, objective_vector
from evolution.run_folder import RunFolder
from evolution.store import Record
from v1cortex.results import Evaluation

RULES = "front"
"""Folder of the front's rules within the run folder."""


@dataclass(frozen=True, eq=False)
class Member:
    """A candidate and what its evaluations gave.

    Parameters
    ----------
    generation, index
        Generation, and position in it.
    genome
        The vector.
    objectives
        What the search minimised, shape (n_objectives,): means over the evaluations.
    evaluations
        One for each seed.
    """

    generation: int
    index: int
    genome: NDArray[np.float64]
    objectives: NDArray[np.float64]
    evaluations: tuple[Evaluation, ...]

    @property
    def viable(self) -> bool:
        """Whether all evaluations ran to their end."""
        return all(evaluation.status in VIABLE for evaluation in self.evaluations)


@dataclass(frozen=True, eq=False)
class Front:
    """The candidates that no other one of the run beats in all objectives.

    Parameters
    ----------
    members
        The front, by the first objective, then the others.
    candidates
        All candidates of the run, in the order of evaluation.
    names
        Names of the objectives.
    """

    members: tuple[Member, ...]
    candidates: tuple[Member, ...]
    names: tuple[str, ...]

    @property
    def values(self) -> NDArray[np.float64]:
        """Objectives of the members, shape (n_members, n_objectives)."""
        return np.array([m.objectives for m in self.members]).reshape(-1, len(self.names))


def front_of(
    records: Iterable[Record],
    worst: Mapping[str, float],
    key: Callable[[NDArray[np.float64]], bytes],
) -> Front:
    """Return the front of all evaluations of a run.

    *Choice*: of all candidates ever evaluated, not only of the last population, which may have
    dropped members of a large front. It is a function of the stored evaluations alone. Candidates
    that failed, timed out or ran away are never on it; of candidates that are evaluated alike the
    first stands for all.

    Parameters
    ----------
    records
        Evaluations, by generation, candidate and seed.
    worst
        Worst values by the name of the objective, in order.
    key
        What tells genomes apart that are evaluated differently.
    """
    candidates = tuple(_members(records, worst))
    unique: dict[bytes, Member] = {}
    for member in candidates:
        if member.viable:
            unique.setdefault(key(member.genome), member)
    members = list(unique.values())
    if members:
        values = np.array([member.objectives for member in members])
        on_front = NonDominatedSorting().do(values, only_non_dominated_front=True)
        members = [members[k] for k in on_front]
    members.sort(key=lambda m: (*m.objectives.tolist(), m.generation, m.index))
    return Front(tuple(members), candidates, tuple(worst))


def write_rules(front: Front, genome: RuleGenome, folder: RunFolder) -> None:
    """Write the front of a search for rules: a table, and one file a rule.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    rows, names = [], set()
    for number, member in enumerate(front.members, start=1):
        name = f"rule_{number:03d}"
        rule = genome.decode(member.genome, name)
        file = f"{RULES}/{name}.yaml"
        folder.write(file, rule.to_yaml())
        names.add(f"{name}.yaml")
        rows.append(
            {"rule": name, "formula": rule.formula(), "active_terms": rule.n_active}
            | dict(zip(front.names, member.objectives.tolist(), strict=True))
            | _task_scores(member)
            | {"generation": member.generation, "candidate": member.index}
            | {"seeds": " ".join(str(e.seed) for e in member.evaluations), "file": file}
        )
    for stale in (folder.path / RULES).glob("rule_*.yaml"):
        if stale.name not in names:
            stale.unlink()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or ["rule"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    folder.write("front.csv", text.getvalue())


def _members(records: Iterable[Record], worst: Mapping[str, float]) -> Iterable[Member]:
    def identity(record: Record) -> tuple[int, int]:
        return record.candidate.generation, record.candidate.index

    for (generation, index), group in groupby(records, identity):
        found = list(group)
        evaluations = tuple(record.evaluation for record in found)
        objectives = objective_vector(evaluations, worst)
        yield Member(generation, index, found[0].candidate.genome, objectives, evaluations)


def _task_scores(member: Member) -> dict[str, Any]:
    """Return accuracy and AUC of each task, averaged over the evaluations."""
    scores: dict[str, Any] = {}
    for task in member.evaluations[0].tasks:
        for score in ("auc", "accuracy"):
            values = [e.tasks[task][score] for e in member.evaluations if score in e.tasks[task]]
            if values:
                scores[f"{task}.{score}"] = float(np.mean(values))
    return scores
