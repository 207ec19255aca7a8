"""The code of a worker process: build the evaluator once, then evaluate incoming work.

A worker has its own pipe to its driver: whenever and however a worker ends, others are not
affected.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from v1cortex.errors import V1CortexError
from v1cortex.evaluation import Evaluation
from v1cortex.workers.faults import error_text, machine_fault
from v1cortex.workers.records import CPU, TOTAL, checked, failure
from v1cortex.workers.work import Evaluator, Setup, Work

PR_SET_PDEATHSIG = 1
"""Linux, prctl(2): the signal sent to a process when its parent ends."""


@dataclass(frozen=True)
class Ready:
    """A worker's first message: it can evaluate, or `error` says why not.

    Parameters
    ----------
    error
        Why it cannot; empty if it can.
    by_machine
        Whether the machine is the cause.
    """

    error: str = ""
    by_machine: bool = False


@dataclass(frozen=True)
class Prevented:
    """Sent instead of an evaluation: the machine prevented it."""

    error: str


@dataclass(frozen=True)
class Fatal:
    """Sent instead of an evaluation: an error that ends all work."""

    error: Exception


Reply = Evaluation | Prevented | Fatal
"""What a worker sends for each piece of work."""


def main(setup: Setup[Any], connection: Connection, parent_pid: int) -> None:
    """Evaluate work from the pipe until it is closed.

    Parameters
    ----------
    setup
        Setup of the worker.
    connection
        The worker's end of the pipe: sends `Ready`, then a `Reply` for every piece of work.
    parent_pid
        Process id of the driver; the worker ends with it.
    """
    _end_with(parent_pid)
    try:
        if setup.log is not None:
            _print_to(setup.log)
        evaluator = setup.factory()
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        connection.send(Ready(error_text(error), bool(machine_fault(error))))
        return
    connection.send(Ready())
    while True:
        try:
            work = connection.recv()
        except EOFError:
            return
        connection.send_bytes(_pickled(reply(evaluator, work, setup), work, setup))


def reply(evaluator: Evaluator, work: Work, setup: Setup[Any]) -> Reply:
    """Evaluate a piece of work; whatever goes wrong is a reply.

    Parameters
    ----------
    evaluator
        Evaluates.
    work
        What to evaluate.
    setup
        Setup of the worker.
    """
    began, cpu_began = time.perf_counter(), time.process_time()
    try:
        evaluation = evaluator(work)
    except (Exception, SystemExit) as error:
        print(f"{work.name}:", file=sys.stderr)
        traceback.print_exc()
        if fault := machine_fault(error):
            return Prevented(fault)
        if isinstance(error, setup.fatal):
            return Fatal(error)
        evaluation = failure("failed", error_text(error), work.seed, setup.worst)
    spent = {TOTAL: time.perf_counter() - began, CPU: time.process_time() - cpu_began}
    return replace(checked(evaluation, setup.worst), timings={**evaluation.timings, **spent})


def _pickled(answer: Reply, work: Work, setup: Setup[Any]) -> bytes:
    # Workers are ended by SIGKILL, which would lose buffered data.
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        return bytes(ForkingPickler.dumps(answer))
    except Exception as error:
        if isinstance(answer, Fatal):
            return bytes(ForkingPickler.dumps(Fatal(V1CortexError(str(answer.error)))))
        message = f"its result cannot be sent: {error_text(error)}"
        return bytes(ForkingPickler.dumps(failure("failed", message, work.seed, setup.worst)))


def _end_with(parent_pid: int) -> None:
    """Make the kernel end this process with its driver, so that no orphan keeps computing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def _print_to(log: Path) -> None:
    """Redirect standard output and error to a file, including those of C libraries."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
