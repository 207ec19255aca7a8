"""The competitive swarm: pairs, learning, and fronts as good as NSGA-II's."""

import numpy as np
import pytest

from evolution.algorithms.swarm import random_pairs, teach
from evolution.genome import Pull, RuleGenome, StartConfig
from evolution.genome.learning import BoxLearning, RuleLearning
from evolution.genome.operators import RuleSampling
from nestml_models.rule import term
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS

GENOME = RuleGenome(POPULATIONS)
GATES = GENOME.layout["gates"]
S_PRE, S_POST = term("S_pre").index, term("S_post").index


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize(("n", "n_pairs"), [(4, 1), (5, 2), (8, 4), (7, 20)])
def test_pairs_are_of_two_and_everybody_takes_part(n, n_pairs, rng):
    pairs = random_pairs(n, n_pairs, rng)
    assert pairs.shape == (n_pairs, 2)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    counts = np.bincount(pairs.ravel(), minlength=n)
    # One round pairs every candidate once, or all but one.
    rounds = -(-n_pairs // (n // 2))
    assert counts.max() <= rounds


def test_the_better_one_in_a_random_objective_teaches(rng):
    objectives = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    pairs = np.tile([[0, 1]], (2000, 1))
    teachers, students = teach(objectives, pairs, rng)
    assert (teachers + students == 1).all()
    assert abs(np.mean(teachers == 0) - 0.5) < 5 * 0.5 / np.sqrt(2000)
    for pair in ([2, 0], [0, 2]):
        teachers, _ = teach(objectives, np.tile([pair], (50, 1)), rng)
        assert (teachers == 0).all()


def test_a_tie_is_decided_by_another_objective(rng):
    objectives = np.array([[1.0, 3.0], [1.0, 2.0]])
    teachers, _ = teach(objectives, np.tile([[0, 1]], (100, 1)), rng)
    assert (teachers == 1).all()


def test_students_move_toward_teacher_and_centre(rng):
    n = 20_000
    students, teachers = np.zeros((n, 2)), np.ones((n, 2))
    swarm = np.array([[-1.0, -1.0], [-3.0, -3.0]])
    moved = BoxLearning().learn(students, teachers, swarm, Pull(2.0, 0.1), rng)
    # Means of two uniform numbers: 1 x the way to the teacher, 0.05 x that to the centre, at -2.
    assert moved.mean() == pytest.approx(1 - 0.1, abs=5 * 0.6 / np.sqrt(2 * n))
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.05


def lessons(student, teacher, swarm, pull, rng, n=400):
    return RuleLearning(GENOME).learn(
        np.tile(student, (n, 1)), np.tile(teacher, (n, 1)), swarm, pull, rng
    )


def test_rules_adopt_and_drop_terms_with_their_coefficients(rng):
    student, teacher = (
        GENOME.draw_inactive(GENOME.encode(load_rule(n)), rng) for n in ("s_pre", "none")
    )
    teacher[GATES.start + S_POST] = 1.0
    moved = lessons(student, teacher, np.stack([student, teacher]), Pull(2.0, 0.0), rng)
    assert np.isin(moved[:, GATES], (0.0, 1.0)).all()
    adopted = moved[:, GATES.start + S_POST] > 0
    kept = moved[:, GATES.start + S_PRE] > 0
    # Adopted where a step, uniform in [0, 2], exceeds a uniform number: 3/4.
    for share in (adopted.mean(), 1 - kept.mean()):
        assert abs(share - 0.75) < 5 * np.sqrt(0.75 * 0.25 / 400)
    block = GENOME.blocks[S_POST]
    assert (moved[adopted][:, block] == teacher[block]).all()
    # Terms that neither has are not learned; their coefficients stay.
    assert moved[:, GATES].sum(axis=1).max() <= 2
    other = GENOME.blocks[term("X_pre").index]
    assert (moved[:, other] == student[other]).all()


def test_popular_terms_come_from_the_swarm(rng):
    student = GENOME.encode(load_rule("s_pre"))
    popular = student.copy()
    popular[GATES.start + S_POST] = 1.0
    moved = lessons(student, student, np.stack([student] + [popular] * 9), Pull(2.0, 0.4), rng)
    # The centre's gate is 0.9 open; its pull is 0.2 on average.
    assert moved[:, GATES.start + S_POST].mean() == pytest.approx(0.18, abs=0.1)


def test_shared_terms_move_as_a_whole_or_each_synapse_type_apart(rng):
    student, teacher = GENOME.encode(load_rule("s_pre")), GENOME.encode(load_rule("s_pre"))
    block = GENOME.blocks[S_PRE]
    student[block], teacher[block] = -0.4, 0.4
    moved = lessons(student, teacher, np.stack([student, teacher]), Pull(1.0, 0.0), rng)
    moved = moved[moved[:, GATES.start + S_PRE] > 0][:, block]
    assert moved.min() >= -0.4
    assert moved.max() <= 0.4
    assert np.mean(np.ptp(moved, axis=1) < 1e-12) == pytest.approx(0.5, abs=0.13)


def test_time_constants_move_on_a_logarithmic_scale(rng):
    student, teacher = GENOME.encode(load_rule("five_term")), GENOME.encode(load_rule("five_term"))
    where = GENOME.layout["tau_E_ms"]
    student[where], teacher[where] = 10.0, 40.0
    moved = lessons(student, teacher, np.stack([student, teacher]), Pull(1.0, 0.0), rng)[:, where]
    assert moved.min() >= 10 - 1e-9
    assert moved.max() <= 40 + 1e-9
    # Half-way on average: the geometric mean.
    assert np.exp(np.log(moved).mean()) == pytest.approx(20.0, rel=0.02)


def test_a_swarm_of_rules_keeps_bounds(rng):
    swarm = RuleSampling(GENOME, StartConfig(max_terms=6))._do(None, 40, random_state=rng)
    moved = RuleLearning(GENOME).learn(swarm[:20], swarm[20:], swarm, Pull(2.0, 0.1), rng)
    assert np.isfinite(moved).all()
    assert GENOME.bounded(moved[0]).shape == (2645,)


@pytest.mark.parametrize("name", ["zdt1", "zdt3", "dtlz2"])
def test_fronts_are_as_good_as_nsga2s(name, benchmark):
    """Hypervolume after 3200 evaluations, mean of 3 seeds, at least 0.93 of NSGA-II's."""
    settings = {**benchmark.EXACT[name], "n_var": 10}
    problem = benchmark.problem_of(name, settings)

    def reached(algorithm):
        outcomes = (benchmark.search(problem, algorithm, {}, s, 3200) for s in range(3))
        return np.mean([benchmark.hypervolume(name, outcome.true) for outcome in outcomes])

    theirs = reached("nsga2")
    assert theirs > 0.4
    assert reached("swarm") > 0.93 * theirs
