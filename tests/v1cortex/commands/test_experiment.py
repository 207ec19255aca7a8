"""`v1cortex experiment` and `v1cortex tasks` as users see them."""

import json
import tempfile

import numpy as np
import pytest
import yaml

from nestml_models.rule import Rule
from v1cortex.evaluation import Protocol
from v1cortex.rules import load_rule

TINY = {
    "tasks": ["gratings"],
    "pool_size": 20,
    "settling_ms": 0,
    "threshold_trials": 4,
    "validation_trials": 4,  # stands, since no option says otherwise
}


@pytest.fixture
def options(tmp_path):
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text(yaml.safe_dump(TINY))
    trials = ("--protocol", protocol, "--neurons", 500)
    return (*trials, "--first-seed", 2, "--seeds", 2, "--out", tmp_path / "out")


def test_a_table_twice_and_as_json(cli, options, tmp_path):
    code, out, _ = cli("experiment", "fewshot", "s_pre", "--trial-counts", "0,4", *options)
    assert code == 0
    assert "0 trials" in out
    assert "4 trials" in out
    stored = json.loads((tmp_path / "out" / "fewshot_s_pre.json").read_text())
    code, out, _ = cli(
        "experiment", "fewshot", "s_pre", "--trial-counts", "0,4", *options, "--json"
    )
    assert json.loads(out) == stored
    assert [row["condition"] for row in stored["rows"]] == ["0 trials", "4 trials"]
    assert stored["rows"][1]["difference"]["estimate"]["n"] == 2
    assert stored["protocol"]["validation_trials"] == 4


def test_a_log_tells_how_far_a_retest_is(cli, options, tmp_path):
    code, out, err = cli(
        "experiment", "retest", "s_pre", "--tried", 50, "--training-trials", 4, *options
    )
    assert code == 0
    assert "best of 50 rules" in out.replace("\n", " ")
    assert "Linear read-out" in out
    # The files that a search writes for the re-test of its front.
    table = (tmp_path / "out" / "retest_s_pre.csv").read_text().splitlines()
    assert table[0].startswith("condition,formula,error_in_search,auc,auc_standard_error,accuracy,")
    assert len(table) == 9
    stored = json.loads((tmp_path / "out" / "retest_s_pre.json").read_text())
    assert (stored["seeds"], stored["n_tried"]) == ([2, 3], 50)
    lines = err.splitlines()
    assert lines[0] == "retest_s_pre: 0 of 14 evaluations, 0%"
    assert "retest_s_pre: 2 of 2 evaluations with matched gain, 100%" in lines
    assert len(lines) <= 12


GAINS = ("--groupings", "signs", "--pairs", 0.5, "--lengths", "0.05,0.1", "--networks", 2)


@pytest.mark.slow
def test_gains_are_searched_and_tested_and_can_be_used(cli, options, tmp_path):
    limits = ("--highest-rate", 50, "--lowest-rate", 0, "--search-seed", 10)
    code, out, err = cli("experiment", "gains", *GAINS, *limits, *options)
    assert code == 0
    assert "12 antithetic pairs in 4 dimensions" in " ".join(out.split())
    assert "limits broken" in out
    assert "gains: signs: 24 of 24 evaluations, 100%" in err.splitlines()
    stored = json.loads((tmp_path / "out" / "gains.json").read_text())
    assert stored["n_evaluations"] == 24 + 3 * 2
    assert stored["seeds"] == [2, 3]
    assert set(stored["levels"][0]["slope"]) == {"E->E", "E->I", "I->E", "I->I"}
    assert stored["protocol"]["training_trials"] == 0
    rows = stored["rows"]
    assert [row["condition"] for row in rows] == [
        "static",
        *(["gains of signs"] if stored["weight_gain"] else []),
    ]
    # What was found is a protocol's setting.
    found = yaml.safe_load((tmp_path / "out" / "gains.yaml").read_text())
    assert Protocol(**found).weight_gain == stored["weight_gain"]
    code, out, err = cli("experiment", "gains", *GAINS, *limits, *options, "--json")
    assert json.loads(out) == stored
    # Nothing is done twice.
    assert "gains: signs: 24 of 24 evaluations, 100%" in err.splitlines()[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--groupings", "sign"), "no grouping of neuron types 'sign'. Did you mean 'signs'?"),
        (("--groupings", "types,types"), "groupings names one twice"),
        (("--lengths", "0.1,far"), "lengths"),
        (("--lengths", "0"), "lengths"),
        (("--networks", 1), "networks = 1"),
        (("--highest-rate", 0.5), "lowest_rate_Hz is 1, not below highest_rate_Hz, 0.5"),
        (("--precision", 0.001), "signs: 12 pairs in 4 dimensions give an expected standard error"),
        (("--search-seed", 3), "seed 3 is among those of the search (3 to "),
    ],
)
def test_gains_that_cannot_be_searched(cli, options, given, message):
    code, out, err = cli("experiment", "gains", *given, *options)
    assert code == 1
    assert message in (out + err).replace("\n", " ")


