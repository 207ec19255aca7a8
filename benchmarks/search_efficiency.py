"""How much of a known effect each search finds with the same number of noisy evaluations.

The problem is synthetic: gains, or normalised coefficients, of all pairs of neuron types with
synapses raise a score along a known slope, up to a peak. Most of the slope is common to pairs of
groups, as it would be in cortex; the rest is specific to pairs of types. Scores are as noisy as
AUCs of networks of 1000 neurons: networks differ by a standard deviation of 0.06, the trials of one
evaluation add 0.02, and the slope on a network differs from the mean slope.

Five searches are given the same number of evaluations: NSGA-II and the swarm on single scores of a
fixed network, with half of the survivors re-evaluated on others, within the distance of the peak;
antithetic pairs as in `v1cortex experiment gains`, signs first, then groups of neuron types;
CMA-ES over the groups (Hansen's `cma`, the mean of its distribution); and the algorithm `paired` of
`v1cortex evolve` with the same layers, a network for each generation and the best rules
re-evaluated. The table gives the true rise of the point that each would report. In its last rows
`paired` has four families to choose from, with peaks of 0.10, 0.05, and none.

    python benchmarks/search_efficiency.py [--repeats 10] [--evaluations 200 400 800]

With `--real FOLDER` the three algorithms of `v1cortex evolve` search on networks in NEST instead,
with the same budget each, and the best rule of each run is tested on ten fresh networks. That takes
hours, can be stopped, and continues when it is started again; `--quick` takes small networks, few
trials and one repeat, to see that it works:

    python benchmarks/search_efficiency.py --real searches --repeats 3 --evaluations 200 400
    python benchmarks/search_efficiency.py --real quick --quick

The cost until the difference is reached is that of the smallest budget that reached it.
"""

import argparse
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import cma
import numpy as np
from algorithms import Box
from pymoo.core.individual import Individual
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination

from evolution.algorithms import COUNT, RunningMoments, attach, make_algorithm
from evolution.algorithms.paired import PairedSearch
from evolution.algorithms.paired_options import PairedOptions
from evolution.engine.archive import Archive
from evolution.engine.individuals import ORIGIN, VALUES, tell, to_assess_again
from evolution.genome import Family, Layer
from evolution.loop import evolve
from evolution.runs.config import merged_settings
from v1cortex.experiments.paired import AscentSettings
from v1cortex.experiments.paired.ascent import Measured, ascend, seeds_needed
from v1cortex.experiments.paired.ties import connected_pairs
from v1cortex.tables import populations_of_pair

NETWORK_SD, TRIAL_SD = 0.06, 0.02
PEAK = 0.10
"""Rise at the peak: what re-weighting and learning could reach at 1000 neurons."""
PEAK_SIZE = 0.5
"""Root mean square distance of the peak, in log gains."""
GROUP_SHARE = 0.7
"""Share of the slope's variance that is common to pairs of groups."""
NETWORK_SLOPE = 0.5
"""Spread of slopes over networks, relative to the mean slope."""
SIZE = 20
"""Number of survivors in a generation of the evolutionary searches."""


class NoisyScores:
    """Scores of a problem with a true `rise`: networks and trials add their noise."""

    def score(self, x, network):
        """Return the score of one evaluation."""
        self.made += 1
        if network not in self.networks:
            deviation = NETWORK_SLOPE * self.slope_sd * self.rng.normal(size=self.n)
            self.networks[network] = (self.rng.normal(0, NETWORK_SD), deviation)
        own, deviation = self.networks[network]
        return 0.65 + self.rise(x) + own + deviation @ x + self.rng.normal(0, TRIAL_SD)


