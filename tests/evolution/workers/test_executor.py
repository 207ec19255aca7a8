"""Workers that crash, hang or fail give records, and the others go on."""

import os
import re

import numpy as np
import pytest
import toy_search as toy

from evolution.engine.candidates import Candidate
from evolution.errors import ExecutorError
from evolution.workers.executor import run


def candidates(*first):
    return [Candidate(0, k, 7, np.array([x, 0.0])) for k, x in enumerate(first)]


def evaluated(executor, asked, should_stop=None):
    waiting = iter(asked)
    outcomes = run(executor, lambda: next(waiting, None), should_stop or never)
    return {candidate.index: evaluation for candidate, evaluation in outcomes}


def never():
    return False


@pytest.fixture(scope="module")
def executor(tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "workers.log"
    with toy.local(toy.ToyFactory(), 2, timeout_s=1.5, log=log) as made:
        made.log_path = log
        yield made


def test_whatever_happens_is_recorded_and_the_rest_is_evaluated(executor):
    asked = candidates(
        0.25, toy.KILL, toy.EXIT, toy.HANG, toy.RAISE, toy.SYSTEM_EXIT, -1.0, toy.BAD_RESULT, 0.5
    )
    found = evaluated(executor, asked)
    assert sorted(found) == list(range(len(asked)))
    status = {k: (e.status, e.message) for k, e in found.items()}
    assert status[0] == status[8] == ("ok", "")
    assert found[0].objectives == {"f1": 0.25, "f2": 0.5}
    assert found[0].statistics == {"threads": "1"}
    assert 0 < found[0].timings["total"] < 1
    assert status[1] == ("failed", "the worker process ended: killed by SIGKILL, 2 times")
    assert status[2] == ("failed", "the worker process ended: exit code 3, 2 times")
    assert status[3] == ("timed out", "stopped after 1.5 s")
    assert status[4] == ("failed", "ValueError: no such luck")
    assert status[5] == ("failed", "SystemExit: leaving")
    assert status[6] == ("failed", "objective 'f1' is nan")
    assert status[7][0] == "failed"
    for k in range(1, 8):
        assert found[k].objectives == toy.WORST
        assert found[k].seed == 7
    assert "no such luck" in executor.log_path.read_text()


def test_nothing_is_begun_after_the_wish_to_stop(executor):
    seen = []

    def stop():
        return len(seen) >= 2

    waiting = iter(candidates(*np.linspace(0, 1, 20)))
    for outcome in run(executor, lambda: next(waiting, None), stop):
        seen.append(outcome)
    # Two workers: at most one more is under way when the second outcome arrives.
    assert 2 <= len(seen) <= 3


def test_an_evaluation_beyond_the_memory_limit_is_stopped_and_its_worker_replaced():
    with toy.local(toy.ToyFactory(), 1, memory_MB=400) as made:
        found = evaluated(made, candidates(toy.GREEDY, 0.5))
    assert found[0].status == "failed"
    assert re.fullmatch(r"stopped at \d+ MB of memory; the limit is 400 MB", found[0].message)
    assert found[0].timings["total"] > 0
    assert found[1].status == "ok"


def test_a_worn_worker_is_replaced():
    asked = candidates(*[0.5] * 7)
    with toy.local(toy.ProcessFactory(), 1, per_process=3) as executor:
        found = evaluated(executor, asked)
    processes = [found[k].message for k in range(7)]
    assert [processes.count(each) for each in dict.fromkeys(processes)] == [3, 3, 1]
    assert all(each.status == "ok" for each in found.values())


def test_environment_is_restored():
    before = dict(os.environ)
    with toy.local(toy.ToyFactory(), 1):
        pass
    assert dict(os.environ) == before


def test_a_factory_that_raises_ends_the_run_with_its_message():
    with (
        toy.local(toy.BrokenFactory(kill=False), 1) as made,
        pytest.raises(ExecutorError, match="no circuit here"),
    ):
        evaluated(made, candidates(0.1))


def test_workers_that_die_at_start_are_not_restarted_for_ever(tmp_path):
    with (
        toy.local(toy.BrokenFactory(kill=True), 1, log=tmp_path / "log") as made,
        pytest.raises(ExecutorError, match=r"4 times in a row.*killed by SIGKILL.*log"),
    ):
        evaluated(made, candidates(0.1))


def test_a_closed_executor_says_so():
    with pytest.raises(ExecutorError, match="closed"):
        evaluated(toy.local(toy.ToyFactory(), 1), candidates(0.1))
