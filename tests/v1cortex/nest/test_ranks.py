"""Ranks: behaviour in a single process and in an MPI launcher's environment."""

import os
import subprocess
import sys

import numpy as np
import pytest

from nestml_models.build import find_nest, under_mpi
from v1cortex.errors import ConfigError
from v1cortex.nest import ranks
from v1cortex.sonata import load_circuit, save_circuit


def test_one_process_owns_and_knows_all():
    assert (ranks.rank(), ranks.size(), ranks.is_first()) == (0, 1, True)
    assert ranks.owns(np.arange(1, 9), 4).all()
    values = np.arange(3)
    assert np.array_equal(ranks.total(values), values)
    assert np.array_equal(ranks.gather(values, values + 1)[1], values + 1)
    ranks.check_virtual_processes(3)
    ranks.fail(1, lambda: pytest.fail("no other rank waits"))


def test_neurons_are_dealt_out_as_nest_does(monkeypatch):
    """The rank of a virtual process is its remainder, so each neuron is on one rank."""
    monkeypatch.setattr(ranks, "size", lambda: 3)
    ids = np.arange(1, 1000)
    owned = []
    for number in range(3):
        monkeypatch.setattr(ranks, "rank", lambda number=number: number)
        owned.append(ranks.owns(ids, 6))
    assert np.array_equal(np.sum(owned, axis=0), np.ones(999))
    assert ids[owned[1]][:4].tolist() == [1, 4, 7, 10]
    with pytest.raises(ConfigError, match=r"4 virtual processes.*3 MPI ranks.*--threads 3"):
        ranks.check_virtual_processes(4)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OMPI_COMM_WORLD_SIZE": "2", "PMIX_RANK": "0"}, True),
        ({"OMPI_COMM_WORLD_SIZE": "1", "PMIX_RANK": "0"}, False),
        ({"PMI_SIZE": "4", "PMI_RANK": "3"}, True),
        ({"PMIX_RANK": "0", "SLURM_STEP_NUM_TASKS": "8"}, True),
        ({"PMIX_RANK": "0", "SLURM_STEP_NUM_TASKS": "1"}, False),
        ({"PMIX_RANK": "0"}, True),
    ],
)
def test_launchers_are_told_from_their_variables(monkeypatch, variables, expected):
    for name in os.environ:
        if name.startswith(("OMPI_", "PMI", "SLURM_")):
            monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert under_mpi() is expected


@pytest.mark.skipif(find_nest().has_mpi, reason="this NEST was built with MPI")
def test_nest_without_mpi_is_refused_under_a_launcher():
    done = subprocess.run(
        [sys.executable, "-m", "v1cortex.commands.cli", "doctor"],
        env={**os.environ, "OMPI_COMM_WORLD_SIZE": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: this process was started by an MPI launcher, but NEST")
    assert "make nest-mpi" in done.stderr


def test_mapped_circuit_is_the_circuit_and_stays_in_its_file(small_circuit, tmp_path):
    save_circuit(small_circuit, tmp_path / "circuit")
    mapped = load_circuit(tmp_path / "circuit", mapped=True)
    assert mapped.digest() == small_circuit.digest()
    arrays = dict(mapped.edges.items())
    kept = [name for name, array in arrays.items() if not isinstance(array, np.memmap)]
    assert kept == ["type_offsets"]
    assert not arrays["weight_pA"].flags.writeable
