"""Search algorithms on exact and noisy problems with known fronts, and their cost.

Four tables:

1. Hypervolume reached on exact ZDT and DTLZ problems relative to NSGA-II's, after equally many
   evaluations.
2. Noisy versions: normal noise on every objective, and half of the survivors re-evaluated in each
   generation. *Lucky* survivors have a mean that is better than their true value by more than the
   noise's standard deviation in some objective. The true hypervolume is that of the population's
   true values.
3. The same if seeds shift all candidates alike, as stimuli do: the first evaluations of all
   candidates share a seed, re-evaluations in a generation share another one.
4. Processor time of the algorithm per candidate, on the genome of rules with six objectives.

    python benchmarks/algorithms.py [--seeds 8] [--populations 100 400]
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from pymoo.core.duplicate import DefaultDuplicateElimination
from pymoo.core.repair import NoRepair
from pymoo.indicators.hv import HV
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.sampling.rnd import FloatRandomSampling
from pymoo.problems import get_problem

from evolution.algorithms import ALGORITHMS, COUNT, RunningMoments, attach, make_algorithm
from evolution.genome import Operators, RuleGenome, RuleSpace, StartConfig, VariationConfig
from v1cortex.tables import POPULATIONS

GENERAL = [name for name, algorithm in ALGORITHMS.items() if algorithm.steady_state]
"""Those for any objectives; `paired` is measured by search_efficiency.py."""

SIZE = 40
"""Number of survivors of a generation."""

NOISE = 0.1
"""Standard deviation of the noise on each objective; the fronts are about 1 wide."""

EXACT = {
    "zdt1": {"n_var": 30},
    "zdt2": {"n_var": 30},
    "zdt3": {"n_var": 30},
    "dtlz1": {"n_var": 7, "n_obj": 3},
    "dtlz2": {"n_var": 12, "n_obj": 3},
    "dtlz2 of 6 objectives": {"n_var": 15, "n_obj": 6},
}

NOISY = {
    "zdt1": {"n_var": 10},
    "zdt2": {"n_var": 10},
    "dtlz2": {"n_var": 8, "n_obj": 3},
    "dtlz2 of 6 objectives": {"n_var": 11, "n_obj": 6},
}

REFERENCE = {"zdt1": 1.1, "zdt2": 1.1, "zdt3": 1.1, "dtlz1": 50.0, "dtlz2": 1.1}
"""Reference point of the hypervolume in each objective."""


@dataclass(frozen=True)
class Box:
    """A box with pymoo's own operators."""

    lower: np.ndarray
    upper: np.ndarray

    def operators(self, crossover_probability):
        """Return pymoo's usual operators for real variables."""
        return Operators(
            FloatRandomSampling(),
            SBX(eta=15, prob=crossover_probability),
            PM(eta=20),
            NoRepair(),
            DefaultDuplicateElimination(),
        )

    def key(self, vector):
        """Return a key that differs between vectors."""
        return vector.tobytes()


@dataclass(frozen=True)
class Outcome:
    """The result of a search.

    Parameters
    ----------
    true
        True objectives of the survivors, shape (n, n_objectives).
    lucky
        Share of lucky survivors.
    n_evaluations
        Mean number of evaluations per survivor.
    """

    true: np.ndarray
    lucky: float
    n_evaluations: float


def problem_of(name, settings):
    """Return a pymoo problem."""
    return get_problem(name.split()[0], **settings)


def search(problem, algorithm, options, seed, n_evaluations, noise=0.0, again=0.0, shared=0.0):
    """Search until this many evaluations are done.

    Parameters
    ----------
    problem
        A pymoo problem without constraints.
    algorithm, options
        As for `make_algorithm`.
    seed
        Seed of the algorithm and of the noise.
    n_evaluations
        Total number of evaluations, including repeated ones.
    noise
        Standard deviation of the noise on each objective.
    again
        Share of the survivors that are re-evaluated in each generation, those with the fewest
        evaluations first.
    shared
        Standard deviation of the effect of a seed on each objective of all candidates. The first
        evaluations of all candidates share one seed, re-evaluations in a generation another one.
    """
    rng, shifts = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    found = make_algorithm(
        Box(problem.xl, problem.xu), problem.n_obj, algorithm, options, SIZE, seed
    )

    def shift():
        return shared * shifts.standard_normal(problem.n_obj)

    def evaluate(candidates, shift):
        for candidate in candidates:
            values = problem.evaluate(candidate.X) + shift
            noisy = values + noise * rng.standard_normal(problem.n_obj)
            before = candidate.get("moments")
            moments = RunningMoments.of(noisy) if before is None else before.add(noisy)
            candidate.set("moments", moments)
            attach(candidate, moments)
        return len(candidates)

    made, first = 0, shift()
    while made < n_evaluations:
        offspring = found.ask()
        made += evaluate(offspring, first)
        found.tell(infills=offspring)
        fewest = np.argsort(found.pop.get(COUNT), kind="stable")[: int(again * SIZE)]
        made += evaluate(found.pop[fewest], shift())
    true = problem.evaluate(found.pop.get("X"))
    gain = true - found.pop.get("F")
    lucky = float(np.mean(np.any(gain > noise, axis=1))) if noise else 0.0
    return Outcome(true, lucky, float(found.pop.get(COUNT).mean()))


