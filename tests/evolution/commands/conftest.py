"""A run folder with some evaluations, as a stopped search leaves it."""

import pytest
from sample_results import task_result

from evolution.genome import RuleGenome
from evolution.runs import Candidate, EvolveConfig, RunFolder
from v1cortex.evaluation import Evaluation
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS
from validation.objectives import worst_values

GENOME = RuleGenome(POPULATIONS)


@pytest.fixture
def run(tmp_path):
    """A run of which a hurdle rejected one of three rules."""
    folder = RunFolder(tmp_path / "searches" / "first")
    hurdle = {"name": "quick", "protocol": {"training_trials": 2}}
    with folder.locked():
        folder.begin(EvolveConfig(population_size=4, generations=1, hurdles=[hurdle]), resume=False)
        with folder.store() as store:
            for index, (name, error) in enumerate([("s_pre", 0.4), ("five_term", 0.3)]):
                store.put(candidate(index, name, "quick"), evaluation(error))
                store.put(candidate(index, name), evaluation(error))
            store.put(candidate(2, "stdp", "quick"), evaluation(0.5), "mean rate is 30, above 20")
    return folder.path


def candidate(index, name, stage="protocol"):
    return Candidate(0, index, 7, GENOME.encode(load_rule(name)), stage)


def evaluation(error):
    objectives = dict.fromkeys(worst_values(), 0.1) | {"error": error, "complexity": 0.5 - error}
    timings = {"total": 4.0, "processor": 3.6}
    tasks = {"gratings": task_result(1 - error)}
    return Evaluation("ok", objectives, 7, tasks=tasks, timings=timings)
