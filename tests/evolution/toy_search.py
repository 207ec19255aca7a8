"""A search in a box with cheap objectives, through the real executor, store and algorithm."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pymoo.core.duplicate import DefaultDuplicateElimination
from pymoo.core.repair import NoRepair
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.sampling.rnd import FloatRandomSampling
from toy_evaluator import (  # noqa: F401
    BAD_RESULT,
    EXIT,
    GREEDY,
    HANG,
    KILL,
    N_VARIABLES,
    RAISE,
    SYSTEM_EXIT,
    WORST,
    BrokenFactory,
    FaultyFactory,
    FullDisk,
    ProcessFactory,
    ToyFactory,
    expected,
    zdt1,
)

from evolution.engine import search
from evolution.genome import Operators
from evolution.runs import EvolveConfig, RunFolder, SearchSettings, Silent
from v1cortex.evaluation import Evaluation  # noqa: F401
from v1cortex.workers import LocalExecutor, Setup
from v1cortex.workers.limits import Limits


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


class Printer:
    """Progress on standard output."""

    def update(self, snapshot):
        print(f"generation {snapshot.generation}: {snapshot.done} of {snapshot.total}", flush=True)

    def step(self, what, share):
        print(what, flush=True)

    def notice(self, text):
        print(text, flush=True)


class InProcess:
    """An executor without processes."""

    def __init__(self, factory):
        self.evaluate, self.done = factory(), []

    def has_room(self):
        return not self.done

    def submit(self, candidate):
        self.done.append((candidate, self.evaluate(candidate)))

    def completed(self, timeout_s):
        outcomes, self.done = self.done, []
        return outcomes


def local(factory, workers, timeout_s=60.0, memory_MB=None, log=None, per_process=None):
    """Return the executor that `evolve` uses, for another evaluator."""
    setup = Setup(factory, WORST, log)
    limits = Limits(timeout_s, memory_MB, per_process, wall_s=timeout_s)
    return LocalExecutor(setup, limits, workers=workers)


class ToySettings(SearchSettings):
    """A search that minimises the toy's objectives."""

    @property
    def worst(self):
        return WORST


def settings(generations=5, population_size=8, seed=3, algorithm="nsga2", options=None, **others):
    chosen = {"name": algorithm, "options": options or {}}
    sizes = {"generations": generations, "population_size": population_size, "seed": seed}
    return ToySettings(**sizes, algorithm=chosen, **others)


def in_process(out, chosen, factory=None, progress=None, folder=None):
    """Run a search in a folder without processes."""
    out.mkdir(exist_ok=True)
    executor = InProcess(factory or ToyFactory())
    return search(Box(), chosen, folder or RunFolder(out), executor, progress or Silent())


def rows(out):
    """Return what is stored for each evaluation, except times and order."""
    with RunFolder(Path(out)).store(read_only=True) as store:
        return sorted(row(record) for record in store.all())


def row(record):
    candidate, evaluation = record.candidate, record.evaluation
    where = (candidate.generation, candidate.index, candidate.stage, candidate.seed)
    objectives = tuple(evaluation.objectives.items())
    return (*where, candidate.genome.tobytes(), evaluation.status, objectives)


def run(out, workers, chosen, factory, resume=False, progress=None, timeout_s=60.0, **config):
    """Run a search in a folder like `evolve`, but in the box."""
    folder = RunFolder(Path(out))
    with folder.locked():
        folder.begin(EvolveConfig(generations=chosen.generations, **config), resume=resume)
        with local(factory, workers, timeout_s, log=folder.log) as executor:
            return search(Box(), chosen, folder, executor, progress or Printer())
