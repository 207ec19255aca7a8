"""Evaluations on a Dask cluster of processes: the limits hold, and a lost cluster is survived."""

import numpy as np
import pytest
import toy_search as toy
from distributed import LocalCluster

from evolution.engine.candidates import Candidate
from evolution.engine.search import search
from evolution.errors import ExecutorError, SearchInterrupted, WorkersLost
from evolution.progress import Silent
from evolution.runs.folder import RunFolder
from evolution.workers.dask_executor import DaskExecutor
from evolution.workers.executor import run
from evolution.workers.worker import Setup
from evolution.workers.worker_process import Limits


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as made:
        yield made


def dask(scheduler, factory=None, timeout_s=2.0, wait_s=30.0):
    setup = Setup(factory or toy.ToyFactory(), toy.WORST)
    return DaskExecutor(setup, Limits(timeout_s), scheduler=scheduler, wait_s=wait_s)


def evaluated(executor, *first):
    waiting = iter([Candidate(0, k, 7, np.array([x, 0.0])) for k, x in enumerate(first)])
    outcomes = run(executor, lambda: next(waiting, None), lambda: False)
    return {candidate.index: evaluation for candidate, evaluation in outcomes}


def test_whatever_happens_on_a_cluster_is_recorded(cluster):
    with dask(cluster.scheduler_address) as executor:
        found = evaluated(executor, 0.25, toy.KILL, toy.HANG, toy.RAISE, -1.0, 0.5)
    status = [(found[k].status, found[k].message) for k in range(6)]
    assert status[0] == status[5] == ("ok", "")
    assert status[1] == ("failed", "the worker process ended: killed by SIGKILL, 2 times")
    assert status[2] == ("timed out", "stopped after 2 s")
    assert status[3] == ("failed", "ValueError: no such luck")
    assert status[4] == ("failed", "objective 'f1' is nan")
    assert found[0].statistics == {"threads": "1"}


def test_a_search_on_a_cluster_ends_with_the_front_of_one_without_processes(cluster, tmp_path):
    expected = toy.in_process(tmp_path / "here", toy.settings(3))
    (tmp_path / "there").mkdir()
    with dask(cluster.scheduler_address) as executor:
        folder = RunFolder(tmp_path / "there")
        found = search(toy.Box(), toy.settings(3), folder, executor, Silent())
    assert toy.rows(tmp_path / "there") == toy.rows(tmp_path / "here")
    np.testing.assert_array_equal(found.values, expected.values)


def test_a_factory_that_raises_ends_the_run_with_its_message(cluster):
    with (
        dask(cluster.scheduler_address, toy.BrokenFactory(kill=False)) as executor,
        pytest.raises(ExecutorError, match="no circuit here"),
    ):
        evaluated(executor, 0.1)


def test_without_scheduler_or_worker_one_waits_and_gives_up():
    with (
        dask("tcp://127.0.0.1:9", wait_s=1.0) as executor,
        pytest.raises(WorkersLost, match=r"no scheduler at tcp://127\.0\.0\.1:9 for 1 s"),
    ):
        evaluated(executor, 0.1)
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
        dask(empty.scheduler_address, wait_s=1.0) as executor,
        pytest.raises(WorkersLost, match="no worker of the scheduler"),
    ):
        evaluated(executor, 0.1)


def test_a_scheduler_that_goes_away_leaves_a_run_that_goes_on_elsewhere(tmp_path):
    settings, factory = toy.settings(3), toy.ToyFactory(delay_s=0.1)
    expected = toy.in_process(tmp_path / "here", settings)
    (tmp_path / "there").mkdir()
    folder = RunFolder(tmp_path / "there")
    doomed = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0")

    class Saboteur(Silent):
        def update(self, snapshot):
            if snapshot.n_evaluations == 10:
                doomed.close()

    with (
        dask(doomed.scheduler_address, factory, wait_s=2.0) as executor,
        pytest.raises(SearchInterrupted, match="no scheduler at") as stopped,
    ):
        search(toy.Box(), settings, folder, executor, Saboteur())
    assert stopped.value.exit_code == 75
    assert 10 <= len(toy.rows(tmp_path / "there")) < 24
    with toy.local(factory, 1) as executor:
        found = search(toy.Box(), settings, folder, executor, Silent())
    assert toy.rows(tmp_path / "there") == toy.rows(tmp_path / "here")
    np.testing.assert_array_equal(found.values, expected.values)
