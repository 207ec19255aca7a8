"""Jobs of experiments on workers: workers that die, limits, and a cluster."""

import threading

import psutil
import pytest
from distributed import LocalCluster

from v1cortex.evaluation import Protocol
from v1cortex.experiments import Job, ResultStore, run_job
from v1cortex.experiments.runner import run_jobs
from v1cortex.rules import load_rule
from v1cortex.workers import WorkersConfig

SHORT = Protocol(tasks=("gratings",), training_trials=20, settling_ms=200, pool_size=20)
PATIENCE_S = 120.0


def working_children():
    """Return worker processes that have loaded NEST."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if any("nestkernel_api" in each.path for each in child.memory_maps()):
                found.append(child)
        except psutil.Error:
            continue
    return found


class Killer(threading.Thread):
    """Kills the first workers that it sees, each soon after it has loaded NEST."""

    def __init__(self, n_victims):
        super().__init__(daemon=True)
        self._n_victims, self.victims, self._over = n_victims, [], threading.Event()

    def run(self):
        while len(self.victims) < self._n_victims and not self._over.wait(0.05):
            for child in working_children()[: self._n_victims - len(self.victims)]:
                child.kill()
                self.victims.append(child.pid)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self.join(PATIENCE_S)


@pytest.mark.parametrize(("n_deaths", "status"), [(1, "ok"), (2, "failed")])
def test_an_evaluation_is_begun_again_once(tmp_path, n_deaths, status):
    job = Job(load_rule("s_pre"), SHORT, 500, 3)
    with Killer(n_deaths) as killer:
        found = run_jobs([job], ResultStore(tmp_path))
    assert len(killer.victims) == n_deaths
    assert found[job.key].status == status
    assert len(list((tmp_path / "results").glob("*"))) == (status == "ok")
    if status == "failed":
        assert "worker process ended" in found[job.key].message


def test_a_limit_ends_an_evaluation(tmp_path):
    job = Job(load_rule("s_pre"), SHORT, 500, 3)
    limited = WorkersConfig(evaluation_timeout_s=0.3)
    found = run_jobs([job], ResultStore(tmp_path), workers=limited)[job.key]
    assert (found.status, found.message) == ("timed out", "stopped after 0.3 s of processor time")
    assert not (tmp_path / "results").exists()


def test_jobs_on_a_dask_cluster_give_the_same(tmp_path):
    tiny = SHORT.model_copy(
        update={"training_trials": 4, "validation_trials": 4, "threshold_trials": 4}
    )
    jobs = [Job(load_rule("s_pre"), tiny, 500, seed) for seed in (3, 4)]
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        where = {"name": "dask", "scheduler": cluster.scheduler_address}
        there = run_jobs(jobs, ResultStore(tmp_path), workers=WorkersConfig(executor=where))
    assert len(list((tmp_path / "results").iterdir())) == 2
    for job in jobs:
        assert there[job.key].reproducible() == run_job(job).reproducible()
