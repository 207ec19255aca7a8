"""Several MPI ranks give, bit for bit, the same as equally many threads of one process.

Skipped if NEST was built without MPI; `make test-mpi` runs them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from nestml_models.build import compile_general, find_nest
from v1cortex.circuit import build_circuit
from v1cortex.sonata import save_circuit

pytestmark = pytest.mark.skipif(
    not find_nest().has_mpi, reason="NEST was built without MPI; run `make test-mpi`"
)

HERE = Path(__file__).parent
CLI = [sys.executable, "-m", "v1cortex.commands.cli"]
SETTINGS = {
    # More ranks than cores, as any user, and without busy waiting, which would slow the others.
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMP_WAIT_POLICY": "passive",
}


def _run(command, ranks=1, **environment):
    launcher = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
    return subprocess.run(
        [*launcher, *map(str, command)],
        env={**os.environ, **SETTINGS, **environment},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def _succeed(command, ranks=1):
    done = _run(command, ranks)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def _module():
    """Ranks must not compile."""
    compile_general()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("circuit") / "circuit"
    save_circuit(build_circuit(500, 2), path)
    return path


@pytest.mark.parametrize(("ranks", "virtual_processes"), [(2, 2), (3, 3), (2, 4)])
def test_same_spikes_and_weights(tmp_path, ranks, virtual_processes):
    results = []
    for number in (1, ranks):
        file = tmp_path / f"{number}.npz"
        program = [sys.executable, HERE / "plastic_trials.py", virtual_processes, file]
        _succeed(program, number)
        results.append(dict(np.load(file)))
    alone, together = results
    connections = together.pop("connections")
    # The LGN's device reaches neurons without connections.
    assert alone.pop("connections") == alone["edges"] == connections.sum()
    assert len(connections) == ranks
    # Neurons are distributed evenly, but their in-degrees differ.
    np.testing.assert_allclose(connections, connections.mean(), rtol=0.1)
    assert len(alone["times_ms"]) > 500
    assert np.mean(alone["weight_pA"] != alone["initial_pA"]) > 0.5
    for name, values in alone.items():
        assert np.array_equal(values, together[name]), name


def test_simulate_writes_the_same_spikes_and_speaks_once(folder, tmp_path):
    spikes = []
    for number in (1, 2):
        out = tmp_path / str(number)
        command = [*CLI, "simulate", folder, "--duration", 300, "--threads", 2, "--out", out]
        printed = _succeed(command, number)
        assert printed.count("firing rates over 300 ms") == 1
        with h5py.File(out / "spikes.h5") as file:
            group = file["spikes/v1"]
            spikes.append((group["node_ids"][()], group["timestamps"][()]))
    assert len(spikes[0][0]) > 100
    for alone, together in zip(*spikes, strict=True):
        assert np.array_equal(alone, together)


def test_evaluate_gives_the_same_evaluation(folder):
    trials = ["--training-trials", 4, "--validation-trials", 4, "--threads", 2, "--json"]
    command = [*CLI, "evaluate", folder, "--rule", "five_term", "--task", "gratings", *trials]
    alone, together = (json.loads(_succeed(command, number)) for number in (1, 2))
    assert alone.pop("timings").keys() == together.pop("timings").keys()
    assert alone == together
    assert alone["statistics"]["weights"]["gratings"]["E->E"]["relative_mean"] != 1


def test_one_failing_rank_ends_the_job_with_its_error():
    done = _run([sys.executable, HERE / "failing_rank.py"], 2)
    assert done.returncode != 0
    assert "MPI rank 1:" in done.stderr
    assert "RuntimeError: this rank alone has failed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["simulate", "nowhere"], "There is no circuit folder nowhere"),
        (["doctor"], "'v1cortex doctor' runs in a single process"),
    ],
)
def test_an_error_of_all_ranks_is_told_once(arguments, message):
    done = _run([*CLI, *arguments], 2)
    assert done.returncode != 0
    assert done.stderr.count(message) == 1


def test_virtual_processes_that_cannot_be_shared_are_refused(folder, tmp_path):
    done = _run([*CLI, "simulate", folder, "--threads", 3, "--out", tmp_path / "out"], 2)
    assert done.returncode != 0
    assert "3 virtual processes cannot be shared evenly by 2 MPI ranks" in done.stderr
    assert "--threads 2" in done.stderr


def test_nothing_is_compiled_under_mpi(folder, tmp_path):
    command = [*CLI, "simulate", folder, "--threads", 2, "--out", tmp_path / "out"]
    done = _run(command, 2, V1CORTEX_CACHE=str(tmp_path / "cache"))
    assert done.returncode != 0
    assert "is not compiled yet, and it must not be compiled under MPI" in done.stderr
    assert not list((tmp_path / "cache").rglob("*.so"))
