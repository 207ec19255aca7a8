"""The rows of an experiment's table: the result of each condition, compared with its control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from v1cortex.evaluation import SCORES, Evaluation, Score, TaskAnalyses
from v1cortex.experiments.averages import mean_analyses
from v1cortex.experiments.conditions import Condition, Setting
from validation.comparison import Estimate, PairedDifference, estimate, holm, paired_difference

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHANCE", "EE", "Row", "rows_frame", "rows_of", "task_score"]


CHANCE = 0.5
"""Score of a seed with a runaway network, which gives no answer (*choice*)."""

EE = "E->E"


@dataclass(frozen=True)
class Row:
    """The result of a condition over seeds.

    Parameters
    ----------
    condition, description, formula, control
        As for `Condition`.
    neurons
        Number of neurons of the circuits.
    seeds
        The seeds.
    auc, accuracy
        Mean over tasks of each seed, and its estimate over seeds.
    tasks
        Estimates of both by task.
    by_seed
        Mean AUC and accuracy over tasks, by score, in the order of the seeds.
    difference
        The protocol's score minus that of the control, on the same seeds; None without a control.
    p_corrected
        p-value of the difference, corrected for the comparisons in the table (Holm).
    statuses
        Statuses of the evaluations.
    ee_weight
        Mean over evaluations of the mean final E->E weight, relative to the initial one; None
        without plasticity.
    share_at_bound
        Mean final share of E->E weights at a bound, less the share that was zero initially; None as
        above.
    linear
        Estimates of AUC and accuracy of a linear read-out of all neurons, by score; for static
        networks whose protocol asks for it, otherwise empty.
    rate_Hz
        Mean rate of all neurons in the test, over finished evaluations.
    analyses
        Means over seeds of the analyses that the protocol asks for, by task
        (`v1cortex.experiments.averages.mean_analyses`).
    evaluations
        By task and seed.
    """

    condition: str
    description: str
    formula: str
    control: str
    neurons: int
    seeds: tuple[int, ...]
    auc: Estimate
    accuracy: Estimate
    tasks: dict[str, dict[str, Estimate]]
    by_seed: dict[str, list[float]]
    difference: PairedDifference | None
    p_corrected: float | None
    statuses: dict[str, int]
    ee_weight: float | None
    share_at_bound: float | None
    linear: dict[str, Estimate]
    rate_Hz: float | None
    analyses: dict[str, TaskAnalyses]
    evaluations: Mapping[tuple[str, int], Evaluation] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the evaluations."""
        data = asdict(replace(self, evaluations={}))
        del data["evaluations"]
        return data