@dataclass
class Planted(NoisyScores):
    """A score with a known peak over the gains of all pairs of types.

    Parameters
    ----------
    seed
        Seed of the slope, the networks and the trials.
    """

    seed: int
    names: tuple = connected_pairs("types")
    made: int = 0
    networks: dict = field(default_factory=dict)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        groups = self.tie("groups")
        parts = [self.rng.normal(size=matrix.shape[1]) for matrix in (groups, np.eye(self.n))]
        common, single = groups @ parts[0], parts[1]
        slope = np.sqrt(GROUP_SHARE) * common + np.sqrt(1 - GROUP_SHARE) * single
        # A parabola whose peak is PEAK high and PEAK_SIZE away.
        distance = PEAK_SIZE * np.sqrt(self.n)
        self.curvature = PEAK / distance**2
        self.slope = slope * (2 * PEAK / distance / np.linalg.norm(slope))

    @property
    def n(self):
        """Number of pairs of types."""
        return len(self.names)

    def tie(self, grouping):
        """Return the matrix that maps values of pairs of groups to those of pairs of types."""
        pairs = connected_pairs(grouping)
        matrix = np.zeros((self.n, len(pairs)))
        for column, pair in enumerate(pairs):
            pre, post = populations_of_pair(pair)
            for row, name in enumerate(self.names):
                a, b = name.split("->")
                matrix[row, column] = a in pre and b in post
        return matrix

    def rise(self, x):
        """Return the true rise at a point, averaged over networks."""
        return float(self.slope @ x - self.curvature * x @ x)

    @property
    def slope_sd(self):
        """Spread of the slope's components."""
        return np.std(self.slope)


def paired(problem, n_evaluations, seed):
    """Search by antithetic pairs: signs, then groups with the remaining evaluations."""
    found, first = np.zeros(problem.n), 0
    for grouping, share in (("signs", 0.2), ("groups", 0.8)):
        tie, networks = problem.tie(grouping), 5
        lengths = (0.1, 0.2, 0.4, 0.8)
        n_pairs = int(share * n_evaluations - networks * (len(lengths) + 1)) // 2
        if n_pairs < 2:
            continue
        settings = AscentSettings(
            pairs_per_dimension=n_pairs / tie.shape[1],
            least_pairs=2,
            lengths=lengths,
            networks=networks,
        )
        base = found

        def measure(points, base=base, tie=tie):
            return [Measured(problem.score(base + tie @ x, network)) for x, network in points]

        seeds = range(first, first + seeds_needed(tie.shape[1], settings))
        ascent = ascend(
            np.zeros(tie.shape[1]), measure, settings, seeds, np.random.default_rng([seed, first])
        )
        found, first = base + tie @ ascent.point, seeds.stop
    return problem.rise(found)


class PlantedFamilies(NoisyScores):
    """Planted scores of four families of rules side by side, which add up.

    Parameters
    ----------
    seed
        As for `Planted`.
    """

    heights = (PEAK, PEAK / 2, 0.0, 0.0)

    def __init__(self, seed):
        self.rng, self.made, self.networks = np.random.default_rng([seed, 1]), 0, {}
        self.parts = [Planted(100 * seed + k) for k in range(4)]
        self.n = sum(part.n for part in self.parts)
        for part, height in zip(self.parts, self.rng.permutation(self.heights), strict=True):
            part.slope = part.slope * height / PEAK

    def rise(self, x):
        """Return the true rise at a point."""
        return sum(p.rise(v) for p, v in zip(self.parts, np.split(x, 4), strict=True))

    @property
    def slope_sd(self):
        """Spread of the slope's components, for each variable."""
        return np.repeat([part.slope_sd for part in self.parts], self.parts[0].n)

    @property
    def families(self):
        """The families."""
        return [planted_family(part, k, self.n) for k, part in enumerate(self.parts)]


def planted_family(problem, number, n):
    """Return a family of n variables that moves those of one problem."""
    bound, zero = np.full(n, 4 * PEAK_SIZE), np.zeros(n)
    layers = []
    for grouping in PairedOptions().groupings:
        dimension = np.full(n, -1)
        own = slice(number * problem.n, (number + 1) * problem.n)
        dimension[own] = problem.tie(grouping).argmax(axis=1)
        layers.append(Layer(grouping, dimension, np.ones(n)))
    return Family(f"family {number}", zero, zero, tuple(layers), layers[-1], -bound, bound, zero)


