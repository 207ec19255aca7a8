"""Every algorithm by name: errors, checkpoints, one candidate at a time, agreement with pymoo."""

import pickle

import numpy as np
import pytest
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.termination import NoTermination
from pymoo.problems import get_problem
from toy_search import Box, Evaluation, in_process, settings, zdt1

from evolution.algorithms import ALGORITHMS, RunningMoments, attach, check_algorithm, make_algorithm
from evolution.algorithms.reference_directions import (
    most_partitions,
    n_directions,
    reference_directions,
)
from evolution.genome import RuleGenome, RuleSpace, StartConfig, VariationConfig
from v1cortex.errors import ConfigError, V1CortexError
from v1cortex.tables import POPULATIONS

NAMES = list(ALGORITHMS)
STEADY = [name for name in NAMES if ALGORITHMS[name].steady_state]
GENOME = RuleGenome(POPULATIONS)
RULES = RuleSpace(GENOME, StartConfig(), VariationConfig())


def rule_objectives(vectors):
    """Few terms, coefficients of S_pre near 0.5, time constants near 20 ms."""
    coefficients = np.abs(vectors[:, GENOME.blocks[0]] - 0.5).mean(axis=1)
    tau = np.abs(np.log(vectors[:, GENOME.layout["tau_E_ms"]] / 20)).mean(axis=1)
    return np.stack([vectors[:, GENOME.layout["gates"]].sum(axis=1) / 25, coefficients, tau], 1)


def evaluate(candidates, rng):
    """Set noisy objectives, as in the loop; some candidates are evaluated twice."""
    exact = rule_objectives(candidates.get("X"))
    for candidate, values in zip(candidates, exact, strict=True):
        n = int(rng.integers(1, 3))
        attach(candidate, RunningMoments.of(values + rng.normal(0, 0.01, (n, 3))))


def generations(name, n, *, pickled=False):
    """Return all vectors that a search of `n` generations asks for."""
    algorithm = make_algorithm(RULES, 3, name, {}, 12, seed=1)
    rng, asked = np.random.default_rng(2), []
    for _ in range(n):
        candidates = algorithm.ask()
        asked.append(candidates.get("X"))
        evaluate(candidates, rng)
        algorithm.tell(infills=candidates)
        evaluate(algorithm.pop[:3], rng)  # survivors again, in place
        if pickled:
            algorithm = pickle.loads(pickle.dumps(algorithm))
    return np.concatenate(asked)


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_changes_no_bit(name):
    through = generations(name, 6)
    np.testing.assert_array_equal(through, generations(name, 6, pickled=True))
    assert len(np.unique(through, axis=0)) == len(through)


def steady_state(name, *, pickled=False):
    """Return vectors asked for by a search with three candidates under way, told out of order."""
    algorithm = make_algorithm(RULES, 3, name, {}, 12, seed=1, steady_state=True)
    rng = np.random.default_rng(2)
    first = algorithm.ask()
    assert len(first) == 12
    evaluate(first, rng)
    algorithm.tell(infills=first)
    under_way = [algorithm.ask() for _ in range(3)]
    asked = [first.get("X")]
    for _ in range(90):
        done = under_way.pop(int(rng.integers(3)))
        assert len(done) == 1
        asked.append(done.get("X"))
        evaluate(done, rng)
        algorithm.tell(infills=done)
        assert len(algorithm.pop) == 12
        if pickled:
            algorithm, under_way = pickle.loads(pickle.dumps((algorithm, under_way)))
        under_way.append(algorithm.ask())
    return np.concatenate(asked), algorithm


@pytest.mark.parametrize("name", STEADY)
def test_one_candidate_at_a_time(name):
    asked, algorithm = steady_state(name)
    again, _ = steady_state(name, pickled=True)
    np.testing.assert_array_equal(asked, again)
    assert len(np.unique(asked, axis=0)) == len(asked)
    # Objectives have about the same range here: their sum tells whether selection works.
    first = rule_objectives(asked[:12]).sum(axis=1).mean()
    assert rule_objectives(algorithm.pop.get("X")).sum(axis=1).mean() < 0.9 * first


