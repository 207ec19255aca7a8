"""Paths in a settings file are relative to that file, not to the working directory."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationInfo

__all__ = ["FOLDER", "anchored"]

FOLDER = "folder"
"""Key of the validation context under which the folder of the settings file is stored."""


def anchored(value: str, info: ValidationInfo, names: Collection[str] = ()) -> str:
    """Return the absolute path, so that it means the same wherever it is read again.

    Settings that do not come from a file, such as those of a command line, are relative to the
    working directory.

    Parameters
    ----------
    value
        A path, or a name that is not a path.
    info
        pydantic's information on the validation; its context may contain the folder of a file.
    names
        Names that are not looked up as files, such as those of shipped rules.

    Returns
    -------
    str
        The absolute path; the value itself if nothing exists there.

    Raises
    ------
    ValueError
        If something of that name exists in the working directory only.
    """
    path = Path(value).expanduser()
    if value in names or path.is_absolute():
        return str(path) if path.is_absolute() else value
    folder = (info.context or {}).get(FOLDER)
    place = Path(os.path.abspath(Path(folder or ".") / path))  # noqa: PTH100
    if place.exists():
        return str(place)
    if folder is not None and path.exists():
        raise ValueError(
            f"no {place}. A path is relative to the file that names it, not to the working "
            f"directory, where there is a '{value}'; write {path.absolute()} if you mean that one"
        )
    return value
