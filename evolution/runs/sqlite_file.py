"""Opens SQLite files: for writing as the file system allows, for reading without a trace."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from sqlite3 import DatabaseError
from typing import Any, Literal

from evolution.errors import RunFolderError
from v1cortex.stores import file_system_of, is_network

Journal = Literal["auto", "wal", "rollback"]
"""How transactions are made safe: ``wal`` is SQLite's write-ahead log, which needs memory shared by
all processes and thus a single machine; ``rollback`` its older journal, which also works on network
file systems; ``auto`` chooses by the file system."""

PATIENCE_S = 60.0
"""How long a connection waits for others (*choice*): with the older journal, a reader blocks
writers while it reads a large store."""

RETRY_S = 0.01
"""Time between two attempts to set the journal (*choice*)."""

FULL, EXTRA = 2, 3
"""SQLite's ``synchronous``: the log, or the journal and its folder, are on the disk at a commit."""

WAL_FORMAT = b"\x02\x02"
"""Bytes 18 and 19 of a file written with the write-ahead log."""

HEADER_SIZE = 100
"""Bytes of SQLite's header; a shorter file is empty."""

DAMAGE = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_ERROR,  # a table or column is missing
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_NOTADB,
    }
)
"""SQLite's codes for a damaged file."""

Signature = tuple[tuple[int, int, int] | None, ...]


def chosen_journal(path: Path, journal: Journal) -> Literal["wal", "rollback"]:
    """Return the journal to use for a file."""
    if journal == "auto":
        return "rollback" if is_network(file_system_of(path.parent)) else "wal"
    return journal


def companion(path: Path, ending: str) -> Path:
    """Return SQLite's own file next to a database: ``-wal``, ``-shm`` or ``-journal``."""
    return path.with_name(path.name + ending)


def connect_to_write(path: Path, journal: Literal["wal", "rollback"]) -> sqlite3.Connection:
    """Open a file for writing; it is created if missing.

    Raises
    ------
    sqlite3.Error
        If it cannot be opened.
    """
    connection = _connect(path, "mode=rwc")
    try:
        mode = "WAL" if journal == "wal" else "DELETE"
        _set_journal(connection, mode)
        # Read it back: SQLite keeps its mode if another one is not possible.
        is_wal = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        connection.execute(f"PRAGMA synchronous = {FULL if is_wal else EXTRA}")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_journal(connection: sqlite3.Connection, mode: str) -> None:
    """Set the journal, with patience: SQLite itself does not wait for others that are doing so."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(RETRY_S)


def connect_to_salvage(path: Path) -> sqlite3.Connection:
    """Open a damaged file to read whatever can be read."""
    connection = _connect(path, "mode=rw")
    # SQLite then also accepts a file that is shorter than its header says.
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def is_damage(error: Exception) -> bool:
    """Return whether an error is due to a file's content, not to disk, permissions or others."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in DAMAGE


class ReadConnection:
    """A connection that only reads and leaves no files behind.

    When reading, SQLite creates ``-wal`` and ``-shm`` if they are missing, and does not remove
    them. Files without a log are therefore read as immutable, which is checked at the end; a log
    that no process has open is read in a copy of the file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    sqlite3.Error, OSError
        If it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._unchanged: Signature | None = None
        wal, shm = companion(path, "-wal"), companion(path, "-shm")
        if not _is_wal_file(path) or (wal.exists() and shm.exists()):
            self.connection = self._in_place_or_copy()
        elif _size(wal) == 0:
            self._unchanged = _signature(path)
            self.connection = _probed(_connect(path, "mode=ro&immutable=1"))
        else:
            self.connection = self._copied()

    def close(self, *, check: bool = True) -> None:
        """Close the file.

        Raises
        ------
        RunFolderError
            If it was changed while it was read as immutable, and `check` is true.
        """
        self.connection.close()
        if self._copy is not None:
            self._copy.cleanup()
        if check and self._unchanged is not None and self._unchanged != _signature(self._path):
            raise RunFolderError(
                f"{self._path} was changed while it was read, since a search began there; give the "
                "command again"
            )

    def _in_place_or_copy(self) -> sqlite3.Connection:
        try:
            return _probed(_connect(self._path, "mode=ro"))
        except sqlite3.OperationalError:
            # For instance, the journal of a dead process, which cannot be rolled back here.
            if not any(_size(companion(self._path, end)) for end in ("-wal", "-journal")):
                raise
            return self._copied()

    def _copied(self) -> sqlite3.Connection:
        self._copy = tempfile.TemporaryDirectory(prefix="v1cortex-")
        copy = Path(self._copy.name) / self._path.name
        before: Signature | None = None
        # Repeated until nobody has written in the meantime.
        while before is None or before != _signature(self._path):
            before = _signature(self._path)
            for ending in ("", "-wal", "-journal"):
                source = companion(self._path, ending)
                if source.is_file():
                    shutil.copyfile(source, companion(copy, ending))
        return _probed(_connect(copy, "mode=rw"))


class _Connection(sqlite3.Connection):
    """Raises SQLite's error also where its message quotes damaged text."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401
        """Execute a statement.

        Raises
        ------
        sqlite3.Error
            If that is not possible.
        """
        try:
            return super().execute(sql, parameters)
        except UnicodeDecodeError as error:  # Python decodes the message strictly
            text = error.object.decode("utf-8", "backslashreplace")
            raise DatabaseError(text) from None


def _connect(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        isolation_level=None,
        timeout=PATIENCE_S,
        factory=_Connection,
    )
    # Damaged text must not end a whole query: the row's checksum detects it.
    connection.text_factory = _decoded
    return connection


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")


def _probed(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a connection after checking that it can read, which opening it does not show."""
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _is_wal_file(path: Path) -> bool:
    with path.open("rb") as file:
        header = file.read(HEADER_SIZE)
    return header[18:20] == WAL_FORMAT


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _signature(path: Path) -> Signature:
    """Return what changes when a file or its log is written: inode, size and time of each."""
    found: list[tuple[int, int, int] | None] = []
    for ending in ("", "-wal", "-journal"):
        each = companion(path, ending)
        status = each.stat() if each.is_file() else None
        found.append(status and (status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)


def in_place(path: Path) -> Callable[[], bool]:
    """Return a function that checks whether a path still names the same file."""
    known = identity(path)
    return lambda: known is not None and identity(path) == known


def identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of the file that a path names; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
