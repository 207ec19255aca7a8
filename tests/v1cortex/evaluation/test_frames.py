"""Evaluations as tables, text and HTML."""

import math
from dataclasses import replace

import pytest
from sample_results import comparison, task_result

from v1cortex.errors import V1CortexError
from v1cortex.evaluation import Evaluation, NetworkSummary
from validation.objectives import OBJECTIVE_NAMES, OBJECTIVES, worst_values
from validation.weights import WeightMovement


@pytest.fixture
def evaluation():
    tasks = {
        "gratings": task_result(0.625, 0.55, threshold_Hz=4.5, hit_rate=0.6),
        "digits": task_result(0.5, 0.1),
    }
    moved = {"E->E": WeightMovement(1.2, 0.1, 0.15, 0.05)}
    statistics = NetworkSummary(
        populations=(comparison("network", 4.0), comparison("L4_E", 3.0)),
        weights={"gratings": moved, "digits": {}},
    )
    values = worst_values() | {"error": 0.375}
    return Evaluation("ok", values, 7, tasks=tasks, statistics=statistics)


def _types(frame):
    return {name: frame[name].dtype.kind for name in frame}


def test_objectives(evaluation):
    table = evaluation.to_frame()
    assert tuple(table.index) == OBJECTIVE_NAMES and table.index.name == "objective"
    assert table.loc["error", "value"] == 0.375
    assert table["meaning"].tolist() == [each.label for each in OBJECTIVES]
    assert table["value"].dtype == "float64"


def test_tasks(evaluation):
    table = evaluation.to_frame("tasks")
    assert list(table.index) == ["gratings", "digits"] and table.index.name == "task"
    assert table.loc["gratings", "auc"] == 0.625
    assert math.isnan(table.loc["digits", "threshold_Hz"])
    kinds = _types(table)
    assert kinds.pop("n_trials") == "i" and set(kinds.values()) == {"f"}


def test_populations(evaluation):
    table = evaluation.to_frame("populations")
    assert list(table.index) == ["network", "L4_E"] and table.index.name == "population"
    assert table.loc["L4_E", "model_mean_Hz"] == 3.0
    assert _types(table)["n_model"] == "i" and _types(table)["distance_Hz"] == "f"


def test_weights(evaluation):
    table = evaluation.to_frame("weights")
    assert table.index.tolist() == [("gratings", "E->E")]
    assert table.index.names == ["task", "kind"]
    assert table.loc[("gratings", "E->E"), "relative_mean"] == 1.2


def test_an_evaluation_that_was_cut_short():
    lost = Evaluation("runaway", worst_values(), 7, message="mean rate 120 Hz <script>")
    for name in ("tasks", "populations", "weights"):
        assert lost.to_frame(name).empty
        assert len(lost.to_frame(name).columns) > 3
    assert repr(lost) == "<Evaluation: runaway (mean rate 120 Hz <script>), seed 7>"
    shown = lost._repr_html_()
    assert "&lt;script&gt;" in shown and "<script>" not in shown
    assert shown.count("<table") == 1  # the objectives


def test_an_unknown_table(evaluation):
    with pytest.raises(V1CortexError, match=r"'task'.*'tasks'"):
        evaluation.to_frame("task")


def test_text(evaluation):
    text = "<Evaluation: ok, gratings AUC 0.625, digits AUC 0.500, seed 7>"
    assert repr(evaluation) == text
    shown = evaluation._repr_html_()
    assert shown.count("<table") == 2
    assert "threshold_Hz" in shown and "NaN" not in shown
    assert "threshold_Hz" not in replace(evaluation, tasks={"digits": task_result()})._repr_html_()
