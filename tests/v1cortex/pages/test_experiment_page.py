"""The page of an experiment: complete, self-contained, and the same again."""

import pytest
from packed_pages import assert_alone, packed_data
from sample_experiments import SCORES, experiment_data

from nestml_models.common import program_versions
from v1cortex.pages import experiment_page

COMMAND = "v1cortex experiment final s_pre stdp --out x"


def page_of(found):
    return experiment_page(found, "final <assessment>", COMMAND, program_versions())


@pytest.fixture
def found():
    return experiment_data()


def test_results_and_how_to_get_them_again(found):
    page = page_of(found)
    for part in (
        "final &lt;assessment&gt;", COMMAND, "seeds 1 to 4", "stdp &lt;x&gt;", "no plasticity",
        "validation_trials", "nest-simulator", "Billeh et al. 2020, Neuron", "0.660 ± 0.011",
        "Left out: stdp without its control", "Small dots".lower(),
    ):  # fmt: skip
        assert part in page, part
    assert "<assessment>" not in page
    assert_alone(page)
    assert page_of(found) == page


def test_the_verdict_counts_what_differs_from_its_control(found):
    page = page_of(found)
    assert "2 of 3 conditions had a higher score (AUC) than the control on the same seeds" in page
    assert " by s_pre (95 % interval +" in page
    equal = [row for row in found["rows"] if "s_pre" not in row["condition"]]
    page = page_of({**found, "rows": equal})
    assert "None of 1 condition differed from its control" in page


def test_the_forest_has_every_condition_and_network(found):
    forest = packed_data(page_of(found))["forest"]
    assert [row["condition"] for row in forest["rows"]] == list(SCORES)
    assert [row["seeds"] for row in forest["rows"]] == [list(each) for each in SCORES.values()]
    assert [row["rule"] for row in forest["rows"]] == [False, True, False, True]
    mean, low, high = forest["rows"][1]["score"]
    assert mean == pytest.approx(0.66)
    assert low < mean < high
    assert forest["luck"] is None


def test_a_single_network_has_no_interval(found):
    for row in found["rows"]:
        for estimate in (row["auc"], row["difference"] and row["difference"]["estimate"]):
            if estimate:
                estimate.update(low=None, high=None, sd=None, standard_error=None)
        row["p_corrected"] = None
    page = page_of(found)
    assert "no interval from one network" in page
    assert "None to None" not in page
