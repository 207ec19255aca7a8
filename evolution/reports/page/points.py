"""Data on each tried rule for the figures of the page."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evolution.genome import RuleGenome
from evolution.runs import VIABLE, Front, Member, Score, SearchStore, rule_name
from nestml_models.rule import TERMS, Rule
from v1cortex.evaluation import SCORES, Evaluation
from v1cortex.pages import formula_markup

__all__ = ["point_data"]

MAX_MAP_BYTES = 900_000
"""Space for coefficient maps, before base64 (*choice*: with the next one, a page stays below 5 MB).
Those of the front come first."""

MAX_YAML_BYTES = 600_000
"""Space for rule files, compressed; the files of other rules are available by a command."""

STEPS = 127
"""Coefficients from -1 to 1 are drawn in this many steps per sign, with one byte each."""


@dataclass
class _Room:
    """The remaining space in the page."""

    maps: int = MAX_MAP_BYTES
    yaml: int = MAX_YAML_BYTES
    formulas: dict[str, int] = field(default_factory=dict)


def point_data(
    store: SearchStore,
    front: Front,
    genome: RuleGenome,
    families: Sequence[int],
    windows: Mapping[str, Any],
) -> dict[str, Any]:
    """Return every rule with completed evaluations, those of the front first.

    Parameters
    ----------
    store
        Evaluations of the run.
    front
        Its front.
    genome
        The encoding of rules.
    families
        Number of the family of each rule of the front; may be empty.
    windows
        Pairing windows by the digest of the rule.

    Returns
    -------
    data
        ``points``, and the ``formulas`` to which they refer by number.
    """
    room = _Room()
    names = {(m.generation, m.index): rule_name(k) for k, m in enumerate(front.members, start=1)}
    means = {(c.generation, c.index): c for c in front.candidates if c.viable}
    candidates = [each for each in _candidates(store, front.names) if each[0] in means]
    order = {origin: k for k, origin in enumerate(names)}
    candidates.sort(key=lambda each: (order.get(each[0], len(order)), each[0]))
    points = []
    for origin, vector, errors, n in candidates:
        scored, name = means[origin], names.get(origin, "")
        rule = genome.decode(vector, name or f"candidate_{origin[0]}_{origin[1]}")
        point: dict[str, Any] = {
            "id": f"{origin[0]}.{origin[1]}",
            "rule": name,
            "generation": origin[0],
            "values": _rounded(scored.objectives),
            "expected": _number(scored.expected[0]),
            "errors": errors,
            "n": n,
            "terms": [each.index for each in rule.active_terms],
            "formula": _formula_index(rule, room),
            "maps": _maps(rule, room),
            "tau_E": _rounded(rule.tau_E_ms),
            "tau_R": _rounded(rule.tau_R_ms),
        }
        if name:
            position = order[origin]
            point |= _of_front(front.members[position], rule, room)
            estimate = front.members[position].estimate
            point["estimate"] = None if estimate is None else str(estimate)
            point["family"] = families[position] if families else 0
            point["window"] = windows.get(rule.digest())
        points.append(point)
    return {"points": points, "formulas": list(room.formulas)}


def _candidates(
    store: SearchStore, names: Sequence[str]
) -> list[tuple[tuple[int, int], NDArray[np.float64], list[float] | None, int]]:
    """Return origin, genome, standard errors of the objectives and number of evaluations."""

    def origin_of(score: Score) -> tuple[int, int]:
        return score.candidate.generation, score.candidate.index

    found = []
    for origin, group in groupby(store.scores(), origin_of):
        scores = list(group)
        if not VIABLE.issuperset(score.status for score in scores):
            continue
        errors, n = None, len(scores)
        if n > 1:
            values = np.array([[score.objectives[name] for name in names] for score in scores])
            errors = _rounded(values.std(axis=0, ddof=1) / np.sqrt(n))
        found.append((origin, scores[0].candidate.genome, errors, n))
    return found


def _of_front(member: Member, rule: Rule, room: _Room) -> dict[str, Any]:
    """Return data available for rules of the front only: file, tasks, weights and rates."""
    text = rule.to_yaml()
    size = len(zlib.compress(text.encode()))
    room.yaml -= size
    evaluations = member.evaluations
    return {
        "yaml": text if room.yaml >= 0 else None,
        "seeds": [each.seed for each in evaluations],
        "tasks": _tasks(evaluations),
        "weights": _weights(evaluations),
        "distributions": _distributions(evaluations),
        "rates": _rates(evaluations),
    }


def _tasks(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Return scores by task: means, with the error over trials of a single evaluation."""
    rows = []
    for name in evaluations[0].tasks:
        results = [each.tasks[name] for each in evaluations]
        row: dict[str, Any] = {"task": name, "trials": results[0].n_trials}
        for score in SCORES:
            values = [each.score(score) for each in results]
            error = results[0].score_error(score)
            if len(values) > 1:
                error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
            row[score] = [_number(np.mean(values)), None if error is None else _number(error)]
        rows.append(row)
    return rows