def hypervolume(name, true):
    """Return the hypervolume of true objectives as a share of the box below the reference."""
    reference = np.full(true.shape[1], REFERENCE[name.split()[0]])
    return HV(ref_point=reference)(true) / np.prod(reference)


def compare_exact(n_seeds):
    """Print the hypervolume of each algorithm on exact problems."""
    print(f"exact problems, population {SIZE}, 4000 evaluations, {n_seeds} seeds")
    print(f"{'':24}" + "".join(f"{name:>20}" for name in GENERAL))
    for name, settings in EXACT.items():
        problem = problem_of(name, settings)
        reached = {algorithm: [] for algorithm in GENERAL}
        for seed in range(n_seeds):
            for algorithm, values in reached.items():
                true = search(problem, algorithm, {}, seed, 4000).true
                values.append(hypervolume(name, true))
        base = np.mean(reached["nsga2"])
        cells = (f"{np.mean(v):.3f} ({np.mean(v) / base:.2f} x)" for v in reached.values())
        print(f"{name:24}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


CHOICES = {
    "nsga2": ("nsga2", {}),
    "nsga3": ("nsga3", {}),
    "swarm, plain": ("swarm", {"dominance": "plain"}),
    "swarm, probabilistic": ("swarm", {}),
}


def compare_noisy(n_seeds):
    """Print how many lucky candidates are selected, and the true hypervolume."""
    print(f"\nnoise {NOISE}, population {SIZE}, 3000 evaluations, half of the survivors again")
    print("lucky survivors +- standard error; true hypervolume; evaluations of a survivor")
    for name, settings in NOISY.items():
        problem = problem_of(name, settings)
        outcomes = {label: [] for label in CHOICES}
        for seed in range(n_seeds):
            for label, (algorithm, options) in CHOICES.items():
                outcomes[label].append(search(problem, algorithm, options, seed, 3000, NOISE, 0.5))
        for label, found in outcomes.items():
            lucky = np.array([each.lucky for each in found])
            error = lucky.std(ddof=1) / np.sqrt(n_seeds)
            volume = np.mean([hypervolume(name, each.true) for each in found])
            count = np.mean([each.n_evaluations for each in found])
            print(
                f"{name:24}{label:>22}{lucky.mean():8.3f} +- {error:.3f}{volume:8.3f}{count:8.1f}",
                flush=True,
            )


def compare_shared(n_seeds):
    """Print the true hypervolume if seeds shift all candidates alike."""
    print(
        "\nnoise 0.05 of each candidate, in addition to what a seed does to all: true hypervolume"
    )
    print(f"{'':24}{'all alike':>12}" + "".join(f"{label:>22}" for label in CHOICES))
    for name in ("zdt1", "dtlz2", "dtlz2 of 6 objectives"):
        problem = problem_of(name, NOISY[name])
        for shared in (0.1, 0.2):
            reached = []
            for algorithm, options in CHOICES.values():
                outcomes = (
                    search(problem, algorithm, options, seed, 3000, 0.05, 0.5, shared)
                    for seed in range(n_seeds)
                )
                reached.append(np.mean([hypervolume(name, each.true) for each in outcomes]))
            cells = "".join(f"{volume:22.3f}" for volume in reached)
            print(f"{name:24}{shared:12}{cells}", flush=True)


def compare_cost(populations):
    """Print the processor time of ask and tell per rule."""
    print("\nask and tell, 2645 variables, 6 objectives: ms of processor time a candidate, by")
    print("generations (and one at a time)")
    space = RuleSpace(RuleGenome(POPULATIONS), StartConfig(), VariationConfig())
    for size in populations:
        cells = []
        for name in GENERAL:
            by_generation = time_search(space, name, size, steady_state=False)
            one_by_one = time_search(space, name, size, steady_state=True)
            cells.append(f"{name} {by_generation:.2f} ({one_by_one:.1f})")
        print(f"population {size:5}: " + ", ".join(cells), flush=True)


def time_search(space, name, size, *, steady_state):
    """Return milliseconds of processor time per candidate, after the first generation."""
    rng = np.random.default_rng(1)
    algorithm = make_algorithm(space, 6, name, {}, size, 1, steady_state=steady_state)

    def evaluate(candidates):
        for candidate in candidates:
            attach(candidate, RunningMoments.of(rng.random((2, 6))))

    first = algorithm.ask()
    evaluate(first)
    algorithm.tell(infills=first)
    took_s, made = 0.0, 0
    for _ in range(20 if steady_state else 2):
        began = time.process_time()
        offspring = algorithm.ask()
        took_s += time.process_time() - began
        evaluate(offspring)
        began = time.process_time()
        algorithm.tell(infills=offspring)
        took_s += time.process_time() - began
        made += len(offspring)
    return 1e3 * took_s / made


def main():
    """Print the four tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--populations", type=int, nargs="*", default=[100, 400])
    given = parser.parse_args()
    compare_exact(given.seeds)
    compare_noisy(given.seeds)
    compare_shared(given.seeds)
    compare_cost(given.populations)


if __name__ == "__main__":
    main()
