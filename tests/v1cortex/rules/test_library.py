"""Rules by name."""

import numpy as np
import pytest

from nestml_models.rule import PlasticitySettings, Rule, term
from v1cortex.errors import RuleError
from v1cortex.rules import SHIPPED, fast_weights, load_rule
from v1cortex.tables import POPULATIONS


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rules_are_complete_and_explained(name):
    found = load_rule(name)
    assert found.name == name
    assert len(found.description) > 20
    assert found.types == POPULATIONS
    assert len(found.to_vector()) == 2645
    assert found.n_active == (0 if name == "none" else found.n_active) < 6


def test_the_window_of_stdp_weakens_a_little_more_than_it_strengthens():
    found = load_rule("stdp")
    gain, loss = (found.coefficient(term(name), 1, 1) for name in ("S_post*X_pre", "S_pre*X_post"))
    assert loss / gain == pytest.approx(-1.05)


def test_inhibitory_homeostasis_rests_at_its_target():
    """Mean change for independent spike trains with the default scales: zero only at 5 Hz."""
    found, scales = load_rule("inhibitory_homeostasis"), PlasticitySettings()
    for name in POPULATIONS:
        pre, post = POPULATIONS.index(name), POPULATIONS.index("L4_E")
        tau_s = found.tau_E_ms[pre] / 1000
        spike, after, before = (
            found.coefficient(term(each), pre, post)
            for each in ("S_pre", "S_pre*X_post", "S_post*X_pre")
        )
        assert (spike, after, before) == ((0, 0, 0) if name.endswith("_E") else (-0.5, 1, 1))
        for rate_Hz in (2.0, 5.0, 9.0):
            drift = scales.spike_scale * spike
            drift += scales.spike_trace_scale * (after + before) * rate_Hz * tau_s
            expected = 0.0 if name.endswith("_E") else np.sign(rate_Hz - 5.0)
            assert np.sign(np.round(drift, 12)) == expected


def test_fast_weights_are_balanced():
    """Pair for pair, the last term takes away at both traces' rates what the others add."""
    assert load_rule("fast_weights") == fast_weights()
    tau_ms = np.linspace(200.0, 1500.0, len(POPULATIONS))
    found = fast_weights(0.02, tau_ms, "L4_E->Pvalb")
    scale = found.settings.scale
    for pre, post in ((2, 3), (5, 2), (5, 6)):
        names = ("S_pre*X_post", "S_post*X_pre", "S_pre*S_post", "X_pre*X_post")
        terms = [term(name) for name in names]
        *grows, decays = (scale(each.kind) * found.coefficient(each, pre, post) for each in terms)
        own = POPULATIONS[pre] == "L4_E" and POPULATIONS[post].endswith("Pvalb")
        size = 0.02 if own else 0.0
        np.testing.assert_allclose(grows, size, rtol=1e-12)
        rate = 1 / tau_ms[pre] + 1 / tau_ms[post]
        assert decays == pytest.approx(-size * rate, rel=1e-12)
    for wrong in ({"strength": 0.0}, {"tau_ms": 2001.0}, {"tau_ms": [1.0, 2.0]}):
        with pytest.raises(RuleError, match="of fast weights"):
            fast_weights(**wrong)


def test_random_rules_are_reproducible_and_differ():
    assert load_rule("random:4") == load_rule("random:4")
    assert load_rule("random:4") != load_rule("random:5")
    sizes = {load_rule(f"random:{seed}").n_active for seed in range(20)}
    assert sizes == {1, 2, 3}


def test_a_file_and_its_rule(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(load_rule("random:2").to_yaml())
    found = load_rule(str(path))
    np.testing.assert_array_equal(found.to_vector(), load_rule("random:2").to_vector())
    assert isinstance(found, Rule)


@pytest.mark.parametrize("name", ["s_per", "random:", "random:-1", "nowhere.yaml"])
def test_names_that_are_none(name):
    with pytest.raises(RuleError, match=name.replace(".", r"\.")):
        load_rule(name)
