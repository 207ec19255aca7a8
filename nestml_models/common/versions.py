"""Versions of the programs that results depend on."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

__all__ = ["EVALUATION", "SEARCH", "SIMULATION", "program_versions"]

SIMULATION = ("v1cortex", "nest-simulator")
"""Versions by which stored evaluations of experiments are distinguished."""

EVALUATION = (*SIMULATION, "nestml", "pyNN", "numpy", "scipy", "elephant", "bmtk")
"""Programs that an evaluation depends on."""

SEARCH = (*EVALUATION, "pymoo")
"""Programs that a search depends on: a run is resumed with the same versions only."""


def program_versions(programs: Iterable[str] = EVALUATION) -> dict[str, str]:
    """Return the installed version of each program.

    Parameters
    ----------
    programs
        Names of distributions.
    """
    return {name: version(name) for name in programs}
