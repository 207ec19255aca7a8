"""Notices when Python finds another package under the name of one of ours.

`evolution` and `validation` are common words: a folder of that name beside a script, or on
``PYTHONPATH``, comes before the installed package.
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

__all__ = ["PACKAGES", "namesakes", "refuse_namesakes", "warn_of_namesakes"]

PACKAGES = ("nestml_models", "validation", "evolution")
"""The packages that are installed with v1cortex."""

_OURS = Path(__file__).parents[1]
"""The folder that holds all of them."""


def namesakes(*packages: str) -> dict[str, str]:
    """Return what is wrong with packages that Python finds elsewhere than beside v1cortex.

    Parameters
    ----------
    *packages
        Names among `PACKAGES`; all of them if none is given.

    Returns
    -------
    dict of str to str
        A message by name of package; empty if Python finds ours.
    """
    found = {name: _location(name) for name in packages or PACKAGES}
    return {
        name: f"Python finds another package named '{name}', {place}, before v1cortex's own, "
        f"{_OURS / name}. Rename that folder, or remove {place.parent} from PYTHONPATH or start "
        "Python in another folder"
        for name, place in found.items()
        if place is not None and not _is_ours(place, name)
    }


def warn_of_namesakes() -> None:
    """Warn of each of `namesakes`."""
    for message in namesakes().values():
        warnings.warn(message, RuntimeWarning, stacklevel=3)


def refuse_namesakes(*packages: str) -> None:
    """Refuse to work with other packages than ours.

    Parameters
    ----------
    *packages
        Names among `PACKAGES`; all of them if none is given.

    Raises
    ------
    ConfigError
        If Python finds another one; says where.
    """
    for message in namesakes(*packages).values():
        from v1cortex.errors import ConfigError

        raise ConfigError(message)


def _location(name: str) -> Path | None:
    """Return the folder, or the file, of the package that `import` finds; None if there is none."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a module without a spec has been put into sys.modules
        return None
    if spec is None:
        return None
    for folder in spec.submodule_search_locations or ():
        return Path(folder)
    return Path(spec.origin) if spec.origin else None


def _is_ours(place: Path, name: str) -> bool:
    return place == _OURS / name or place.resolve() == (_OURS / name).resolve()
