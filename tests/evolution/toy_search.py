"""A search in a box with cheap objectives and evaluations that hang, crash or fail on demand.

Run as a program, it is a driver of its own: `python toy_search.py OUT WORKERS [options]`.
"""

import argparse
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pymoo.core.duplicate import DefaultDuplicateElimination
from pymoo.core.repair import NoRepair
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.sampling.rnd import FloatRandomSampling

from evolution.config import EvolveConfig
from evolution.local import LocalExecutor
from evolution.run_folder import RunFolder
from evolution.search import search
from evolution.search_settings import SearchSettings
from evolution.space import Operators
from evolution.worker import Setup
from evolution.worker_process import Limits
from v1cortex.errors import V1CortexError
from v1cortex.results import Evaluation

WORST = {"f1": 2.0, "f2": 20.0}
N_VARIABLES = 5


@dataclass(frozen=True)
class Box:
    """The unit cube with pymoo's own operators."""

    n_variables: int = N_VARIABLES

    @property
    def lower(self):
        return np.zeros(self.n_variables)

    @property
    def upper(self):
        return np.ones(self.n_variables)

    def operators(self, crossover_probability):
        return Operators(
            FloatRandomSampling(),
            SBX(eta=15, prob=crossover_probability),
            PM(eta=20),
            NoRepair(),
            DefaultDuplicateElimination(),
        )

    def key(self, vector):
        return vector.tobytes()


def zdt1(x):
    """Zitzler, Deb and Thiele 2000, test function 1: the front is f2 = 1 - sqrt(f1)."""
    g = 1 + 9 * np.mean(x[1:])
    return {"f1": float(x[0]), "f2": float(g * (1 - np.sqrt(x[0] / g)))}


@dataclass(frozen=True)
class ToyFactory:
    """Evaluators that take `delay_s`; genomes above 1 make trouble, as does a range of x[0]."""

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
        statistics = {"threads": os.environ.get("OMP_NUM_THREADS")}
        if x[0] == BAD_RESULT:
            statistics["cannot travel"] = lambda: None
        return Evaluation("ok", objectives, candidate.seed, statistics=statistics)


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
    """Cannot make an evaluator."""

    kill: bool

    def __call__(self):
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        raise FileNotFoundError("no circuit here")


class Printer:
    """Progress on standard output."""

    def update(self, snapshot):
        print(f"generation {snapshot.generation}: {snapshot.done} of {snapshot.total}", flush=True)

    def notice(self, text):
        print(text, flush=True)


def local(factory, workers, timeout_s=60.0, memory_MB=None, log=None):
    """Return the executor that `evolve` uses, for another evaluator."""
    setup = Setup(factory, WORST, log)
    return LocalExecutor(setup, Limits(timeout_s, memory_MB), workers=workers)


def settings(generations=5, population_size=8, seed=3, **others):
    return SearchSettings(WORST, seed, population_size, generations, **others)


def run(out, workers, chosen, factory, resume=False, progress=None, **config):
    """Run a search in a folder as `evolve` does, but in the box."""
    folder = RunFolder(Path(out))
    with folder.locked():
        folder.begin(EvolveConfig(generations=chosen.generations, **config), resume=resume)
        with local(factory, workers, log=folder.log) as executor:
            return search(Box(), chosen, folder, executor, progress or Printer())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("workers", type=int)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--crash", type=float, nargs=2, default=(1.0, 1.0))
    parser.add_argument("--file-limit", type=int)
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args()
    if given.file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.file_limit, resource.RLIM_INFINITY))
    factory = ToyFactory(given.delay, tuple(given.crash))
    try:
        run(given.out, given.workers, settings(), factory, resume=given.resume)
    except V1CortexError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        sys.exit(getattr(error, "exit_code", 1))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
