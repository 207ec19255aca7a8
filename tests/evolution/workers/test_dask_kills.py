"""A search with NEST ends as if nothing had happened if Dask workers and scheduler are killed."""

import pytest
from dask_processes import Cluster

from evolution.loop import evolve
from evolution.runs import EvolveConfig, RunFolder, Silent

SMALL = {
    "tasks": ["gratings"],
    "training_trials": 4,
    "validation_trials": 4,
    "threshold_trials": 2,
    "settling_ms": 100,
    "pool_size": 3,
}
VALUES = {
    "neurons": 300,
    "population_size": 4,
    "generations": 3,
    "reevaluations": 1,
    "workers": 2,
    "retest": {"seeds": 2, "validation_trials": 4, "max_rules": 1, "controls": False},
    "protocol": SMALL,
}


class Saboteur(Silent):
    """Kills a worker, then the scheduler with all its workers, and starts others."""

    def __init__(self, cluster):
        self._cluster, self._scheduler = cluster, cluster.scheduler()
        self._workers = [cluster.worker(), cluster.worker()]
        self.deeds = []

    def update(self, snapshot):
        if snapshot.n_evaluations == 2 and not self.deeds:
            self._cluster.kill(self._workers[0])
            self._workers[0] = self._cluster.worker()
            self.deeds.append("worker")
        if snapshot.n_evaluations == 6 and len(self.deeds) == 1:
            self._restart()

    def step(self, what, share):
        if "re-test" in what and share > 0 and len(self.deeds) == 2:
            self._restart()

    def _restart(self):
        for process in (self._scheduler, *self._workers):
            self._cluster.kill(process)
        self._scheduler = self._cluster.scheduler()
        self._workers = [self._cluster.worker(), self._cluster.worker()]
        self.deeds.append("scheduler")


def stored(out):
    with RunFolder(out).store(read_only=True) as store:
        return sorted(
            (record.candidate.generation, record.candidate.index, record.candidate.seed,
             record.evaluation.reproducible())
            for record in store.all()
        )  # fmt: skip


@pytest.mark.slow
def test_a_search_on_nest_survives_its_cluster(tmp_path):
    evolve(EvolveConfig(**VALUES), tmp_path / "here")
    (tmp_path / "cluster").mkdir()
    with Cluster(tmp_path / "cluster") as cluster:
        saboteur = Saboteur(cluster)
        where = {"name": "dask", "scheduler": cluster.address, "wait_s": 300.0}
        there = EvolveConfig(**VALUES, executor=where)
        evolve(there, tmp_path / "there", progress=saboteur)
    assert saboteur.deeds == ["worker", "scheduler", "scheduler"]
    assert stored(tmp_path / "there") == stored(tmp_path / "here")
    for table in ("front.csv", "retest.csv"):
        here, there = ((tmp_path / each / table).read_text() for each in ("here", "there"))
        assert here == there
