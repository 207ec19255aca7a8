"""The evidence of rules: read, written and shown."""

import pytest

from nestml_models.rule import Evidence, Rule
from v1cortex.errors import RuleError
from v1cortex.rules import load_rule, merged, redrawn
from v1cortex.tables import POPULATIONS

TEXT = """name: mine
threshold_Hz: 5.0
tau_E_ms: 20.0
tau_R_ms: 20.0
terms: {S_pre: 1.0}
evidence:
- setting: gratings, preset clear, 1000 neurons
  networks: 10
  score: AUC
  value: 0.7
  difference: 0.04
  interval: [0.02, 0.06]
  controls: {type means: 0.03, shuffled changes: -0.01}
"""


def test_evidence_is_read_and_written_but_changes_nothing():
    rule = Rule.from_yaml(TEXT, POPULATIONS)
    (found,) = rule.evidence
    assert found.controls == {"type means": 0.03, "shuffled changes": -0.01}
    again = Rule.from_yaml(rule.to_yaml(), POPULATIONS)
    assert again.evidence == rule.evidence
    assert again.to_yaml() == rule.to_yaml()
    without = Rule.from_yaml(TEXT.split("evidence:")[0], POPULATIONS)
    assert without == rule
    assert without.digest() == rule.digest()


def test_a_changed_rule_has_not_the_evidence_of_the_original():
    rule = load_rule("inhibitory_homeostasis")
    assert rule.evidence
    assert merged(rule, "all").evidence == redrawn(rule, 1).evidence == ()


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.02, 0.06), "better than the static network"),
        ((-0.02, 0.06), "not told apart from the static one"),
    ],
)
def test_a_verdict_follows_from_the_interval(interval, verdict):
    found = Evidence(
        setting="gratings", networks=5, score="AUC", value=0.7, difference=0.04, interval=interval
    )
    assert found.verdict == verdict
    assert verdict in found.text()
    assert "+0.040" in found.text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("interval: [0.02, 0.06]", "interval: [0.05, 0.06]", "is not within its interval"),
        ("networks: 10", "networks: 0", "networks = 0"),
        ("difference: 0.04", "diference: 0.04", "Did you mean 'difference'?"),
        ("evidence:\n- setting", "evidence:\n  setting", "must be a list"),
    ],
)
def test_evidence_that_cannot_be(old, new, message):
    with pytest.raises(RuleError) as caught:
        Rule.from_yaml(TEXT.replace(old, new), POPULATIONS)
    assert message in str(caught.value)
