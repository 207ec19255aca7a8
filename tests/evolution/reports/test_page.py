"""The page of a run: complete, self-contained, and honest about what is missing."""

import json
import re

import pytest
from sample_results import task_result

from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.loop import write_front
from evolution.reports import report_page
from evolution.runs import Candidate, EvolveConfig, RunFolder
from v1cortex.evaluation import Evaluation
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS
from validation.objectives import worst_values

GENOME = RuleGenome(POPULATIONS)


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "a <run>")
    with folder.locked():
        folder.begin(EvolveConfig(population_size=4, generations=1), resume=False)
    with folder.store() as store:
        for index, (name, error) in enumerate((("none", 0.4), ("s_pre", 0.3), ("stdp", 0.5))):
            values = dict.fromkeys(worst_values(), 1.0) | {
                "error": error,
                "complexity": load_rule(name).n_active / 25,
            }
            evaluation = Evaluation("ok", values, 1, tasks={"gratings": task_result(1 - error)})
            store.put(Candidate(0, index, 1, GENOME.encode(load_rule(name))), evaluation)
    return folder


def test_without_pictures_and_without_a_retest(run):
    page = report_page(run.path)
    assert "3 of 4 rules tried" in page
    assert "This run has no re-test" in page
    assert "a &lt;run&gt;" in page
    assert "a <run>" not in page
    assert "dW = S_pre" in page
    assert "population_size: 4" in page
    front = page.split("<h2>Front</h2>")[1].split("</table>")[0]
    assert front.count("<tr>") == 3  # the head, none and s_pre; stdp is beaten


def test_pictures_are_within_the_page(run, assert_as_stored):
    write_front(run, GENOME)
    assert_as_stored(run.path / "front.png", "front")
    assert_as_stored(run.path / "generations.png", "generations")
    page = report_page(run.path)
    assert page.count("data:image/png;base64,") == 2
    assert not re.search(r"(src|href)='(?!data:)", page)


def test_the_retest_is_shown_with_its_luck(run):
    interval = {"mean": 0.012, "low": -0.05, "high": 0.074}
    row = {
        "condition": "rule_001",
        "auc": {"mean": 0.61, "standard_error": 0.02},
        "control": "static",
        "difference": {"estimate": interval},
        "p_corrected": 0.7,
    }
    static = row | {"condition": "static", "control": "", "difference": None, "p_corrected": None}
    data = {
        "score": "auc",
        "rows": [static, row],
        "by_chance": {"expected": 0.58},
        "n_tried": 3,
        "seeds": [7, 8],
    }
    run.write("retest.json", json.dumps(data))
    page = report_page(run.path)
    for part in ("0.610 ± 0.020", "+0.012", "-0.050 to +0.074", "2 fresh networks", "0.58"):
        assert part in page
    assert "This run has no re-test" not in page


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(RunFolderError, match="no run"):
        report_page(tmp_path)
