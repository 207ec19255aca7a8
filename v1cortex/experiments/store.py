"""Results of jobs on disk: one file each, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nestml_models.common import write_whole
from v1cortex.errors import ExperimentError, FileError, FormatError
from v1cortex.evaluation import Evaluation
from v1cortex.experiments.jobs import Job

__all__ = ["ResultStore"]

FAILED = ("failed", "timed out")
"""Evaluations that say nothing about the rule; they are not kept, and tried again."""


class ResultStore:
    """Keeps every finished evaluation of a folder of experiments.

    Experiments that share a folder share results: what one has evaluated, such as the static
    control, another need not evaluate again. Several processes may use a folder at once.

    Parameters
    ----------
    folder
        The folder; results lie in its subfolder ``results``, a JSON file each.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, job: Job) -> Path:
        """Return where a job's result lies or will lie."""
        return self.folder / "results" / f"{job.key}.json"

    def get(self, job: Job) -> Evaluation | None:
        """Return a job's result; None if there is none, or its file cannot be read."""
        try:
            data = json.loads(self.path(job).read_text(encoding="utf-8"))
            if data["job"] != job.describe():
                return None
            return Evaluation.from_dict(data["evaluation"])
        except (OSError, ValueError, KeyError, TypeError, FormatError):
            return None

    def put(self, job: Job, evaluation: Evaluation) -> None:
        """Store a job's result for good; one that failed is not kept.

        Raises
        ------
        ExperimentError
            If the file cannot be written.
        """
        if evaluation.status in FAILED:
            return
        data: dict[str, Any] = {
            "job": job.describe(),
            "rule": job.rule.name or job.rule.formula(),
            "evaluation": evaluation.to_dict(),
        }
        try:
            write_whole(self.path(job), json.dumps(data).encode())
        except FileError as error:
            raise ExperimentError(
                f"{error}. What is stored already is safe; when the cause is mended, give the same "
                "command again"
            ) from error
