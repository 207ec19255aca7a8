"""The table of a search's evaluations: its columns, its rows and their checksums."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evolution.runs.candidates import Candidate
from evolution.runs.records import Record, Score
from v1cortex.evaluation import Evaluation
from v1cortex.stores import checksum_of
from v1cortex.workers import CPU, TOTAL

SCHEMA_VERSION = 3
"""Written to the file's ``user_version``; incremented whenever the table changes."""

OLD_VERSION = 2
"""Version of the table in v1cortex 0.1."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS evaluations (
    sequence    INTEGER PRIMARY KEY,   -- in the order in which they finished
    checksum    TEXT NOT NULL,         -- SHA-256 of all columns below
    stage       TEXT NOT NULL,         -- protocol, or the name of a hurdle
    generation  INTEGER NOT NULL,
    candidate   INTEGER NOT NULL,
    seed        INTEGER NOT NULL,
    asked_in    INTEGER NOT NULL,      -- generation that asked for it
    status      TEXT NOT NULL,
    rejected    TEXT NOT NULL,         -- why the hurdle did not let it pass, else empty
    seconds     REAL NOT NULL,         -- wall-clock time on the worker
    cpu_seconds REAL NOT NULL,         -- processor time
    finished_at TEXT NOT NULL,         -- UTC
    genome      BLOB NOT NULL,         -- little-endian float64, zlib
    objectives  TEXT NOT NULL,         -- JSON, by name
    evaluation  TEXT NOT NULL,         -- JSON, all but status, seed and objectives
    UNIQUE (generation, candidate, stage, seed)
)
"""

NAMES = (
    "checksum", "stage", "generation", "candidate", "seed", "asked_in", "status", "rejected",
    "seconds", "cpu_seconds", "finished_at", "genome", "objectives", "evaluation",
)  # fmt: skip
COLUMNS = ", ".join(NAMES)

Row = tuple[Any, ...]
"""Values of the columns `NAMES`."""


def row_of(candidate: Candidate, evaluation: Evaluation, rejected: str) -> Row:
    """Return an evaluation as a row, with its checksum."""
    rest = evaluation.to_dict()
    objectives, status = rest.pop("objectives"), rest.pop("status")
    del rest["seed"]
    content = (
        candidate.stage,
        candidate.generation,
        candidate.index,
        candidate.seed,
        candidate.generation if candidate.asked_in is None else candidate.asked_in,
        status,
        rejected,
        float(evaluation.timings.get(TOTAL, 0.0)),
        float(evaluation.timings.get(CPU, 0.0)),
        datetime.now(UTC).isoformat(timespec="milliseconds"),
        _pack(candidate.genome),
        _json(objectives),
        _json(rest),
    )
    return checksum_of(content), *content


def is_sound(row: Row) -> bool:
    """Return whether a row is unchanged since it was written."""
    return bool(checksum_of(row[1:]) == row[0])


def name_of(row: Row) -> str:
    """Return the name of a row in messages, damaged or not."""
    stage, generation, index, seed = row[1:5]
    return f"candidate {index} of generation {generation} ({stage}, seed {seed})"


def record_of(row: Row) -> Record:
    """Return a row as a record."""
    evaluation = Evaluation.from_dict(
        {
            **json.loads(row[13]),
            "objectives": json.loads(row[12]),
            "status": row[6],
            "seed": row[4],
        }
    )
    return Record(_candidate(row), evaluation, row[7])


def score_of(row: Row) -> Score:
    """Return a row as a score."""
    return Score(_candidate(row), row[6], json.loads(row[12]), row[7])


def _candidate(row: Row) -> Candidate:
    stage, generation, index, seed, asked_in = row[1:6]
    return Candidate(generation, index, seed, _unpack(row[11]), stage, asked_in)


def _json(data: Any) -> str:  # noqa: ANN401
    def plain(value: Any) -> Any:  # noqa: ANN401
        return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)

    return json.dumps(data, default=plain)


def _pack(genome: NDArray[np.float64]) -> bytes:
    return zlib.compress(np.asarray(genome, dtype="<f8").tobytes())


def _unpack(blob: bytes) -> NDArray[np.float64]:
    return np.frombuffer(zlib.decompress(blob), dtype="<f8").astype(np.float64)
