"""`v1cortex runs` reads the store of a run: its list, costs, front and rules."""

import csv
import io
import json

import pytest
import yaml
from typer.testing import CliRunner

from evolution.commands.evolve import hours
from evolution.genome import RuleGenome
from nestml_models.rule import Rule
from v1cortex.commands.cli import app
from v1cortex.errors import ConfigError
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS

GENOME = RuleGenome(POPULATIONS)


def answer(*words):
    found = CliRunner().invoke(app, ["runs", *map(str, words)], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_runs_are_listed_and_shown_with_their_costs(run):
    (listed,) = json.loads(answer("list", run.parent, "--json"))
    assert (listed["state"], listed["n_tried"], listed["n_planned"]) == ("stopped", 3, 4)
    shown = json.loads(answer("show", run, "--json"))
    stages = {stage["stage"]: stage for stage in shown["stages"]}
    assert (stages["quick"]["n_evaluations"], stages["quick"]["n_rejected"]) == (3, 1)
    assert (stages["protocol"]["n_evaluations"], stages["protocol"]["seconds"]) == (2, 8.0)
    assert shown["core_hours"] == pytest.approx(5 * 3.6 / 3600)
    assert shown["best"]["error"] == 0.3
    assert "quick" in answer("show", run)
    assert "stopped" in answer("list", run.parent)


def test_a_front_comes_as_table_csv_and_yaml(run):
    rows = list(csv.DictReader(io.StringIO(answer("front", run, "--as", "csv"))))
    assert [row["rule"] for row in rows] == ["rule_001", "rule_002"]
    assert rows[0]["formula"] == load_rule("five_term").formula()
    assert yaml.safe_load(answer("front", run, "--as", "yaml"))[1]["error"] == 0.4
    assert json.loads(answer("front", run, "--json"))["n_tried"] == 3
    assert "2 of 3 rules on the front" in answer("front", run)


@pytest.mark.parametrize(("name", "expected"), [("rule_001", "five_term"), ("0.2", "stdp")])
def test_a_rule_comes_as_a_file_that_evaluate_takes(run, tmp_path, name, expected):
    path = tmp_path / "rule.yaml"
    answer("rule", run, name, "--out", path)
    assert Rule.from_yaml(path, POPULATIONS).digest() == found_again(expected).digest()
    assert yaml.safe_load(answer("rule", run, name)) == yaml.safe_load(path.read_text())


def found_again(name):
    return GENOME.decode(GENOME.encode(load_rule(name)))


@pytest.mark.parametrize("name", ["rule_009", "best", "4.4"])
def test_a_rule_that_is_not_there_is_named(run, name):
    found = CliRunner().invoke(app, ["runs", "rule", str(run), name])
    assert name.replace("4.4", "candidate 4 of generation 4") in str(found.exception)


def test_durations_are_read():
    assert [hours(text) for text in ("2h", "90m", "1h30m", "36s")] == [2.0, 1.5, 1.5, 0.01]
    for text in ("2", "h", "", "2 h", "-1h"):
        with pytest.raises(ConfigError, match="write it as 2h"):
            hours(text)
