"""A machine of a cluster that is out of order fails fast; it must not get all the work."""

import pytest
from dask_processes import Cluster
from errands import WORST, Errand, Errands

from v1cortex.errors import MachineError
from v1cortex.workers import Setup, dask_nodes, run
from v1cortex.workers.dask_executor import DaskExecutor
from v1cortex.workers.dask_nodes import REST_S, Nodes
from v1cortex.workers.limits import Limits


def test_a_worker_rests_longer_each_time_until_it_works_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(dask_nodes.time, "monotonic", lambda: now[0])
    nodes = Nodes()
    nodes.count({"a": 2, "b": 3})
    assert (nodes.n_threads, nodes.preferred) == (5, None)
    nodes.blame("a")
    assert (nodes.n_threads, nodes.preferred) == (3, ["b"])
    now[0] += REST_S
    assert nodes.preferred is None
    nodes.blame("a")
    now[0] += REST_S
    assert nodes.preferred == ["b"]
    nodes.blame("b")  # where all are out of order, all are tried
    assert (nodes.n_threads, nodes.preferred) == (5, None)
    nodes.praise("a")
    assert nodes.preferred == ["a"]


def evaluated(executor, errands):
    waiting = iter(errands)
    with executor:
        return list(run(executor, lambda: next(waiting, None), lambda: False))


def dask(address, machine_faults=3):
    limits = Limits(5.0, 400, machine_faults=machine_faults)
    return DaskExecutor(Setup(Errands(), WORST), limits, scheduler=address, wait_s=60.0)


def test_a_machine_out_of_order_gets_no_more_work(tmp_path):
    tried = tmp_path / "tried"
    with Cluster(tmp_path) as cluster:
        cluster.scheduler()
        cluster.worker(SICK=str(tried))
        cluster.worker()
        found = evaluated(dask(cluster.address), [Errand(k, "sick node") for k in range(20)])
        assert {errand.index for errand, _ in found} == set(range(20))
        assert [evaluation.status for _, evaluation in found] == ["ok"] * 20
        # At most what it was given before its first failure was known.
        assert 1 <= len(tried.read_text().splitlines()) <= 2


def test_a_cluster_out_of_order_ends_the_run_with_one_error(tmp_path):
    with Cluster(tmp_path) as cluster:
        cluster.scheduler()
        cluster.worker(SICK=str(tmp_path / "tried"))
        with pytest.raises(MachineError, match=r"tried 3 times in a row.*tcp://.*Input/output"):
            evaluated(dask(cluster.address), [Errand(0, "sick node")])


def test_a_cluster_without_what_is_needed_says_so(tmp_path):
    with Cluster(tmp_path) as cluster:
        cluster.scheduler(PYTHONPATH="")
        cluster.worker(PYTHONPATH="")
        with pytest.raises(MachineError, match="No module named 'errands'"):
            evaluated(dask(cluster.address), [Errand(0, "")])
