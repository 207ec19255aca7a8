"""The page of a run: complete, self-contained, and honest about what is missing."""

import base64
import html
import json

import numpy as np
import pytest
from packed_pages import assert_alone, packed_data
from sample_results import task_result
from written_texts import texts

from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.loop import write_front
from evolution.reports import (
    Run,
    plot_front,
    plot_generations,
    report_page,
    simulate_windows,
)
from evolution.reports.windows import read_windows
from evolution.runs import CONFIG, Candidate, EvolveConfig, RunFolder
from nestml_models.rule import Rule
from v1cortex.evaluation import Evaluation, dump_yaml
from v1cortex.plots import DPI, save
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS
from validation.objectives import OBJECTIVES, worst_values

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
    assert "<math" in page
    assert "population_size: 4" in page
    front = page.split("id='front-title'")[1].split("</table>")[0]
    assert front.count("<tr>") == 3  # the head, none and s_pre; stdp is beaten


def test_methods_name_the_synapses_and_the_score(run):
    assert "Tsodyks" not in report_page(run.path)
    protocol = {"short_term": "table", "weight_gain": {"E->E": 2.2}, "readout": "pools"}
    with run.locked():
        run.write(CONFIG, dump_yaml(EvolveConfig(protocol=protocol, generations=1)))
    page = html.unescape(report_page(run.path))
    assert "short-term dynamics after Tsodyks and Markram 1997" in page
    assert "Initial weights were multiplied by: E->E 2.2." in page
    assert "The score was the AUC of disjoint pools." in page


def test_pictures_of_the_front(run, assert_as_stored, tmp_path):
    front = Run(run.path).pareto_front()
    for name, plot in (("front", plot_front), ("generations", plot_generations)):
        figure = plot(front, OBJECTIVES, GENOME)
        assert "static network" in texts(figure)
        assert "chance" in texts(figure)
        assert_as_stored(save(figure, tmp_path / f"{name}.png", DPI), name)


def test_pictures_of_another_format_replace_those_before(run):
    for kind in ("png", "pdf"):
        write_front(run, GENOME, kind=kind)
        for name in ("front", "generations"):
            found = [path.name for path in run.path.glob(f"{name}.*") if path.suffix != ".csv"]
            assert found == [f"{name}.{kind}"]


def test_the_page_needs_no_other_file_and_is_the_same_again(run):
    page = report_page(run.path)
    assert_alone(page)
    assert report_page(run.path) == page


def test_every_rule_that_ran_is_in_the_data(run):
    with run.store() as store:
        rule = load_rule("random:1")
        values = dict.fromkeys(worst_values(), 2.0)
        for status, index in (("ok", 3), ("runaway", 4)):
            candidate = Candidate(0, index, 1, GENOME.encode(rule))
            store.put(candidate, Evaluation(status, values, 1, tasks={"gratings": task_result()}))
        lost = Evaluation("ok", values, 1)
        store.put(
            Candidate(0, 5, 1, GENOME.encode(rule), "quick"), lost, "mean rate is 31, above 9"
        )
    page = report_page(run.path)
    data = packed_data(page)
    points = {point["id"]: point for point in data["points"]}
    assert sorted(points) == ["0.0", "0.1", "0.2", "0.3"]
    assert [points[f"0.{k}"]["rule"] for k in range(4)] == ["rule_002", "rule_001", "", ""]
    assert points["0.1"]["values"][0] == 0.3
    assert points["0.1"]["maps"] == [1.0]
    assert Rule.from_yaml(points["0.1"]["yaml"], POPULATIONS) == load_rule("s_pre")
    for point, given in ((points["0.2"], load_rule("stdp")), (points["0.3"], rule)):
        assert point["terms"] == [term.index for term in given.active_terms]
        for term, found in zip(given.active_terms, point["maps"], strict=True):
            exact = np.ravel(given.coefficients[term.index])
            if isinstance(found, float):
                assert found == pytest.approx(exact[0], rel=1e-3)
            else:
                drawn = np.frombuffer(base64.b64decode(found), np.int8) / 127
                assert drawn == pytest.approx(exact, abs=0.5 / 127)
    outcomes = data["course"]["outcomes"]
    assert outcomes == {"evaluated": [4], "rejected by quick": [1], "runaway": [1]}
    assert "mean rate, above 9" in page


def test_the_retest_is_shown_with_its_luck(run):
    page = report_page(with_retest(run, 0.7).path)
    for part in ("0.610 ± 0.020", "+0.012", "-0.050 to +0.074", "2 fresh networks", "0.58"):
        assert part in page
    assert "no re-tested rule was better" in page
    assert "This run has no re-test" not in page
    drawn = packed_data(page)["forest"]
    assert [row["condition"] for row in drawn["rows"]] == ["static", "rule_001"]
    assert drawn["rows"][1]["difference"] == [0.012, -0.05, 0.074]
    assert (drawn["chance"], drawn["luck"]) == (0.5, 0.58)


def test_the_verdict_names_what_is_better(run):
    page = report_page(with_retest(run, 0.01).path)
    assert "1 of 1 re-tested rules reached a higher score (AUC)" in page
    assert "No network with matched gain was tested" in page


def with_retest(run, p):
    interval = {"mean": 0.012, "low": -0.05, "high": 0.074}
    row = {
        "condition": "rule_001",
        "auc": {"mean": 0.61, "standard_error": 0.02, "low": 0.57, "high": 0.65},
        "control": "static",
        "difference": {"estimate": interval},
        "p_corrected": p,
    }
    static = row | {"condition": "static", "control": "", "difference": None, "p_corrected": None}
    data = {
        "score": "auc",
        "protocol": {"validation_trials": 200},
        "rows": [static, row],
        "by_chance": {"expected": 0.58},
        "n_tried": 3,
        "seeds": [7, 8],
    }
    run.write("retest.json", json.dumps(data))
    return run


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(RunFolderError, match="no run"):
        report_page(tmp_path)


def test_windows_are_simulated_once_and_shown(run):
    assert read_windows(run.path) == {}
    simulate_windows(run.path, 2)
    found = read_windows(run.path)
    (window,) = found.values()  # the front is s_pre and the static network
    written = (run.path / "windows.json").stat().st_mtime_ns
    simulate_windows(run.path, 2)
    assert (run.path / "windows.json").stat().st_mtime_ns == written
    # s_pre changes a weight by the same at each of 60 presynaptic spikes, whatever the lag.
    change = np.array(window["change"]["0"])
    assert np.ptp(change) < 1e-3 * change.mean()
    assert change.mean() == pytest.approx(60 * 2e-3, rel=1e-3)
    points = {point["rule"]: point for point in packed_data(report_page(run.path))["points"]}
    assert points["rule_001"]["window"] == window
    assert points["rule_002"]["window"] is None
