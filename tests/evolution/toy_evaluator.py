"""Evaluators that are cheap, and that hang, crash or fail on demand.

Worker processes import this file, so it imports little.
"""

import errno
import hashlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from v1cortex.evaluation import Evaluation

WORST = {"f1": 2.0, "f2": 20.0}
N_VARIABLES = 5


def zdt1(x):
    """Zitzler, Deb and Thiele 2000, test function 1: the front is f2 = 1 - sqrt(f1)."""
    g = 1 + 9 * np.mean(x[1:])
    return {"f1": float(x[0]), "f2": float(g * (1 - np.sqrt(x[0] / g)))}


@dataclass(frozen=True)
class ToyFactory:
    """Evaluators that take `delay_s`; genomes above 1 cause faults, as does a range of x[0]."""

    delay_s: float = 0.0
    crash_between: tuple[float, float] = (1.0, 1.0)

    def __call__(self):
        return self.evaluate

    def evaluate(self, candidate):
        if self.delay_s:
            print(candidate.name, "begins", flush=True)
            time.sleep(self.delay_s)
        x = candidate.genome
        if x[0] > 1:
            trouble(int(x[0]))
        if self.crash_between[0] < x[0] < self.crash_between[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        objectives = {"f1": float("nan"), "f2": 1.0} if x[0] < 0 else zdt1(x)
        versions = {"threads": os.environ.get("OMP_NUM_THREADS", "")}
        if x[0] == BAD_RESULT:
            versions["cannot travel"] = lambda: None
        return Evaluation("ok", objectives, candidate.seed, versions=versions)


KILL, EXIT, HANG, RAISE, SYSTEM_EXIT, BAD_RESULT, GREEDY = 2, 3, 4, 5, 6, 7, 8


def trouble(kind):
    if kind == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == EXIT:
        os._exit(3)
    if kind == HANG:
        time.sleep(3600)
    if kind == RAISE:
        raise ValueError("no such luck")
    if kind == SYSTEM_EXIT:
        sys.exit("leaving")
    if kind == GREEDY:
        hoard = []
        while True:
            hoard.append(bytearray(os.urandom(1)) * 10_000_000)
            time.sleep(0.02)


@dataclass(frozen=True)
class BrokenFactory:
    """Fails to make an evaluator."""

    kill: bool

    def __call__(self):
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        raise FileNotFoundError("no circuit here")


@dataclass(frozen=True)
class FaultyFactory:
    """Evaluators that fail as `fault` says, each genome always in the same way.

    Some kill their worker only at the first attempt; the folder `marks` keeps track.
    """

    marks: Path
    share: float

    def __call__(self):
        return self.evaluate

    def evaluate(self, candidate):
        kind = fault(candidate.genome, self.share)
        if kind == "kill once":
            mark = self.marks / hashlib.sha256(candidate.genome.tobytes()).hexdigest()[:16]
            try:
                mark.touch(exist_ok=False)
            except FileExistsError:
                kind = ""
        if kind.startswith("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "hang":
            time.sleep(3600)
        if kind == "raise":
            raise ValueError("no such luck")
        objectives = zdt1(candidate.genome)
        if kind == "nan":
            objectives["f2"] = float("nan")
        return Evaluation("ok", objectives, candidate.seed)


FAULTS = ("kill", "kill once", "hang", "raise", "nan")


def fault(genome, share):
    """Return the fault of a genome; mostly none, an empty string."""
    number = int.from_bytes(hashlib.sha256(genome.tobytes()).digest()[:4], "little") / 2**32
    return FAULTS[int(number / share * len(FAULTS))] if number < share else ""


def expected(candidate, share):
    """Return what must be stored for a candidate, whatever happened around it."""
    status = {"kill": "failed", "hang": "timed out", "raise": "failed", "nan": "failed"}.get(
        fault(candidate.genome, share), "ok"
    )
    return Evaluation(status, zdt1(candidate.genome) if status == "ok" else WORST, candidate.seed)


@dataclass(frozen=True)
class ProcessFactory:
    """Evaluators that report which process they run in."""

    def __call__(self):
        return self.evaluate

    def evaluate(self, candidate):
        return Evaluation("ok", zdt1(candidate.genome), candidate.seed, message=str(os.getpid()))


@dataclass(frozen=True)
class FullDisk:
    """Evaluators that find a full disk while `full` exists, or at the first evaluation of some."""

    full: Path
    marks: Path
    share: float = 0.0

    def __call__(self):
        return self.evaluate

    def evaluate(self, candidate):
        x = candidate.genome
        now_and_then = int.from_bytes(hashlib.sha256(x.tobytes()).digest()[:4], "little") / 2**32
        mark = self.marks / f"{hashlib.sha256(x.tobytes()).hexdigest()[:16]}-{candidate.seed}"
        if self.full.exists() or (now_and_then < self.share and not mark.exists()):
            mark.touch()
            raise OSError(errno.ENOSPC, "No space left on device")
        return Evaluation("ok", zdt1(x), candidate.seed)
