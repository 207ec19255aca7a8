"""Build NEST with MPI from its source distribution, into a separate virtual environment.

The NEST wheels of package indexes have no MPI. Run as
``python -m nestml_models.build.nest_mpi --venv .venv-mpi``; the built wheel is cached.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from nestml_models.build.cache import cache_directory
from nestml_models.build.toolchain import find_compiler
from nestml_models.errors import ToolchainError, V1CortexError

__all__ = ["build_environment", "build_wheel", "missing_packages"]

NEST_VERSION = "3.10.0"

MPI4PY = "mpi4py >=4.1,<5"
"""The MPI bindings for what NEST leaves to Python: gathering spikes and ending a job."""

CHECK = (
    "from nestml_models.build import compiler, toolchain; assert toolchain.find_nest().has_mpi; "
    "compiler.compile_general().install()"
)
"""Code that must run in the finished environment."""

MODELS = (
    "ac_generator",
    "bernoulli_synapse",
    "cont_delay_synapse",
    "dc_generator",
    "glif_psc",
    "iaf_psc_alpha",
    "iaf_psc_delta",
    "iaf_psc_exp",
    "iaf_psc_exp_multisynapse",
    "inhomogeneous_poisson_generator",
    "multimeter",
    "noise_generator",
    "parrot_neuron",
    "poisson_generator",
    "spike_generator",
    "spike_recorder",
    "spike_train_injector",
    "static_synapse",
    "static_synapse_hom_w",
    "stdp_dopamine_synapse",
    "stdp_synapse",
    "stdp_synapse_hom",
    "step_current_generator",
    "step_rate_generator",
    "tsodyks2_synapse",
    "tsodyks_synapse",
    "volume_transmitter",
    "weight_recorder",
)
"""NEST's built-in models to compile (*choice*): of 136 model files, the devices, integrate-and-fire
neurons and usual synapses, to combine with the circuit's own."""

_HEADERS = "/usr/include", "/usr/local/include", "/opt/local/include"


def missing_packages() -> list[str]:
    """Return the Debian packages that the build needs and that are not installed."""
    needed = {
        "g++": shutil.which(os.environ.get("CXX", "g++")) is not None,
        "openmpi-bin": shutil.which("mpirun") is not None,
        "libopenmpi-dev": shutil.which("mpicxx") is not None,
        "libgsl-dev": shutil.which("gsl-config") is not None,
        "libltdl-dev": _has_header("ltdl.h"),
        "libboost-dev": _has_header("boost/version.hpp"),
        "python3-dev": (Path(sysconfig.get_path("include")) / "Python.h").exists(),
    }
    return [package for package, present in needed.items() if not present]


def build_wheel(python: Path, log: Path) -> Path:
    """Return a wheel of NEST with MPI for a Python interpreter, built if not in the cache.

    Parameters
    ----------
    python
        Interpreter of the virtual environment that the wheel is for.
    log
        File for the output of the build.

    Raises
    ------
    ToolchainError
        If the build fails; the message names the log.
    """
    folder = cache_directory() / "nest-mpi" / _key()
    ready = sorted(folder.glob("nest_simulator-*.whl"))
    if ready:
        return ready[0]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as work:
        # NEST's build calls "python3", which must be the one that the wheel is for.
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        models = ";".join(MODELS)
        _run(
            [
                *(str(python), "-m", "pip", "wheel", "--verbose", "--no-cache-dir", "--no-deps"),
                *("--no-binary", "nest-simulator", "--wheel-dir", f"{work}/wheel"),
                f"nest-simulator=={NEST_VERSION}",
            ],
            log,
            PATH=path,
            CMAKE_ARGS=f"{os.environ.get('CMAKE_ARGS', '')} -Dwith-mpi=ON '-Dwith-models={models}'",
            CMAKE_BUILD_PARALLEL_LEVEL=str(len(os.sched_getaffinity(0))),
        )
        if not folder.exists():
            Path(work, "wheel").rename(folder)
    return next(folder.glob("nest_simulator-*.whl"))


