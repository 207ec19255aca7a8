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
