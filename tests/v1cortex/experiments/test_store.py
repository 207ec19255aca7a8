"""Results are found again by their content; damaged or failed ones are not."""

from dataclasses import replace

import pytest
from sample_results import task_result

from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments import Job, ResultStore
from v1cortex.rules import load_rule
from validation.objectives import worst_values

JOB = Job(load_rule("s_pre"), Protocol(tasks=("gratings",)), 500, 1)
DONE = Evaluation("ok", worst_values(), 1, tasks={"gratings": task_result(0.6)})


def test_a_result_is_found_again_under_another_name_of_the_rule(tmp_path):
    store = ResultStore(tmp_path)
    assert store.get(JOB) is None
    store.put(JOB, DONE)
    renamed = Job(replace(JOB.rule, name="another"), JOB.protocol, 500, 1)
    assert ResultStore(tmp_path).get(renamed) == DONE


@pytest.mark.parametrize(
    "other",
    [
        Job(load_rule("none"), JOB.protocol, 500, 1),
        Job(JOB.rule, JOB.protocol.model_copy(update={"training_trials": 50}), 500, 1),
        Job(JOB.rule, JOB.protocol, 501, 1),
        Job(JOB.rule, JOB.protocol, 500, 2),
    ],
)
def test_whatever_differs_is_another_job(tmp_path, other):
    store = ResultStore(tmp_path)
    store.put(JOB, DONE)
    assert store.get(other) is None


def test_a_cut_file_counts_as_none(tmp_path):
    store = ResultStore(tmp_path)
    store.put(JOB, DONE)
    path = store.path(JOB)
    path.write_bytes(path.read_bytes()[:-20])
    assert store.get(JOB) is None


def test_a_file_of_another_form_counts_as_none(tmp_path):
    store = ResultStore(tmp_path)
    store.put(JOB, DONE)
    path = store.path(JOB)
    path.write_text(path.read_text().replace('"format": 2', '"format": 3'))
    assert store.get(JOB) is None
    store.put(JOB, DONE)
    assert store.get(JOB) == DONE


def test_failures_are_not_kept(tmp_path):
    store = ResultStore(tmp_path)
    store.put(JOB, Evaluation("failed", worst_values(), 1, message="killed"))
    assert store.get(JOB) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "results").write_text("a file in the way")
    with pytest.raises(ExperimentError, match="results"):
        ResultStore(tmp_path).put(JOB, DONE)
