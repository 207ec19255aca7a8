"""What `v1cortex doctor` reports on the toolchain: its parts, what is wrong, how to fix it."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from nestml_models.build.cache import CACHE_VARIABLE, cache_directory
from nestml_models.build.foreign_headers import require_foreign_headers
from nestml_models.build.toolchain import (
    find_compiler,
    find_nest,
    require_compatible_mpi,
    under_mpi,
)
from nestml_models.codegen import installed_series
from nestml_models.errors import CacheError, ToolchainError

__all__ = ["Check", "ToolchainReport", "inspect"]

MIN_PYTHON = (3, 11)
MIN_FREE_MB = 100.0
"""A compiled module takes 1 MB, compiling it 20 MB, the firing rates of a stimulus about 10 MB."""


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes
    ----------
    name
        What was checked.
    ok
        Whether it is in order.
    text
        What was found, or what is wrong.
    remedy
        How to fix it; empty if all is well.
    """

    name: str
    ok: bool
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class ToolchainReport:
    """The result of `inspect`.

    Attributes
    ----------
    checks
        Python, NEST, NESTML, the C++ compiler, the headers that NEST's headers include, the cache.
    """

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all checks passed."""
        return all(check.ok for check in self.checks)


def inspect() -> ToolchainReport:
    """Check everything that compilation needs, without importing NEST and without raising."""
    checks = (
        ("Python", _describe_python),
        ("NEST", _describe_nest),
        ("NESTML", _describe_nestml),
        ("C++ compiler", lambda: f"{find_compiler().path}, {find_compiler().version}"),
        ("headers", _describe_foreign_headers),
        ("MPI", _describe_mpi),
        ("cache", _describe_cache),
    )
    return ToolchainReport(tuple(_check(name, describe) for name, describe in checks))


def _check(name: str, describe: Callable[[], str]) -> Check:
    try:
        return Check(name, True, describe())
    except (ToolchainError, CacheError) as error:
        problem, _, remedy = str(error).rpartition(". ")  # messages end with the remedy
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
    n_patches = len(installed_series())
    return f"{importlib.metadata.version('nestml')}, with {n_patches} patches to its templates"


def _describe_foreign_headers() -> str:
    return f"found by the compiler: {require_foreign_headers()}"


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
