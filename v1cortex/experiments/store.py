"""Results of jobs on disk, each in a file that is written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from nestml_models.common import read_json, write_whole
from v1cortex.errors import ExperimentError, FileError
from v1cortex.evaluation import Evaluation
from v1cortex.experiments.jobs import Job
from v1cortex.stores import checksum_of, refusal_of_old

__all__ = ["FAILED", "FORMAT", "ResultStore"]

FAILED = ("failed", "timed out")
"""Evaluations that say nothing about the rule; they are not stored, and are tried again."""

FORMAT = 2
"""Written to each file; increases when the format changes. Files of v1cortex 0.1 have none."""

N_LOOKED_AT = 10
"""Number of files checked to see whether a folder is one of v1cortex 0.1."""


class ResultStore:
    """Stores all finished evaluations of a folder of experiments.

    It implements `v1cortex.stores.EvaluationStore` for jobs.
    Experiments that share a folder share results, such as those of the static control. Several
    processes may use a folder at once.

    Parameters
    ----------
    folder
        The folder; results are in its subfolder ``results``, one JSON file each.
    notice
        Called with a line for the user about a damaged file.
    """

    not_kept: ClassVar[frozenset[str]] = frozenset(FAILED)

    def __init__(self, folder: Path, notice: Callable[[str], None] = lambda _line: None) -> None:
        self.folder = folder
        self._notice = notice
        self._looked = False

    def key(self, asked: Job) -> str:
        """Return the key under which a result is stored."""
        return asked.key

    def path(self, asked: Job) -> Path:
        """Return the path of a job's result, which may not exist yet."""
        return self._results / f"{asked.key}.json"

    def get(self, asked: Job) -> Evaluation | None:
        """Return a job's result; None if there is none, or its file is damaged.

        Raises
        ------
        ExperimentError
            If the folder contains results of v1cortex 0.1, or the file cannot be read.
        FormatError
            If the evaluation has the format of another version.
        """
        self._refuse_old()
        data = self._read(self.path(asked))
        if data is None or data["job"] != asked.describe():
            return None
        return Evaluation.from_dict(data["evaluation"])

    def put(self, asked: Job, evaluation: Evaluation) -> None:
        """Store a job's result permanently, unless it failed; an existing one is kept.

        Raises
        ------
        ExperimentError
            If the file cannot be written.
        """
        if evaluation.status in self.not_kept or self.get(asked) is not None:
            return
        data: dict[str, Any] = {
            "job": asked.describe(),
            "rule": asked.rule.name or asked.rule.formula(),
            "evaluation": evaluation.to_dict(),
        }
        # As it is read back: tuples become lists, and keys strings.
        data = json.loads(json.dumps(data, default=_plain))
        content = {"format": FORMAT, "checksum": checksum_of(data)} | data
        try:
            write_whole(self.path(asked), json.dumps(content))
        except FileError as error:
            raise ExperimentError(
                f"{error}. What is stored already is safe; when the cause is fixed, give the same "
                "command again"
            ) from error

    def items(self) -> Iterator[tuple[str, Evaluation]]:
        """Yield all results with their keys, sorted by key."""
        self._refuse_old()
        for path in sorted(self._results.glob("*.json")):
            data = self._read(path)
            if data is not None:
                yield path.stem, Evaluation.from_dict(data["evaluation"])

    @property
    def _results(self) -> Path:
        return self.folder / "results"

    def _read(self, path: Path) -> dict[str, Any] | None:
        """Return the content of a file; None if it is missing or damaged."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ExperimentError(f"{path} cannot be read: {error.strerror}") from None
        try:
            data = json.loads(content)
            written, checksum = data.pop("format"), data.pop("checksum")
            if written == FORMAT and checksum == checksum_of(data):
                return dict(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
        self._notice(f"{path} is damaged: it is ignored, and evaluated again if needed")
        return None

    def _refuse_old(self) -> None:
        """Reject a folder written by v1cortex 0.1, rather than repeat all its evaluations."""
        if self._looked:
            return
        for path in islice(self._results.glob("*.json"), N_LOOKED_AT):
            if _is_old(path):
                raise ExperimentError(refusal_of_old(self._results))
        self._looked = True


def _is_old(path: Path) -> bool:
    try:
        data = read_json(path)
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and set(data) == {"job", "rule", "evaluation"}


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.tolist() if hasattr(value, "tolist") else str(value)
