"""Searches of gains and coefficients do on networks what the ascent does on planted problems."""

import numpy as np
import pytest

from nestml_models.common import parse
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Protocol
from v1cortex.experiments import ResultStore, Setting
from v1cortex.experiments.paired import (
    CoefficientSettings,
    GainSettings,
    search_coefficients,
    search_gains,
)
from v1cortex.experiments.paired.coefficients import _Coefficients
from v1cortex.experiments.paired.gains import _gain
from v1cortex.experiments.paired.ties import connected_pairs
from v1cortex.tables import POPULATIONS

SHORT = Protocol(
    tasks=("gratings",),
    training_trials=4,
    validation_trials=4,
    threshold_trials=4,
    settling_ms=0,
    pool_size=20,
    plastic="I->E",
)
SETTING = Setting(SHORT, 500, (2, 3))
SMALL = {
    "groupings": ("signs",),
    "pairs_per_dimension": 0.1,
    "least_pairs": 2,
    "networks": 2,
    "lengths": (0.1,),
    "lowest_rate_Hz": 0.0,
    "highest_rate_Hz": 90.0,
    "first_seed": 10,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return ResultStore(tmp_path_factory.mktemp("paired"))


def test_gains_take_a_step_up_the_slope(store):
    found = search_gains(SETTING, GainSettings(**SMALL), store)
    (level,) = found.levels
    assert set(level.names) == {"E->E", "E->I", "I->E", "I->I"}
    assert found.n_evaluations == 2 * 2 + 2 * 2
    slope = level.ascent.gradient.mean
    if level.moved:
        assert level.ascent.point @ slope > 0
        assert found.gain == {
            name: pytest.approx(np.exp(step), abs=1e-4) for name, step in level.values.items()
        }
        assert [row.condition for row in found.rows] == ["static", "gains of signs"]
    else:
        assert found.gain == {}
    assert list(level.to_frame().index) == list(level.names)
    assert search_gains(SETTING, GainSettings(**SMALL), store).to_dict() == found.to_dict()


def test_gains_of_constant_rate_know_the_slope_of_the_rate(store):
    settings = GainSettings(**SMALL | {"constant_rate": True, "least_pairs": 4})
    (level,) = search_gains(SETTING, settings, store).levels
    found = level.to_dict()
    slope = np.array([found["slope"][name] for name in level.names])
    rate = np.array([found["log_rate_slope"][name] for name in level.names])
    (length,) = level.ascent.lengths
    assert rate.any()
    assert abs(length.step @ rate) < 1e-9
    assert length.step @ slope >= 0
    assert length.rate_ratio is not None


def test_coefficients_change_only_plastic_synapses(store):
    found = search_coefficients(SETTING, CoefficientSettings(**SMALL), store)
    (level,) = found.levels
    assert level.names == ("S_pre*X_post I->E",)
    assert set(found.rates_Hz) == set(POPULATIONS)
    assert all(rate > 0 for rate in found.rates_Hz.values())
    if not level.moved:
        assert found.rule.n_active == 0
        return
    (active,) = found.rule.active_terms
    coefficients = found.rule.coefficients[active.index]
    excitatory = np.array([name.endswith("_E") for name in POPULATIONS])
    assert not coefficients[excitatory].any()
    assert not coefficients[:, ~excitatory].any()
    assert np.all(coefficients[np.ix_(~excitatory, excitatory)] != 0)
    assert np.abs(coefficients).max() <= 1.0
    # Types that fire more have smaller coefficients, by as much as they fire more.
    rates = np.array([found.rates_Hz[name] for name in POPULATIONS])
    drive = (coefficients * np.outer(rates, rates))[np.ix_(~excitatory, excitatory)]
    fast = drive[np.outer(rates[~excitatory] > 0.5, rates[excitatory] > 0.5)]
    np.testing.assert_allclose(fast, fast.flat[0], rtol=2e-3)


def test_factors_scale_potentiation_and_depression_apart():
    coefficients = _Coefficients(SHORT, ("S_pre",), np.full(17, 5.0), tau_ms=20.0)
    signs = {"S_pre E": 0.3, "S_pre I": -0.2}
    before = coefficients.of_steps([signs])
    factors = {"factors potentiation": -1.0, "factors depression": 0.5}
    after = coefficients.of_steps([signs, factors, {"S_pre L4_E": 0.1}])
    change, scaled = (
        rule.coefficients[0] * rule.settings.learning_rate for rule in (before, after)
    )
    for name, size, factor, added in (
        ("L23_E", 0.3, 0.25, 0.0),
        ("L4_E", 0.3, 0.25, 0.1),
        ("L4_Sst", -0.2, 2.0, 0.0),
    ):
        k = POPULATIONS.index(name)
        assert scaled[k] / change[k] == pytest.approx((size * factor + added) / size, rel=1e-3)


def test_gains_of_several_levels_multiply():
    signs, classes = {"E->E": np.log(1.2), "I->E": np.log(0.8)}, {"E->E": np.log(1.5)}
    factors = {"factors stronger": 1.0, "factors weaker": 0.5}
    assert _gain([signs, classes]) == {"E->E": 1.8, "I->E": 0.8}
    assert _gain([signs, factors]) == {"E->E": round(1.2**4, 4), "I->E": 0.64}
    assert _gain([signs, {"E->E": -np.log(1.2)}]) == {"I->E": 0.8}


@pytest.mark.parametrize(
    "given", [{"step": 1e300}, {"lengths": (0.1, 1e300)}, {"step": float("nan")}, {"lengths": (0,)}]
)
def test_steps_whose_gains_would_overflow_are_refused(given):
    (name,) = given
    with pytest.raises(ConfigError, match=name):
        parse(GainSettings, given, "options")


def test_factors_do_not_come_first():
    with pytest.raises(ConfigError, match="begins with factors"):
        GainSettings(groupings=("factors", "signs"))


def test_pairs_are_those_with_synapses():
    assert len(connected_pairs("signs")) == 4
    assert 40 < len(connected_pairs("groups")) <= 49
    assert connected_pairs("signs", "I->E") == ("I->E",)
    assert set(connected_pairs("types")) >= {"L4_E->L23_E", "L23_Pvalb->L23_E"}
