"""Experiments: resumed without repetition, same as single evaluations, paired by seed."""

import csv

import pytest

from v1cortex.circuit import build_circuit
from v1cortex.commands.output.retest import print_retest
from v1cortex.errors import ConfigError, ExperimentError, TaskError
from v1cortex.evaluation import Protocol, evaluate
from v1cortex.experiments import (
    Condition,
    ResultStore,
    RetestSettings,
    Setting,
    random_rules,
    read_retest,
    retest,
    retest_data,
    retest_rows,
    run_conditions,
    write_retest,
)
from v1cortex.experiments.retest import score_error
from v1cortex.experiments.run import ee_gain
from v1cortex.rules import load_rule
from v1cortex.workers import WorkersConfig
from validation.comparison import paired_difference

SHORT = Protocol(
    tasks=("gratings",),
    training_trials=4,
    validation_trials=4,
    threshold_trials=4,
    settling_ms=200,
    pool_size=20,
)
SETTING = Setting(SHORT, 500, (2, 3))
RETEST = RetestSettings(seeds=2, validation_trials=4)
RULES = {"s_pre": load_rule("s_pre")}
OWN = {"neurons": 500, "first_seed": 2, "n_tried": 100}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def result(folder):
    return retest(RULES, SHORT, RETEST, ResultStore(folder), **OWN)


def test_a_retest_is_the_evaluations_of_its_seeds(result):
    rows = {row.condition: row for row in result.rows}
    assert list(rows) == [
        "static",
        "static, LGN memory off",
        "s_pre",
        "s_pre, matched gain",
        "s_pre, type means",
        "s_pre, shuffled changes",
        "s_pre, cell sums",
        "s_pre, LGN memory off",
    ]
    for seed, score in zip((2, 3), rows["s_pre"].by_seed["auc"], strict=True):
        alone = evaluate(build_circuit(500, seed), load_rule("s_pre"), SHORT, seed)
        assert alone.tasks["gratings"].auc == score
        stored = rows["s_pre"].evaluations["gratings", seed]
        assert stored.reproducible() == alone.reproducible()


def test_the_table_of_a_retest_and_its_files(result, tmp_path):
    rows = retest_rows(result, 4, {"s_pre": 0.25})
    data = retest_data(result, SHORT, 4)
    assert [row["condition"] for row in rows] == [row.condition for row in result.rows]
    own = rows[2]
    assert own["error_in_search"] == 0.25
    assert own["difference"] == result.rows[2].difference.estimate.mean
    assert (own["seeds"], own["trials"], own["rules_tried"]) == (2, 4, 100)
    assert rows[0]["difference"] == rows[0]["error_in_search"] == ""

    write_retest(lambda name, text: (tmp_path / name).write_text(text), "retest", data, rows)
    with (tmp_path / "retest.csv").open() as file:
        stored = list(csv.DictReader(file))
    assert stored == [{name: str(value) for name, value in row.items()} for row in rows]
    again = read_retest(tmp_path / "retest.json")
    assert (again["seeds"], again["n_tried"], again["neurons"]) == ([2, 3], 100, 500)
    assert [row["auc"]["mean"] for row in again["rows"]] == [row["auc"] for row in rows]
    assert Protocol(**again["protocol"]) == SHORT

    assert read_retest(tmp_path / "none.json") is None
    for damaged, message in (('{"rows": [', "cannot be read"), ("{}", "contains no re-test")):
        (tmp_path / "retest.json").write_text(damaged)
        with pytest.raises(ExperimentError, match=rf"retest\.json {message}"):
            read_retest(tmp_path / "retest.json")


def test_a_rule_that_times_out_is_reported_and_the_others_are_tested(result, folder, capsys):
    """The evaluations of the first rule and of the static networks are stored already."""
    rules = RULES | {"slow": load_rule("random:1")}
    limited = WorkersConfig(evaluation_timeout_s=0.3)
    found = retest(rules, SHORT, RETEST, ResultStore(folder), **OWN, workers=limited)
    assert [row.condition for row in found.rows] == [row.condition for row in result.rows]
    assert found.rows[2].difference == result.rows[2].difference
    assert found.detectable == result.detectable
    limit = "gratings, seed 2: stopped after 0.3 s of processor time"
    assert [(each.condition, each.n_failed, each.message) for each in found.failed] == [
        ("slow", 2, limit),
        ("slow, type means", 2, limit),
        ("slow, shuffled changes", 2, limit),
        ("slow, cell sums", 2, limit),
        ("slow, LGN memory off", 2, limit),
        ("slow, matched gain", 0, "there is no gain of 'slow'"),
    ]
    table = {row["condition"]: row for row in retest_rows(found, 4, {"slow": 0.5})}
    assert (table["slow"]["failed"], table["slow"]["auc"]) == (limit, "")
    assert (table["slow"]["error_in_search"], table["slow"]["control"]) == (0.5, "static")
    assert table["s_pre"]["failed"] == ""
    print_retest(retest_data(found, SHORT, 4))
    assert f"slow failed: 2 of 2 evaluations, {limit}" in capsys.readouterr().out


def test_what_others_are_compared_with_may_not_fail(tmp_path):
    static = load_rule("none")
    conditions = [Condition("a", static), Condition("b", static, control="a")]  # one evaluation
    with pytest.raises(
        ExperimentError, match=r"1 of 1 evaluations of 'a' failed.*gratings, seed 2"
    ):
        run_conditions(
            conditions,
            Setting(SHORT, 500, (2,)),
            ResultStore(tmp_path),
            workers=WorkersConfig(evaluation_timeout_s=0.3),
            failed=[],
        )


