"""The folder in which compiled modules and computed firing rates are kept between runs."""

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

    It is given by the environment variable ``V1CORTEX_CACHE``, or is the user's cache folder. Its
    content is executed: it must belong to the user or to the administrator.

    Parameters
    ----------
    writable
        Whether something will be written. Existing content can be read from a read-only folder.

    Raises
    ------
    CacheError
        If the folder cannot be created or written to, belongs to somebody else, or is writable by
        everybody.
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
            f"the cache folder {path} cannot be written to ({error.strerror}). "
            f"Set {CACHE_VARIABLE} to a writable folder"
        ) from error
    return path.resolve()


def require_own(path: Path) -> None:
    """Reject a file or folder of the cache that another user could have created or changed.

    Raises
    ------
    CacheError
        If neither the user nor root owns it, or it is writable by everybody.
    FileNotFoundError
        If it does not exist.
    """
    status = path.stat()
    if status.st_uid not in (os.geteuid(), 0):
        raise CacheError(
            f"{path} belongs to another user (uid {status.st_uid}), and the cache's content is "
            f"executed. Set {CACHE_VARIABLE} to a folder of your own"
        )
    if status.st_mode & stat.S_IWOTH:
        raise CacheError(
            f"{path} is writable by everybody, and the cache's content is executed. Run "
            f"'chmod o-w {path}' if you trust its content, or set {CACHE_VARIABLE} to another "
            "folder"
        )
