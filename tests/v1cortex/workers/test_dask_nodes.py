"""A faulty machine in a cluster fails fast; it must not get all the work."""

import json
import subprocess

import pytest
from dask import config as dask_config
from dask_processes import Cluster
from errands import WORST, Errand, Errands

from v1cortex.errors import ExecutorError, MachineError
from v1cortex.workers import Setup, dask_nodes, run
from v1cortex.workers.dask_executor import DaskExecutor
from v1cortex.workers.dask_nodes import REST_S, DaskNodes
from v1cortex.workers.limits import Limits


def test_a_worker_rests_longer_each_time_until_it_works_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(dask_nodes.time, "monotonic", lambda: now[0])
    nodes = DaskNodes()
    nodes.count({"a": 2, "b": 3})
    assert (nodes.n_threads, nodes.preferred) == (5, None)
    nodes.blame("a")
    assert (nodes.n_threads, nodes.preferred) == (3, ["b"])
    now[0] += REST_S
    assert nodes.preferred is None
    nodes.blame("a")
    now[0] += REST_S
    assert nodes.preferred == ["b"]
    nodes.blame("b")  # if all are faulty, all are tried
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
        # At most the jobs it was given before its first failure was known.
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


def certificate(folder):
    """Make a certificate and key; return Dask's configuration for them."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=v1cortex", "-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    config = {"require-encryption": True, "default-scheme": "tls", "tls.ca-file": str(cert)}
    for who in ("scheduler", "worker", "client"):
        config |= {f"tls.{who}.cert": str(cert), f"tls.{who}.key": str(key)}
    return {f"distributed.comm.{name}": value for name, value in config.items()}


def test_a_cluster_with_tls_takes_who_has_the_key(tmp_path):
    config = certificate(tmp_path)
    nested = dask_config.set(config, config={}).config
    (tmp_path / "tls.yaml").write_text(json.dumps(nested))
    with Cluster(tmp_path, scheme="tls") as cluster:
        cluster.scheduler(DASK_CONFIG=str(tmp_path / "tls.yaml"))
        cluster.worker(DASK_CONFIG=str(tmp_path / "tls.yaml"))
        with dask_config.set(config):
            ((_, found),) = evaluated(dask(cluster.address), [Errand(0, "")])
        assert found.status == "ok"
        with pytest.raises(ExecutorError, match=r"asks for TLS.*docs/cluster\.md"):
            evaluated(dask(cluster.address), [Errand(0, "")])
    (tmp_path / "cert.pem").unlink()
    with dask_config.set(config), pytest.raises(ExecutorError, match="certificates cannot be used"):
        evaluated(dask(cluster.address), [Errand(0, "")])
