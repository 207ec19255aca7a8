"""An evaluation is a pure function; rules change weights; runaway networks are cut short."""

import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from nestml_models.rule import PlasticitySettings
from v1cortex.errors import TaskError
from v1cortex.evaluation import Evaluation, Protocol, evaluate, task_run
from v1cortex.rules import load_rule
from v1cortex.rules.library import uniform_rule
from validation.objectives import OBJECTIVE_NAMES, worst_values

SHORT = Protocol(training_trials=4, validation_trials=4, threshold_trials=4, settling_ms=200)

GRATINGS = SHORT.model_copy(update={"tasks": ("gratings",)})

IN_A_FRESH_PROCESS = """
from v1cortex.circuit import build_circuit
from v1cortex.evaluation import Protocol
from v1cortex.errors import TaskError
from v1cortex.evaluation import evaluate
from v1cortex.rules import load_rule
protocol = Protocol.model_validate_json({protocol!r})
print(evaluate(build_circuit(500, 2), load_rule("random:3"), protocol, 7).reproducible())
"""


@pytest.fixture(scope="module")
def evaluation(small_circuit):
    return evaluate(small_circuit, load_rule("random:3"), SHORT, 7)


def test_same_bits_after_another_rule_and_in_a_fresh_process(small_circuit, evaluation):
    evaluate(small_circuit, load_rule("s_pre"), SHORT, 8)
    again = evaluate(small_circuit, load_rule("random:3"), SHORT, 7)
    assert again.reproducible() == evaluation.reproducible()
    script = IN_A_FRESH_PROCESS.format(protocol=SHORT.model_dump_json())
    fresh = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert fresh.stdout.strip().splitlines()[-1] == evaluation.reproducible()


def test_same_bits_with_two_threads_twice_and_another_seed_differs(small_circuit):
    two = SHORT.model_copy(update={"threads": 2, "tasks": ("gratings",)})
    first = evaluate(small_circuit, load_rule("random:3"), two, 7)
    second = evaluate(small_circuit, load_rule("random:3"), two, 7)
    assert first.reproducible() == second.reproducible()
    other_seed = evaluate(small_circuit, load_rule("random:3"), two, 8)
    assert replace(other_seed, seed=7).reproducible() != first.reproducible()


def test_evaluation_is_complete(evaluation):
    assert evaluation.status == "ok"
    assert tuple(evaluation.objectives) == OBJECTIVE_NAMES
    assert set(evaluation.tasks) == {"gratings", "natural_images"}
    assert {"build", "simulate", "score", "biological"} <= set(evaluation.timings)
    # 200 ms of gray and three blocks of a warm-up and four trials of 200 ms, for each task.
    assert evaluation.timings["biological"] == pytest.approx(2 * (0.2 + 3 * 5 * 0.2))
    scores = [task.auc for task in evaluation.tasks.values()]
    assert evaluation.objectives["error"] == pytest.approx(1 - sum(scores) / 2)
    assert Evaluation.from_dict(evaluation.to_dict()) == evaluation


def test_a_task_does_not_depend_on_which_others_run(small_circuit, evaluation):
    alone = SHORT.model_copy(update={"tasks": ("natural_images",)})
    single = evaluate(small_circuit, load_rule("random:3"), alone, 7)
    assert single.tasks["natural_images"] == evaluation.tasks["natural_images"]


def test_type_means_keep_the_learned_means_and_not_their_arrangement(small_circuit):
    rule = load_rule("random:3")
    learned = evaluate(small_circuit, rule, GRATINGS, 7)
    changes = {"tested_weights": "type_means", "validation_trials": 8}
    means = evaluate(small_circuit, rule, GRATINGS.model_copy(update=changes), 7)
    before, after = (each.statistics.weights["gratings"] for each in (learned, means))
    moved = [kind for kind in before if abs(before[kind].relative_mean - 1) > 1e-6]
    assert moved
    for kind in before:
        # Samples of each type are weighted by its size, so means agree except for sampling error.
        assert after[kind].relative_mean == pytest.approx(before[kind].relative_mean, rel=0.1)
    assert learned.tasks["gratings"].training == means.tasks["gratings"].training
    assert learned.tasks["gratings"] != means.tasks["gratings"]


def test_weight_controls_leave_a_static_network_as_it_is(small_circuit):
    none = load_rule("none")
    changed = GRATINGS.model_copy(update={"tested_weights": "shuffled"})
    same = evaluate(small_circuit, none, changed, 7).tasks
    assert same == evaluate(small_circuit, none, GRATINGS, 7).tasks


@pytest.mark.parametrize(("coefficient", "grows"), [(1.0, True), (-1.0, False)])
def test_potentiation_raises_and_depression_lowers_weights(small_circuit, coefficient, grows):
    protocol = SHORT.model_copy(update={"tasks": ("gratings",)})
    potentiation = uniform_rule("p", ("S_pre", "X_post"), coefficient)
    weights = evaluate(small_circuit, potentiation, protocol, 1).statistics.weights["gratings"]
    assert set(weights) == {"E->E", "I->E", "E->I", "I->I"}
    for kind in weights.values():
        assert (kind.relative_mean > 1) is grows


def test_static_rule_has_no_weights_to_report(small_circuit):
    protocol = SHORT.model_copy(update={"tasks": ("gratings",)})
    static = evaluate(small_circuit, load_rule("none"), protocol, 1)
    assert static.statistics.weights == {"gratings": {}}
    assert static.objectives["complexity"] == 0


