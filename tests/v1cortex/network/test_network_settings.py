"""Protocols and networks share one class of settings."""

import pytest

from v1cortex.errors import ConfigError
from v1cortex.evaluation import Protocol
from v1cortex.network import NetworkSettings


def test_a_network_takes_over_what_its_protocol_says():
    shared = {"dt_ms": 0.5, "threads": 4, "plastic": "E->E", "plasticity": {"learning_rate": 2.0}}
    protocol = Protocol(**shared, training_trials=10)
    settings = NetworkSettings.of(protocol, seed=7, flush_ms=100.0)
    assert settings == NetworkSettings(**shared, seed=7, flush_ms=100.0)
    assert settings.calibration == "mouse-classes"


@pytest.mark.parametrize("model", [NetworkSettings, Protocol])
def test_a_calibration_brings_short_term_dynamics(model):
    assert model().short_term == "off"
    assert model(calibration="mouse-classes-rat").short_term == "rat"
    assert model(calibration="mouse-classes-rat", short_term="off").short_term == "off"


def test_another_calibration_brings_its_own_synapses():
    first = Protocol(calibration="mouse-classes-rat")
    assert first.weight_gain == {"E->E": 2.2}
    assert Protocol(**first.model_dump()) == first  # written out in full, it stays as it is
    second = Protocol(**first.model_dump(exclude_unset=True) | {"calibration": "mouse-classes"})
    assert (second.short_term, second.weight_gain) == ("off", {})
    assert Protocol(calibration="mouse-classes-rat", weight_gain={"E->I": 2}).weight_gain == {
        "E->I": 2.0
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"plastic": "E->L"}, "NetworkSettings: plastic = 'E->L'"),
        ({"treads": 2}, "unknown key 'treads'. Did you mean 'threads'"),
        ({"seed": 0}, "seed = 0"),
        ({"calibration": 3}, "calibration"),
    ],
)
def test_wrong_settings_are_named(given, message):
    with pytest.raises(ConfigError, match=message):
        NetworkSettings(**given)
