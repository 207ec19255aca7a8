"""The rows of an experiment as a table."""

import math

import pytest
from sample_results import firing_at, task_result

from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments import Condition, Setting, rows_frame
from v1cortex.experiments.rows import rows_of
from v1cortex.rules import load_rule
from validation.comparison import paired_difference
from validation.objectives import worst_values

PROTOCOL = Protocol(tasks=("gratings",))
SCORES = {"static": (0.5, 0.52, 0.48), "s_pre": (0.6, 0.58, 0.65)}


@pytest.fixture
def table():
    conditions = [
        Condition("static", load_rule("none"), description="no plasticity"),
        Condition("s_pre", load_rule("s_pre"), control="static"),
    ]
    evaluations = {
        (name, "gratings", seed): Evaluation(
            "ok",
            worst_values(),
            seed,
            tasks={"gratings": task_result(auc)},
            statistics=firing_at(4.0),
        )
        for name, values in SCORES.items()
        for seed, auc in enumerate(values, start=1)
    }
    return rows_frame(rows_of(conditions, Setting(PROTOCOL, 500, (1, 2, 3)), evaluations))


def test_values(table):
    assert list(table.index) == ["static", "s_pre"] and table.index.name == "condition"
    assert table.loc["s_pre", "auc"] == pytest.approx(0.61)
    assert table.loc["s_pre", "formula"] == load_rule("s_pre").formula()
    compared = paired_difference(SCORES["s_pre"], SCORES["static"])
    assert table.loc["s_pre", "difference"] == pytest.approx(0.11)
    assert table.loc["s_pre", "p_value"] == compared.p_value
    assert table.loc["s_pre", "difference_low"] == compared.estimate.low
    assert math.isnan(table.loc["static", "difference"])
    assert table["rate_Hz"].tolist() == [4.0, 4.0]


def test_types(table):
    kinds = {name: table[name].dtype.kind for name in table}
    assert {kinds.pop(name) for name in ("neurons", "seeds")} == {"i"}
    assert {kinds.pop(name) for name in ("description", "formula", "control")} == {"O"}
    assert set(kinds.values()) == {"f"}