@pytest.mark.slow
def test_coefficients_are_searched_and_tested_and_can_be_used(cli, options, tmp_path):
    limits = ("--highest-rate", 50, "--lowest-rate", 0, "--search-seed", 10)
    own = ("--terms", "S_pre", "--training-trials", 4)
    code, out, err = cli("experiment", "coefficients", *own, *GAINS, *limits, *options)
    assert code == 0, err
    assert "12 antithetic pairs in 2 dimensions" in " ".join(out.split())
    stored = json.loads((tmp_path / "out" / "coefficients_S_pre.json").read_text())
    assert set(stored["levels"][0]["slope"]) == {"S_pre E", "S_pre I"}
    assert stored["rates_Hz"]["L4_E"] > 0
    file = tmp_path / "out" / "coefficients_S_pre.yaml"
    rule = load_rule(str(file))
    assert rule == Rule.from_yaml(stored["rule"], rule.types)
    step, conditions = stored["levels"][0]["step"], {row["condition"] for row in stored["rows"]}
    if any(step.values()):
        assert {"found", "found, type means", "found, cell sums"} <= conditions
        coefficient = rule.coefficients[0]
        assert np.array_equal(np.sign(coefficient), [np.sign(step[_side(p)]) for p in rule.types])
    else:
        assert rule.n_active == 0
    _, out, _ = cli("experiment", "coefficients", *own, *GAINS, *limits, *options, "--json")
    assert json.loads(out) == stored


def _side(population):
    return "S_pre E" if population.endswith("E") else "S_pre I"


def test_coefficients_need_known_terms_and_training(cli, options):
    code, out, err = cli("experiment", "coefficients", "--terms", "S_per", *options)
    assert code == 1
    assert "S_per" in out + err
    code, out, err = cli("experiment", "coefficients", "--training-trials", 0, *options)
    assert code == 1
    assert "training_trials is 0; coefficients need training" in out + err


@pytest.mark.slow
def test_gains_that_leave_no_viable_network(cli, options):
    limits = ("--highest-rate", 0.02, "--lowest-rate", 0.01, "--search-seed", 10)
    code, out, err = cli("experiment", "gains", *GAINS, *limits, *options)
    assert code == 1
    said = (out + err).replace("\n", " ")
    assert "no step up the gradient left a viable network on every seed" in said
    assert "above 0.02 Hz: 4" in said


def test_analyses_of_the_file_come_before_those_of_the_command(cli, options):
    protocol = options[1]
    protocol.write_text(yaml.safe_dump(TINY | {"analyses": ["weights"]}))
    code, out, _ = cli("experiment", "final", "s_pre", "--training-trials", 4, *options, "--json")
    assert code == 0
    static, rule = (row["analyses"] for row in json.loads(out)["rows"])
    assert static == {}  # a linear read-out, if the command had its way
    assert "weight_course" in rule["gratings"]


