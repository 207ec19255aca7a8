"""Rules by name."""

import numpy as np
import pytest

from nestml_models.rule import Rule
from v1cortex.errors import RuleError
from v1cortex.rule_library import SHIPPED, rule
from v1cortex.tables import POPULATIONS


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rules_have_the_terms_they_say(name):
    found = rule(name)
    assert found.types == POPULATIONS
    assert {term.name for term in found.active_terms} == set(SHIPPED[name])
    assert len(found.to_vector()) == 2645


def test_random_rules_are_reproducible_and_differ():
    assert rule("random:4") == rule("random:4")
    assert rule("random:4") != rule("random:5")
    sizes = {rule(f"random:{seed}").n_active for seed in range(20)}
    assert sizes == {1, 2, 3}


def test_a_file_and_its_rule(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(rule("random:2").to_yaml())
    found = rule(str(path))
    np.testing.assert_array_equal(found.to_vector(), rule("random:2").to_vector())
    assert isinstance(found, Rule)


@pytest.mark.parametrize("name", ["s_per", "random:", "random:-1", "nowhere.yaml"])
def test_names_that_are_none(name):
    with pytest.raises(RuleError, match=name.replace(".", r"\.")):
        rule(name)
