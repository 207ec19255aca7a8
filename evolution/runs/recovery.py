"""Checks the folder of a resumed search: the store is repaired, the checkpoint must match."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from evolution.errors import RunFolderError
from evolution.runs.checkpoint import Checkpoint
from evolution.runs.folder import CHECKPOINT, EVALUATIONS, RunFolder
from evolution.runs.records import Score, Told
from evolution.runs.rows import COLUMNS, NAMES, SCHEMA, SCHEMA_VERSION, Row, is_sound, name_of
from evolution.runs.settings import SearchSettings
from evolution.runs.sqlite_file import (
    HEADER_SIZE,
    Journal,
    chosen_journal,
    companion,
    connect_to_salvage,
    connect_to_write,
    is_damage,
)
from evolution.runs.store import SearchStore

Notice = Callable[[str], None]

DAMAGED = ".damaged"
"""Suffix of a damaged store that was replaced."""

N_NAMED = 5
"""Maximum number of damaged evaluations named in a message."""

MAX_FAILURES = 10_000
"""After this many consecutive unreadable rows, a damaged table is assumed to end."""


def open_store(
    folder: RunFolder, checkpoint: Checkpoint | None, journal: Journal, notice: Notice
) -> SearchStore:
    """Open the store of a run for writing, and repair it first if it is damaged.

    Parameters
    ----------
    folder
        The run's folder.
    checkpoint
        Its checkpoint.
    journal
        How the store is written.
    notice
        Called with a line of text about anything unusual.

    Raises
    ------
    RunFolderError
        If there is a checkpoint but no store, or the store cannot be repaired.
    """
    path = folder.path / EVALUATIONS
    if checkpoint is not None and checkpoint.evaluations.count and not path.is_file():
        raise RunFolderError(
            f"{path} is missing, with the {checkpoint.evaluations.count} evaluations that the "
            f"search was told. Put it back; or remove {folder.path / CHECKPOINT}, and the "
            "resumed run repeats all of them"
        )
    repair(path, journal, notice)
    store = folder.store(journal=journal)
    if store.journal == "rollback" and journal == "auto":
        notice(
            f"{folder.path} is on a network file system: evaluations are stored with SQLite's "
            "rollback journal"
        )
    return store


def fitting(
    checkpoint: Checkpoint | None, store: SearchStore, settings: SearchSettings, notice: Notice
) -> Checkpoint | None:
    """Return the checkpoint if the store contains exactly what its algorithm was told.

    Parameters
    ----------
    checkpoint
        The last checkpoint.
    store
        The evaluations.
    settings
        The search.
    notice
        Called with a line of text if the checkpoint is not used.

    Returns
    -------
    Checkpoint or None
        None if there is no matching checkpoint; the search then starts again, and takes stored
        evaluations from the store.
    """
    if checkpoint is None:
        return None
    found, expected = told_of(store, checkpoint, settings), checkpoint.evaluations
    if found == expected:
        return checkpoint
    held = (
        f"{found.count} of the {expected.count} evaluations"
        if found.count != expected.count
        else f"other evaluations than the {expected.count}"
    )
    notice(
        f"{store.path} contains {held} that the search was told before its checkpoint: the search "
        "is replayed from its beginning. Stored evaluations are used, missing ones are evaluated "
        "again"
    )
    return None


def told_of(store: SearchStore, state: Checkpoint, settings: SearchSettings) -> Told:
    """Return which of the evaluations told to a state's algorithm are in the store."""

    def is_told(score: Score) -> bool:
        if settings.mode == "generational":
            return score.asked_in < state.generation
        origin = score.candidate
        if score.asked_in != origin.generation:
            return False
        if origin.generation == 0:
            return state.generation > 0
        return origin.generation * settings.population_size + origin.index in state.told

    return Told().plus(score for score in store.scores(stage=None) if is_told(score))


def require_complete(store: SearchStore, state: Checkpoint, settings: SearchSettings) -> None:
    """Check at the end of a search that the store contains what the algorithm was told.

    Raises
    ------
    RunFolderError
        If it does not.
    """
    if told_of(store, state, settings) != state.evaluations:
        raise RunFolderError(
            f"{store.path} was changed while the search ran: it does not hold the "
            f"{state.evaluations.count} evaluations that the search was told of. Resume the run, "
            "and what is missing is evaluated again"
        )


