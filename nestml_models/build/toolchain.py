"""The requirements of compilation: NEST, its headers and ABI, NESTML and a C++ compiler."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nestml_models.errors import ToolchainError

__all__ = [
    "KNOWN_NEST",
    "Compiler",
    "NestInstallation",
    "find_compiler",
    "find_nest",
    "header_folders",
    "processor",
    "require_compatible_mpi",
    "under_mpi",
]

KNOWN_NEST = ("3.10",)
"""Series of NEST for which modules are generated and tested."""


MIN_GCC = 10
"""First GCC version that compiles NEST's headers, which are C++20."""

_MPI_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
_MPI_RANKS = ("PMI_RANK", "PMIX_RANK")
_ABI_SYMBOLS = {
    0: b"\0_ZNK4nest4Node8get_nameEv\0",
    1: b"\0_ZNK4nest4Node8get_nameB5cxx11Ev\0",
}
"""``nest::Node::get_name() const``, which returns a string, mangled with each ABI of libstdc++."""


@dataclass(frozen=True)
class NestInstallation:
    """A NEST installation, found without importing it.

    Attributes
    ----------
    package
        Folder of the Python package.
    library
        The shared library with NEST's kernel.
    include
        Folder of NEST's headers.
    version
        Such as ``3.10.0``.
    build
        What distinguishes this build from others of the same version.
    has_mpi, has_openmp
        Whether NEST was built with MPI and with threads.
    cxx11_abi
        Value of ``_GLIBCXX_USE_CXX11_ABI`` with which NEST was built.
    """

    package: Path
    library: Path
    include: Path
    version: str
    build: str
    has_mpi: bool
    has_openmp: bool
    cxx11_abi: int


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler.

    Attributes
    ----------
    path
        Its executable.
    version
        First line of its version output.
    """

    path: Path
    version: str


def under_mpi() -> bool:
    """Return whether an MPI launcher started this process as one of several."""
    sizes = [os.environ[name] for name in _MPI_SIZES if name in os.environ]
    if not sizes and any(name in os.environ for name in _MPI_RANKS):
        sizes = [os.environ.get("SLURM_STEP_NUM_TASKS", "unknown")]
    return any(size != "1" for size in sizes)


def require_compatible_mpi() -> None:
    """Raise an error under MPI if NEST was built without it.

    Call it before the first ``import nest``: importing such a NEST under ``mpirun`` ends the whole
    job without a message.

    Raises
    ------
    ToolchainError
        If an MPI launcher started this process and NEST has no MPI, or there is no NEST.
    """
    if "nest" in sys.modules or not under_mpi():
        return
    if not find_nest().has_mpi:
        raise ToolchainError(
            "this process was started by an MPI launcher, but NEST was built without MPI. Run it "
            "without the launcher, or build a NEST that has it: make nest-mpi"
        )


@cache
def header_folders() -> tuple[Path, ...]:
    """Return the folders with the headers of NEST and of the MPI that it was built with.

    Raises
    ------
    ToolchainError
        If NEST has MPI but MPI's compiler wrapper, which knows the folders, is missing.
    """
    nest = find_nest()
    if not nest.has_mpi:
        return (nest.include,)
    wrapper = shutil.which(os.environ.get("MPICXX", "mpicxx"))
    if wrapper is None:
        raise ToolchainError(
            "NEST was built with MPI, but MPI's compiler wrapper mpicxx is missing. Run: sudo "
            "apt-get install libopenmpi-dev (on a cluster: load the site's MPI module)"
        )
    shown = subprocess.run([wrapper, "-show"], capture_output=True, text=True, check=False).stdout
    folders = [Path(word[2:]) for word in shlex.split(shown) if word.startswith("-I")]
    return (nest.include, *folders)


@cache
def find_nest() -> NestInstallation:
    """Find NEST without importing it.

    Raises
    ------
    ToolchainError
        If there is no NEST, its version is unknown, or it has no headers.
    """
    spec = importlib.util.find_spec("nest")
    if spec is None or spec.origin is None:
        raise ToolchainError(
            f"NEST is not installed for {sys.executable}. Run: pip install nest-simulator"
        )
    package = Path(spec.origin).parent
    include = _include_folder(package)
    config = (include / "config.h").read_text(encoding="utf-8", errors="replace")
    version = _nest_version(package, config)
    if not version.startswith(KNOWN_NEST):
        raise ToolchainError(
            f"NEST {version} is not supported; supported versions are {', '.join(KNOWN_NEST)}. "
            "Run: pip install 'nest-simulator>=3.10,<3.11'"
        )
    library, abi, has_openmp = _library(package)
    status = library.stat()
    return NestInstallation(
        package=package,
        library=library,
        include=include,
        version=version,
        build=f"{library.name} {status.st_size} {status.st_mtime_ns}",
        has_mpi=re.search(r"^#define HAVE_MPI\b", config, re.MULTILINE) is not None,
        has_openmp=has_openmp,
        cxx11_abi=abi,
    )


@cache
def find_compiler() -> Compiler:
    """Find the C++ compiler: the one named by ``CXX``, else g++, else clang++.

    Raises
    ------
    ToolchainError
        If there is none, or it is too old.
    """
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["g++", "clang++", "c++"]
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise ToolchainError(
            f"no C++ compiler ({', '.join(names)}). Run: sudo apt-get install g++"
            " (or set CXX to one)"
        )
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    version = done.stdout.splitlines()[0] if done.stdout else "unknown version"
    number = re.search(r"\) (\d+)\.", version) or re.search(r" (\d+)\.", version)
    if "clang" not in version and number and int(number[1]) < MIN_GCC:
        raise ToolchainError(
            f"{found} is {version}; NEST's headers need GCC {MIN_GCC} or newer. Install one and "
            "set CXX to it"
        )
    return Compiler(Path(found), version)


@cache
def processor() -> str:
    """Return what ``-march=native`` depends on: the architecture and its instruction sets."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    fields = dict(re.findall(r"^(model name|flags|Features)\s*:\s*(.*)$", text, re.MULTILINE))
    return f"{os.uname().machine} {sorted(fields.items())}"


def _include_folder(package: Path) -> Path:
    """Return the folder of the headers: inside the package (wheels) or below the prefix."""
    candidates = [package / "include/nest", *(up / "include/nest" for up in package.parents[:5])]
    for each in candidates:
        if (each / "config.h").exists() and (each / "connection.h").exists():
            return each
    raise ToolchainError(
        f"NEST's headers are not next to {package}. "
        "Run: pip install --force-reinstall nest-simulator"
    )


def _nest_version(package: Path, config: str) -> str:
    defined = re.search(r'^#define NEST_VERSION "([\d.]+)', config, re.M)
    if defined:
        return defined[1]
    try:
        return importlib.metadata.version("nest-simulator")
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolchainError(f"the version of NEST in {package} cannot be determined") from error


def _library(package: Path) -> tuple[Path, int, bool]:
    """Find the library that defines NEST's nodes, its string ABI, and whether it has threads."""
    folders = [package, *(up / name for up in package.parents[:5] for name in ("lib", "lib64"))]
    patterns = ("nestkernel_api*.so", "libnest*.so*", "nest/libnest*.so*")
    for folder in folders:
        for library in sorted(path for pattern in patterns for path in folder.glob(pattern)):
            content = library.read_bytes()
            for abi, symbol in _ABI_SYMBOLS.items():
                if symbol in content:
                    return library, abi, b"\0omp_get_thread_num\0" in content
    raise ToolchainError(
        f"no library next to {package} defines NEST's nodes: the installation is incomplete. "
        "Run: pip install --force-reinstall nest-simulator"
    )