@pytest.mark.parametrize(
    ("name", "options", "population_size", "parts"),
    [
        ("nsga4", {}, 40, ["no algorithm 'nsga4'", "Did you mean", "'nsga3'", "'swarm'"]),
        ("swam", {}, 40, ["Did you mean 'swarm'?"]),
        ("swarm", {"confidance": 0.9}, 40, ["'confidance'", "Did you mean 'confidence'?"]),
        ("swarm", {"confidence": 1.0}, 40, ["confidence = 1.0"]),
        ("nsga2", {"crossover": 1}, 40, ["'crossover_probability'"]),
        ("nsga3", {"partition": 3}, 40, ["'partitions'"]),
        ("nsga3", {"partitions": 3}, 40, ["population_size is 40", "77 or more"]),
        ("nsga3", {}, 6, ["population_size is 6", "6 objectives", "7 or more"]),
        ("nsga2", {}, 3, ["population_size is 3", "4 or more"]),
        ("swarm", {}, 3, ["population_size is 3", "4 or more"]),
        ("paired", {}, 5, ["population_size is 5", "7 or more"]),
        ("paired", {"groupings": ["factors", "signs"]}, 40, ["begins with factors"]),
        ("paired", {"groupings": ["signs", "signs"]}, 40, ["names one twice"]),
        ("paired", {"groupings": ["sings"]}, 40, ["'sings'", "Did you mean 'signs'?"]),
        ("paired", {"terms": [["S_per"]]}, 40, ["S_per"]),
        ("paired", {"terms": [[]]}, 40, ["a family without terms"]),
        ("paired", {"rates_Hz": {"Pvabl": 20}}, 40, ["'Pvabl'", "Did you mean 'Pvalb'?"]),
        ("paired", {"raw": True, "rates_Hz": {"Pvalb": 20}}, 40, ["raw leaves them"]),
    ],
)
def test_what_cannot_work_is_named(name, options, population_size, parts):
    with pytest.raises(V1CortexError) as caught:
        check_algorithm(name, options, population_size, n_objectives=6)
    for part in parts:
        assert part in str(caught.value)


def test_offspring_of_a_steady_state_search_are_one():
    with pytest.raises(ConfigError, match="offspring is 8"):
        make_algorithm(RULES, 3, "swarm", {"offspring": 8}, 12, 1, steady_state=True)


def test_pairs_need_generations():
    with pytest.raises(ConfigError, match="paired works by generations"):
        make_algorithm(RULES, 3, "paired", {}, 12, 1, steady_state=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_population_works(name):
    smallest = ALGORITHMS[name].smallest_population(ALGORITHMS[name].options(), 3)
    algorithm = make_algorithm(RULES, 3, name, {}, smallest, seed=1)
    for _ in range(4):
        candidates = algorithm.ask()
        # Pairs fill a generation up to an odd last place.
        assert smallest - (name == "paired") <= len(candidates) <= smallest
        evaluate(candidates, np.random.default_rng(3))
        algorithm.tell(infills=candidates)


@pytest.mark.parametrize(("n_objectives", "partitions"), [(2, 7), (3, 12), (6, 2), (6, 6)])
def test_reference_directions_lie_on_the_simplex(n_objectives, partitions):
    directions = reference_directions(n_objectives, partitions)
    assert directions.shape == (n_directions(n_objectives, partitions), n_objectives)
    np.testing.assert_allclose(directions.sum(axis=1), 1)
    assert len(np.unique(directions.round(9), axis=0)) == len(directions)
    # Some directions weigh all objectives.
    assert (directions > 1e-9).all(axis=1).any()
    assert most_partitions(n_objectives, len(directions)) == partitions
    assert most_partitions(n_objectives, len(directions) - 1) == partitions - 1


def run(algorithm, problem, n_generations):
    """Return the objectives of the last population on an exact problem."""
    for _ in range(n_generations):
        candidates = algorithm.ask()
        algorithm.evaluator.eval(problem, candidates)
        algorithm.tell(infills=candidates)
    return algorithm.pop.get("F")


def test_nsga2_is_pymoos():
    problem = get_problem("zdt1", n_var=10)
    box = Box(10)
    operators = box.operators(0.9)
    theirs = NSGA2(
        pop_size=20,
        sampling=operators.sampling,
        crossover=operators.crossover,
        mutation=operators.mutation,
        output=None,
        seed=4,
    )
    theirs.setup(problem, termination=NoTermination())
    ours = make_algorithm(box, 2, "nsga2", {}, 20, seed=4)
    np.testing.assert_array_equal(run(ours, problem, 20), run(theirs, problem, 20))


def noisy():
    """Return an evaluator whose objectives depend on the seed."""

    def evaluate(candidate):
        noise = np.random.default_rng(candidate.seed).normal(0, 0.05)
        objectives = {name: value + noise for name, value in zdt1(candidate.genome).items()}
        return Evaluation("ok", objectives, candidate.seed)

    return evaluate


@pytest.mark.parametrize(
    ("name", "mode"),
    [(name, "generational") for name in NAMES] + [(name, "steady_state") for name in STEADY],
)
def test_a_search_goes_on_where_it_stopped(name, mode, tmp_path):
    """With survivors evaluated again; one worker, so that a steady state has an order too."""

    def search(folder, generations):
        chosen = settings(generations, 8, algorithm=name, reevaluations=4, mode=mode)
        return in_process(tmp_path / folder, chosen, noisy)

    through = search("through", 6)
    search("stopped", 3)
    again = search("stopped", 6)
    np.testing.assert_array_equal(through.values, again.values)
    assert max(len(member.evaluations) for member in through.members) > 1
