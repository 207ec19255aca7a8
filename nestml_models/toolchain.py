"""What compilation needs: NEST, its headers and ABI, NESTML, a C++ compiler, the cache folder."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nestml_models.cache import CACHE_VARIABLE, cache_directory
from nestml_models.errors import CacheError, ToolchainError
from nestml_models.mending import patch_text

__all__ = [
    "KNOWN_NEST",
    "Check",
    "Compiler",
    "NestInstallation",
    "ToolchainReport",
    "find_compiler",
    "find_nest",
    "header_folders",
    "inspect",
    "processor",
    "require_boost",
    "require_compatible_mpi",
    "under_mpi",
]

KNOWN_NEST = ("3.10",)
"""Series of NEST for which modules are generated and tested."""

MIN_PYTHON = (3, 11)
MIN_FREE_MB = 100.0
"""A compiled module takes 1 MB, compiling it 20 MB, the firing rates of a stimulus some 10 MB."""

MIN_GCC = 10
"""First GCC that compiles NEST's headers, which are C++20."""

_BOOST_HEADERS = (
    "boost/iterator/iterator_adaptor.hpp",
    "boost/sort/spreadsort/spreadsort.hpp",
    "boost/tuple/tuple.hpp",
    "boost/type_index.hpp",
)
"""What NEST's headers include of Boost."""

_MPI_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
_MPI_RANKS = ("PMI_RANK", "PMIX_RANK")
_ABI_SYMBOLS = {
    0: b"\0_ZNK4nest4Node8get_nameEv\0",
    1: b"\0_ZNK4nest4Node8get_nameB5cxx11Ev\0",
}
"""``nest::Node::get_name() const``, which returns a string, mangled with each ABI of libstdc++."""


@dataclass(frozen=True)
class NestInstallation:
    """Where NEST is, found without importing it.

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
        What tells this build from others of the same version.
    has_mpi, has_openmp
        Whether NEST was built with MPI, with threads.
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
        First line of what it says of its version.
    """

    path: Path
    version: str