@pytest.mark.usefixtures("result")  # the static network is in the store
def test_random_rules_need_a_score(folder):
    limited = WorkersConfig(evaluation_timeout_s=0.3)
    with pytest.raises(ExperimentError, match=r"no network with a random rule .*: 1 timed out"):
        random_rules(1, Setting(SHORT, 500, (2,)), ResultStore(folder), workers=limited)


def test_each_row_is_compared_with_its_control_on_the_same_seeds(result):
    rows = {row.condition: row for row in result.rows}
    for name, control in (("s_pre", "static"), ("s_pre, LGN memory off", "static, LGN memory off")):
        expected = paired_difference(rows[name].by_seed["auc"], rows[control].by_seed["auc"])
        assert rows[name].difference == expected
        assert rows[name].p_corrected >= expected.p_value
    assert rows["static"].difference is None


def test_matched_gain_is_the_final_weight_of_the_rule(result):
    rows = {row.condition: row for row in result.rows}
    gain = ee_gain(rows["s_pre"].evaluations["gratings", 2], "gratings")
    assert gain > 1.001
    protocol = SHORT.model_copy(update={"weight_gain": {"E->E": gain}})
    alone = evaluate(build_circuit(500, 2), load_rule("none"), protocol, 2)
    matched = rows["s_pre, matched gain"].evaluations["gratings", 2]
    assert matched.reproducible() == alone.reproducible()
    static = rows["static"].evaluations["gratings", 2]
    assert matched.statistics.rates.mean > static.statistics.rates.mean


def test_controls_of_what_was_learned_differ_from_the_rule_in_the_tested_weights_only(result):
    rows = {row.condition: row for row in result.rows}
    for name, kept in (("type means", "type_means"), ("cell sums", "cell_sums")):
        row = rows[f"s_pre, {name}"]
        assert row.control == "s_pre"
        protocol = SHORT.model_copy(update={"tested_weights": kept})
        alone = evaluate(build_circuit(500, 2), load_rule("s_pre"), protocol, 2)
        assert row.evaluations["gratings", 2].reproducible() == alone.reproducible()
        trained, own = (
            each.evaluations["gratings", 2].tasks["gratings"].training
            for each in (row, rows["s_pre"])
        )
        assert trained == own


def test_a_second_run_evaluates_nothing(folder, result):
    before = {path: path.stat().st_mtime_ns for path in (folder / "results").iterdir()}
    shares = []
    again = retest(
        RULES,
        SHORT,
        RETEST,
        ResultStore(folder),
        **OWN,
        report=lambda _what, share: shares.append(share),
    )
    assert again == result
    after = {path: path.stat().st_mtime_ns for path in (folder / "results").iterdir()}
    assert after == before
    assert shares[-1] == 1.0


def test_results_are_stored_before_an_impossible_condition_ends_the_run(tmp_path):
    conditions = [
        Condition("static", load_rule("none")),
        Condition("large pool", load_rule("none"), {"pool_size": 400}),
    ]
    store = ResultStore(tmp_path)
    with pytest.raises(TaskError, match="pool of 400"):
        run_conditions(conditions, Setting(SHORT, 500, (2,)), store)
    assert len(list((tmp_path / "results").iterdir())) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Setting(SHORT, 500, (1, 1)), r"seeds are \[1, 1\]"),
        (lambda: Setting(SHORT, 500, ()), "at least one"),
        (
            lambda: retest(
                {"s_pre": load_rule("s_pre")}, SHORT, RetestSettings(seeds=0), ResultStore(None)
            ),
            "seeds is 0",
        ),
        (lambda: retest({}, SHORT, RETEST, ResultStore(None)), "at least one rule"),
        (
            lambda: run_conditions(
                [Condition("a", load_rule("none"), control="b")], SETTING, ResultStore(None)
            ),
            "refers to 'b'",
        ),
        (
            lambda: run_conditions(
                [Condition("a", load_rule("none"))] * 2, SETTING, ResultStore(None)
            ),
            "different names",
        ),
    ],
)
def test_impossible_experiments_are_refused(make, message):
    with pytest.raises(ExperimentError, match=message):
        make()


def test_one_seed_has_no_standard_error():
    with pytest.raises(ConfigError, match="seeds is 1"):
        RetestSettings(seeds=1)


def test_error_of_a_score_at_chance():
    """AUC of two samples of 50: sd sqrt(101 / (12 x 50 x 50)) (Mann and Whitney 1947)."""
    auc = Protocol(tasks=("gratings",), validation_trials=100)
    assert score_error(auc) == pytest.approx((101 / (12 * 2500)) ** 0.5)
    both = Protocol(preset="paper", validation_trials=100)
    assert score_error(both) == pytest.approx(0.05 / 2**0.5)


def test_a_gain_of_one_is_the_static_network(folder, result):
    results = folder / "results"
    before = len(list(results.iterdir()))
    conditions = [
        Condition("static", load_rule("none")),
        Condition("inhibitory", load_rule("inhibitory_homeostasis")),
        Condition("matched", load_rule("none"), gain_of="inhibitory"),
    ]
    _, own, matched = run_conditions(conditions, SETTING, ResultStore(folder))
    assert own.ee_weight == 1.0
    static = {row.condition: row for row in result.rows}["static"]
    assert matched.evaluations == static.evaluations
    assert len(list(results.iterdir())) == before + 2


def test_a_retest_as_a_table(result):
    table = result.to_frame()
    assert list(table.index) == [row.condition for row in result.rows]
    assert table.loc["s_pre", "control"] == "static"