def rows_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the rows of an experiment as a pandas table.

    Parameters
    ----------
    rows
        The result of `v1cortex.experiments.run.run_conditions`.

    Returns
    -------
    frame
        Indexed by ``condition``: description, formula, number of neurons and of seeds; mean AUC and
        accuracy with their standard errors over seeds; the ``control``, the difference on the same
        seeds with its 95 % interval, p-values before and after Holm's correction; final mean E->E
        weight relative to the initial one, change of the share of weights at a bound; mean rate.
        NaN without a comparison, or without plasticity.
    """
    import pandas as pd  # here, since experiments do not need it

    frame = pd.DataFrame([_plain(row) for row in rows]).set_index("condition")
    numbers = [name for name in frame if name not in ("description", "formula", "control")]
    kinds = {name: "int64" if name in ("neurons", "seeds") else "float64" for name in numbers}
    return frame.astype(kinds)


def _plain(row: Row) -> dict[str, Any]:
    compared = row.difference
    return {
        "condition": row.condition,
        "description": row.description,
        "formula": row.formula,
        "neurons": row.neurons,
        "seeds": len(row.seeds),
        "auc": row.auc.mean,
        "auc_standard_error": row.auc.standard_error,
        "accuracy": row.accuracy.mean,
        "accuracy_standard_error": row.accuracy.standard_error,
        "control": row.control,
        "difference": compared.estimate.mean if compared else None,
        "difference_low": compared.estimate.low if compared else None,
        "difference_high": compared.estimate.high if compared else None,
        "p_value": compared.p_value if compared else None,
        "p_corrected": row.p_corrected,
        "ee_weight": row.ee_weight,
        "share_at_bound": row.share_at_bound,
        "rate_Hz": row.rate_Hz,
    }


def rows_of(
    conditions: Sequence[Condition],
    setting: Setting,
    evaluations: Mapping[tuple[str, str, int], Evaluation],
) -> list[Row]:
    """Return a row for each condition.

    Parameters
    ----------
    conditions, setting
        The experiment.
    evaluations
        Evaluations by condition name, task and seed.
    """
    own = {
        each.name: {key[1:]: found for key, found in evaluations.items() if key[0] == each.name}
        for each in conditions
    }
    rows = [_row(each, setting, own[each.name]) for each in conditions]
    by_name = {row.condition: row for row in rows}
    score = setting.protocol.resolved_score
    differences = [
        paired_difference(row.by_seed[score], by_name[row.control].by_seed[score])
        if row.control
        else None
        for row in rows
    ]
    corrected = holm([each.p_value if each else None for each in differences])
    return [
        replace(row, difference=difference, p_corrected=p)
        for row, difference, p in zip(rows, differences, corrected, strict=True)
    ]


def _row(
    condition: Condition, setting: Setting, evaluations: Mapping[tuple[str, int], Evaluation]
) -> Row:
    tasks = setting.protocol.tasks
    values = {
        score: {
            task: [task_score(evaluations[task, seed], task, score) for seed in setting.seeds]
            for task in tasks
        }
        for score in SCORES
    }
    by_seed: dict[str, list[float]] = {
        score: np.mean([values[score][task] for task in tasks], axis=0).tolist() for score in SCORES
    }
    moved = [
        each.statistics.weights.get(task, {}).get(EE) for (task, _), each in evaluations.items()
    ]
    plastic = [each for each in moved if each is not None]
    rates = [each.statistics.rates for each in evaluations.values()]
    return Row(
        condition=condition.name,
        description=condition.description,
        formula=condition.formula,
        control=condition.control,
        neurons=condition.neurons or setting.neurons,
        seeds=setting.seeds,
        auc=estimate(by_seed["auc"]),
        accuracy=estimate(by_seed["accuracy"]),
        tasks={task: {score: estimate(values[score][task]) for score in SCORES} for task in tasks},
        by_seed=by_seed,
        difference=None,
        p_corrected=None,
        statuses=dict(Counter(each.status for each in evaluations.values())),
        ee_weight=_mean([each.relative_mean for each in plastic]),
        # Where preferred directions differ most, initial weights are zero up to rounding.
        share_at_bound=_mean([each.newly_at_bound for each in plastic]),
        linear=_linear(setting, evaluations),
        rate_Hz=_mean([each.mean for each in rates if each is not None]),
        analyses=mean_analyses(evaluations, tasks),
        evaluations=evaluations,
    )


def _linear(
    setting: Setting, evaluations: Mapping[tuple[str, int], Evaluation]
) -> dict[str, Estimate]:
    found = {
        key: each.tasks[key[0]].linear if key[0] in each.tasks else None
        for key, each in evaluations.items()
    }
    tasks = setting.protocol.tasks
    by_seed: dict[str, list[float]] = {score: [] for score in SCORES}
    for seed in setting.seeds:
        readouts = [readout for task in tasks if (readout := found[task, seed]) is not None]
        if len(readouts) < len(tasks):
            return {}
        by_seed["auc"].append(float(np.mean([each.auc for each in readouts])))
        by_seed["accuracy"].append(float(np.mean([each.accuracy for each in readouts])))
    return {score: estimate(values) for score, values in by_seed.items()}


def task_score(evaluation: Evaluation, task: str, score: Score) -> float:
    """Return a task's score; chance if the network ran away (*choice*)."""
    found = evaluation.tasks.get(task)
    return found.score(score) if found else CHANCE


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
