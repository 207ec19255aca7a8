"""The evaluations of a run, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from evolution.errors import RunFolderError
from evolution.runs.candidates import PROTOCOL, Candidate
from evolution.runs.records import Record, Score, StageCost
from evolution.runs.rows import (
    COLUMNS,
    OLD_VERSION,
    SCHEMA,
    SCHEMA_VERSION,
    Row,
    is_sound,
    name_of,
    record_of,
    row_of,
    score_of,
)
from evolution.runs.sqlite_file import (
    Journal,
    ReadConnection,
    chosen_journal,
    companion,
    connect_to_write,
    in_place,
    is_damage,
)
from v1cortex.evaluation import Evaluation
from v1cortex.stores import refusal_of_old


class SearchStore:
    """Every evaluation of a run: none lost, duplicated or altered.

    It implements `v1cortex.stores.EvaluationStore` for candidates. A rule's failure is a result
    too. One process searches, while others may read. Each evaluation is its own transaction,
    forced to disk (*choice*): that takes milliseconds, an evaluation seconds to hours. Each row has
    a checksum, which is checked whenever it is read.

    Parameters
    ----------
    path
        The file.
    read_only
        Whether to open an existing file for reading; nothing is left next to it.
    journal
        How it is written.

    Raises
    ------
    RunFolderError
        If the file cannot be opened, is damaged, or was written by another version.
    """

    not_kept: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, path: Path, *, read_only: bool = False, journal: Journal = "auto") -> None:
        self.path = path
        self.journal: Literal["wal", "rollback"] = chosen_journal(path, journal)
        self._reader: ReadConnection | None = None
        self._in_place: dict[Path, Callable[[], bool]] = {}
        with self._explained("opened"):
            if read_only:
                self._reader = ReadConnection(path)
                self._connection = self._reader.connection
            else:
                self._connection = connect_to_write(path, self.journal)
            try:
                self._check_schema(read_only)
            except BaseException:
                self.close(check=False)
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(check=error is None)

    def close(self, *, check: bool = True) -> None:
        """Close the file.

        Raises
        ------
        RunFolderError
            If `check` is true and a file opened for reading has changed in a way that may have
            corrupted the reading.
        """
        if self._reader is not None:
            self._reader.close(check=check)
        else:
            self._connection.close()

    def key(self, asked: Candidate) -> str:
        """Return the key under which an evaluation is stored."""
        return f"{asked.generation}.{asked.index}/{asked.stage}/{asked.seed}"

    def put(self, asked: Candidate, evaluation: Evaluation, rejected: str = "") -> None:
        """Store an evaluation permanently; an existing one is kept.

        Parameters
        ----------
        asked, evaluation, rejected
            As for `Record`.

        Raises
        ------
        RunFolderError
            If it cannot be written (the disk is full, say), or the file is no longer there.
        """
        row = row_of(asked, evaluation, rejected)
        with self._explained("written"):
            self._connection.execute(
                f"INSERT INTO evaluations ({COLUMNS}) VALUES ({', '.join('?' * len(row))}) "
                "ON CONFLICT DO NOTHING",
                row,
            )
        self.require_in_place()

    def get(self, asked: Candidate) -> Evaluation | None:
        """Return a candidate's evaluation for its seed and stage; None if nothing is stored.

        Raises
        ------
        RunFolderError
            If another genome is stored under that name, or the row is damaged.
        """
        where = "WHERE generation = ? AND candidate = ? AND stage = ? AND seed = ?"
        key = (asked.generation, asked.index, asked.stage, asked.seed)
        for record in self._records(where, key):
            self.require_same_genome(record, asked.genome)
            return record.evaluation
        return None

    def items(self) -> Iterator[tuple[str, Evaluation]]:
        """Yield all evaluations with their keys, in the order in which they finished."""
        for record in self._records("ORDER BY sequence"):
            yield self.key(record.candidate), record.evaluation

    def all(self) -> list[Record]:
        """Return all evaluations in the order in which they finished."""
        return list(self._records("ORDER BY sequence"))

    def of(self, generation: int, index: int) -> list[Record]:
        """Return all evaluations of a candidate, including those of hurdles."""
        where = "WHERE generation = ? AND candidate = ? ORDER BY stage, seed"
        return list(self._records(where, (generation, index)))

    def require_same_genome(self, record: Record, genome: NDArray[np.float64]) -> None:
        """Check that a record belongs to a genome.

        Raises
        ------
        RunFolderError
            If it belongs to another.
        """
        if not np.array_equal(record.candidate.genome, genome):
            raise RunFolderError(
                f"the {record.candidate.name} in {self.path} is not the one that the search asks "
                "for, so the run cannot be replayed; choose another --out"
            )

    def genome(self, generation: int, index: int) -> NDArray[np.float64]:
        """Return the genome of a candidate, even if a hurdle rejected it.

        Raises
        ------
        RunFolderError
            If there is no such candidate.
        """
        records = self.of(generation, index)
        if not records:
            raise RunFolderError(f"{self.path} has no candidate {index} of generation {generation}")
        return records[0].candidate.genome

    def candidate(
        self, generation: int, index: int
    ) -> tuple[NDArray[np.float64], tuple[Evaluation, ...]]:
        """Return the genome of a candidate, and its evaluations with the protocol, by seed.

        Raises
        ------
        RunFolderError
            If there is no such candidate.
        """
        where = "WHERE generation = ? AND candidate = ? AND stage = ? ORDER BY seed"
        records = list(self._records(where, (generation, index, PROTOCOL)))
        if not records:
            raise RunFolderError(
                f"{self.path} has no candidate {index} of generation {generation} that was "
                "evaluated with the whole protocol"
            )
        return records[0].candidate.genome, tuple(record.evaluation for record in records)

    def scores(self, stage: str | None = PROTOCOL) -> Iterator[Score]:
        """Yield all evaluations of a stage, one at a time, by generation, candidate and seed.

        Parameters
        ----------
        stage
            None for all stages.
        """
        where = "" if stage is None else "WHERE stage = ? "
        order = f"{where}ORDER BY generation, candidate, stage, seed"
        for row in self._rows(order, () if stage is None else (stage,)):
            yield score_of(row)

    def costs(self) -> list[StageCost]:
        """Return evaluations and cost of each stage, in order of their first evaluations."""
        with self._explained("read"):
            rows = self._connection.execute(
                "SELECT stage, count(*), sum(rejected <> ''), "
                "sum(status IN ('failed', 'timed out')), sum(seconds), sum(cpu_seconds) "
                "FROM evaluations GROUP BY stage ORDER BY min(sequence)"
            ).fetchall()
        return [StageCost(*row) for row in rows]

    def count(self) -> int:
        """Return the number of evaluations."""
        return self._number("SELECT count(*) FROM evaluations")

    def n_candidates(self) -> int:
        """Return the number of candidates, including those rejected by a hurdle."""
        return self._number(
            "SELECT count(DISTINCT generation || ' ' || candidate) FROM evaluations"
        )

    def flush(self) -> None:
        """Move the write-ahead log into the file itself, as far as readers permit."""
        with self._explained("written"):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def require_in_place(self) -> None:
        """Check that written data are still where others find them.

        Raises
        ------
        RunFolderError
            If the file or its log was removed or replaced.
        """
        log = companion(self.path, "-wal")
        for path in (self.path, log) if self.journal == "wal" else (self.path,):
            if path not in self._in_place and (path == self.path or path.exists()):
                self._in_place[path] = in_place(path)
            if path in self._in_place and not self._in_place[path]():
                raise RunFolderError(
                    f"{path} was removed or replaced while the search ran, so nothing more can be "
                    "stored there. Put it back if you have it, and resume the run"
                )

    def _number(self, query: str) -> int:
        with self._explained("read"):
            return int(self._connection.execute(query).fetchone()[0])

    def _records(self, where: str, values: tuple[Any, ...] = ()) -> Iterator[Record]:
        return map(record_of, self._rows(where, values))

    def _rows(self, where: str, values: tuple[Any, ...]) -> Iterator[Row]:
        with self._explained("read"):
            query = f"SELECT {COLUMNS} FROM evaluations {where}"
            for row in self._connection.execute(query, values):
                if not is_sound(row):
                    raise RunFolderError(
                        f"{self.path} is damaged: the checksum of {name_of(row)} does not match. "
                        "Resume the run, and damaged evaluations are repeated"
                    )
                yield row

    def _n_tables(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    def _create_schema(self) -> None:
        """Create the tables, unless another process has just done so."""
        self._connection.execute("BEGIN IMMEDIATE")
        if not self._n_tables():
            self._connection.execute(SCHEMA)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._connection.execute("COMMIT")

    def _check_schema(self, read_only: bool) -> None:
        if not self._n_tables() and not read_only:
            self._create_schema()
        # In this order: the process that creates the tables sets the version with them.
        tables = self._n_tables()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if not tables:
            raise RunFolderError(f"{self.path} has no evaluations yet; its run has just begun")
        if version == OLD_VERSION:
            raise RunFolderError(refusal_of_old(self.path))
        if version != SCHEMA_VERSION:
            raise RunFolderError(
                f"{self.path} has format {version}, this version reads format {SCHEMA_VERSION}; "
                "use the version of v1cortex that wrote it"
            )
        if not read_only:
            self.require_in_place()

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if is_damage(error):
                raise RunFolderError(
                    f"{self.path} cannot be {what}, since it is damaged: {error}. Resume the run, "
                    "which keeps what is sound and evaluates the rest again"
                ) from error
            raise RunFolderError(
                f"{self.path} cannot be {what}: {error}. What is stored already is safe; "
                "when the cause is fixed, resume the run"
            ) from error
