"""What runs inside a worker process: build the evaluator once, then evaluate candidates."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from evolution.results import Candidate, checked, failure
from v1cortex.results import Evaluation

Evaluator = Callable[[Candidate], Evaluation]
"""Evaluates one candidate."""

TOTAL = "total"
"""Key of the timing that workers add: wall-clock seconds of the whole evaluation."""

PR_SET_PDEATHSIG = 1
"""Linux, prctl(2): the signal that a process gets when its parent ends."""


class EvaluatorFactory(Protocol):
    """Makes an evaluator; can be pickled, and is called once in every worker."""

    def __call__(self) -> Evaluator:
        """Load and build all that evaluations share."""


class StartupFailure(Exception):
    """A worker could not build its evaluator; the text says why."""


class _State:
    """What a worker process keeps between candidates."""

    evaluator: Evaluator | None = None
    startup_error: str = ""
    worst: Mapping[str, float] = {}


def start(
    factory: EvaluatorFactory, worst: Mapping[str, float], log: Path | None, parent_pid: int
) -> None:
    """Set a worker process up; never raises, since the pool would start workers for ever.

    Parameters
    ----------
    factory
        Makes the evaluator.
    worst
        Objectives of an evaluation that gives none.
    log
        File that takes what the worker and the libraries in it print; None leaves it alone.
    parent_pid
        Process id of the driver, without which the worker ends.
    """
    _end_with(parent_pid)
    _State.worst = worst
    try:
        if log is not None:
            _print_to(log)
        _State.evaluator = factory()
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        _State.startup_error = f"{type(error).__name__}: {error}"


def work(candidate: Candidate) -> Evaluation:
    """Evaluate a candidate; whatever goes wrong is a failed evaluation.

    Raises
    ------
    StartupFailure
        If this worker has no evaluator.
    """
    if _State.evaluator is None:
        raise StartupFailure(_State.startup_error)
    began = time.perf_counter()
    try:
        evaluation = _State.evaluator(candidate)
    except (Exception, SystemExit) as error:
        print(f"{candidate.name}:", file=sys.stderr)
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}"
        return failure("failed", message, candidate.seed, _State.worst)
    timings = {**evaluation.timings, TOTAL: time.perf_counter() - began}
    return checked(replace(evaluation, timings=timings), _State.worst)


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