def _weights(evaluations: Sequence[Evaluation]) -> list[list[Any]]:
    """Return how far weights changed, by task and kind of connection, averaged over evaluations."""
    rows = []
    for task, kinds in evaluations[0].statistics.weights.items():
        for kind in kinds:
            moved = [
                each.statistics.weights[task][kind]
                for each in evaluations
                if kind in each.statistics.weights.get(task, {})
            ]
            columns = ("relative_mean", "initial_share_at_zero", "share_at_zero", "share_at_bound")
            values = [_number(np.mean([getattr(m, name) for m in moved])) for name in columns]
            rows.append([task, kind, *values])
    return rows


def _distributions(evaluations: Sequence[Evaluation]) -> list[list[Any]]:
    """Return mean weights (pA) and shares at the bounds by task and synapse type."""
    rows = []
    for task, result in evaluations[0].tasks.items():
        for synapse_type in result.weight_distributions or {}:
            found = [
                (each.tasks[task].weight_distributions or {})[synapse_type] for each in evaluations
            ]
            sizes = [[d.before.mean, d.after.mean] for d in found]
            shares = [[d.after.zero_share, d.after.upper_share or 0.0] for d in found]
            values = np.mean(np.hstack([sizes, shares]), axis=0)
            rows.append([task, synapse_type, *_rounded(values)])
    return rows


def _rates(evaluations: Sequence[Evaluation]) -> list[list[Any]]:
    """Return mean rates of the first evaluation's populations, next to the mouse's."""
    return [
        [row.population, _number(row.model_mean_Hz), _number(row.mouse_mean_Hz)]
        for row in evaluations[0].statistics.populations
    ]


def _formula_index(rule: Rule, room: _Room) -> int:
    return room.formulas.setdefault(formula_markup(rule), len(room.formulas))


def _maps(rule: Rule, room: _Room) -> list[Any] | None:
    """Return each active term's coefficients: a number, or bytes; None if there is no space."""
    maps: list[Any] = []
    size = 0
    for each in rule.active_terms:
        values = np.asarray(rule.coefficients[each.index], dtype=np.float64)
        if np.all(values == values.flat[0]):
            maps.append(float(f"{values.flat[0]:.4g}"))
            continue
        steps = np.round(values.ravel() * STEPS).astype(np.int8).tobytes()
        size += len(steps)
        maps.append(base64.b64encode(steps).decode("ascii"))
    if size > room.maps:
        return None
    room.maps -= size
    return maps


def term_data() -> list[dict[str, Any]]:
    """Return the name of each term and what its coefficient depends on."""
    return [{"name": each.name.replace("*", " "), "scope": each.scope} for each in TERMS]


def _number(value: float | np.floating[Any]) -> float:
    return float(f"{float(value):.5g}")


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [_number(value) for value in np.asarray(values, dtype=np.float64).ravel()]
