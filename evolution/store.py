"""The evaluations of a run, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from evolution.errors import RunFolderError
from evolution.results import Candidate
from v1cortex.results import Evaluation

SCHEMA_VERSION = 1
"""Written to the file's ``user_version``; raised whenever the table changes."""

_SCHEMA = """
CREATE TABLE evaluations (
    generation  INTEGER NOT NULL,
    candidate   INTEGER NOT NULL,
    seed        INTEGER NOT NULL,
    status      TEXT NOT NULL,
    genome      BLOB NOT NULL,   -- little-endian float64, zlib
    objectives  TEXT NOT NULL,   -- JSON, by name
    evaluation  TEXT NOT NULL,   -- JSON, all but status, seed and objectives
    finished_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (generation, candidate, seed)
)
"""


@dataclass(frozen=True, eq=False)
class Record:
    """An evaluation that came to an end, in whichever way.

    Parameters
    ----------
    candidate
        What was evaluated.
    evaluation
        What it gave.
    """

    candidate: Candidate
    evaluation: Evaluation


@dataclass(frozen=True, eq=False)
class Score:
    """The part of a record that ranking needs, without its statistics.

    Parameters
    ----------
    candidate
        What was evaluated.
    status
        How it ended.
    objectives
        Objectives by name.
    """

    candidate: Candidate
    status: str
    objectives: dict[str, float]


class EvaluationStore:
    """Every evaluation of a run: none lost, none twice.

    One process writes, others may read meanwhile (SQLite's write-ahead log). Each evaluation is a
    transaction of its own that is forced to the disk (``synchronous=FULL``, *choice*): that costs
    milliseconds, an evaluation costs seconds to hours.

    Parameters
    ----------
    path
        The file.
    read_only
        Open an existing file for reading.

    Raises
    ------
    RunFolderError
        If the file cannot be opened, is damaged, or was written by another version.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        with self._explained("opened"):
            mode = "ro" if read_only else "rwc"
            uri = f"{path.absolute().as_uri()}?mode={mode}"
            self._connection = sqlite3.connect(uri, uri=True, isolation_level=None)
            if not read_only:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
            self._check_schema(read_only)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Store an evaluation for good.

        Raises
        ------
        RunFolderError
            If it cannot be written (the disk is full, say), or is stored already.
        """
        rest = evaluation.to_dict()
        objectives, status = rest.pop("objectives"), rest.pop("status")
        del rest["seed"]
        row = (
            candidate.generation,
            candidate.index,
            candidate.seed,
            status,
            _pack(candidate.genome),
            _json(objectives),
            _json(rest),
        )
        columns = "generation, candidate, seed, status, genome, objectives, evaluation"
        with self._explained("written"):
            self._connection.execute(
                f"INSERT INTO evaluations ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row
            )

    def all(self) -> list[Record]:
        """Return all evaluations, by generation, candidate and seed."""
        return [_record(row) for row in self._rows("", ())]

    def generation(self, generation: int) -> list[Record]:
        """Return the evaluations of one generation, by candidate and seed."""
        return [_record(row) for row in self._rows("WHERE generation = ?", (generation,))]

    def candidate(
        self, generation: int, index: int
    ) -> tuple[NDArray[np.float64], tuple[Evaluation, ...]]:
        """Return the genome of a candidate, and its evaluations by seed."""
        where = "WHERE generation = ? AND candidate = ?"
        records = [_record(row) for row in self._rows(where, (generation, index))]
        return records[0].candidate.genome, tuple(record.evaluation for record in records)

    def scores(self) -> Iterator[Score]:
        """Yield all evaluations, one at a time, by generation, candidate and seed."""
        for generation, index, seed, status, genome, objectives, _ in self._rows("", ()):
            candidate = Candidate(generation, index, seed, _unpack(genome))
            yield Score(candidate, status, json.loads(objectives))

    def count(self) -> int:
        """Return the number of evaluations."""
        with self._explained("read"):
            (n,) = self._connection.execute("SELECT count(*) FROM evaluations").fetchone()
        return int(n)

    def _rows(self, where: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        columns = "generation, candidate, seed, status, genome, objectives, evaluation"
        order = "ORDER BY generation, candidate, seed"
        with self._explained("read"):
            yield from self._connection.execute(
                f"SELECT {columns} FROM evaluations {where} {order}", values
            )

    def _check_schema(self, read_only: bool) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables and not read_only:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._connection.execute("COMMIT")
        elif version != SCHEMA_VERSION:
            raise RunFolderError(
                f"{self.path} has format {version}, this version reads format {SCHEMA_VERSION}; "
                "use the version of v1cortex that wrote it"
            )

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise RunFolderError(
                f"{self.path} cannot be {what}: {error}. What is stored already is safe; "
                "when the cause is mended, resume the run"
            ) from error


def _record(row: tuple[Any, ...]) -> Record:
    generation, index, seed, status, genome, objectives, rest = row
    evaluation = Evaluation.from_dict(
        {**json.loads(rest), "objectives": json.loads(objectives), "status": status, "seed": seed}
    )
    return Record(Candidate(generation, index, seed, _unpack(genome)), evaluation)


def _json(data: Any) -> str:  # noqa: ANN401
    def plain(value: Any) -> Any:  # noqa: ANN401
        return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)

    return json.dumps(data, default=plain)


def _pack(genome: NDArray[np.float64]) -> bytes:
    return zlib.compress(np.asarray(genome, dtype="<f8").tobytes())


def _unpack(blob: bytes) -> NDArray[np.float64]:
    return np.frombuffer(zlib.decompress(blob), dtype="<f8").astype(np.float64)
