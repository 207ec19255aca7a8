"""An evaluation as pandas tables, and as the text and small tables shown in notebooks."""

from __future__ import annotations

import html
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, get_args

from nestml_models.errors import did_you_mean
from v1cortex.errors import V1CortexError
from validation.objectives import OBJECTIVES

if TYPE_CHECKING:
    import pandas as pd

    from v1cortex.evaluation.results import Evaluation

__all__ = ["EvaluationTable", "evaluation_frame", "evaluation_html", "evaluation_text"]

EvaluationTable = Literal["objectives", "tasks", "populations", "weights"]
"""The tables of an evaluation."""

_TASK = (
    "n_trials", "auc", "auc_standard_error", "accuracy", "accuracy_standard_error", "hit_rate",
    "false_alarm_rate", "threshold_Hz", "pool_rate_Hz",
)  # fmt: skip
_SHOWN = ("n_trials", "auc", "auc_standard_error", "accuracy", "threshold_Hz", "pool_rate_Hz")
"""Columns of a task shown in notebooks."""


def evaluation_frame(evaluation: Evaluation, table: EvaluationTable = "objectives") -> pd.DataFrame:
    """Return a part of an evaluation as a table; see `Evaluation.to_frame`.

    Raises
    ------
    V1CortexError
        If there is no such table.
    """
    if table not in _TABLES:
        known = get_args(EvaluationTable)
        hint = did_you_mean(table, known)
        raise V1CortexError(f"an evaluation has no table {table!r}. {hint}")
    return _TABLES[table](evaluation)


def evaluation_text(evaluation: Evaluation) -> str:
    """Return status, scores and seed on one line."""
    scores = [f"{name} AUC {task.auc:.3f}" for name, task in evaluation.tasks.items()]
    status = evaluation.status + (f" ({evaluation.message})" if evaluation.message else "")
    return f"<Evaluation: {', '.join([status, *scores, f'seed {evaluation.seed}'])}>"


def evaluation_html(evaluation: Evaluation) -> str:
    """Return the same text as an HTML heading, with tables of tasks and objectives."""
    parts = [f"<p>{html.escape(evaluation_text(evaluation)[1:-1])}</p>"]
    tasks = evaluation_frame(evaluation, "tasks")[list(_SHOWN)]
    for frame in (tasks.dropna(axis="columns", how="all"), evaluation_frame(evaluation)):
        if len(frame):
            parts.append(
                frame.to_html(float_format="{:.3f}".format, border=0, na_rep="", index_names=False)
            )
    return "\n".join(parts)


def _objectives(evaluation: Evaluation) -> pd.DataFrame:
    import pandas as pd  # here, since most uses of an evaluation do not need it

    meaning = {each.name: each.label for each in OBJECTIVES}
    rows = [(name, value, meaning.get(name, "")) for name, value in evaluation.objectives.items()]
    return pd.DataFrame(rows, columns=["objective", "value", "meaning"]).set_index("objective")


def _tasks(evaluation: Evaluation) -> pd.DataFrame:
    import pandas as pd

    found = evaluation.tasks
    rows = [[getattr(task, name) for name in _TASK] for task in found.values()]
    frame = pd.DataFrame(rows, index=pd.Index(list(found), name="task"), columns=list(_TASK))
    return frame.astype({name: "int64" if name == "n_trials" else "float64" for name in _TASK})


def _populations(evaluation: Evaluation) -> pd.DataFrame:
    import pandas as pd

    from validation.scores import Comparison

    rows = [asdict(row) for row in evaluation.statistics.populations]
    columns = list(Comparison.__dataclass_fields__)
    return pd.DataFrame(rows, columns=columns).set_index("population")


def _weights(evaluation: Evaluation) -> pd.DataFrame:
    import pandas as pd

    from validation.weights import WeightMovement

    rows = [
        {"task": task, "kind": kind, **asdict(moved)}
        for task, kinds in evaluation.statistics.weights.items()
        for kind, moved in kinds.items()
    ]
    columns = ["task", "kind", *WeightMovement.__dataclass_fields__]
    return pd.DataFrame(rows, columns=columns).set_index(["task", "kind"])


_TABLES = {
    "objectives": _objectives,
    "tasks": _tasks,
    "populations": _populations,
    "weights": _weights,
}