def repair(path: Path, journal: Journal, notice: Notice) -> None:
    """Replace a damaged store by one with its sound rows; the damaged file is kept.

    Parameters
    ----------
    path
        The store, not in use by any process.
    journal
        How it is written.
    notice
        Called with a line of text about the damage.

    Raises
    ------
    RunFolderError
        If it cannot be read at all.
    """
    if not path.is_file() or path.stat().st_size < HEADER_SIZE or _is_sound(path, journal):
        return
    try:
        with closing(connect_to_salvage(path)) as connection:
            n_sound, damaged = _rebuild(connection, companion(path, ".new"))
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    if not n_sound:
        companion(path, ".new").unlink()
        raise RunFolderError(_beyond_repair(path))
    _replace(path)
    notice(
        f"{path} is damaged: {_described(damaged)}. {n_sound} evaluations are kept, what is "
        f"missing is evaluated again; the damaged file is {path.name}{DAMAGED}"
    )


def _described(damaged: Sequence[str]) -> str:
    if not damaged:
        return "its pages are inconsistent"
    more = f" and {len(damaged) - N_NAMED} more" if len(damaged) > N_NAMED else ""
    return f"the checksum does not match for {', '.join(damaged[:N_NAMED])}{more}"


def _is_sound(path: Path, journal: Journal) -> bool:
    """Return whether SQLite finds a file intact and every row matches its checksum.

    A file of another version is left to the code that opens it.
    """
    try:
        with closing(connect_to_write(path, chosen_journal(path, journal))) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                return True
            if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                return False
            rows = connection.execute(f"SELECT {COLUMNS} FROM evaluations NOT INDEXED")
            return all(is_sound(row) for row in rows)
    except sqlite3.Error as error:
        if is_damage(error):
            return False
        raise _unusable(path, error) from error


def _unusable(path: Path, error: sqlite3.Error) -> RunFolderError:
    if not is_damage(error):
        return RunFolderError(
            f"{path} cannot be opened: {error}. What is already stored is safe; when the cause is "
            "fixed, resume the run"
        )
    return RunFolderError(_beyond_repair(path))


def _beyond_repair(path: Path) -> str:
    return (
        f"{path} is damaged and has no readable evaluation. Restore a copy of it; or "
        f"move it away together with {path.with_name(CHECKPOINT)}, and the resumed run makes all "
        "its evaluations again"
    )


def _rebuild(connection: sqlite3.Connection, path: Path) -> tuple[int, list[str]]:
    """Write the sound rows to a new file; return how many, and the names of the others."""
    path.unlink(missing_ok=True)
    n_sound, damaged = 0, []
    with closing(connect_to_write(path, "rollback")) as new:
        new.execute("BEGIN")
        new.execute(SCHEMA)
        new.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        marks = ", ".join("?" * (1 + len(NAMES)))
        for row in _rows_one_by_one(connection):
            if is_sound(row[1:]):
                new.execute(
                    f"INSERT OR IGNORE INTO evaluations (sequence, {COLUMNS}) VALUES ({marks})", row
                )
                n_sound += 1
            else:
                damaged.append(name_of(row[1:]))
        new.execute("COMMIT")
    return n_sound, damaged


def _rows_one_by_one(connection: sqlite3.Connection) -> Iterator[Row]:
    """Yield number and columns of all rows that can be read, each queried separately."""
    query = (
        f"SELECT sequence, {COLUMNS} FROM evaluations NOT INDEXED WHERE sequence > ? "
        "ORDER BY sequence LIMIT 1"
    )
    position, failures = 0, 0
    while failures < MAX_FAILURES:
        try:
            row = connection.execute(query, (position,)).fetchone()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            row = ()
        if row is None:
            return
        if row and row[0] > position:
            yield row
            position, failures = row[0], 0
        else:  # a damaged page: rows after it are found by a larger number
            position, failures = position + 1, failures + 1


def _replace(path: Path) -> None:
    """Replace the damaged file by the new one, and move its log away too."""
    for ending in ("-shm", "-wal", "-journal", ""):
        each = companion(path, ending)
        if each.exists():
            each.replace(companion(path, f"{DAMAGED}{ending}"))
    companion(path, ".new").replace(path)
