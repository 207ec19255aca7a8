"""A run is read while the search is running, and from a read-only folder."""

import math

import numpy as np
import pytest

from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.loop import evolve
from evolution.reports import Run
from evolution.runs import Candidate, EvolveConfig, RunFolder, load_config
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Evaluation
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS
from validation.objectives import OBJECTIVE_NAMES, worst_values

GENOME = RuleGenome(POPULATIONS)
HURDLE = {"name": "quick", "protocol": {"training_trials": 2}}
CONFIG = EvolveConfig(population_size=4, generations=1, hurdles=[HURDLE])


def _candidate(index, name, seed, stage="protocol"):
    return Candidate(0, index, seed, GENOME.encode(load_rule(name)), stage)


def _evaluation(error, seed, status="ok"):
    values = dict.fromkeys(worst_values(), 0.1) | {"error": error, "complexity": 0.5 - error}
    return Evaluation(status, values, seed)


def _fill(store):
    for seed in (7, 8):
        for index, (name, error) in enumerate([("s_pre", 0.4), ("five_term", 0.3)]):
            store.put(_candidate(index, name, seed), _evaluation(error + seed / 100, seed))
    store.put(_candidate(2, "stdp", 7, "quick"), _evaluation(0.5, 7), "mean rate is 30, above 20")
    store.put(_candidate(3, "rstdp", 7), _evaluation(0.1, 7, "runaway"))


@pytest.fixture
def folder(tmp_path):
    """A run of four rules, two of which are viable."""
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        folder.begin(CONFIG, resume=False)
        with folder.store() as store:
            _fill(store)
    return folder.path


def test_the_front(folder):
    front = Run(folder).front()
    assert front.index.tolist() == ["rule_001", "rule_002"]
    assert front.index.name == "rule"
    assert front["formula"].tolist() == [
        load_rule(name).formula() for name in ("five_term", "s_pre")
    ]
    assert front["error"].tolist() == pytest.approx([0.375, 0.475])
    assert front["error.standard_error"].tolist() == pytest.approx([0.005, 0.005])
    assert front["evaluations"].tolist() == [2, 2]
    kinds = {name: front[name].dtype.kind for name in front}
    assert {kinds[name] for name in OBJECTIVE_NAMES} == {"f"}
    assert (kinds["active_terms"], kinds["candidate"], kinds["generation"]) == ("i", "i", "i")


def test_all_evaluations(folder):
    table = Run(folder).evaluations()
    assert len(table) == 6 and table.index.name == "evaluation"
    assert table["status"].value_counts().to_dict() == {"ok": 5, "runaway": 1}
    quick = table[table["stage"] == "quick"]
    assert quick["rejected"].tolist() == ["mean rate is 30, above 20"]
    assert table.groupby("candidate")["active_terms"].first().to_dict() == {
        index: load_rule(name).n_active
        for index, name in enumerate(["s_pre", "five_term", "stdp", "rstdp"])
    }
    types = {name: str(table[name].dtype) for name in ("seed", "active_terms", "error")}
    assert types == {"seed": "int64", "active_terms": "int64", "error": "float64"}
    assert len(Run(folder).evaluations("protocol")) == 5
    assert Run(folder).evaluations("none so far").empty


def test_a_rule_and_its_evaluations(folder):
    run = Run(folder)
    assert run.rule("rule_001") == run.rule("0.1") == run.rule((0, 1)) == load_rule("five_term")
    assert run.rule("0.2") == load_rule("stdp")  # that the hurdle rejected
    assert [each.seed for each in run.evaluations_of("rule_002")] == [7, 8]
    with pytest.raises(ConfigError, match=r"'rule_003': the front of .* has 2 rules"):
        run.rule("rule_003")
    with pytest.raises(ConfigError, match="'best' names no rule"):
        run.rule("best")
    with pytest.raises(RunFolderError, match="no candidate 9 of generation 0"):
        run.rule("0.9")


def test_the_retest(folder):
    run = Run(folder)
    assert run.retest().empty
    (folder / "retest.csv").write_text(
        "condition,formula,error_in_search,auc,control,difference,seeds\n"
        "static,dW = 0,,0.55,,,5\n"
        "rule_001,dW = S_pre,0.25,0.65,static,0.1,5\n"
    )
    table = run.retest()
    assert table.index.name == "condition"
    assert math.isnan(table.loc["static", "error_in_search"])
    assert table.loc["rule_001", "difference"] == 0.1
    assert table["seeds"].tolist() == [5, 5]


def test_status_and_text(folder):
    run = Run(str(folder))
    assert run.config == CONFIG
    assert run.status == "stopped"
    assert repr(run) == f"<Run {folder}: stopped, 4 of 4 rules tried, 6 evaluations>"


def test_while_the_search_goes_on(folder):
    run = Run(folder)
    with RunFolder(folder).locked(), RunFolder(folder).store() as store:
        assert run.status == "running"
        assert len(run.evaluations()) == 6
        store.put(_candidate(2, "stdp", 9), _evaluation(0.2, 9))
        assert len(run.evaluations()) == 7
        assert len(run.front()) == 3
    assert run.status == "stopped"


def test_reading_leaves_no_trace(folder):
    def files():
        return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}

    before = files()
    run = Run(folder)
    run.front(), run.evaluations(), run.retest(), run.rule("rule_001"), run.status, repr(run)
    assert files() == before


def test_where_there_is_no_run(tmp_path):
    with pytest.raises(RunFolderError, match="no run in"):
        Run(tmp_path)


def test_configurations_come_in_four_forms(tmp_path):
    values = {"neurons": 500, "seed": 3}
    file = tmp_path / "search.yaml"
    file.write_text("neurons: 500\nseed: 3\n")
    expected = EvolveConfig(**values)
    assert load_config(values) == load_config(file) == load_config(str(file)) == expected
    assert load_config(expected) is expected
    assert load_config("demo").neurons < 3000
    with pytest.raises(ConfigError, match=r"no configuration file 'dmo'. Did you mean 'demo'"):
        evolve("dmo", tmp_path / "run")
    with pytest.raises(ConfigError, match="unknown key 'neuron'"):
        evolve({"neuron": 500}, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_genomes_come_back_whole(folder):
    (member, _) = Run(folder).pareto_front().members
    assert np.array_equal(member.genome, GENOME.encode(load_rule("five_term")))
