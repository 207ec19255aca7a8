"""The lock of a run folder, which holds even when its file is removed."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import psutil

from evolution.errors import RunFolderError
from nestml_models.common import read_json

LOCK, DRIVER = ".lock", ".driver.json"

WAIT_S = 1.0
"""How long to wait for processes that only check whether the folder is in use."""

POLL_S = 0.05


class FolderLock:
    """Holds a folder for one process.

    The lock is on the open file, not on its name: if the file was removed, another process could
    create and lock a new one. Therefore the name is compared with the open file when it is locked,
    and later by `require`; and the process named in ``.driver.json`` is looked for.

    Parameters
    ----------
    folder
        The folder, which must exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, -1

    @property
    def is_taken(self) -> bool:
        """Whether this object holds the lock."""
        return self._file >= 0

    def acquire(self) -> None:
        """Take the lock.

        Raises
        ------
        RunFolderError
            If another process has it.
        OSError
            If the file cannot be written or locked.
        """
        until = time.monotonic() + WAIT_S
        while True:
            file = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            if _locked(file, fcntl.LOCK_EX) and _is_named(file, self._folder / LOCK):
                break
            os.close(file)
            if time.monotonic() > until:
                raise RunFolderError(
                    f"{self._folder} is in use by {driver_text(self._folder)}; wait for it, or "
                    "stop it"
                )
            time.sleep(POLL_S)
        self._file = file
        if is_driven(self._folder):
            self.release()
            raise RunFolderError(
                f"{self._folder} is in use by {driver_text(self._folder)}, although its lock "
                f"{LOCK} was removed; wait for it, or stop it"
            )

    def require(self) -> None:
        """Check that the lock still keeps others out.

        Raises
        ------
        RunFolderError
            If its file was removed or replaced since it was taken.
        """
        if self.is_taken and not _is_named(self._file, self._folder / LOCK):
            raise RunFolderError(
                f"{self._folder / LOCK} was removed or replaced while the search ran, so another "
                "process may use the folder too. What is stored already is safe; resume the run "
                "when no other process uses the folder"
            )

    def release(self) -> None:
        """Release the lock."""
        os.close(self._file)
        self._file = -1


def is_locked(folder: Path) -> bool:
    """Return whether a process holds a folder, without creating a file."""
    try:
        file = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        free = _locked(file, fcntl.LOCK_SH)
        os.close(file)
        return not free
    except OSError:  # a file system without locks
        return False


def driver_json() -> str:
    """Return who this process is, for ``.driver.json``."""
    own = psutil.Process()
    who = {"pid": own.pid, "host": socket.gethostname(), "started": own.create_time()}
    return json.dumps(who)


def driver_text(folder: Path) -> str:
    """Return the name in messages of the process that holds a folder."""
    driver = _driver(folder)
    return f"process {driver['pid']} on {driver['host']}" if driver else "another process"


def is_driven(folder: Path) -> bool:
    """Return whether another process on this machine, named in ``.driver.json``, is alive."""
    driver = _driver(folder)
    if not driver or driver["host"] != socket.gethostname() or driver["pid"] == os.getpid():
        return False
    try:
        started = psutil.Process(driver["pid"]).create_time()
    except psutil.Error:
        return False
    return abs(started - float(driver.get("started", started))) < 1.0


def _driver(folder: Path) -> dict[str, Any]:
    """Return the content of ``.driver.json``; empty if it cannot be read."""
    try:
        found = read_json(folder / DRIVER)
        return {**found, "pid": int(found["pid"]), "host": str(found["host"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _locked(file: int, kind: int) -> bool:
    """Lock an open file if nobody else has; close it if files cannot be locked."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        os.close(file)
        raise
    return True


def _is_named(file: int, path: Path) -> bool:
    """Return whether a path names an open file."""
    try:
        named = path.stat()
    except OSError:
        return False
    return os.path.samestat(os.fstat(file), named)
