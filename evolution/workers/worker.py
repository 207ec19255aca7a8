"""What runs inside a worker process: build the evaluator once, then evaluate candidates.

A worker has one pipe to its driver, shared with nobody: whenever and however a worker ends, no
other one notices.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Protocol

from evolution.engine.candidates import CPU, TOTAL, Candidate, checked, failure
from v1cortex.evaluation.results import Evaluation

Evaluator = Callable[[Candidate], Evaluation]
"""Evaluates one candidate."""

PR_SET_PDEATHSIG = 1
"""Linux, prctl(2): the signal that a process gets when its parent ends."""


class EvaluatorFactory(Protocol):
    """Makes an evaluator; can be pickled, and is called once in every worker."""

    def __call__(self) -> Evaluator:
        """Load and build all that evaluations share."""


@dataclass(frozen=True)
class Setup:
    """What every worker of a run is made with; travels to it once.

    Parameters
    ----------
    factory
        Makes the evaluator.
    worst
        Objectives of an evaluation that gives none, by name.
    log
        File that takes what workers and the libraries in them print; None leaves it alone.
    """

    factory: EvaluatorFactory
    worst: Mapping[str, float]
    log: Path | None = None


@dataclass(frozen=True)
class Ready:
    """A worker's first message: it can evaluate, or `error` says why not."""

    error: str = ""


def main(setup: Setup, connection: Connection, parent_pid: int) -> None:
    """Evaluate what comes through the pipe until it is closed.

    Parameters
    ----------
    setup
        What the evaluator is made of.
    connection
        The worker's end of the pipe: sends `Ready`, then an evaluation for every candidate.
    parent_pid
        Process id of the driver, without which the worker ends.
    """
    _end_with(parent_pid)
    try:
        if setup.log is not None:
            _print_to(setup.log)
        evaluator = setup.factory()
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        connection.send(Ready(f"{type(error).__name__}: {error}"))
        return
    connection.send(Ready())
    while True:
        try:
            candidate = connection.recv()
        except EOFError:
            return
        connection.send_bytes(_reply(evaluator, candidate, setup.worst))


def work(evaluator: Evaluator, candidate: Candidate, worst: Mapping[str, float]) -> Evaluation:
    """Evaluate a candidate; whatever goes wrong is a failed evaluation.

    Parameters
    ----------
    evaluator
        Evaluates.
    candidate
        What to evaluate.
    worst
        Objectives of an evaluation that gives none.
    """
    began, cpu_began = time.perf_counter(), time.process_time()
    try:
        evaluation = evaluator(candidate)
    except (Exception, SystemExit) as error:
        print(f"{candidate.name}:", file=sys.stderr)
        traceback.print_exc()
        evaluation = failure("failed", f"{type(error).__name__}: {error}", candidate.seed, worst)
    spent = {TOTAL: time.perf_counter() - began, CPU: time.process_time() - cpu_began}
    return replace(checked(evaluation, worst), timings={**evaluation.timings, **spent})


def _reply(evaluator: Evaluator, candidate: Candidate, worst: Mapping[str, float]) -> bytes:
    evaluation = work(evaluator, candidate, worst)
    # Workers are ended by SIGKILL, which would lose what is still in a buffer.
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        return bytes(ForkingPickler.dumps(evaluation))
    except Exception as error:
        message = f"its result cannot travel: {type(error).__name__}: {error}"
        return bytes(ForkingPickler.dumps(failure("failed", message, candidate.seed, worst)))


def _end_with(parent_pid: int) -> None:
    """Have the kernel end this process with its driver, so that no orphan goes on computing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def _print_to(log: Path) -> None:
    """Send standard output and error to a file, for libraries in C as well."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
