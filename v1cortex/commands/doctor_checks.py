"""Checks of what v1cortex needs on this machine: NEST, a compiler, the cache, Python packages."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import Requirement

from nestml_models.build import Check, inspect
from v1cortex import _namesakes

PACKAGE = "v1cortex"
EXTRAS = ("lgn", "search")
"""Extras for users; ``all`` is both of them."""


def checks() -> list[Check]:
    """Check everything that is needed, without changing anything.

    Returns
    -------
    list of Check
        The toolchain's checks, then those of the Python packages.
    """
    return [*inspect().checks, packages(), extras(), names()]


def packages() -> Check:
    """Compare the installed Python packages with the versions that v1cortex allows.

    Those of extras count only if they are installed.
    """
    found, wrong = [], []
    for requirement in _requirements(""):
        version = _version(requirement)
        if version is None:
            wrong.append((requirement, "missing"))
        else:
            found.append(f"{requirement.name} {version}")
    for requirement in (each for extra in ("", *EXTRAS) for each in _requirements(extra)):
        version = _version(requirement)
        if version and not requirement.specifier.contains(version, prereleases=True):
            wrong.append((requirement, version))
    if not wrong:
        return Check("packages", True, ", ".join(found))
    problems = ", ".join(f"{need.name} is {state}, not {need.specifier}" for need, state in wrong)
    command = " ".join(f"'{need.name}{need.specifier}'" for need, _ in wrong)
    return Check("packages", False, problems, f"Run: pip install {command}")


def extras() -> Check:
    """Say which extras are installed; all of them are optional."""
    return Check("extras", True, "; ".join(f"{extra}: {_extra(extra)}" for extra in EXTRAS))


def names() -> Check:
    """Check that Python finds our packages, not others of the same names."""
    wrong = list(_namesakes.namesakes().values()) or list(_installed_twice())
    if not wrong:
        return Check("names", True, f"Python finds v1cortex's {', '.join(_namesakes.PACKAGES)}")
    problem, _, remedy = wrong[0].rpartition(". ")
    return Check("names", False, problem, remedy)


def _requirements(extra: str) -> list[Requirement]:
    """Return what v1cortex needs, or what only an extra needs."""
    found = []
    for requirement in map(Requirement, metadata.requires(PACKAGE) or ()):
        if requirement.name == PACKAGE:  # an extra that contains another one
            continue
        needed_for = [each for each in ("", extra) if _is_needed(requirement, each)]
        if needed_for[:1] == [extra]:
            found.append(requirement)
    return found


def _is_needed(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _version(requirement: Requirement) -> str | None:
    try:
        return metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return None


def _extra(extra: str) -> str:
    needed = _requirements(extra)
    missing = [each.name for each in needed if _version(each) is None]
    if not missing:
        return f"installed ({', '.join(f'{each.name} {_version(each)}' for each in needed)})"
    return f"{', '.join(missing)} not installed; if you need it: pip install '{PACKAGE}[{extra}]'"


def _installed_twice() -> Iterable[str]:
    """Yield a message for each package whose files another distribution has installed as well."""
    owners = metadata.packages_distributions()
    for name in _namesakes.PACKAGES:
        others = sorted({each for each in owners.get(name, ()) if each != PACKAGE})
        if others:
            yield (
                f"{', '.join(others)} also installs a package named '{name}', and may have "
                f"overwritten v1cortex's. Run: pip uninstall {' '.join(others)}; "
                f"pip install --force-reinstall --no-deps {PACKAGE}"
            )
