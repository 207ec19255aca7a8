"""Phases of a search: their settings, what is wrong with them, and what they hand on."""

import json

import numpy as np
import pytest
from sample_results import task_result

from evolution.errors import SearchInterrupted
from evolution.genome import Exposure, RuleGenome, rule_of_gains
from evolution.genome.rule_families import mouse_rates_Hz
from evolution.loop import evolve, rule_space
from evolution.phases import carried_rules, carry, is_complete
from evolution.reports import Run
from evolution.runs import Candidate, EvolveConfig, RunFolder, front_of, load_config, write_rules
from evolution.runs.config import merged_settings
from v1cortex.circuit import memory
from v1cortex.errors import ConfigError, ExperimentError, MemoryShortageError
from v1cortex.evaluation import Evaluation
from v1cortex.rules import expected_change, load_rule
from v1cortex.tables import POPULATIONS, load_tables
from validation.objectives import worst_values

GENOME = RuleGenome(POPULATIONS)
PHASE = {"name": "small", "settings": {"neurons": 500, "protocol": {"training_trials": 10}}}


def test_a_phase_has_the_settings_of_the_search_but_for_its_own():
    config = load_config(
        {
            "neurons": 3000,
            "seed": 7,
            "protocol": {"training_trials": 100, "pool_size": 20},
            "schedule": [PHASE],
        }
    )
    phase = config.of_phase(config.schedule[0])
    assert (phase.neurons, phase.seed) == (500, 7)
    assert (phase.protocol.training_trials, phase.protocol.pool_size) == (10, 20)
    assert phase.retest.seeds == 0
    assert phase.schedule == ()
    assert load_config(config.model_dump(mode="json")) == config


def test_settings_are_merged_to_any_depth():
    old = {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}
    assert merged_settings(old, {"a": {"c": {"f": 3}}, "e": [2]}) == {
        "a": {"b": 1, "c": {"d": 2, "f": 3}},
        "e": [2],
    }
    assert old == {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([PHASE, PHASE], "two phases are called 'small'"),
        ([{"settings": {"neuron": 500}}], "Did you mean 'neurons'?"),
        ([{"settings": {"algorithm": {"name": "paird"}}}], "Did you mean 'paired'?"),
        ([{"settings": {"schedule": []}}], "cannot have a schedule of its own"),
        ([{"name": "Small"}], "name"),
        ([{"carry": 0}], "carry = 0"),
        (
            [{"gains": {"terms": ["S_pre"]}}],
            "gains as S_pre: the term has no coefficient",
        ),
        ([{"gains": {"groupings": ["signs", "grups"]}}], "Did you mean 'groups'?"),
        ([{"settings": {"algorithm": {"options": {"offsprings": 3}}}}], "Did you mean 'offspring'"),
    ],
)
def test_phases_that_cannot_be(phases, message):
    with pytest.raises(ConfigError) as caught:
        load_config({"schedule": phases})
    assert message in str(caught.value)


@pytest.fixture
def run(tmp_path):
    """A complete run whose front has two rules of the same term, the static network and another."""
    folder = RunFolder(tmp_path / "phases" / "small")
    config = EvolveConfig(population_size=4, generations=1)
    half = GENOME.encode(load_rule("s_pre"))
    half[GENOME.layout["coefficients"]] *= 0.5
    vectors = [half, *(GENOME.encode(load_rule(name)) for name in ("s_pre", "none", "stdp"))]
    with folder.locked():
        folder.begin(config, resume=False)
        with folder.store() as store:
            for index, vector in enumerate(vectors):
                values = {"error": 0.1 * (index + 1), "synchrony": 0.1 / (index + 1)}
                objectives = dict.fromkeys(worst_values(), 0.1) | values
                tasks = {"gratings": task_result(0.5)}
                result = Evaluation(
                    "ok", objectives, 7, tasks=tasks, timings={"total": 1.0, "processor": 1.0}
                )
                store.put(Candidate(0, index, 7, vector, "protocol"), result)
            front = front_of(store, worst_values(), GENOME.key)
        write_rules(front, GENOME, folder)
    return Run(folder.path)


def test_different_rules_are_handed_on(run):
    folder = RunFolder(run.path)
    assert not is_complete(folder)
    carry(run, 2)
    assert is_complete(folder)
    handed = [load_rule(name) for name in carried_rules(folder)]
    assert [[term.name for term in rule.active_terms] for rule in handed] == [
        ["S_pre"],
        ["S_pre*X_post", "S_post*X_pre"],
    ]
    assert handed[0].coefficients[0][0] == pytest.approx(0.5)  # the better one of two alike
    carry(run, 10)
    assert len(carried_rules(folder)) == 3  # not the static network


def test_the_search_starts_with_what_is_handed_on(run):
    carry(run, 2)
    handed = carried_rules(RunFolder(run.path))
    space = rule_space(EvolveConfig(start={"rules": ["none"]}), handed)
    assert [len(GENOME.active(vector)) for vector in space.given] == [1, 2, 0]
    families = space.families((("S_post",),), ("signs",), 20.0, {})
    assert [family.name for family in families] == [
        "S_pre",
        "S_pre*X_post + S_post*X_pre",
        "S_post",
    ]