def evolve_paired(problem, families, n_evaluations, seed):
    """Search with the algorithm `paired`, seed effects corrected as in a run."""
    algorithm = PairedSearch(families, PairedOptions(), SIZE, seed)
    algorithm.setup(Problem(n_var=problem.n, n_obj=1), termination=NoTermination())
    archive = Archive([], 0, {"error": 1.0})
    start, generation = problem.made, 0
    while problem.made - start < n_evaluations:
        offspring = algorithm.ask()
        again = to_assess_again(algorithm.pop, 4) if generation else []
        for index, each in enumerate(offspring):
            each.set(ORIGIN, (generation, index))
        for each in [*offspring, *again]:
            value = np.array([-problem.score(each.X, generation)])
            each.set(VALUES, (each.get(VALUES) or {}) | {generation: value})
        known = [*(algorithm.pop if generation else ()), *offspring]
        archive.record(known)
        archive.refit(generation, known)
        archive.correct(known)
        tell(algorithm, offspring)
        generation += 1
    return problem.rise(algorithm.pop[0].X)


def one_family(problem, *given):
    """Search one family with the algorithm `paired`."""
    return evolve_paired(problem, [planted_family(problem, 0, problem.n)], *given)


def four_families(problem, n_evaluations, seed):
    """Search four families with the algorithm `paired`, one of which is the problem's equal."""
    several = PlantedFamilies(problem.seed)
    return evolve_paired(several, several.families, n_evaluations, seed)


