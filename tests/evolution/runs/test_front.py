"""The front of a run, its table, rules and pictures."""

import csv

import numpy as np
import pytest
from PIL import Image
from sample_results import task_result

from evolution.algorithms import Estimate
from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.reports import plot_front, plot_generations
from evolution.runs import Candidate, RunFolder, front_of, front_rows, objective_rows, write_rules
from evolution.runs.store import Record
from nestml_models.rule import Rule
from v1cortex.evaluation import Evaluation
from v1cortex.plots import DPI, save
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS
from validation.objectives import OBJECTIVES, worst_values

GENOME = RuleGenome(POPULATIONS)
WORST = worst_values()
NAMES = ("s_pre", "s_pre_x_post", "five_term", "random:1", "random:2", "random:3")


def front_of_records(records, folder):
    with RunFolder(folder).store() as store:
        for each in records:
            store.put(each.candidate, each.evaluation)
        return front_of(store, WORST, GENOME.key)


def record(index, name, objectives, status="ok", seed=1, generation=0):
    scores = {"gratings": task_result(0.5 + index / 10, 0.5)}
    values = dict(zip(WORST, objectives, strict=True))
    evaluation = Evaluation(status, values, seed, tasks=scores)
    return Record(Candidate(generation, index, seed, GENOME.encode(load_rule(name))), evaluation)


@pytest.fixture
def records():
    return [
        record(0, "s_pre", [0.4, 0.04, 50, 0.1, 1, 2]),
        record(1, "s_pre_x_post", [0.3, 0.04, 60, 0.1, 1, 2]),
        record(2, "five_term", [0.2, 0.2, 90, 0.2, 3, 4]),
        record(3, "random:1", [0.5, 0.2, 90, 0.2, 3, 4]),  # beaten by 2
        record(4, "random:2", [0.1, 0.04, 1, 0.0, 0, 0], status="runaway"),
        record(5, "random:3", [0.4, 0.04, 50, 0.1, 1, 2]),  # ties with 0
        record(6, "s_pre", [0.4, 0.04, 50, 0.1, 1, 2]),  # the same rule as 0
    ]


def test_front_holds_what_nothing_beats(records, tmp_path):
    front = front_of_records(records, tmp_path)
    assert [member.index for member in front.members] == [2, 1, 0, 5]
    assert len(front.candidates) == 7
    assert front.values.shape == (4, 6)
    # By definition: no candidate is at least as good in everything and better in something.
    values = np.array([c.objectives for c in front.candidates])
    for row in front.values:
        assert not np.any(np.all(values <= row, axis=1) & np.any(values < row, axis=1))


def test_useless_evaluations_are_never_on_the_front(tmp_path):
    lost = [
        record(k, name, [0.0, 0.04, 0, 0, 0, 0], status)
        for k, (name, status) in enumerate(
            zip(NAMES, ["runaway", "failed", "timed out"], strict=False)
        )
    ]
    assert front_of_records(lost, tmp_path).members == ()
    kept = [record(3, "random:1", list(WORST.values()), "silent")]
    front = front_of_records(kept, tmp_path)
    assert [member.index for member in front.members] == [3]
    assert front.values.shape == (1, 6)


def test_one_bad_seed_spoils_a_rule():
    values = [dict.fromkeys(WORST, 0.1), dict.fromkeys(WORST, 0.3)]
    rows = objective_rows(["ok", "silent"], values, WORST)
    np.testing.assert_allclose(rows, [[0.1] * 6, [0.3] * 6])
    for bad in ("timed out", "failed", "runaway"):
        rows = objective_rows(["ok", bad], values, WORST)
        np.testing.assert_array_equal(rows, [list(WORST.values())] * 2)


def test_files_of_the_front(records, tmp_path):
    folder = RunFolder(tmp_path)
    front = front_of_records(records, tmp_path)
    (tmp_path / "front").mkdir()
    (tmp_path / "front" / "rule_099.yaml").write_text("of a front before")
    write_rules(front, GENOME, folder)
    rows = list(csv.DictReader((tmp_path / "front.csv").open()))
    assert [row["rule"] for row in rows] == [f"rule_{k:03d}" for k in (1, 2, 3, 4)]
    assert sorted(path.name for path in (tmp_path / "front").iterdir()) == [
        f"rule_{k:03d}.yaml" for k in (1, 2, 3, 4)
    ]
    first = rows[0]
    assert Rule.from_yaml(tmp_path / first["file"], POPULATIONS) == load_rule("five_term")
    assert first["formula"] == load_rule("five_term").formula()
    assert (first["active_terms"], first["candidate"], first["seeds"]) == ("5", "2", "1")
    assert float(first["error"]) == 0.2
    assert float(first["gratings.auc"]) == 0.7


def test_an_empty_front_is_written(tmp_path):
    write_rules(front_of_records([], tmp_path), GENOME, RunFolder(tmp_path))
    assert (tmp_path / "front.csv").read_text() == "rule\n"


def test_pictures_are_the_same_for_the_same_run(records, tmp_path):
    front = front_of_records(records, tmp_path)
    first = save(plot_front(front, OBJECTIVES, GENOME), tmp_path / "front.png", DPI)
    second = save(plot_front(front, OBJECTIVES, GENOME), tmp_path / "again.png", DPI)
    assert first.read_bytes() == second.read_bytes()
    generations = plot_generations(front, OBJECTIVES, GENOME)
    for path in (first, save(generations, tmp_path / "generations.png", DPI)):
        pixels = np.asarray(Image.open(path).convert("RGB"))
        assert pixels.shape[0] > 700
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50


def test_what_the_search_expects_of_its_best_rules_replaces_the_pareto_front(records, tmp_path):
    expected = {
        (0, 3): Estimate("a", 0.05, 0.01, within_limits=True),
        (0, 1): Estimate("b", 0.02, 0.01, within_limits=True),
        (0, 4): Estimate("b", 0.01, 0.01, within_limits=False),  # ran away
    }
    folder = RunFolder(tmp_path)
    folder.save_estimates(expected)
    assert folder.estimates() == expected
    with folder.store() as store:
        for each in records:
            store.put(each.candidate, each.evaluation)
        front = front_of(store, WORST, GENOME.key, folder.estimates())
    assert [member.index for member in front.members] == [3, 1]
    row = front_rows(front, GENOME)[0]
    assert (row["family"], row["difference.expected"]) == ("a", 0.05)
    assert row["difference.standard_error"] == 0.01
    assert row["within_limits"] is True
    (tmp_path / "estimates.json").write_text('[{"generation": 1}]')
    with pytest.raises(RunFolderError, match=r"estimates.json is damaged"):
        folder.estimates()