def test_analyses_follow_weights_and_activity_of_the_tested_network(small_circuit):
    protocol = GRATINGS.model_copy(update={"analyses": ("linear", "decoding", "weights")})
    trained = evaluate(small_circuit, uniform_rule("p", ("S_pre",)), protocol, 1)
    plain = evaluate(small_circuit, uniform_rule("p", ("S_pre",)), GRATINGS, 1)
    task = trained.tasks["gratings"]
    course, types = task.weight_course, task.weight_distributions
    assert [point.trials for point in course] == [0, 1, 2, 3, 4]
    means = [point.kinds["E->E"].relative_mean for point in course]
    assert means[0] == 1.0
    assert all(np.diff(means) > 0)
    assert all(each.after.mean >= each.before.mean for each in types.values())
    # Four trials are too few to decode, and a network that changed has no linear reference.
    assert task.decoding is None
    assert replace(task, weight_course=None, weight_distributions=None) == plain.tasks["gratings"]
    static = evaluate(small_circuit, load_rule("none"), protocol, 1).tasks["gratings"]
    assert 0 <= static.linear.accuracy <= 1
    assert static.weight_course is None


@pytest.mark.slow
def test_adaptation_is_measured_after_the_test_and_changes_nothing_else(small_circuit):
    protocol = GRATINGS.model_copy(
        update={"analyses": ("adaptation",), "training_trials": 0, "threshold_trials": 0}
    )
    with_it = evaluate(small_circuit, "none", protocol, 7)
    plain = evaluate(small_circuit, "none", protocol.model_copy(update={"analyses": ()}), 7)
    found = with_it.tasks["gratings"].adaptation
    assert with_it.objectives == plain.objectives
    assert replace(with_it.tasks["gratings"], adaptation=None) == plain.tasks["gratings"]
    assert (found.n_sequences, found.gaps_ms) == (16, (400.0, 600.0, 1000.0, 1800.0))
    rates = {each.population: each for each in found.populations}
    assert rates["L4_E"].n_cells == small_circuit.population_slice("L4_E").stop - (
        small_circuit.population_slice("L4_E").start
    )
    assert rates["L4_E"].repeats_Hz[0] > 1.5 * rates["L4_E"].gray_Hz
    assert Evaluation.from_dict(with_it.to_dict()) == with_it


def test_plasticity_in_the_test_changes_the_test_only(small_circuit):
    going_on = GRATINGS.model_copy(update={"test_plasticity": True})
    potentiation = uniform_rule("p", ("S_pre*R", "S_pre"))
    frozen = evaluate(small_circuit, potentiation, GRATINGS, 1)
    plastic = evaluate(small_circuit, potentiation, going_on, 1)
    assert plastic.tasks["gratings"].training == frozen.tasks["gratings"].training
    assert plastic.statistics.weights == frozen.statistics.weights  # at the end of training
    assert plastic.statistics.rates != frozen.statistics.rates


def test_a_circuit_without_lgn_cannot_see(small_circuit):
    units, edges = small_circuit.lgn_units, small_circuit.lgn_edges
    blind = replace(
        small_circuit,
        lgn_units=replace(units, **{f.name: getattr(units, f.name)[:0] for f in fields(units)}),
        lgn_edges=replace(edges, **{f.name: getattr(edges, f.name)[:0] for f in fields(edges)}),
    )
    with pytest.raises(TaskError, match=r"task gratings .* no LGN units"):
        evaluate(blind, load_rule("none"), GRATINGS, 1)


def test_long_blocks_are_given_to_the_lgn_some_trials_at_a_time(small_circuit, monkeypatch):
    whole = evaluate(small_circuit, load_rule("none"), GRATINGS, 7)
    monkeypatch.setattr(task_run, "MAX_RATES", 0)
    in_one_piece = evaluate(small_circuit, load_rule("none"), GRATINGS, 7)
    assert in_one_piece.reproducible() == whole.reproducible()
    computed = []
    rates_Hz = task_run.rates_in_pieces_Hz

    def counted(*args, **options):
        for piece in rates_Hz(*args, **options):
            computed.append(piece.shape[1])
            yield piece

    monkeypatch.setattr(task_run, "rates_in_pieces_Hz", counted)
    monkeypatch.setattr(task_run, "PIECE_RATES", 1)
    in_trials = evaluate(small_circuit, load_rule("none"), GRATINGS, 7)
    trial_ms = GRATINGS.load_tasks()[0].trial_ms
    assert set(computed) == {trial_ms}
    assert len(computed) == 3 * (4 + 1)  # three blocks, each after a warm-up trial
    mean_Hz = [each.statistics.rates.mean for each in (whole, in_trials)]
    assert mean_Hz[1] == pytest.approx(mean_Hz[0], rel=0.2)  # other noise


def test_runaway_is_cut_short(small_circuit):
    explosive = PlasticitySettings(learning_rate=1000, bound_factor=50, max_fraction=None)
    protocol = SHORT.model_copy(update={"plasticity": explosive, "plastic": "E->E"})
    result = evaluate(small_circuit, uniform_rule("x", ("X_pre*X_post",)), protocol, 1)
    assert result.status == "runaway"
    assert "Hz in trial" in result.message
    assert result.objectives == worst_values() | {"complexity": 1 / 25}
