"""The evaluations of a run, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from evolution.engine import PROTOCOL, VIABLE, Candidate
from evolution.errors import RunFolderError
from v1cortex.evaluation import Evaluation
from v1cortex.workers import CPU, TOTAL

SCHEMA_VERSION = 2
"""Written to the file's ``user_version``; raised whenever the table changes."""

_SCHEMA = """
CREATE TABLE evaluations (
    sequence    INTEGER PRIMARY KEY,   -- in the order in which they came to an end
    stage       TEXT NOT NULL,         -- protocol, or the name of a hurdle
    generation  INTEGER NOT NULL,
    candidate   INTEGER NOT NULL,
    seed        INTEGER NOT NULL,
    asked_in    INTEGER NOT NULL,      -- generation that asked for it
    status      TEXT NOT NULL,
    rejected    TEXT NOT NULL,         -- why the hurdle let it not pass, else empty
    seconds     REAL NOT NULL,         -- wall-clock time on the worker
    cpu_seconds REAL NOT NULL,         -- processor time
    genome      BLOB NOT NULL,         -- little-endian float64, zlib
    objectives  TEXT NOT NULL,         -- JSON, by name
    evaluation  TEXT NOT NULL,         -- JSON, all but status, seed and objectives
    finished_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (generation, candidate, stage, seed)
)
"""

_COLUMNS = (
    "stage, generation, candidate, seed, asked_in, status, rejected, genome, objectives, evaluation"
)


