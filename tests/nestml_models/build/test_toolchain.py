import subprocess
import sys

import pytest

from nestml_models.build import inspect, toolchain
from nestml_models.build.foreign_headers import require_foreign_headers
from nestml_models.errors import ToolchainError


@pytest.fixture(autouse=True)
def forget():
    yield
    toolchain.find_compiler.cache_clear()
    toolchain.find_nest.cache_clear()


def test_all_is_well_here():
    report = inspect()
    assert report.ok, report
    assert {check.name for check in report.checks} >= {"NEST", "NESTML", "C++ compiler", "cache"}


def test_the_installation_agrees_with_nest_itself():
    import nest

    found = toolchain.find_nest()
    assert found.version == nest.__version__
    assert found.has_mpi == nest.build_info["have_mpi"]
    assert found.has_openmp == nest.build_info["have_threads"]


def test_a_missing_compiler_is_named_with_the_way_out(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    toolchain.find_compiler.cache_clear()
    with pytest.raises(ToolchainError, match=r"no-such-compiler.*apt-get install"):
        toolchain.find_compiler()
    report = inspect()
    assert not report.ok
    check = next(each for each in report.checks if each.name == "C++ compiler")
    assert "no-such-compiler" in check.text
    assert "apt-get install" in check.remedy


def test_an_old_compiler_is_refused(monkeypatch, tmp_path):
    script = tmp_path / "g++"
    script.write_text("#!/bin/sh\necho 'g++ (GCC) 8.5.0'\n")
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    toolchain.find_compiler.cache_clear()
    with pytest.raises(ToolchainError, match=r"8\.5\.0; NEST's headers need GCC 10"):
        toolchain.find_compiler()


@pytest.mark.parametrize(
    ("header", "library", "package"),
    [("boost/tuple/tuple.hpp", "Boost", "libboost-dev"), ("ltdl.h", "libltdl", "libltdl-dev")],
)
def test_missing_headers_are_named(monkeypatch, tmp_path, header, library, package):
    assert require_foreign_headers() == "Boost, libltdl"
    script = tmp_path / "g++"
    script.write_text(
        '#!/bin/sh\nif [ "$1" = --version ]; then echo "g++ (GCC) 12.2.0"; exit; fi\n'
        f"grep -q {header} || exit 0\n"
        f"echo '<stdin>:1:10: fatal error: {header}: No such file' >&2; exit 1\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    toolchain.find_compiler.cache_clear()
    match = rf"the headers of {library}, .*apt-get install {package} \("
    with pytest.raises(ToolchainError, match=match):
        require_foreign_headers()
    check = next(each for each in inspect().checks if each.name == "headers")
    assert not check.ok
    assert package in check.remedy


def test_an_unknown_nest_is_refused(monkeypatch):
    monkeypatch.setattr(toolchain, "_nest_version", lambda *_: "2.20.2")
    toolchain.find_nest.cache_clear()
    with pytest.raises(ToolchainError, match=r"NEST 2\.20\.2 is not supported.*pip install"):
        toolchain.find_nest()


def test_an_unwritable_cache_is_reported(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path / "file"))
    check = next(each for each in inspect().checks if each.name == "cache")
    assert (check.ok, check.remedy) == (False, "Set V1CORTEX_CACHE to a writable folder")


def test_a_nest_without_mpi_is_not_imported_under_a_launcher():
    """The import would end the process with exit code 127 and no message."""
    if toolchain.find_nest().has_mpi:
        pytest.skip("this NEST was built with MPI")
    script = "from nestml_models.build.toolchain import require_compatible_mpi as check; check()"
    environment = {"OMPI_COMM_WORLD_SIZE": "2", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert "NEST was built without MPI" in done.stderr
