"""Temporary folders of worker processes, which end without cleaning up."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

__all__ = ["TemporaryFolders"]

PREFIX, LOCK = "v1cortex-workers-", "lock"

YOUNG_S = 60.0
"""A folder younger than this may not have been locked yet by the process that creates it."""


class TemporaryFolders:
    """A folder in the system's temporary folder, with one inside it for each worker.

    It is locked while in use. Creating one removes those left behind by killed processes.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._lock: FileLock | None = None

    def __enter__(self) -> Self:
        _remove_abandoned(Path(tempfile.gettempdir()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            self._lock.release()
        if self._path is not None:
            remove(self._path)
        self._path = self._lock = None

    def new(self) -> Path:
        """Create a folder for one worker.

        Raises
        ------
        OSError
            If there is no temporary folder, or it is full.
        """
        if self._path is None or not self._path.is_dir():
            self._path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._lock = FileLock(self._path / LOCK)
            self._lock.acquire(timeout=0)
        return Path(tempfile.mkdtemp(prefix="", dir=self._path))


def remove(folder: Path) -> None:
    """Remove a folder and its content, as far as possible."""
    shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > YOUNG_S:
                with FileLock(folder / LOCK).acquire(timeout=0):
                    remove(folder)
        except (OSError, Timeout):  # another user's, or in use
            continue
