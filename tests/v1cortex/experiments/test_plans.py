"""Plans: each experiment contains what it should, and leaves out uninformative conditions."""

import numpy as np
import pytest

from v1cortex.errors import ExperimentError, RuleError
from v1cortex.evaluation import Protocol
from v1cortex.experiments import plans
from v1cortex.experiments.conditions import Condition, Setting, check, job_of
from v1cortex.experiments.retest import retest_conditions
from v1cortex.rules import load_rule, merged, redrawn
from v1cortex.tables import POPULATIONS

PROTOCOL = Protocol()


def test_without_lgn_memory_nothing_is_compared_with_its_absence():
    """Such conditions would be the others again, and Holm would count them."""
    without = PROTOCOL.model_copy(update={"lgn_memory": False})
    for rule in ("s_pre", "none"):
        conditions, _ = plans.controls(rule, load_rule(rule), without, (5, 6))
        check(conditions)
        assert not [each.name for each in conditions if "LGN memory off" in each.name]
    conditions = retest_conditions({"s_pre": load_rule("s_pre")}, without)
    assert [each.name for each in conditions] == [
        "static",
        "s_pre",
        "s_pre, matched gain",
        "s_pre, type means",
        "s_pre, shuffled changes",
        "s_pre, cell sums",
    ]


def test_controls_of_a_heterogeneous_rule_with_reward():
    evolved = load_rule("random:0")
    assert any(term.r for term in evolved.active_terms)
    conditions, remarks = plans.controls("evolved", evolved, PROTOCOL, (5, 6))
    check(conditions)
    names = [each.name for each in conditions]
    assert names == [
        "static",
        "static, LGN memory off",
        "evolved",
        "evolved, matched gain",
        "evolved, type means",
        "evolved, shuffled changes",
        "evolved, cell sums",
        "evolved, LGN memory off",
        "evolved, plasticity on in test",
        "evolved, shuffled reward",
        "evolved, one coefficient for all neuron types",
        "evolved, excitatory and inhibitory types only",
        "evolved, 4 types: E, Pvalb, Sst, Htr3a",
        "same terms, random coefficients",
        "random rules",
        "stdp",
        "rstdp",
    ]
    assert remarks == []
    random = conditions[names.index("random rules")]
    assert random.rule_for(5) == load_rule("random:5") != random.rule_for(6)


def test_a_matched_gain_multiplies_that_of_the_protocol():
    given = Protocol(weight_gain={"E->E": 2.0, "I->E": 0.5})
    setting, condition = Setting(given, 500, (1,)), Condition("matched", load_rule("none"))
    job = job_of(condition, setting, "gratings", 1, {"E->E": 1.1})
    assert job.protocol.weight_gain == {"E->E": 2.2, "I->E": 0.5}
    assert job_of(condition, setting, "gratings", 1, {}).protocol.weight_gain == given.weight_gain


def test_plasticity_in_the_test_leaves_out_what_replaces_the_learned_weights():
    protocol = Protocol(test_plasticity=True)
    conditions, remarks = plans.controls("s_pre", load_rule("s_pre"), protocol, (1,))
    names = [each.name for each in conditions]
    assert "s_pre, plasticity off in test" in names
    assert not {"s_pre, type means", "s_pre, plasticity on in test"} & set(names)
    assert any(remark.startswith("type means") for remark in remarks)
    setting = Setting(protocol, 500, (1,))
    for each in conditions:
        job_of(each, setting, "gratings", 1, {})  # none is refused


def test_controls_that_are_the_rule_itself_are_named_instead():
    conditions, remarks = plans.controls("stdp", load_rule("stdp"), PROTOCOL, (1, 2))
    names = [each.name for each in conditions]
    assert names.count("stdp") == 1
    assert not any("shuffled reward" in name or "types" in name for name in names)
    assert len(remarks) == 4


def test_the_static_rule_has_only_baselines():
    conditions, remarks = plans.controls("none", load_rule("none"), PROTOCOL, (1, 2))
    assert {each.name for each in conditions} == {
        *("static", "static, LGN memory off", "random rules", "stdp", "rstdp")
    }
    assert len(remarks) == 1


def test_the_curve_is_compared_with_its_first_point():
    conditions = plans.training_curve(load_rule("s_pre"), (20, 0, 10))
    check(conditions)
    assert [(each.changes["training_trials"], each.control) for each in conditions] == [
        (0, ""),
        (10, "0 trials"),
        (20, "0 trials"),
    ]


def test_each_size_has_its_own_static_network():
    conditions = plans.scale(load_rule("s_pre"), (2000, 1000))
    check(conditions)
    assert [(each.neurons, each.control) for each in conditions] == [
        (1000, ""),
        (1000, "static, 1000 neurons"),
        (2000, ""),
        (2000, "static, 2000 neurons"),
    ]


def test_an_exploration_tries_both_signs_but_of_reward():
    conditions = plans.exploration(("S_pre", "S_pre*R"), ("E->E", "I->E"), 20.0)
    check(conditions)
    assert [each.name for each in conditions[1:4]] == [
        "+S_pre at E->E",
        "-S_pre at E->E",
        "+S_pre*R at E->E",
    ]
    assert conditions[-1].changes == {"plastic": "I->E"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: plans.training_curve(load_rule("s_pre"), (0, 0)),
        lambda: plans.training_curve(load_rule("s_pre"), (0, 11)),
        lambda: plans.scale(load_rule("s_pre"), ()),
    ],
)
def test_impossible_plans_are_refused(make):
    with pytest.raises(ExperimentError):
        make()


def test_merging_averages_over_types_and_keeps_what_is_common():
    original = load_rule("random:0")
    shared = merged(original, "all")
    for before, after, gate in zip(
        original.coefficients, shared.coefficients, original.gates, strict=True
    ):
        if gate:
            np.testing.assert_allclose(after, np.mean(before), atol=1e-9)
    by_class = merged(original, "class")
    classes = [name.rsplit("_", 1)[-1] for name in POPULATIONS]
    for name in set(classes):
        own = np.array([each == name for each in classes])
        np.testing.assert_allclose(by_class.tau_E_ms[own], original.tau_E_ms[own].mean())
    assert merged(shared, "class").digest() == shared.digest()
    np.testing.assert_array_equal(shared.gates, original.gates)
    with pytest.raises(RuleError, match=r"no grouping of neuron types 'clas'.*'class'"):
        merged(original, "clas")


def test_redrawn_rules_keep_their_terms():
    original = load_rule("five_term")
    first, same, other = (redrawn(original, seed) for seed in (1, 1, 2))
    assert first == same != other
    np.testing.assert_array_equal(first.gates, original.gates)
    values = np.concatenate([first.coefficients[k].ravel() for k in np.flatnonzero(first.gates)])
    assert values.min() < -0.9 < 0.9 < values.max()
