"""When and where a run was driven: one line in `sessions.jsonl` per session."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from evolution.runs import RunFolder

__all__ = ["SESSIONS", "Session", "driven", "read_sessions"]

SESSIONS = "sessions.jsonl"


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session of a run.

    Parameters
    ----------
    host
        Name of the machine that drove it; workers may have been on others.
    cpus
        Processors of that machine that the process may use.
    started
        When it began (UTC, ISO 8601).
    hours
        Wall-clock time; 0 while it is running, or if it was killed.
    commit
        Commit of the source from which v1cortex ran, with ``+`` if files differed from it; empty if
        it is not a checkout.
    """

    host: str
    cpus: int
    started: str
    hours: float
    commit: str


@contextmanager
def driven(folder: RunFolder) -> Iterator[None]:
    """Record that this process drives the run and, afterwards, for how long."""
    earlier, since = read_sessions(folder.path), time.monotonic()
    host, cpus = socket.gethostname(), len(os.sched_getaffinity(0))
    started = datetime.now(UTC).isoformat(timespec="seconds")
    commit = _commit()

    def write(hours: float) -> None:
        own = Session(host=host, cpus=cpus, started=started, hours=hours, commit=commit)
        lines = [json.dumps(asdict(each)) for each in (*earlier, own)]
        folder.write(SESSIONS, "\n".join(lines) + "\n")

    write(0.0)
    try:
        yield
    finally:
        write(round((time.monotonic() - since) / 3600, 4))


def read_sessions(path: Path) -> tuple[Session, ...]:
    """Return the sessions of the run in a folder; none if they are unknown."""
    try:
        lines = (path / SESSIONS).read_text(encoding="utf-8").splitlines()
        return tuple(Session(**json.loads(line)) for line in lines)
    except (OSError, ValueError, TypeError):
        return ()


def _commit() -> str:
    """Return the commit of the checkout that this package is in."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit}+" if changed else commit


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()