@dataclass(frozen=True)
class Check:
    """One thing that must be right.

    Attributes
    ----------
    name
        What was looked at.
    ok
        Whether it is right.
    text
        What was found, or what is wrong.
    remedy
        How to mend it; empty if all is right.
    """

    name: str
    ok: bool
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class ToolchainReport:
    """What `inspect` found.

    Attributes
    ----------
    checks
        Python, NEST, NESTML, the C++ compiler, Boost's headers and the cache.
    """

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all is right."""
        return all(check.ok for check in self.checks)


def inspect() -> ToolchainReport:
    """Look at all that compilation needs, without importing NEST and without raising."""
    checks = (
        ("Python", _describe_python),
        ("NEST", _describe_nest),
        ("NESTML", _describe_nestml),
        ("C++ compiler", lambda: f"{find_compiler().path}, {find_compiler().version}"),
        ("Boost", _describe_boost),
        ("MPI", _describe_mpi),
        ("cache", _describe_cache),
    )
    return ToolchainReport(tuple(_check(name, describe) for name, describe in checks))


def under_mpi() -> bool:
    """Return whether an MPI launcher started this process, together with others."""
    sizes = [os.environ[name] for name in _MPI_SIZES if name in os.environ]
    if not sizes and any(name in os.environ for name in _MPI_RANKS):
        sizes = [os.environ.get("SLURM_STEP_NUM_TASKS", "unknown")]
    return any(size != "1" for size in sizes)


def require_compatible_mpi() -> None:
    """Refuse to go on under MPI with a NEST that was built without it.

    To be called before the first ``import nest``: importing such a NEST under ``mpirun`` ends the
    whole job without a message.

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
    """Return the folders with NEST's headers, and with those of the MPI that it was built with.

    Raises
    ------
    ToolchainError
        If NEST has MPI, but MPI's compiler wrapper, which knows the folders, is missing.
    """
    nest = find_nest()
    if not nest.has_mpi:
        return (nest.include,)
    wrapper = shutil.which(os.environ.get("MPICXX", "mpicxx"))
    if wrapper is None:
        raise ToolchainError(
            "NEST was built with MPI, but MPI's compiler wrapper mpicxx is not there. Run: sudo "
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
        If there is no NEST, of no known version, or without headers.
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
            f"NEST {version} is unknown; modules are made for NEST {', '.join(KNOWN_NEST)}. "
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
    """Find the C++ compiler: what ``CXX`` names, or g++, or clang++.

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


def require_boost() -> None:
    """Refuse to go on without Boost's headers, which NEST's own include and do not bring along.

    Raises
    ------
    ToolchainError
        If the compiler does not find them.
    """
    compiler = find_compiler().path
    done = subprocess.run(
        [str(compiler), "-E", "-x", "c++", "-"],
        input="".join(f"#include <{header}>\n" for header in _BOOST_HEADERS),
        capture_output=True,
        text=True,
        check=False,
    )
    # A compiler that fails for another reason says so when it is used.
    if done.returncode and "boost/" in done.stderr:
        raise ToolchainError(
            f"{compiler} does not find Boost's headers, which NEST's headers include. Run: sudo "
            "apt-get install libboost-dev (elsewhere: set CPATH to the folder that holds boost)"
        )


@cache
def processor() -> str:
    """Return what ``-march=native`` depends on: the machine and its instruction sets."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    fields = dict(re.findall(r"^(model name|flags|Features)\s*:\s*(.*)$", text, re.MULTILINE))
    return f"{os.uname().machine} {sorted(fields.items())}"


def _include_folder(package: Path) -> Path:
    """Return the headers' folder: inside the package (wheels), or below the prefix."""
    candidates = [package / "include/nest", *(up / "include/nest" for up in package.parents[:5])]
    for each in candidates:
        if (each / "config.h").exists() and (each / "connection.h").exists():
            return each
    raise ToolchainError(
        f"NEST's headers are not beside {package}. "
        "Run: pip install --force-reinstall nest-simulator"
    )


def _nest_version(package: Path, config: str) -> str:
    defined = re.search(r'^#define NEST_VERSION "([\d.]+)', config, re.M)
    if defined:
        return defined[1]
    try:
        return importlib.metadata.version("nest-simulator")
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolchainError(f"the version of NEST in {package} cannot be found out") from error


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
        f"no library beside {package} defines NEST's nodes: the installation is incomplete. "
        "Run: pip install --force-reinstall nest-simulator"
    )


def _check(name: str, describe: Callable[[], str]) -> Check:
    try:
        return Check(name, True, describe())
    except (ToolchainError, CacheError) as error:
        problem, _, remedy = str(error).rpartition(". ")  # messages end with the way out
        return Check(name, False, problem, remedy)


def _describe_python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < MIN_PYTHON:
        raise ToolchainError(
            f"Python {version} is too old. Make an environment with Python "
            f"{'.'.join(map(str, MIN_PYTHON))} or newer"
        )
    return f"{version}, {sys.executable}"


def _describe_nest() -> str:
    nest = find_nest()
    return (
        f"{nest.version}, {'with' if nest.has_openmp else 'without'} threads, "
        f"{'with' if nest.has_mpi else 'without'} MPI, libstdc++ string ABI {nest.cxx11_abi}; "
        f"library {nest.library}, headers {nest.include}"
    )


def _describe_nestml() -> str:
    patch_text()
    return f"{importlib.metadata.version('nestml')}, with its known faults mended"


def _describe_boost() -> str:
    require_boost()
    return "headers found by the compiler"


def _describe_mpi() -> str:
    require_compatible_mpi()
    if under_mpi():
        return "started by an MPI launcher"
    return "not started by an MPI launcher"


def _describe_cache() -> str:
    folder = cache_directory()
    free_MB = shutil.disk_usage(folder).free / 1e6
    if free_MB < MIN_FREE_MB:
        raise CacheError(
            f"only {free_MB:.0f} MB are free for the cache {folder}. Set {CACHE_VARIABLE} to a "
            "folder on another disk"
        )
    return f"{folder}, {free_MB / 1000:.1f} GB free"
