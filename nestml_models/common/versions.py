"""Versions of the programs that results depend on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version

__all__ = ["EVALUATION", "SEARCH", "SIMULATION", "program_versions"]

SIMULATION = ("v1cortex", "nest-simulator")
"""Versions by which stored evaluations of experiments are distinguished."""

EVALUATION = (*SIMULATION, "nestml", "pyNN", "numpy", "scipy", "elephant", "bmtk")
"""Programs that an evaluation depends on."""

SEARCH = (*EVALUATION, "pymoo")
"""Programs that a search depends on: a run is resumed with the same versions only."""


def program_versions(programs: Iterable[str] = EVALUATION) -> dict[str, str]:
    """Return the version of each program that is installed.

    Parameters
    ----------
    programs
        Names of distributions.
    """
    found = {name: _version(name) for name in programs}
    return {name: each for name, each in found.items() if each is not None}


@cache
def _version(name: str) -> str | None:
    """Return the version when first asked, that of the code that a process runs."""
    try:
        return version(name)
    except PackageNotFoundError:  # an extra that is not installed was not used
        return None
