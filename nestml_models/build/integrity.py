"""Whether a compiled module is what the compiler wrote, and belongs to nobody else.

A module with a flipped byte loads and computes wrong weights; a truncated one crashes the process.
Therefore the SHA-256 of its library, and of the header that other modules are compiled with, is
recorded when it is built and checked before it is used.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from nestml_models.build.cache import require_own
from nestml_models.common import read_json

__all__ = ["ABOUT_FILE", "damage", "digests"]

ABOUT_FILE = "about.json"
"""File in a module's folder: what it was compiled for, and the digests of its files."""

_SUFFIXES = (".so", ".h")


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each library and header in a module's folder, by name."""
    files = sorted(each for each in folder.iterdir() if each.suffix in _SUFFIXES)
    return {each.name: _sha256_now(each) for each in files}


def damage(folder: Path) -> str:
    """Return what is wrong with the files in a module's folder; empty if they are unchanged.

    Takes milliseconds for files that this process has not checked yet, microseconds for others.

    Raises
    ------
    CacheError
        If the folder or a file in it belongs to somebody else or is writable by everybody.
    """
    require_own(folder)
    noted = _noted(folder)
    if not noted:
        return f"{ABOUT_FILE} does not say what it should"
    try:
        for name in noted:
            require_own(folder / name)
        found = digests(folder)
    except FileNotFoundError as error:
        return f"{error.filename} is missing"
    wrong = [name for name in sorted({*noted, *found}) if noted.get(name) != found.get(name)]
    return f"{', '.join(wrong)} is not as it was compiled (SHA-256)" if wrong else ""


def _noted(folder: Path) -> dict[str, str]:
    try:
        about = read_json(folder / ABOUT_FILE)
        return {str(name): str(digest) for name, digest in about["sha256"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _sha256_now(path: Path) -> str:
    status = path.stat()
    return _sha256(path, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=1024)
def _sha256(path: Path, _mtime_ns: int, _size: int, _inode: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
