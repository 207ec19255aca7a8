"""Pages of searches by antithetic pairs and of random rules: what was tried, what was found."""

import numpy as np
import pytest
from packed_pages import assert_alone, packed_data
from sample_searches import NAMES, random_data, search_data

from nestml_models.common import program_versions
from v1cortex.pages import experiment_page
from v1cortex.rules import load_rule
from validation.comparison import best_by_chance

LENGTHS = (0.1, 0.3, 0.8)


def page_of(found):
    page = experiment_page(found, "a <search>", "v1cortex experiment gains", program_versions())
    assert_alone(page)
    return page, {each["id"]: each for each in packed_data(page)["figures"]}


def trace(figure, name):
    (found,) = (each for each in figure["traces"] if each.get("name") == name)
    return found


def test_each_level_of_a_search_over_gains_has_its_figures():
    found = search_data(lengths=LENGTHS)
    page, figures = page_of(found)
    assert set(figures) == {
        "progress", *(f"{what}-{level}" for what in ("steps", "slopes", "taken") for level in NAMES)
    }  # fmt: skip
    for part in ("Gains found", "weight_gain:", "Taken: the step of 0.3", "No synapse was plastic"):
        assert part in page, part
    assert "Each rule was trained" not in page
    for level in found["levels"]:
        steps = figures[f"steps-{level['grouping']}"]
        assert trace(steps, "tried")["x"] == [0.1, 0.3]
        assert trace(steps, "limit broken")["x"] == [0.8]
        assert "above 10 Hz (6)" in trace(steps, "limit broken")["text"][0]
        (taken,) = figures[f"taken-{level['grouping']}"]["traces"]
        gains = np.exp(list(level["step"].values()))
        assert taken["x"] == pytest.approx(gains, abs=1e-4)
        slopes = figures[f"slopes-{level['grouping']}"]["traces"][0]
        reach = 1.96 * np.array(list(level["slope_sd"].values()))
        assert slopes["error_x"]["array"] == pytest.approx(reach, rel=1e-3)


def test_the_progress_adds_up_and_says_what_was_tested_anew():
    found = search_data(lengths=LENGTHS)
    _, figures = page_of(found)
    progress = figures["progress"]
    searched = trace(progress, "in the search")
    assert searched["x"] == ["static network", "signs", "classes"]
    rises = [level["lengths"][1]["difference"]["estimate"]["mean"] for level in found["levels"]]
    assert searched["y"] == pytest.approx([0, rises[0], sum(rises)], abs=1e-4)
    tested = trace(progress, "on fresh networks")
    assert tested["x"] == ["signs", "classes"]
    expected = [row["difference"]["estimate"]["mean"] for row in found["rows"][1:]]
    assert tested["y"] == pytest.approx(expected, abs=1e-4)


def test_a_search_over_coefficients_shows_its_rule():
    found = search_data(rule=load_rule("s_pre").to_yaml(), lengths=LENGTHS)
    page, figures = page_of(found)
    for part in ("Rule found", "<math", "coefficients of the rule were searched"):
        assert part in page, part
    assert trace(figures["progress"], "on fresh networks")["x"] == ["classes"]
    (taken,) = figures["taken-signs"]["traces"]
    assert taken["x"] == pytest.approx(list(found["levels"][0]["step"].values()), abs=1e-4)


def test_a_level_that_found_nothing_says_so():
    found = search_data(lengths=(0.8,))
    page, figures = page_of({**found, "weight_gain": {}})
    assert "No step was better than none" in page
    assert "No gain was better" in page
    assert "taken-signs" not in figures
    assert trace(figures["progress"], "on fresh networks")["x"] == []


def test_random_rules_stand_beside_luck():
    found = random_data()
    page, figures = page_of(found)
    own = found["tasks"]["gratings"]["auc"]
    assert set(figures) == {"scores-gratings", "differences-gratings", "best-gratings"}
    assert sum(trace(figures["scores-gratings"], "rules")["y"]) == found["n_rules"]
    best = trace(figures["best-gratings"], "best of these rules")["y"]
    assert best == pytest.approx(np.maximum.accumulate(own["values"]), abs=1e-4)
    luck = trace(figures["best-gratings"], "expected by luck")
    static = own["static"]
    assert luck["x"][-1] == found["n_rules"]
    assert luck["y"][-1] == pytest.approx(
        best_by_chance(found["n_rules"], static["mean"], static["sd"]).expected, abs=1e-4
    )
    assert "plausible: mean rate of 2 to 15 Hz" in page