@dataclass(frozen=True, eq=False)
class Record:
    """An evaluation that came to an end, in whichever way.

    Parameters
    ----------
    candidate
        What was evaluated.
    evaluation
        What it gave.
    rejected
        Why the hurdle that it was did not let the candidate pass; empty otherwise.
    """

    candidate: Candidate
    evaluation: Evaluation
    rejected: str = ""


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
    rejected
        As in `Record`.
    """

    candidate: Candidate
    status: str
    objectives: dict[str, float]
    rejected: str


def viable_values(
    scores: Iterable[Score], worst: Mapping[str, float]
) -> dict[tuple[int, int], dict[int, NDArray[np.float64]]]:
    """Return the objectives of candidates all of whose evaluations ran to their end.

    Parameters
    ----------
    scores
        Evaluations by the protocol.
    worst
        Worst values by the name of the objective, in order.

    Returns
    -------
    values
        By generation and index, then by seed, of shape (n_objectives,).
    """
    values: dict[tuple[int, int], dict[int, NDArray[np.float64]]] = {}
    spoilt: set[tuple[int, int]] = set()
    for score in scores:
        origin = (score.candidate.generation, score.candidate.index)
        if score.status in VIABLE:
            row = np.array([score.objectives[name] for name in worst], dtype=np.float64)
            values.setdefault(origin, {})[score.candidate.seed] = row
        else:
            spoilt.add(origin)
    return {origin: rows for origin, rows in values.items() if origin not in spoilt}


@dataclass(frozen=True)
class StageCost:
    """What one stage of a search did and cost.

    Parameters
    ----------
    stage
        The protocol, or the name of a hurdle.
    n_evaluations
        Evaluations.
    n_rejected
        Candidates that it rejected.
    n_lost
        Evaluations that failed or timed out.
    seconds, cpu_seconds
        Their wall-clock and processor time on workers, in all.
    """

    stage: str
    n_evaluations: int
    n_rejected: int
    n_lost: int
    seconds: float
    cpu_seconds: float


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

    def add(self, candidate: Candidate, evaluation: Evaluation, rejected: str = "") -> None:
        """Store an evaluation for good.

        Parameters
        ----------
        candidate, evaluation, rejected
            As in `Record`.

        Raises
        ------
        RunFolderError
            If it cannot be written (the disk is full, say), or is stored already.
        """
        rest = evaluation.to_dict()
        objectives, status = rest.pop("objectives"), rest.pop("status")
        del rest["seed"]
        row = (
            candidate.stage,
            candidate.generation,
            candidate.index,
            candidate.seed,
            candidate.generation if candidate.asked_in is None else candidate.asked_in,
            status,
            rejected,
            _pack(candidate.genome),
            _json(objectives),
            _json(rest),
            float(evaluation.timings.get(TOTAL, 0.0)),
            float(evaluation.timings.get(CPU, 0.0)),
        )
        with self._explained("written"):
            self._connection.execute(
                f"INSERT INTO evaluations ({_COLUMNS}, seconds, cpu_seconds) "
                f"VALUES ({', '.join('?' * len(row))})",
                row,
            )

    def all(self) -> list[Record]:
        """Return all evaluations in the order in which they came to an end."""
        return [_record(row) for row in self._rows("ORDER BY sequence", ())]

    def of(self, generation: int, index: int) -> list[Record]:
        """Return all evaluations of a candidate, by the hurdles too."""
        where = "WHERE generation = ? AND candidate = ? ORDER BY stage, seed"
        return [_record(row) for row in self._rows(where, (generation, index))]

    def genome(self, generation: int, index: int) -> NDArray[np.float64]:
        """Return the genome of a candidate, also of one that a hurdle rejected.

        Raises
        ------
        RunFolderError
            If there is no such candidate.
        """
        records = self.of(generation, index)
        if not records:
            raise RunFolderError(
                f"{self.path} holds no candidate {index} of generation {generation}"
            )
        return records[0].candidate.genome

    def candidate(
        self, generation: int, index: int
    ) -> tuple[NDArray[np.float64], tuple[Evaluation, ...]]:
        """Return the genome of a candidate, and its evaluations by the protocol, by seed.

        Raises
        ------
        RunFolderError
            If there is no such candidate.
        """
        where = "WHERE generation = ? AND candidate = ? AND stage = ? ORDER BY seed"
        records = [_record(row) for row in self._rows(where, (generation, index, PROTOCOL))]
        if not records:
            raise RunFolderError(
                f"{self.path} holds no candidate {index} of generation {generation} that was "
                "evaluated by the whole protocol"
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
        rows = self._rows(
            f"{where}ORDER BY generation, candidate, stage, seed", () if stage is None else (stage,)
        )
        for row in rows:
            yield Score(_candidate(row), row[5], json.loads(row[8]), row[6])

    def costs(self) -> list[StageCost]:
        """Return what each stage did and cost, in the order of their first evaluations."""
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
        """Return the number of candidates, those that a hurdle rejected included."""
        return self._number(
            "SELECT count(DISTINCT generation || ' ' || candidate) FROM evaluations"
        )

    def _number(self, query: str) -> int:
        with self._explained("read"):
            return int(self._connection.execute(query).fetchone()[0])

    def _rows(self, where: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        with self._explained("read"):
            yield from self._connection.execute(
                f"SELECT {_COLUMNS} FROM evaluations {where}", values
            )

    def _check_schema(self, read_only: bool) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables and not read_only:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._connection.execute("COMMIT")
        elif not tables:
            raise RunFolderError(f"{self.path} holds no evaluation yet; its run has just begun")
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
    status, rejected, _, objectives, rest = row[5:]
    evaluation = Evaluation.from_dict(
        {**json.loads(rest), "objectives": json.loads(objectives), "status": status, "seed": row[3]}
    )
    return Record(_candidate(row), evaluation, rejected)


def _candidate(row: tuple[Any, ...]) -> Candidate:
    stage, generation, index, seed, asked_in, _, _, genome, *_ = row
    return Candidate(generation, index, seed, _unpack(genome), stage, asked_in)


def _json(data: Any) -> str:  # noqa: ANN401
    def plain(value: Any) -> Any:  # noqa: ANN401
        return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)

    return json.dumps(data, default=plain)


def _pack(genome: NDArray[np.float64]) -> bytes:
    return zlib.compress(np.asarray(genome, dtype="<f8").tobytes())


def _unpack(blob: bytes) -> NDArray[np.float64]:
    return np.frombuffer(zlib.decompress(blob), dtype="<f8").astype(np.float64)
