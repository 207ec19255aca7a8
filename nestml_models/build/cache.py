"""The folder where compiled modules and computed firing rates are kept between runs."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import platformdirs

from nestml_models.errors import CacheError

__all__ = ["CACHE_VARIABLE", "cache_directory", "require_own"]

CACHE_VARIABLE = "V1CORTEX_CACHE"
"""Environment variable that names the cache folder."""


def cache_directory(*, writable: bool = True) -> Path:
    """Return the cache folder, created if missing.

    It is what the environment variable ``V1CORTEX_CACHE`` names, or the user's cache folder. What
    lies in it is executed: it must be the user's own or the administrator's.

    Parameters
    ----------
    writable
        Whether something is to be written. What is there can be read from a read-only folder.

    Raises
    ------
    CacheError
        If the folder cannot be created or written, if somebody else owns it or everybody may
        write it.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    path = Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("v1cortex")
    try:
        path.mkdir(parents=True, exist_ok=True)
        require_own(path)
        if writable:
            with tempfile.TemporaryFile(dir=path):
                pass
    except OSError as error:
        raise CacheError(
            f"the cache folder {path} cannot be written ({error.strerror}). "
            f"Set {CACHE_VARIABLE} to a folder that can"
        ) from error
    return path.resolve()


def require_own(path: Path) -> None:
    """Refuse a file or folder of the cache that another user could have put or changed there.

    Raises
    ------
    CacheError
        If neither the user nor root owns it, or everybody may write it.
    FileNotFoundError
        If it does not exist.
    """
    status = path.stat()
    if status.st_uid not in (os.geteuid(), 0):
        raise CacheError(
            f"{path} belongs to another user (number {status.st_uid}), and what lies in the cache "
            f"is executed. Set {CACHE_VARIABLE} to a folder of your own"
        )
    if status.st_mode & stat.S_IWOTH:
        raise CacheError(
            f"{path} can be written by everybody, and what lies in the cache is executed. Run "
            f"'chmod o-w {path}' if you trust its content, or set {CACHE_VARIABLE} to another "
            "folder"
        )
