"""Memory is estimated, and what does not fit is rejected before any work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nestml_models.rule import Rule
from v1cortex.circuit import build_circuit, memory
from v1cortex.errors import CircuitError, ConfigError, RuleError
from v1cortex.nest import held_bytes, load_nest
from v1cortex.network import Network, NetworkSettings, require_memory
from v1cortex.rules import load_rule
from v1cortex.simulation import simulate
from v1cortex.stimuli import gray_movie
from v1cortex.tables import load_tables

TABLES = load_tables()
MEASURE = """
import sys
from pathlib import Path
def MB(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024
import numpy as np
from v1cortex.circuit import build_circuit
from v1cortex.network import Network, require_memory, NetworkSettings
from v1cortex.rules import load_rule
from v1cortex.evaluation import Session
circuit = build_circuit(6000, 1)
given, before_MB = load_rule(sys.argv[1]), MB("RssAnon")
network = Network(circuit, given)
Session(network, np.arange(9, dtype=np.int32))
network.simulate(1.0)
estimated = require_memory(circuit, given, NetworkSettings()) / 2**20
print(estimated, MB("RssAnon") - before_MB)
"""


@pytest.mark.parametrize("name", ["none", "s_pre", "five_term"])
def test_estimate_is_not_below_what_a_network_takes(name):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, name], check=True, capture_output=True, text=True
    )
    estimated_MB, measured_MB = map(float, done.stdout.split()[-2:])
    assert measured_MB < estimated_MB < 1.5 * measured_MB


def test_estimates_grow_with_connections_and_are_shared_by_ranks():
    sizes = [memory.circuit_bytes(n, TABLES) for n in (1000, 10_000, 230_924)]
    assert sizes == sorted(sizes)
    alone = memory.network_bytes(10_000, 2_000_000, 0)
    assert memory.network_bytes(10_000, 0, 2_000_000) > alone
    fixed = memory.NETWORK_BYTES
    shared = memory.network_bytes(10_000, 2_000_000, 0, n_ranks=2)
    assert shared - fixed == pytest.approx((alone - fixed) / 2)


def test_a_circuit_that_does_not_fit_is_refused_with_the_size_that_does(monkeypatch):
    monkeypatch.setenv(memory.LIMIT_VARIABLE, "1")
    pattern = r"230,924 neurons with 70,231,383 connections needs about 2\.\d GB; 1\.0 GB is free"
    with pytest.raises(CircuitError, match=pattern + r"\. ([\d,]+) neurons would fit") as caught:
        build_circuit(230_924, 1)
    fits = int(str(caught.value).split(" neurons would fit")[0].split()[-1].replace(",", ""))
    memory.require_for_circuit(fits, TABLES)
    with pytest.raises(CircuitError):
        memory.require_for_circuit(2 * fits, TABLES)


def test_a_network_that_does_not_fit_is_refused_before_anything_is_done(small_circuit, monkeypatch):
    load_nest().ResetKernel()
    monkeypatch.setenv(memory.LIMIT_VARIABLE, "0.1")
    said = []
    with pytest.raises(CircuitError, match=r"500 neurons .* plastic connections needs about"):
        Network(small_circuit, load_rule("s_pre"), progress=said.append)
    assert said == []
    with pytest.raises(CircuitError, match=memory.LIMIT_VARIABLE):
        simulate(small_circuit, gray_movie(100), report=lambda *step: said.append(step))
    assert said == [("building the network", 0.0)]


def test_what_the_network_before_holds_counts_as_free(small_circuit, monkeypatch):
    Network(small_circuit)
    held = held_bytes()
    assert held == require_memory(small_circuit, None, NetworkSettings()) > 0
    monkeypatch.setenv(memory.LIMIT_VARIABLE, "0.001")
    Network(small_circuit)
    assert held_bytes() == held
    load_nest().ResetKernel()
    assert held_bytes() == 0
    with pytest.raises(CircuitError, match="500 neurons"):
        Network(small_circuit)


def test_a_failed_build_leaves_nothing_in_the_simulator(small_circuit, monkeypatch):
    Network(small_circuit)
    held = held_bytes()
    with pytest.raises(ConfigError, match="LGN mode"):
        Network(small_circuit, settings=NetworkSettings(lgn_mode="currents"))
    assert load_nest().network_size == 0
    assert held_bytes() == 0
    Network(small_circuit).simulate(1.0)
    assert held_bytes() == held


def test_a_network_that_is_refused_leaves_the_one_before(small_circuit, monkeypatch):
    before = Network(small_circuit)
    held = held_bytes()
    with pytest.raises(RuleError, match="neuron types"):
        Network(small_circuit, Rule.static(("all",)))
    assert held_bytes() == held
    before.simulate(1.0)


def test_ranks_of_one_machine_share_its_memory(monkeypatch):
    monkeypatch.setenv(memory.LIMIT_VARIABLE, "8")
    memory.require_for_network(50_000, 0, 90_000_000, n_ranks=4, n_ranks_here=2)
    with pytest.raises(CircuitError, match=r"on each MPI rank; 2\.0 GB is free"):
        memory.require_for_network(50_000, 0, 90_000_000, n_ranks=4, n_ranks_here=4)


@pytest.mark.parametrize("value", ["much", "-1", "0", "nan"])
def test_a_limit_that_is_no_size_is_refused(monkeypatch, value):
    monkeypatch.setenv(memory.LIMIT_VARIABLE, value)
    with pytest.raises(ConfigError, match=memory.LIMIT_VARIABLE):
        memory.available_bytes()


def test_the_limit_of_a_container_counts(monkeypatch, tmp_path):
    monkeypatch.delenv(memory.LIMIT_VARIABLE, raising=False)
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    free = memory.available_bytes()
    assert free > 0
    Path(tmp_path, "memory.max").write_text("max\n")
    assert memory.available_bytes() == pytest.approx(free, rel=0.3)
    Path(tmp_path, "memory.max").write_text("1000000\n")
    Path(tmp_path, "memory.current").write_text("400000\n")
    Path(tmp_path, "memory.stat").write_text("anon 300000\ninactive_file 100000\n")
    assert memory.available_bytes() == 700_000


def test_build_tells_the_estimate(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "v1cortex.commands.cli",
            "build",
            "-n",
            "51978",
            "--out",
            tmp_path / "c",
        ],
        env={**os.environ, memory.LIMIT_VARIABLE: "0.3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: sampling 51,978 neurons")
    assert not (tmp_path / "c").exists()
