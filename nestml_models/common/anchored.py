"""Paths that a file of settings names count from that file, not from the working directory."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationInfo

__all__ = ["FOLDER", "anchored"]

FOLDER = "folder"
"""Key of the validation context that holds the folder of the file that is read."""


def anchored(value: str, info: ValidationInfo, names: Collection[str] = ()) -> str:
    """Return a path as an absolute one, so that it means the same wherever it is read again.

    Settings that come from no file, such as those of a command line, count from the working
    directory.

    Parameters
    ----------
    value
        A path, or a name that is no path.
    info
        What pydantic knows of the validation; its context may have the folder of a file.
    names
        Names that are not looked up as files, such as those of shipped rules.

    Returns
    -------
    str
        The absolute path; the value itself if there is nothing at that place.

    Raises
    ------
    ValueError
        If there is something of that name in the working directory only.
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
            f"no {place}. A path counts from the file that names it, not from the working "
            f"directory, where there is a '{value}'; write {path.absolute()} if that is meant"
        )
    return value