def evolutionary(name, problem, n_evaluations, seed):
    """Search on single scores, with survivors re-evaluated on other networks."""
    bound = np.full(problem.n, PEAK_SIZE)
    algorithm = make_algorithm(Box(-bound, bound), 1, name, {}, SIZE, seed)

    def evaluate(candidates, network):
        for each in candidates:
            value = np.array([-problem.score(each.X, network)])
            before = each.get("moments")
            moments = RunningMoments.of(value) if before is None else before.add(value)
            each.set("moments", moments)
            attach(each, moments)

    start = problem.made
    generation = 0
    while problem.made - start < n_evaluations:
        offspring = algorithm.ask()
        evaluate(offspring, 0)
        algorithm.tell(infills=offspring)
        generation += 1
        fewest = np.argsort(algorithm.pop.get(COUNT), kind="stable")[: SIZE // 2]
        evaluate(algorithm.pop[fewest], generation)
    best: Individual = min(algorithm.pop, key=lambda each: each.F[0])
    return problem.rise(best.X)


def cma_es(problem, n_evaluations, seed):
    """Search with CMA-ES over the groups, on one new network for each generation."""
    tie = problem.tie("groups")
    strategy = cma.CMAEvolutionStrategy(
        np.zeros(tie.shape[1]), 0.3, {"seed": seed + 1, "popsize": SIZE, "verbose": -9}
    )
    start, generation = problem.made, 0
    while problem.made - start < n_evaluations:
        points = strategy.ask()
        strategy.tell(points, [-problem.score(tie @ x, generation) for x in points])
        generation += 1
    return problem.rise(tie @ strategy.mean)


REAL = {
    "nsga2": {"reevaluations": 10},
    "swarm": {"reevaluations": 10},
    "paired": {
        "reevaluations": 4,
        "algorithm": {"options": {"terms": [["S_pre*X_post"]], "groupings": ["groups"]}},
    },
}
"""Settings of the algorithms on real networks (*choice*)."""

REAL_SIZE = 40
"""Number of new rules in a generation on real networks (*choice*)."""


QUICK = {
    "neurons": 300,
    "population_size": 8,
    "generations": 2,
    "reevaluations": 1,
    "retest": {"seeds": 2, "validation_trials": 10},
    "protocol": {"training_trials": 4, "validation_trials": 10, "pool_size": 10},
}
"""Settings that replace those of real searches with `--quick`."""


def real_config(name, n_evaluations, seed, given):
    """Return the configuration of a real search with about a number of evaluations."""
    config = full_config(name, n_evaluations, seed, given.neurons, given.workers)
    return merged_settings(config, QUICK) if given.quick else config


def full_config(name, n_evaluations, seed, neurons, workers):
    """Return the configuration of a search of full size."""
    own = REAL[name]
    return {
        "seed": seed,
        "neurons": neurons,
        "workers": workers,
        "population_size": REAL_SIZE,
        "generations": max(2, round(n_evaluations / (REAL_SIZE + own["reevaluations"]))),
        "evaluation_seeds": "per_generation",
        "reevaluations": own["reevaluations"],
        "algorithm": {"name": name} | own.get("algorithm", {}),
        "start": {"rules": ["none"]},
        "retest": {"seeds": 10, "validation_trials": 200, "max_rules": 1, "controls": False},
        "protocol": {
            "tasks": ["gratings"],
            "training_trials": 60,
            "validation_trials": 100,
            "threshold_trials": 0,
            "plasticity": {"learning_rate": 30.0},
        },
    }


def real(given):
    """Search on real networks, and print the difference of the best rules on fresh ones."""
    costs = {}
    for n in sorted(given.evaluations):
        for name, seed in product(REAL, range(given.repeats)):
            config = real_config(name, n, seed, given)
            run = evolve(config, given.real / f"{name}_{n}_{seed}", resume=True)
            cost = run.summary()
            seconds = cost.core_hours * 3600
            reached = report(f"{n:5} evaluations {name:>8}, seed {seed}", run, cost, seconds)
            if reached:
                costs.setdefault((name, seed), (cost.n_evaluations, seconds))
    for name in REAL:
        found = [costs[name, seed] for seed in range(given.repeats) if (name, seed) in costs]
        print(f"{name:>8}: +0.03 with p < 0.01 in {len(found)} of {given.repeats}", end="")
        if found:
            evaluations, seconds = np.median(found, axis=0)
            print(f", median {evaluations:.0f} evaluations, {seconds:.0f} core-seconds", end="")
        print(flush=True)


def report(what, run, cost, seconds):
    """Print the best re-tested rule of a run, and return whether it reached the difference."""
    table = run.retest()
    tested = None if table is None else table[table.index.str.startswith("rule_")]
    if tested is None or tested.empty:
        print(f"{what}: no rule; {cost.n_evaluations} evaluations", flush=True)
        return False
    best = tested.iloc[0]
    print(
        f"{what}: {best['difference']:+.3f}, p = {best['p_value']:.3f}; "
        f"{cost.n_evaluations} evaluations, {seconds:.0f} core-seconds",
        flush=True,
    )
    return best["difference"] >= 0.03 and best["p_value"] < 0.01


def main():
    """Print the true rise that each search reaches."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--evaluations", type=int, nargs="+", default=[200, 400, 800])
    parser.add_argument("--real", type=Path, help="folder of searches on networks in NEST")
    parser.add_argument("--neurons", type=int, default=1000, help="of real networks")
    parser.add_argument("--workers", type=int, default=2, help="of real searches")
    parser.add_argument("--quick", action="store_true", help="small real searches, as a test")
    given = parser.parse_args()
    if given.quick:
        given.repeats, given.evaluations = 1, [0]
    if given.real:
        real(given)
        return
    print(f"true rise of the reported point, of {PEAK:.2f} at the peak; {given.repeats} repeats")
    searches = {
        "nsga2": lambda *a: evolutionary("nsga2", *a),
        "swarm": lambda *a: evolutionary("swarm", *a),
        "antithetic pairs": paired,
        "CMA-ES, groups": cma_es,
        "paired": one_family,
        "paired, 4 families": four_families,
    }
    for n in given.evaluations:
        for name, search in searches.items():
            rises = [search(Planted(seed), n, seed) for seed in range(given.repeats)]
            error = np.std(rises, ddof=1) / np.sqrt(len(rises))
            reached = sum(rise >= 0.03 for rise in rises)
            print(
                f"{n:5} evaluations {name:>18} {np.mean(rises):+.3f} +- {error:.3f}, "
                f"0.03 reached in {reached} of {given.repeats}",
                flush=True,
            )


if __name__ == "__main__":
    main()