def test_random_rules_beside_chance(cli, options):
    own = [str(each) for each in options]
    at = own.index("--seeds")
    del own[at : at + 2]
    code, out, _ = cli(
        *("experiment", "random", "--count", 3, "--seeds", 2, "--training-trials", 4),
        *own,
        "--json",
    )
    found = json.loads(out)
    assert code == 0
    assert found["n_rules"] == 3
    assert len(found["tasks"]["gratings"]["auc"]["values"]) <= 3


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("controls", "s_per"), ["s_per", "s_pre"]),
        (("fewshot", "s_pre", "--trial-counts", "0,a"), ["'0,a'", "whole numbers"]),
        (("final", "s_pre", "s_pre"), ["named twice"]),
        (("final", "s_pre", "--task", "digit"), ["'digit'", "'digits'"]),
        (("final", "s_pre", "--task", "evidence", "--task", "digits"), ["400 ms", "same length"]),
        (("explore", "--scopes", "E->X"), ["E->X", "E->I"]),
        (("explore", "--terms", "S_pree"), ["S_pree", "S_pre"]),
        (("retest", "s_pre", "--seeds", 1), ["seeds is 1"]),
    ],
)
def test_bad_options_end_before_anything_runs(cli, tmp_path, arguments, parts):
    code, out, err = cli("experiment", *arguments, "--out", tmp_path / "out")
    assert (code, out) == (1, "")
    for part in parts:
        assert part in err.replace("\n", " ")
    assert not (tmp_path / "out" / "results").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("final", "s_pre", "--seeds", "1001"),
        ("explore", "--seeds", "9" * 40),
        ("random", "--seeds", "9" * 40),
        ("random", "--count", "9" * 40),
    ],
)
def test_more_than_any_machine_evaluates_is_refused(cli, tmp_path, arguments):
    code, _, err = cli("experiment", *arguments, "--out", tmp_path / "out")
    assert code == 2
    assert f"Invalid value for '{arguments[-2]}'" in err
    assert not (tmp_path / "out").exists()


def test_a_machine_out_of_order_is_one_error_and_try_again_later(cli, options, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/gone")
    code, out, err = cli("experiment", "fewshot", "s_pre", "--trial-counts", "0,4", *options)
    assert (code, out) == (75, "")
    assert "no worker process can be started" in err
    assert "'/gone" in err
    assert "give the same command again" in err
    assert "Traceback" not in err


def test_limits_and_executor_are_options(cli, options):
    own = (*options, "--evaluation-timeout", 0.2)
    code, _, err = cli("experiment", "fewshot", "s_pre", "--trial-counts", "0,4", *own)
    assert code == 1
    assert "stopped after 0.2 s of processor time" in err
    assert "--evaluation-timeout" in err
    code, _, err = cli("experiment", "fewshot", "s_pre", *options, "--executor", "dusk")
    assert (code, "no executor 'dusk'. Did you mean 'dask'?" in err) == (1, True)
    code, _, err = cli("experiment", "fewshot", "s_pre", *options, "--executor", "dask")
    assert (code, "dask needs a scheduler" in err) == (1, True)


def test_tasks_are_listed_and_drawn(cli, tmp_path):
    code, out, _ = cli("tasks", "list", "--json")
    assert [task["name"] for task in json.loads(out)] == [
        *("gratings", "natural_images", "orientation", "digits", "evidence")
    ]
    code, out, _ = cli("tasks", "show", "evidence", "--preset", "paper", "--out", tmp_path)
    assert code == 0
    assert "550-600 ms" in out
    assert (tmp_path / "task_evidence_paper.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "task_evidence_paper.svg").write_text("of an earlier call")
    cli("tasks", "show", "evidence", "--preset", "paper", "--out", tmp_path)
    assert not (tmp_path / "task_evidence_paper.svg").exists()
    code, _, err = cli("tasks", "show", "gratings", "--set", "contrast", "--out", tmp_path)
    assert "--set contrast" in err
    code, _, err = cli("tasks", "show", "digits", "--neurons", 1000, "--out", tmp_path)
    assert "Choose at most 14 cells" in err.replace("\n", " ")
