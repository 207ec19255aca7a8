"""A small but complete search in NEST: files, reproducibility, driver."""

import csv
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evolution.errors import RunFolderError
from evolution.loop import evolve
from evolution.reports import Run
from evolution.runs import EvolveConfig, RunFolder
from nestml_models.rule import Rule
from v1cortex.errors import RuleError, TaskError
from v1cortex.evaluation import evaluate
from v1cortex.rules import load_rule
from v1cortex.sonata import load_circuit
from v1cortex.tables import POPULATIONS

SMALL = {
    "tasks": ["gratings"],
    "training_trials": 4,
    "validation_trials": 4,
    "threshold_trials": 2,
    "settling_ms": 100,
    "pool_size": 3,
}


def config(**others):
    values = {
        "neurons": 300,
        "population_size": 4,
        "generations": 1,
        "workers": 2,
        "retest": {"seeds": 0},
    }
    return EvolveConfig(
        **(values | {"start": {"rules": ["s_pre", "none"]}} | others), protocol=SMALL
    )


def test_a_search_gives_rules_that_evaluate_to_the_same(tmp_path):
    out = tmp_path / "run"
    again = {"seeds": 2, "validation_trials": 4, "max_rules": 1, "controls": False}
    run = evolve(config(retest=again), out)
    front = run.pareto_front()
    assert len(front.candidates) == 4
    assert [c.statuses for c in front.candidates] == [("ok",)] * 4
    assert {path.name for path in out.iterdir()} >= {
        "config.yaml", "versions.json", "evaluations.sqlite", "checkpoint.pkl", "workers.log",
        "front.csv", "front", "front.png", "generations.png", "circuit", "retest.csv",
        "report.html", "protocol.yaml", "sessions.jsonl",
    }  # fmt: skip

    retested = list(csv.DictReader((out / "retest.csv").open()))
    moving = [
        row for row in csv.DictReader((out / "front.csv").open()) if row["active_terms"] != "0"
    ]
    assert [row["condition"] for row in retested] == ["static", moving[0]["rule"]]
    assert {row["rules_tried"] for row in retested} == {"4"}
    table = run.retest()
    assert table["auc"].tolist() == [float(row["auc"]) for row in retested]
    assert table["rules_tried"].tolist() == [4, 4]
    assert run.status == "complete"
    assert run.front()["formula"].tolist() == [
        row["formula"] for row in csv.DictReader((out / "front.csv").open())
    ]
    header = (out / "retest.csv").read_text().splitlines()[0]
    assert header.startswith("condition,formula,error_in_search,auc,auc_standard_error,accuracy,")
    assert float(retested[1]["auc_standard_error"]) >= 0
    assert retested[1]["error_in_search"] == moving[0]["error"]
    assert len(list((out / "retest" / "results").iterdir())) == 4

    rows = list(csv.DictReader((out / "front.csv").open()))
    static = next(row for row in rows if row["formula"] == "dW = 0")
    found = Rule.from_yaml(out / static["file"], POPULATIONS)
    assert found == load_rule("none")
    member = next(c for c in front.members if c.index == int(static["candidate"]))
    again = evaluate(load_circuit(out / "circuit"), found, config().protocol, int(static["seeds"]))
    # Sums of floats may differ in the last digit with the number of BLAS threads, spikes may not.
    stored = member.evaluations[0]
    assert again.objectives == pytest.approx(stored.objectives, rel=1e-12)
    assert again.tasks == stored.tasks

    with pytest.raises(RunFolderError, match="neurons is 300 in the run, 301 now"):
        evolve(config(neurons=301), out, resume=True)
    same = Run(out).pareto_front()
    assert [m.index for m in same.members] == [m.index for m in front.members]


@pytest.mark.slow
def test_a_search_in_nest_survives_the_loss_of_its_log_and_a_wrong_row(tmp_path):
    """Damage to the store of a killed search changes neither front nor evaluations."""
    searched = config(generations=2)
    through = evolve(searched, tmp_path / "through").pareto_front()

    def outcome(out):
        found = evolve(searched, out, resume=True).pareto_front()
        assert found.n_tried == through.n_tried == 8
        np.testing.assert_array_equal(found.values, through.values)
        with RunFolder(out).store(read_only=True) as store:
            return {key: each.reproducible() for key, each in store.items()}

    expected = outcome(tmp_path / "through")
    assert len(expected) == 8
    better = """replace(objectives, '"error": 0', '"error": -1')"""
    for name, statement in (
        ("lost", "DELETE FROM evaluations WHERE sequence > 3"),
        ("wrong", f"UPDATE evaluations SET objectives = {better} WHERE sequence = 2"),
        ("blob", "UPDATE evaluations SET genome = substr(genome, 2) WHERE sequence = 5"),
    ):
        out = Path(shutil.copytree(tmp_path / "through", tmp_path / name))
        connection = sqlite3.connect(out / "evaluations.sqlite")
        with connection:
            assert connection.execute(statement).rowcount
        connection.close()
        assert outcome(out) == expected


def test_what_cannot_work_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(TaskError, match="a pool of 3 L5_E cells"):
        evolve(config(neurons=5), tmp_path / "small")
    with pytest.raises(RuleError, match="s_pree"):
        evolve(config(start={"rules": ["s_pree"]}), tmp_path / "rule")
    # Neither folder contains a run that would have to be resumed or removed.
    for name in ("small", "rule"):
        assert not (tmp_path / name / "config.yaml").exists()


def test_the_driver_does_without_nest():
    program = "import sys, evolution.loop; print(any(m in sys.modules for m in ('nest', 'bmtk')))"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path("/")
    )
    assert found.stdout == "False\n"


@pytest.mark.slow
def test_a_search_in_phases_starts_where_the_phase_ended(tmp_path):
    """The phase is smaller, and is not repeated when the search is resumed."""
    phase = {"name": "small", "settings": {"neurons": 200}, "carry": 1}
    chosen = config(schedule=[phase])
    run = evolve(chosen, tmp_path / "run")
    small = Run(tmp_path / "run" / "phases" / "small")
    assert small.config.neurons == 200
    (name,) = (small.path / "carried.txt").read_text().split()
    handed = Rule.from_yaml(small.path / "front" / f"{name}.yaml", POPULATIONS)
    with RunFolder(run.path).store(read_only=True) as store:
        genome, _ = store.candidate(0, 0)
        n_small = len(small.evaluations())
    assert chosen.genome.decode(genome) == handed
    again = evolve(chosen.model_copy(update={"generations": 2}), run.path, resume=True)
    assert len(again.evaluations()) == 2 * 4
    assert len(small.evaluations()) == n_small
