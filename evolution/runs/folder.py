"""The folder of a run: its user, configuration and state.

config.yaml           the resolved configuration
protocol.yaml         the part of it that `v1cortex evaluate --protocol` takes
versions.json         versions of the programs that results depend on
evaluations.sqlite    every finished evaluation
checkpoint.pkl        the algorithm after the last complete generation
workers.log           what worker processes printed
estimates.json        what a search by pairs expects of its best rules
front.csv, front/     the front and its rules, written at the end
retest.csv, retest/   the re-test of the front, and its evaluations
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evolution.algorithms import Estimate
from evolution.errors import RunFolderError
from evolution.runs.checkpoint import Checkpoint, from_bytes, to_bytes
from evolution.runs.config import EvolveConfig
from evolution.runs.lock import DRIVER, FolderLock, driver_json, driver_text, is_driven, is_locked
from evolution.runs.sqlite_file import Journal
from evolution.runs.store import SearchStore
from nestml_models.common import SEARCH, program_versions, read_json, write_whole
from v1cortex.errors import FileError
from v1cortex.evaluation import dump_yaml, load_yaml
from v1cortex.stores import refusal_of_old

CONFIG, VERSIONS, EVALUATIONS = "config.yaml", "versions.json", "evaluations.sqlite"
PROTOCOL_FILE = "protocol.yaml"
CHECKPOINT, LOG = "checkpoint.pkl", "workers.log"
ESTIMATES = "estimates.json"

OLD = "0.1."
"""How the versions begin whose runs are refused."""

MAY_CHANGE = (
    "generations",
    "max_hours",
    "workers",
    "evaluation_timeout_s",
    "evaluation_hang_s",
    "evaluation_memory_MB",
    "machine_faults",
    "store_journal",
    "executor.",
    "retest.",
)
"""Settings that may differ in a resumed run, with all below one that ends in a dot: they say how
long and how fast to search, not what for."""


class RunFolder:
    """The files of a run, for the one process that holds its lock.

    Parameters
    ----------
    path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path)

    @property
    def log(self) -> Path:
        """Output of worker processes."""
        return self.path / LOG

    @property
    def exists(self) -> bool:
        """Whether a run has begun in the folder."""
        return (self.path / CONFIG).is_file()

    @property
    def in_use_by(self) -> str:
        """The process that holds the folder; empty if there is none."""
        held = is_locked(self.path) or is_driven(self.path)
        return driver_text(self.path) if held else ""

    def store(self, *, read_only: bool = False, journal: Journal = "auto") -> SearchStore:
        """Open the evaluations.

        Parameters
        ----------
        read_only
            Whether to open for reading only; nothing is left in the folder.
        journal
            How they are written.

        Raises
        ------
        RunFolderError
            If it is only to be read and there is none.
        """
        if read_only and not (self.path / EVALUATIONS).is_file():
            raise RunFolderError(f"{self.path} contains no run: there is no {EVALUATIONS}")
        return SearchStore(self.path / EVALUATIONS, read_only=read_only, journal=journal)

    def config(self) -> EvolveConfig:
        """Return the configuration with which the run was started.

        Raises
        ------
        RunFolderError
            If there is no run, or it is one of v1cortex 0.1.
        """
        if not self.exists:
            raise RunFolderError(f"there is no run in {self.path}: no {CONFIG}")
        self._refuse_old()
        return load_yaml(self.path / CONFIG, EvolveConfig)

    def versions(self) -> dict[str, str]:
        """Return the versions of the programs that made the run.

        Raises
        ------
        RunFolderError
            If the file that names them cannot be read.
        """
        path = self.path / VERSIONS
        try:
            return {str(name): str(value) for name, value in read_json(path).items()}
        except (OSError, ValueError, AttributeError) as error:
            raise RunFolderError(f"{path} cannot be read: {error}") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises
        ------
        RunFolderError
            If another process holds it, or it cannot be created or written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except OSError as error:
            raise RunFolderError(
                f"{self.path} cannot be written or locked: {error.strerror}; choose another --out"
            ) from None
        try:
            self.write(DRIVER, driver_json())
            yield
        finally:
            self._forget_driver()
            self._lock.release()

    def require_lock(self) -> None:
        """Check that the lock, if this object holds it, still keeps other processes out.

        Raises
        ------
        RunFolderError
            If its file was removed or replaced.
        """
        self._lock.require()

    def _forget_driver(self) -> None:
        """Remove ``.driver.json``, unless the folder may be another process's by now."""
        try:
            self._lock.require()
        except RunFolderError:
            return
        (self.path / DRIVER).unlink(missing_ok=True)

    def begin(self, config: EvolveConfig, *, resume: bool) -> None:
        """Record what this run is, after the checks of `check`."""
        self.check(config, resume=resume)
        self.write(VERSIONS, json.dumps(program_versions(SEARCH), indent=2) + "\n")
        self.write(PROTOCOL_FILE, dump_yaml(config.protocol))
        self.write(CONFIG, dump_yaml(config))

    def check(self, config: EvolveConfig, *, resume: bool) -> None:
        """Check that a run with this configuration can begin or continue here.

        Raises
        ------
        RunFolderError
            If there is a run that is not to be resumed, has another configuration, or was made by
            other versions.
        """
        if self.exists and not resume:
            raise RunFolderError(
                f"{self.path} already contains a run; resume it with --resume, or choose another "
                "--out"
            )
        if self.exists:
            self._require_same_config(config)
            self._require_same_versions(program_versions(SEARCH))

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint, whole or not at all."""
        self.write(CHECKPOINT, to_bytes(checkpoint))

    def save_estimates(self, found: Mapping[tuple[int, int], Estimate]) -> None:
        """Write what the search expects of its best rules, by generation and index, in order."""
        rows = [
            {"generation": generation, "candidate": index} | asdict(estimate)
            for (generation, index), estimate in found.items()
        ]
        self.write(ESTIMATES, json.dumps(rows, indent=1))

    def estimates(self) -> dict[tuple[int, int], Estimate]:
        """Return what the search expects of its best rules; none if it estimates nothing.

        Raises
        ------
        RunFolderError
            If the file is damaged.
        """
        path = self.path / ESTIMATES
        if not path.is_file():
            return {}
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            return {(row.pop("generation"), row.pop("candidate")): Estimate(**row) for row in rows}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise RunFolderError(
                f"{path} is damaged ({error}); remove it, and the next generation writes it again"
            ) from None

    def load(self) -> Checkpoint | None:
        """Return the last checkpoint; None if no generation is complete.

        A pickle is a program: resume only runs whose folder you trust.

        Raises
        ------
        RunFolderError
            If the file is damaged, or of another version.
        """
        path = self.path / CHECKPOINT
        if not path.is_file():
            return None
        return from_bytes(path.read_bytes(), path)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the folder, whole or not at all.

        Raises
        ------
        RunFolderError
            If it cannot be written.
        """
        data = content.encode() if isinstance(content, str) else content
        try:
            write_whole(self.path / name, data)
        except FileError as error:
            raise RunFolderError(
                f"{error}. What is stored already is safe; when the cause is fixed, resume the run"
            ) from error

    def _refuse_old(self) -> None:
        """Reject a run of v1cortex 0.1, whose settings may be unknown today."""
        try:
            there = read_json(self.path / VERSIONS)["v1cortex"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        here = program_versions(("v1cortex",))["v1cortex"]
        if str(there).startswith(OLD) and not here.startswith(OLD):
            raise RunFolderError(refusal_of_old(self.path))

    def _require_same_config(self, config: EvolveConfig) -> None:
        there, here = (
            _flat(self.config().model_dump(mode="json")),
            _flat(config.model_dump(mode="json")),
        )
        _require_same(there, here, MAY_CHANGE, f"{self.path} is a run of another configuration")

    def _require_same_versions(self, versions: Mapping[str, str]) -> None:
        _require_same(self.versions(), versions, (), f"{self.path} was made by other versions")


def _require_same(
    there: Mapping[str, Any], here: Mapping[str, Any], free: tuple[str, ...], what: str
) -> None:
    def is_free(name: str) -> bool:
        return name in free or name.startswith(tuple(each for each in free if each.endswith(".")))

    names = sorted(name for name in set(there) | set(here) if not is_free(name))
    different = [
        f"{name} is {there.get(name)!r} in the run, {here.get(name)!r} now"
        for name in names
        if there.get(name) != here.get(name)
    ]
    if different:
        raise RunFolderError(f"{what}: {'; '.join(different)}. Choose another --out")


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, list) and any(isinstance(each, dict) for each in value):
            value = {str(number): each for number, each in enumerate(value, start=1)}
        if isinstance(value, dict) and value:
            result |= _flat(value, f"{prefix}{name}.")
        else:
            result[prefix + name] = value
    return result


def _driver_text(path: Path) -> str:
    try:
        driver = read_json(path)
        return f"process {driver['pid']} on {driver['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