def build_environment(venv: Path, project: str) -> None:
    """Create a virtual environment with the project and a NEST with MPI.

    Parameters
    ----------
    venv
        Folder of the virtual environment; created if missing.
    project
        What to install, as an argument of ``pip install``.

    Raises
    ------
    ToolchainError
        If a system package is missing and cannot be installed, or a step fails.
    """
    log = cache_directory() / "nest-mpi.log"
    log.unlink(missing_ok=True)
    _install_packages(log)
    python = venv.absolute() / "bin" / "python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(venv)], log)
    wheel = build_wheel(python, log)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    if not _is_installed(wheel, venv):
        # pip would take any NEST of the same version, such as one without MPI, for this one.
        _run([*pip, "--force-reinstall", "--no-deps", str(wheel)], log)
    _run([*pip, MPI4PY, *project.split(" ", 1)], log)
    # Compile now, since MPI ranks must not compile.
    _run([str(python), "-c", CHECK], log)


def _is_installed(wheel: Path, venv: Path) -> bool:
    records = venv.glob("lib/python*/site-packages/nest_simulator-*.dist-info/direct_url.json")
    return any(wheel.as_uri() in record.read_text(encoding="utf-8") for record in records)


def _install_packages(log: Path) -> None:
    missing = missing_packages()
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ToolchainError(
            f"building NEST with MPI needs {', '.join(missing)} (Debian package names). "
            f"Run: sudo apt-get install {' '.join(missing)}"
        )
    print(f"installing {' '.join(missing)}", file=sys.stderr)
    _run(["apt-get", "update", "-qq"], log)
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing]
    _run(install, log, DEBIAN_FRONTEND="noninteractive")


def _key() -> str:
    """Return a hash of everything that the wheel depends on."""
    wrapper = shutil.which("mpicxx")
    show = [wrapper, "-show"] if wrapper else ["true"]
    mpi = subprocess.run(show, capture_output=True, text=True, check=False)
    parts = [
        NEST_VERSION,
        *MODELS,
        sysconfig.get_config_var("SOABI") or sys.version,
        find_compiler().version,
        mpi.stdout,
        os.environ.get("CMAKE_ARGS", ""),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _has_header(name: str) -> bool:
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    folders = [*_HEADERS, f"/usr/include/{multiarch}", *os.environ.get("CPATH", "").split(":")]
    return any((Path(folder) / name).exists() for folder in folders if folder)


def _run(command: list[str], log: Path, **environment: str) -> None:
    """Run a command with its output appended to the log.

    Raises
    ------
    ToolchainError
        If it fails.
    """
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        file.flush()
        done = subprocess.run(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            check=False,
        )
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in lines if "error" in line.lower()][-8:] or lines[-8:]
        raise ToolchainError(
            f"{' '.join(command[:5])} ... failed:\n" + "\n".join(errors) + f"\nThe log is {log}"
        )


def _project() -> str:
    """Return the pip arguments that install this project in the same way as here."""
    checkout = Path(__file__).parents[2]
    if (checkout / "setup.cfg").exists():
        return f"-e {checkout}[dev]"
    return f"v1cortex[all]=={version('v1cortex')}"


def main() -> None:
    """Run the build from the command line."""
    parser = argparse.ArgumentParser(prog="nest_mpi", description=__doc__)
    parser.add_argument(
        "--venv", type=Path, default=Path(".venv-mpi"), help="virtual environment to make"
    )
    venv = parser.parse_args().venv
    print(f"building {venv} (its log: {cache_directory() / 'nest-mpi.log'})", file=sys.stderr)
    begin = time.monotonic()
    try:
        build_environment(venv, _project())
    except V1CortexError as error:
        sys.exit(f"error: {error}")
    print(f"{venv} is ready after {time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