def test_gains_become_coefficients_that_change_weights_as_much():
    exposure = Exposure(1e8, plastic="all")
    gain = {"E->E": 1.2, "I->E": 0.6, "Pvalb->L4_E": 1.5}
    rule, share = rule_of_gains(gain, {}, "S_pre*X_post", 20.0, exposure)
    assert share == 1.0
    (active,) = rule.active_terms
    per_unit = expected_change(active, mouse_rates_Hz(), np.full(17, 20.0), exposure.duration_ms)
    change = rule.coefficients[active.index] * per_unit
    by_pair = {
        (pre, post): change[POPULATIONS.index(pre), POPULATIONS.index(post)]
        for pre in POPULATIONS
        for post in POPULATIONS
    }
    assert by_pair["L4_E", "L23_E"] == pytest.approx(0.2)
    assert by_pair["L4_Sst", "L4_E"] == pytest.approx(-0.4)
    assert by_pair["L4_Pvalb", "L4_E"] == pytest.approx(-0.1)  # 0.6 x 1.5: gains are multiplied
    assert by_pair["L4_E", "L4_Pvalb"] == 0.0


def test_gains_beyond_the_reach_of_coefficients_are_scaled_down():
    gain = {"E->E": 1.2, "I->E": 0.6}
    rule, share = rule_of_gains(gain, {}, "S_pre*X_post", 20.0, Exposure(1e3))
    assert 0 < share < 1
    assert np.abs(rule.coefficients[rule.active_terms[0].index]).max() == pytest.approx(1.0)
    (only,) = rule_of_gains(gain, {}, "S_pre*X_post", 20.0, Exposure(1e8, plastic="I->E"))[:1]
    pairs = only.coefficients[only.active_terms[0].index]
    assert not pairs[[name.endswith("_E") for name in POPULATIONS]].any()
    with pytest.raises(ConfigError, match="no coefficient for each pair"):
        rule_of_gains(gain, {}, "S_pre", 20.0, Exposure(1e3))


def test_a_phase_whose_circuit_does_not_fit_is_refused_before_any_evaluation(tmp_path, monkeypatch):
    fits = memory.circuit_bytes(2000, load_tables())
    monkeypatch.setattr(memory, "available_bytes", lambda: fits)
    large = {"name": "large", "settings": {"neurons": 50_000}}
    config = {"neurons": 100, "protocol": {"pool_size": 5}, "schedule": [PHASE, large]}
    with pytest.raises(MemoryShortageError, match=r"50,000 neurons .* neurons would fit"):
        evolve(config, tmp_path / "run")
    assert not (tmp_path / "run" / "phases").exists()


GAINS = {"groupings": ["signs"], "least_pairs": 3, "networks": 2, "lengths": [0.1], "seeds": 2}
SMALL = {
    "neurons": 300,
    "workers": 1,
    "population_size": 8,
    "generations": 1,
    "algorithm": {"name": "paired", "options": {"groupings": ["signs"]}},
    "retest": {"seeds": 0},
    "protocol": {
        "tasks": ["gratings"],
        "training_trials": 2,
        "validation_trials": 6,
        "threshold_trials": 0,
        "pool_size": 5,
        "plasticity": {"learning_rate": 30.0},
    },
}


def test_the_time_limit_ends_a_search_over_gains_which_can_be_continued(tmp_path):
    config = SMALL | {"schedule": [{"name": "gains", "gains": GAINS}]}
    with pytest.raises(
        SearchInterrupted, match=r"in its search over gains\. Continue with: "
    ) as hit:
        evolve(config, tmp_path / "run", max_hours=1e-6)
    assert hit.value.exit_code == SearchInterrupted.UNFINISHED
    assert not is_complete(RunFolder(tmp_path / "run" / "phases" / "gains"))
    with pytest.raises(SearchInterrupted, match="in its search over gains"):
        evolve(None, tmp_path / "run", resume=True, max_hours=1e-6)


@pytest.mark.slow
def test_gains_that_leave_no_viable_network_end_the_search(tmp_path):
    limits = {"lowest_rate_Hz": 90.0, "highest_rate_Hz": 100.0}
    config = SMALL | {"schedule": [{"name": "gains", "gains": GAINS | limits}]}
    with pytest.raises(ExperimentError, match=r"Limits broken: below 90 Hz: 2\. Try"):
        evolve(config, tmp_path / "run")


@pytest.mark.slow
def test_a_search_starts_with_the_gains_that_its_first_phase_found(tmp_path):
    config = SMALL | {"schedule": [{"name": "gains", "gains": GAINS | {"highest_rate_Hz": 100.0}}]}
    run = evolve(config, tmp_path / "run")
    folder = RunFolder(tmp_path / "run" / "phases" / "gains")
    found = json.loads((folder.path / "gains.json").read_text())
    handed = [load_rule(name) for name in carried_rules(folder)]
    assert len(handed) == bool(found["weight_gain"])
    if handed:
        first = rule_space(run.config, carried_rules(folder)).given[0]
        np.testing.assert_allclose(first, GENOME.encode(handed[0]))
    again = evolve(config, tmp_path / "run", resume=True)
    assert len(again.evaluations()) == len(run.evaluations())
