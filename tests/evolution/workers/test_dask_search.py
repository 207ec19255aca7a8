"""A search on a Dask cluster gives the same as elsewhere, and survives losing the cluster."""

import numpy as np
import pytest
import toy_search as toy
from distributed import LocalCluster

from evolution.engine import search
from evolution.errors import SearchInterrupted
from evolution.runs import Candidate, RunFolder, Silent
from v1cortex.errors import WorkersLost
from v1cortex.workers import Setup, run
from v1cortex.workers.dask_executor import DaskExecutor
from v1cortex.workers.limits import Limits


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


def test_a_search_on_a_cluster_ends_with_the_front_of_one_without_processes(cluster, tmp_path):
    expected = toy.in_process(tmp_path / "here", toy.settings(3))
    (tmp_path / "there").mkdir()
    with dask(cluster.scheduler_address) as executor:
        folder = RunFolder(tmp_path / "there")
        found = search(toy.Box(), toy.settings(3), folder, executor, Silent())
    assert toy.rows(tmp_path / "there") == toy.rows(tmp_path / "here")
    np.testing.assert_array_equal(found.values, expected.values)


def test_without_scheduler_or_worker_one_waits_and_gives_up():
    with (
        dask("tcp://127.0.0.1:9", wait_s=1.0) as executor,
        pytest.raises(
            WorkersLost,
            match=r"no scheduler at tcp://127\.0\.0\.1:9 for 1 s .the last",
        ),
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
