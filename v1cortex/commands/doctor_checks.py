"""Checks of what v1cortex needs on this machine: NEST, a compiler, the cache, Python packages."""

from __future__ import annotations

from importlib import metadata

from packaging.requirements import Requirement

from nestml_models.build import Check, inspect

PACKAGE = "v1cortex"


def checks() -> list[Check]:
    """Check everything that is needed, without changing anything.

    Returns
    -------
    list of Check
        The toolchain's checks, then the Python packages.
    """
    return [*inspect().checks, packages()]


def packages() -> Check:
    """Compare the installed Python packages with the versions that v1cortex allows."""
    found, wrong = [], []
    for text in metadata.requires(PACKAGE) or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append((requirement, "missing"))
            continue
        found.append(f"{requirement.name} {version}")
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append((requirement, version))
    if not wrong:
        return Check("packages", True, ", ".join(found))
    problems = ", ".join(f"{need.name} is {state}, not {need.specifier}" for need, state in wrong)
    command = " ".join(f"'{need.name}{need.specifier}'" for need, _ in wrong)
    return Check("packages", False, problems, f"Run: pip install {command}")
