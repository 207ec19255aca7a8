"""What every executor must do, whatever evaluations do to it, locally and on a Dask cluster."""

import re
from pathlib import Path

import pytest
from distributed import LocalCluster
from errands import WORST, Broken, Errand, Errands

from v1cortex.errors import ConfigError, ExecutorError, MachineError, V1CortexError
from v1cortex.workers import LocalExecutor, Setup, run
from v1cortex.workers.dask_executor import DaskExecutor
from v1cortex.workers.limits import Limits
from v1cortex.workers.temporary import PREFIX

MEMORY_MB = 400


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as made:
        yield made


@pytest.fixture(params=["local", "dask"])
def executor(request):
    """Makes the executor under test."""

    def make(factory=None, *, log=None, fatal=(), workers=2, **limits):
        limits = Limits(**{"cpu_s": 1.0, "wall_s": 6.0, "memory_MB": MEMORY_MB, **limits})
        setup = Setup(factory or Errands(), WORST, log, fatal)
        if request.param == "local":
            return LocalExecutor(setup, limits, workers=workers)
        scheduler = request.getfixturevalue("cluster").scheduler_address
        return DaskExecutor(setup, limits, scheduler=scheduler, wait_s=30.0, workers=workers)

    return make


def evaluated(executor, *errands, should_stop=lambda: False):
    asked = [
        each if isinstance(each, Errand) else Errand(k, each) for k, each in enumerate(errands)
    ]
    waiting = iter(asked)
    with executor:
        outcomes = list(run(executor, lambda: next(waiting, None), should_stop))
    found = {errand.index: evaluation for errand, evaluation in outcomes}
    assert len(found) == len(outcomes)  # nothing twice
    return found


def test_whatever_a_rule_does_is_recorded_and_the_rest_is_evaluated(executor, tmp_path):
    log = tmp_path / "workers.log"
    asked = (
        *("", "SIGKILL", "exit", "hang", "compute", "raise", "leave", "nan", "bad result"),
        *("SIGSEGV", ""),
    )
    found = evaluated(executor(log=log), *asked)
    assert sorted(found) == list(range(len(asked)))
    status = {k: (e.status, e.message) for k, e in found.items()}
    assert status[0][0] == status[10][0] == "ok"
    assert found[0].objectives == {"f1": 1.0}
    assert found[0].versions["OMP_NUM_THREADS"] == "1"
    assert 0 < found[0].timings["total"] < 5
    assert status[1] == ("failed", "the worker process ended: killed by SIGKILL, 2 times")
    assert status[2] == ("failed", "the worker process ended: exit code 3, 2 times")
    assert status[3][0] == "timed out"
    assert re.fullmatch(r"stopped after 6 s, of which 0\.\d s computing", status[3][1])
    assert status[4] == ("timed out", "stopped after 1 s of processor time")
    assert 1 < found[4].timings["processor"] < 2
    assert status[5] == ("failed", "ValueError: no such luck")
    assert status[6] == ("failed", "SystemExit: leaving")
    assert status[7] == ("failed", "objective 'f1' is nan")
    assert status[8][0] == "failed"
    assert status[9] == ("failed", "the worker process ended: killed by SIGSEGV, 2 times")
    for k in range(1, 10):
        assert found[k].objectives == WORST
        assert found[k].seed == 7
    assert "no such luck" in log.read_text()


def test_a_rule_that_needs_too_much_memory_is_stopped(executor):
    # To fill memory takes seconds of a slow machine's processor: here no other limit is near.
    found = evaluated(executor(cpu_s=120.0, wall_s=240.0), "greed", "")
    assert found[0].status == "failed"
    assert found[0].objectives == WORST
    assert re.fullmatch(r"stopped at \d+ MB of memory; the limit is 400 MB", found[0].message)
    assert found[1].status == "ok"


@pytest.mark.parametrize(
    "what", ["full disk", "no memory", "damaged installation", "cache", "wrapped", "SIGBUS"]
)
def test_what_the_machine_does_once_is_tried_again_in_another_process(executor, what, tmp_path):
    errands = [Errand(0, what, tmp_path / "mark"), Errand(1, "")]
    found = evaluated(executor(), *errands)
    assert {k: (e.status, e.objectives["f1"]) for k, e in found.items()} == {
        0: ("ok", 1.0),
        1: ("ok", 2.0),
    }


def test_a_process_that_dies_or_hangs_once_costs_nothing(executor, tmp_path):
    errands = [Errand(k, what, tmp_path / what) for k, what in enumerate(("SIGKILL", "hang"))]
    found = evaluated(executor(), *errands)
    assert [found[k].status for k in range(2)] == ["ok", "ok"]


@pytest.mark.parametrize(("what", "said"), [("full disk", "No space left"), ("SIGBUS", "SIGBUS")])
def test_what_the_machine_does_again_and_again_ends_the_run_with_one_error(executor, what, said):
    with pytest.raises(MachineError, match=rf"errand 1 was tried 3 times in a row.*{said}") as end:
        evaluated(executor(machine_faults=3), "", what)
    assert end.value.exit_code == 75


def test_a_worn_worker_is_replaced(executor):
    found = evaluated(executor(per_process=3, workers=1), *[""] * 7)
    processes = [found[k].message for k in range(7)]
    counts = [processes.count(each) for each in dict.fromkeys(processes)]
    # A Dask cluster may give the next one to its other worker.
    assert max(counts) <= 3
    assert sum(counts) == 7


def test_a_factory_that_raises_ends_the_run_with_its_message(executor):
    with pytest.raises(ExecutorError, match="no such luck"):
        evaluated(executor(Broken("raise")), "")


@pytest.mark.parametrize(("what", "said"), [("SIGKILL", "SIGKILL"), ("full disk", "No space left")])
def test_workers_that_end_at_start_are_not_restarted_for_ever(executor, what, said):
    with pytest.raises(MachineError, match=said):
        evaluated(executor(Broken(what), machine_faults=2), "")


def test_an_error_that_all_would_meet_ends_the_run(executor):
    with pytest.raises(ConfigError, match="pool_size is 99"):
        evaluated(executor(fatal=(V1CortexError,)), "impossible")
    assert evaluated(executor(), "impossible")[0].message.startswith("ConfigError: pool_size")


def test_nothing_is_begun_after_the_wish_to_stop(executor):
    seen, waiting = [], iter([Errand(k, "") for k in range(20)])
    with executor() as entered:
        for outcome in run(entered, lambda: next(waiting, None), lambda: len(seen) >= 2):
            seen.append(outcome)
    # Two workers: at most one more is running when the second outcome arrives.
    assert 2 <= len(seen) <= 3


def test_temporary_files_go_with_their_worker(executor, tmp_path):
    # Each leaves an empty folder behind, as PyNN does, and is killed or replaced.
    errands = [Errand(0, "hang", tmp_path / "mark"), Errand(1, "temporary"), Errand(2, "temporary")]
    found = evaluated(executor(per_process=1), *errands)
    folders = {found[k].versions["TMPDIR"] for k in range(3)}
    folders.add((tmp_path / "mark").read_text())
    assert len(folders) == 4
    assert all(PREFIX in each for each in folders)
    assert not any(Path(each).exists() for each in folders)
