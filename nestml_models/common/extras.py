"""Packages that only some users need, and the extra of v1cortex that installs each."""

from __future__ import annotations

import importlib.util
from typing import NamedTuple

from nestml_models.errors import MissingExtraError

__all__ = ["OPTIONAL", "OptionalPackage", "require"]


class OptionalPackage(NamedTuple):
    """A package that is installed with an extra.

    Attributes
    ----------
    distribution
        Its name for pip.
    extra
        The smallest extra of v1cortex that installs it.
    purpose
        What needs it.
    """

    distribution: str
    extra: str
    purpose: str


OPTIONAL = {
    "bmtk": OptionalPackage("bmtk", "lgn", "responses of the LGN to stimuli"),
    "skimage": OptionalPackage("scikit-image", "lgn", "pictures as stimuli"),
    "sklearn": OptionalPackage("scikit-learn", "lgn", "tasks and the decoding of responses"),
    "pymoo": OptionalPackage("pymoo", "search", "the search for rules"),
    "distributed": OptionalPackage("dask", "search", "evaluations on a Dask cluster"),
}
"""Optional packages by the name under which they are imported."""


def require(*packages: str) -> None:
    """Check that optional packages are installed, before they are imported.

    Parameters
    ----------
    *packages
        Keys of `OPTIONAL`.

    Raises
    ------
    MissingExtraError
        If one of them is not installed; names the extra that installs it.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            needed = OPTIONAL[package]
            raise MissingExtraError(
                f"{needed.purpose} needs the package {needed.distribution}, which is not "
                f"installed. Run: pip install 'v1cortex[{needed.extra}]'"
            )
