"""The archive makes survivors and new candidates comparable, even after resuming."""

import numpy as np
from pymoo.core.individual import Individual
from pymoo.core.population import Population

from evolution.engine.archive import MEMORY, Archive
from evolution.engine.individuals import take
from evolution.engine.pipeline import Assessment, Order
from evolution.runs import Candidate, Score
from v1cortex.evaluation import Evaluation

WORST = {"error": 1.0, "rate": 100.0}
SEED_EFFECT = {0: 0.08, 1: -0.08, 2: 0.0}
N = 40


def quality(index):
    return 0.3 + 0.01 * index / N


def evaluation(index, seed, status="ok"):
    return Evaluation(status, {"error": quality(index) + SEED_EFFECT[seed], "rate": 5.0}, seed)


def assess(individual, generation, index, seed, asked_in, status="ok"):
    order = Order(generation, index, individual.X, (seed,), asked_in)
    take(individual, Assessment(order, (evaluation(index, seed, status),)), WORST)


def run(statuses=None):
    """Two generations: all with seed 0, then the even ones of the first again with seed 1."""
    statuses = statuses or {}
    population = Population.new("X", np.arange(2.0 * N)[:, None])
    first, second = population[:N], population[N:]
    scores = []
    for k, each in enumerate(first):
        assess(each, 0, k, 0, 0)
        scores.append(score(each, 0, k, 0, 0))
    for k, each in enumerate(first):
        if k % 2 == 0:
            status = statuses.get(k, "ok")
            assess(each, 0, k, 1, 1, status)
            scores.append(score(each, 0, k, 1, 1, status))
    for k, each in enumerate(second):
        assess(each, 1, k, 0, 1)
        scores.append(score(each, 1, k, 0, 1))
    return first, second, sorted(scores, key=lambda s: (s.candidate.generation, s.candidate.index))


def score(individual, generation, index, seed, asked_in, status="ok"):
    candidate = Candidate(generation, index, seed, individual.X, asked_in=asked_in)
    return Score(candidate, status, evaluation(index, seed).objectives, "")


def test_survivors_with_easier_seeds_win_nothing():
    first, second, _ = run()
    plain = np.array([each.F[0] for each in first])
    assert np.argmax(plain) % 2 == 1  # those with the easy seed look better than they are
    archive = Archive((), 0, WORST)
    everyone = [*first, *second]
    archive.record(everyone)
    archive.refit(1, everyone)
    archive.correct(everyone)
    corrected = np.array([each.F[0] for each in everyone])
    assert np.corrcoef(corrected, [quality(k % N) for k in range(2 * N)])[0, 1] > 0.99
    np.testing.assert_allclose([each.F[1] for each in everyone], 5.0)


def test_an_archive_read_from_the_store_is_that_of_the_run():
    first, second, scores = run(statuses={4: "runaway"})
    live = Archive((), 0, WORST)
    live.record(first)
    live.refit(0, first)
    everyone = [*first, *second]
    live.record(everyone)
    live.refit(1, everyone)
    live.correct(everyone)
    found = [each.F.copy() for each in everyone]
    read = Archive(scores, 2, WORST)
    read.refit(1, everyone)
    read.correct(everyone)
    np.testing.assert_array_equal([each.F for each in everyone], found)
    np.testing.assert_array_equal(first[4].F, list(WORST.values()))
    # Of a generation that is not complete nothing counts.
    early = Archive(scores, 1, WORST)
    early.refit(1, everyone)
    early.correct([first[0]])
    assert first[0].F[0] == np.mean([evaluation(0, s).objectives["error"] for s in (0, 1)])


def test_candidates_are_forgotten_in_time_unless_they_are_still_there():
    first, _, _ = run()
    archive = Archive((), 0, WORST)
    archive.record(first)
    archive.refit(MEMORY, first[:2])
    alone = Individual(X=np.array([0.5]))
    assess(alone, MEMORY, 0, 1, MEMORY)
    archive.record([alone])
    archive.refit(MEMORY, [*first[:2], alone])
    archive.correct([first[0], alone])
    # Two of the old ones are left to estimate the seeds' effects, and they are enough.
    assert abs(first[0].F[0] - alone.F[0]) < 0.05
