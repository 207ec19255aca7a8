"""The folder of a run: who uses it, what was configured, how far it is.

config.yaml           the resolved configuration
versions.json         versions of the programs that results depend on
evaluations.sqlite    every evaluation that came to an end
checkpoint.pkl        the algorithm after the last complete generation
workers.log           what worker processes printed
front.csv, front/     the front and its rules, written at the end
retest.csv, retest/   the re-test of the front, and its evaluations
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from evolution.errors import RunFolderError
from evolution.runs.config import EvolveConfig
from evolution.runs.store import EvaluationStore
from nestml_models.common import SEARCH, program_versions, write_whole
from v1cortex.errors import FileError
from v1cortex.evaluation import dump_yaml, load_yaml

CONFIG, VERSIONS, EVALUATIONS = "config.yaml", "versions.json", "evaluations.sqlite"
CHECKPOINT, LOG, LOCK, DRIVER = "checkpoint.pkl", "workers.log", ".lock", ".driver.json"

MAY_CHANGE = (
    "generations",
    "max_hours",
    "workers",
    "evaluation_timeout_s",
    "evaluation_hang_s",
    "evaluation_memory_MB",
    "machine_faults",
    "executor.",
    "retest.",
)
"""Settings that a resumed run may have otherwise, also all below one that ends in a dot: they say
how long and how fast to search, not what for."""


@dataclass(frozen=True)
class Checkpoint:
    """A search between two generations, or two candidates of a steady state.

    Parameters
    ----------
    generation
        Generations that are complete.
    algorithm
        The pymoo algorithm after it was told the last of them.
    told
        In a steady state, numbers of the candidates after the first generation that the algorithm
        was told.
    """

    generation: int
    algorithm: Any
    told: frozenset[int] = frozenset()


class RunFolder:
    """The files of a run, for the one process that holds its lock.

    Parameters
    ----------
    path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def log(self) -> Path:
        """What worker processes printed."""
        return self.path / LOG

    @property
    def exists(self) -> bool:
        """Whether a run has begun in the folder."""
        return (self.path / CONFIG).is_file()

    @property
    def in_use_by(self) -> str:
        """The process that holds the folder; empty if there is none."""
        if not (self.path / DRIVER).is_file():
            return ""
        lock = FileLock(self.path / LOCK)
        try:
            with lock.acquire(timeout=0):
                return ""
        except Timeout:
            return _driver_text(self.path / DRIVER)

    def store(self, *, read_only: bool = False) -> EvaluationStore:
        """Open the evaluations.

        Raises
        ------
        RunFolderError
            If it shall only be read and there is none.
        """
        if read_only and not (self.path / EVALUATIONS).is_file():
            raise RunFolderError(f"{self.path} holds no run: there is no {EVALUATIONS}")
        return EvaluationStore(self.path / EVALUATIONS, read_only=read_only)

    def config(self) -> EvolveConfig:
        """Return the configuration that the run was started with.

        Raises
        ------
        RunFolderError
            If there is no run.
        """
        if not self.exists:
            raise RunFolderError(f"there is no run in {self.path}: no {CONFIG}")
        return load_yaml(self.path / CONFIG, EvolveConfig)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises
        ------
        RunFolderError
            If another process holds it, or it cannot be created or written.
        """
        driver = self.path / DRIVER
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK)
            lock.acquire(timeout=0)
        except Timeout:
            raise RunFolderError(
                f"{self.path} is in use by {_driver_text(driver)}; wait for it, or stop it"
            ) from None
        except OSError as error:
            raise RunFolderError(f"{self.path} cannot be written: {error.strerror}") from None
        try:
            self.write(DRIVER, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
            yield
        finally:
            driver.unlink(missing_ok=True)
            lock.release()

    def begin(self, config: EvolveConfig, *, resume: bool) -> None:
        """Write down what this run is; checks first as `check` does."""
        self.check(config, resume=resume)
        self.write(VERSIONS, json.dumps(program_versions(SEARCH), indent=2) + "\n")
        self.write(CONFIG, dump_yaml(config))

    def check(self, config: EvolveConfig, *, resume: bool) -> None:
        """Check that a run with this configuration can begin or go on here.

        Raises
        ------
        RunFolderError
            If a run is there that is not to be resumed, or that has another configuration or was
            made by other versions.
        """
        if self.exists and not resume:
            raise RunFolderError(
                f"{self.path} holds a run already; resume it with --resume, or choose another --out"
            )
        if self.exists:
            self._require_same_config(config)
            self._require_same_versions(program_versions(SEARCH))

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint, whole or not at all."""
        payload = pickle.dumps(checkpoint, protocol=pickle.HIGHEST_PROTOCOL)
        digest = hashlib.sha256(payload).hexdigest().encode()
        self.write(CHECKPOINT, digest + b"\n" + payload)

    def load(self) -> Checkpoint | None:
        """Return the last checkpoint, None if no generation is complete.

        A pickle is a program: resume only runs whose folder you trust.

        Raises
        ------
        RunFolderError
            If the file is damaged.
        """
        path = self.path / CHECKPOINT
        if not path.is_file():
            return None
        digest, _, payload = path.read_bytes().partition(b"\n")
        if hashlib.sha256(payload).hexdigest().encode() != digest:
            raise RunFolderError(
                f"{path} is damaged; remove it, and the run is retraced from the evaluations stored"
            )
        checkpoint = pickle.loads(payload)
        if not isinstance(checkpoint, Checkpoint):
            raise RunFolderError(f"{path} is no checkpoint but a {type(checkpoint).__name__}")
        return checkpoint

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
                f"{error}. What is stored already is safe; when the cause is mended, resume the run"
            ) from error

    def _require_same_config(self, config: EvolveConfig) -> None:
        there, here = (
            _flat(self.config().model_dump(mode="json")),
            _flat(config.model_dump(mode="json")),
        )
        _require_same(there, here, MAY_CHANGE, f"{self.path} is a run of another configuration")

    def _require_same_versions(self, versions: Mapping[str, str]) -> None:
        try:
            there = json.loads((self.path / VERSIONS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunFolderError(f"{self.path / VERSIONS} cannot be read: {error}") from None
        _require_same(there, versions, (), f"{self.path} was made by other versions")


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
        driver = json.loads(path.read_text(encoding="utf-8"))
        return f"process {driver['pid']} on {driver['host']}"
    except (OSError, ValueError, KeyError):
        return "another process"
