"""Work that is cheap, and that hangs, crashes or fails on demand.

Worker processes import this file, so it imports little.
"""

import errno
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from v1cortex.errors import CacheError, ConfigError
from v1cortex.evaluation import Evaluation

GREEDY_MB = 800
"""Memory that a greedy errand takes, at least twice what tests allow."""

WORST = {"f1": 2.0}


@dataclass(frozen=True)
class Errand:
    """What happens in an evaluation; if marked, only at the first attempt."""

    index: int
    what: str
    mark: Path | None = None
    seed: int = 7

    @property
    def name(self):
        return f"errand {self.index}"


@dataclass(frozen=True)
class Errands:
    """Makes the evaluator of errands."""

    variables: tuple[str, ...] = field(default=("OMP_NUM_THREADS", "TMPDIR"))

    def __call__(self):
        return self.evaluate

    def evaluate(self, errand):
        if errand.mark is None or first_time(errand.mark):
            happen(errand.what)
        value = float("nan") if errand.what == "nan" else 1.0 + errand.index
        versions = {name: os.environ.get(name) for name in self.variables}
        if errand.what == "bad result":
            versions["cannot travel"] = lambda: None
        message = str(os.getpid())
        return Evaluation("ok", {"f1": value}, errand.seed, versions=versions, message=message)


@dataclass(frozen=True)
class Broken:
    """Fails to make an evaluator."""

    what: str

    def __call__(self):
        happen(self.what)


def first_time(mark):
    try:
        with mark.open("x") as file:
            file.write(os.environ["TMPDIR"])
    except FileExistsError:
        return False
    return True


def happen(what):
    if what in ("SIGKILL", "SIGBUS", "SIGSEGV"):
        os.kill(os.getpid(), getattr(signal, what))
    if what == "exit":
        os._exit(3)
    if what == "hang":
        tempfile.mkdtemp()
        time.sleep(3600)
    if what == "nap":
        time.sleep(1.0)
    if what == "sick node" and "SICK" not in os.environ:
        time.sleep(0.2)
    if what == "compute":
        compute(3600)
    if what == "compute for a second":
        compute(1.0)
    if what == "raise":
        raise ValueError("no such luck")
    if what == "leave":
        sys.exit("leaving")
    if what == "full disk":
        raise OSError(errno.ENOSPC, "No space left on device")
    if what == "no memory":
        raise MemoryError("not a byte")
    if what == "damaged installation":
        raise ImportError("libnest.so: undefined symbol")
    if what == "cache":
        raise CacheError("/cache cannot be written")
    if what == "wrapped":
        try:
            happen("full disk")
        except OSError as error:
            raise RuntimeError("something broke") from error
    if what == "sick node" and "SICK" in os.environ:
        with Path(os.environ["SICK"]).open("a") as file:
            file.write("tried\n")
        raise OSError(errno.EIO, "Input/output error")
    if what == "impossible":
        raise ConfigError("pool_size is 99; there are 30 cells")
    if what == "greed":
        hoard = []
        while True:  # beyond the limit it only waits, for a machine of any size
            if len(hoard) < GREEDY_MB // 10:
                hoard.append(bytearray(os.urandom(1)) * 10_000_000)
            time.sleep(0.02)
    if what == "temporary":
        tempfile.mkdtemp()


def compute(cpu_s):
    began = time.process_time()
    while time.process_time() - began < cpu_s:
        sum(range(10_000))
