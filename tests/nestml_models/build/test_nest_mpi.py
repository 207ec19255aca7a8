"""The build of NEST with MPI: its requirements, and that it is built only once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nestml_models.build import nest_mpi, toolchain
from nestml_models.errors import ToolchainError

WITHOUT_TOOLS = ["g++", "openmpi-bin", "libopenmpi-dev", "libgsl-dev"]


def test_missing_tools_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert set(WITHOUT_TOOLS) <= set(nest_mpi.missing_packages())
    for program in ("g++", "mpirun", "mpicxx", "gsl-config"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    assert not set(WITHOUT_TOOLS) & set(nest_mpi.missing_packages())


def test_headers_are_looked_for_where_the_compiler_does(monkeypatch, tmp_path):
    monkeypatch.setenv("CPATH", str(tmp_path))
    (tmp_path / "ltdl.h").touch()
    (tmp_path / "boost").mkdir()
    (tmp_path / "boost" / "version.hpp").touch()
    assert not {"libltdl-dev", "libboost-dev"} & set(nest_mpi.missing_packages())


def test_without_apt_the_message_is_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ToolchainError, match=r"sudo apt-get install g\+\+ openmpi-bin"):
        nest_mpi.build_environment(tmp_path / "venv", "-e .")
    assert not (tmp_path / "venv").exists()


def _pip_that_writes_down(folder):
    """Replace the compilation by a Python whose pip only records how it is called."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, sys\n"
        "if '--wheel-dir' in sys.argv:\n"
        "    folder = pathlib.Path(sys.argv[sys.argv.index('--wheel-dir') + 1])\n"
        "    folder.mkdir()\n"
        "    (folder / 'nest_simulator-0-py3.whl').write_text(os.environ['CMAKE_ARGS'])\n"
        "print(os.environ['PATH'].split(os.pathsep)[0])\n"
    )
    python.chmod(0o755)
    return python


def test_a_wheel_is_built_once_and_for_one_set_of_models(monkeypatch, tmp_path):
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path / "cache"))
    python = _pip_that_writes_down(tmp_path / "venv")
    log = tmp_path / "log"
    wheel = nest_mpi.build_wheel(python, log)
    asked = wheel.read_text()
    assert "-Dwith-mpi=ON" in asked
    assert ";static_synapse;" in asked
    # NEST's build runs "python3", which must be the one that the wheel is for.
    assert log.read_text().splitlines()[-1] == str(python.parent)
    written = log.read_text()
    assert nest_mpi.build_wheel(python, log) == wheel
    assert log.read_text() == written
    monkeypatch.setattr(nest_mpi, "MODELS", ("iaf_psc_alpha",))
    assert nest_mpi.build_wheel(python, log) != wheel
    assert [path.name for path in wheel.parent.iterdir()] == [wheel.name]


def test_another_nest_of_the_same_version_is_replaced(monkeypatch, tmp_path):
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(nest_mpi, "missing_packages", list)
    _pip_that_writes_down(tmp_path / "venv")
    record = tmp_path / "venv/lib/python3/site-packages/nest_simulator-0.dist-info/direct_url.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"url": "file:///elsewhere/nest_simulator-0-py3.whl"}')
    log = tmp_path / "cache" / "nest-mpi.log"
    nest_mpi.build_environment(tmp_path / "venv", "-e .")
    assert "--force-reinstall --no-deps" in log.read_text()
    (wheel,) = (tmp_path / "cache").rglob("*.whl")
    record.write_text(f'{{"url": "{wheel.as_uri()}"}}')
    nest_mpi.build_environment(tmp_path / "venv", "-e .")
    assert "--force-reinstall" not in log.read_text()
    assert "mpi4py" in log.read_text()


def test_a_failing_step_is_shown_with_its_log(monkeypatch, tmp_path):
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path / "cache"))
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho fatal error: gsl.h is missing\nexit 1\n")
    python.chmod(0o755)
    log = tmp_path / "log"
    with pytest.raises(ToolchainError, match=r"gsl\.h is missing(.|\n)*The log is .*log"):
        nest_mpi.build_wheel(python, log)
    assert not list((tmp_path / "cache").rglob("*.whl"))


def test_the_check_of_the_environment_asks_whether_nest_has_mpi():
    done = subprocess.run(
        [sys.executable, "-c", nest_mpi.CHECK], capture_output=True, text=True, check=False
    )
    told = done.stderr.strip().splitlines()[-1:]
    assert told == ([] if toolchain.find_nest().has_mpi else ["AssertionError"])


def test_command_line_explains_itself():
    done = subprocess.run(
        [sys.executable, "-m", "nestml_models.build.nest_mpi", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert "--venv" in done.stdout


def test_a_checkout_is_installed_as_it_is():
    option, project = nest_mpi._project().split()
    folder, _, extra = project.rstrip("]").partition("[")
    assert option == "-e" and extra == "dev"
    assert (Path(folder) / "setup.cfg").is_file()
