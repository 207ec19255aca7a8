"""Traces of up to two seconds, through silences of minutes, and balanced rules: fast weights."""

import numpy as np
import pytest
from one_synapse import DELTA, WEIGHT, Setting, sent

from nestml_models.compiled import compile_rule
from nestml_models.errors import RuleError
from nestml_models.rule import (
    LONGEST_TAU_MS,
    TERMS,
    PlasticitySettings,
    Rule,
    ShortTerm,
    synapse_parameters,
)

EVERYTHING = Rule.of_terms(
    ("all",),
    {term.name: (-1) ** term.index * (0.3 + 0.02 * term.index) for term in TERMS},
    tau_E_ms=800.0,
    tau_R_ms=LONGEST_TAU_MS,
)
GENTLE = PlasticitySettings(learning_rate=1e-3, max_fraction=None, bound_factor=10.0)
"""Scales at which nothing is limited although traces reach 30."""
LIMITED = PlasticitySettings(learning_rate=0.1, max_fraction=0.05, bound_factor=1.5)

FAST, TAU_MS = -1e-3, 800.0
BALANCED = Rule.of_terms(
    ("all",),
    {"S_pre*X_post": -1.0, "S_post*X_pre": -1.0, "S_pre*S_post": -1.0, "X_pre*X_post": 1.0},
    tau_E_ms=TAU_MS,
    settings=PlasticitySettings(
        spike_scale=-FAST,
        spike_trace_scale=-FAST,
        trace_scale_per_ms=-FAST * 2 / TAU_MS,
        max_fraction=None,
    ),
)


@pytest.mark.parametrize("short_term", [None, ShortTerm(0.5, 671.0, 17.0)])
@pytest.mark.parametrize("dt_ms", [0.25, 1.0])
def test_it_is_the_reference(simulator, dt_ms, short_term):
    nest = simulator
    general = compile_rule(EVERYTHING, specialised=False, short_term=short_term is not None)
    general.install()
    setting = Setting(nest, general.neuron_model, dt_ms)
    recorders = {}
    for k, settings in enumerate((GENTLE, LIMITED)):
        values = synapse_parameters(
            EVERYTHING, "all", "all", settings, WEIGHT, WEIGHT, False, short_term
        )
        own = {**values, "delta": DELTA, "volume_transmitter": setting.transmitter}
        recorders[k] = setting.connect(general.synapse_model, f"long_{k}", 3 + 9 * k, **own)
    setting.run()
    for k, settings in enumerate((GENTLE, LIMITED)):
        expected = setting.expected(EVERYTHING, settings, 3 + 9 * k, short_term)
        assert abs(expected.weight - WEIGHT) > 0.1
        weight = nest.GetConnections(synapse_model=f"long_{k}").weight
        assert weight == pytest.approx(expected.weight, rel=1e-12)
        np.testing.assert_allclose(sent(recorders[k]), expected.sent, rtol=1e-12)


def traces_at(times_ms, spikes_ms, tau_ms) -> np.ndarray:
    """Return the trace of spikes, those at the same time included."""
    elapsed = times_ms[:, None] - spikes_ms[None, :]
    return np.sum(np.where(elapsed >= -1e-6, np.exp(-np.maximum(elapsed, 0) / tau_ms), 0.0), axis=1)


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
def test_balanced_terms_are_fast_weights(simulator, dt_ms):
    """The weight is the initial one plus a x X_pre x X_post, at every spike, to 1e-11."""
    compiled = compile_rule(BALANCED, specialised=False)
    compiled.install()
    setting = Setting(simulator, compiled.neuron_model, dt_ms)
    sizes = {"reference_weight": WEIGHT, "maximum_weight": WEIGHT}
    name = compiled.copy_model("balanced", setting.transmitter, **sizes)
    recorder = setting.connect(name, "balanced_recorded", 3)
    setting.run()
    pre_ms = setting.pre_ms
    x_pre = traces_at(pre_ms, pre_ms, TAU_MS)
    x_post = traces_at(pre_ms, setting.post_ms + 3 * dt_ms, TAU_MS)
    product = FAST * x_pre * x_post
    assert product.min() < -0.02
    np.testing.assert_allclose(sent(recorder), WEIGHT * (1 + product), rtol=1e-11)


def test_the_limit_is_named():
    with pytest.raises(RuleError, match=r"tau_E_ms is 2000\.5; it must lie in \[0, 2000\]"):
        Rule.of_terms(("all",), {}, tau_E_ms=2000.5)
    with pytest.raises(RuleError, match=r"tau_R_ms is 0; it must lie in \(0, 2000\] ms"):
        Rule.of_terms(("all",), {}, tau_R_ms=0.0)
