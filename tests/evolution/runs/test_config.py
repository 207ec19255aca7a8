"""Settings of a search: defaults, and messages that name the remedy."""

import numpy as np
import pytest

from evolution.algorithms import make_algorithm
from evolution.commands.evolve import _with_options
from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.loop import rule_space
from evolution.runs import EvolveConfig, RunFolder
from nestml_models.common import parse
from v1cortex.commands.options.protocol import network_changes
from v1cortex.errors import ConfigError, RuleError
from v1cortex.evaluation import dump_yaml, load_yaml
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS


def test_an_empty_file_is_a_search(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("")
    config = load_yaml(path, EvolveConfig)
    assert config == EvolveConfig()
    assert config.cores_share(threads=1) >= config.cores_share(threads=2) >= 1
    path.write_text(dump_yaml(config))
    assert load_yaml(path, EvolveConfig) == config


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ({"population": 40}, ["unknown key 'population'", "'population_size'"]),
        ({"protocol": {"training_trial": 2}}, ["protocol.training_trial", "'training_trials'"]),
        ({"start": {"max_term": 2}}, ["start.max_term", "'max_terms'"]),
        ({"start": {"min_terms": 5}}, ["min_terms is 5", "max_terms, 3"]),
        (
            {"algorithm": {"name": "paired", "options": {"tau_ms": 300}}},
            ["tau_ms is 300", "start.max_tau_ms is 150"],
        ),
        ({"algorithm": {"name": "nsga"}}, ["no algorithm 'nsga'", "'nsga2'"]),
        ({"algorithm": {"options": {"crossover_prob": 1}}}, ["'crossover_probability'"]),
        ({"algorithm": {"options": {"crowding": "x"}}}, ["crowding = 'x'", "'mnn'"]),
        ({"population_size": 2}, ["population_size is 2", "4 or more"]),
        ({"start": {"max_tau_ms": 2001}}, ["start.max_tau_ms", "2001"]),
        ({"start": {"min_tau_ms": 200}}, ["min_tau_ms is 200, above max_tau_ms, 150"]),
        (
            {"start": {"max_tau_ms": 300}, "protocol": {"preset": "paper"}},
            ["start.max_tau_ms is 300", "at most 150"],
        ),
        ({"evaluation_seeds": "same"}, ["evaluation_seeds", "'fixed'"]),
    ],
)
def test_bad_settings_are_named(data, parts):
    with pytest.raises(ConfigError) as caught:
        parse(EvolveConfig, data, "e.yaml")
    for part in ["e.yaml", *parts]:
        assert part in str(caught.value)


@pytest.mark.parametrize("crowding", ["cd", "mnn", "2nn"])
def test_options_reach_the_algorithm(crowding):
    space = rule_space(EvolveConfig(start={"rules": ["s_pre"]}))
    options = {"crowding": crowding, "offspring": 6, "crossover_probability": 0.4}
    algorithm = make_algorithm(space, 6, "nsga2", options, 10, seed=1)
    assert (algorithm.pop_size, algorithm.n_offsprings) == (10, 6)
    assert algorithm.mating.crossover.prob.value == 0.4
    first = algorithm.ask().get("X")
    assert len(first) == 10
    assert space.genome.decode(first[0]).formula() == "dW = S_pre"


def test_options_change_the_protocol_that_the_run_keeps(tmp_path):
    changes = network_changes("table", ["E->E=2.2", "I->E=0.9"], "pools", True)
    given = EvolveConfig(protocol={"training_trials": 20, "weight_gain": {"E->I": 2.0}})
    config = _with_options(given, None, None, None, changes)
    protocol = config.protocol
    assert (protocol.short_term, protocol.readout, protocol.test_plasticity) == (
        "table",
        "pools",
        True,
    )
    assert protocol.weight_gain == {"E->E": 2.2, "I->E": 0.9}
    assert protocol.training_trials == 20
    run = RunFolder(tmp_path)
    with run.locked():
        run.begin(config, resume=False)
    assert run.config().protocol == protocol
    with pytest.raises(RunFolderError, match=r"protocol.readout is 'pools' in the run, 'pool' now"):
        run.check(_with_options(config, None, None, None, {"readout": "pool"}), resume=True)
    assert (
        _with_options(config, None, None, None, network_changes(None, None, None, False)) == config
    )


def test_threshold_counts_where_it_is_used():
    assert not rule_space(EvolveConfig()).genome.reads_threshold
    assert rule_space(EvolveConfig(protocol={"preset": "paper"})).genome.reads_threshold


def test_long_time_constants_are_asked_for():
    assert rule_space(EvolveConfig()).upper[RuleGenome(POPULATIONS).layout["tau_E_ms"]].max() == 150
    config = EvolveConfig(
        start={"max_tau_ms": 2000.0, "rules": ["fast_weights"]},
        protocol={"plasticity": load_rule("fast_weights").settings},
    )
    space = rule_space(config)
    genome = config.genome
    drawn = space.operators(0.9).sampling.do(None, 8, random_state=np.random.default_rng(1))
    tau_ms = drawn.get("X")[:, genome.layout["tau_E_ms"]]
    assert 1500 < tau_ms.max() <= 2000
    first = genome.decode(drawn.get("X")[0])
    np.testing.assert_array_equal(first.tau_E_ms, 800.0)
    assert first.active_terms == load_rule("fast_weights").active_terms


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"rules": ["fast_weights"]}, "fast_weights has a time constant of 800 ms, .* is 150"),
        (
            {"rules": ["fast_weights"], "max_tau_ms": 800.0},
            "fast_weights has scales of its own.*'spike_scale': 0.005",
        ),
    ],
)
def test_rules_that_the_search_would_change_are_refused(config, told):
    with pytest.raises(RuleError, match=told):
        rule_space(EvolveConfig(start=config))
