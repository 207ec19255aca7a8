"""The folder where compiled modules and computed firing rates are kept between runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from nestml_models.errors import CacheError

__all__ = ["CACHE_VARIABLE", "cache_directory"]

CACHE_VARIABLE = "V1CORTEX_CACHE"
"""Environment variable that names the cache folder."""


def cache_directory() -> Path:
    """Return the cache folder, created if missing.

    It is what the environment variable ``V1CORTEX_CACHE`` names, or the user's cache folder.

    Raises
    ------
    CacheError
        If the folder cannot be created or written.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    path = Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("v1cortex")
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise CacheError(
            f"the cache folder {path} cannot be written ({error.strerror}). "
            f"Set {CACHE_VARIABLE} to a folder that can"
        ) from error
    return path.resolve()
