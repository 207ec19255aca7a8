"""Settings: strict, with messages that name the key, the value and the remedy."""

import pytest

from nestml_models.common import parse
from nestml_models.rule import PlasticitySettings
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Protocol, dump_yaml, load_yaml


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ({"trainin_trials": 4}, ["unknown key 'trainin_trials'", "'training_trials'"]),
        ({"plasticity": {"learning_rat": 1}}, ["plasticity.learning_rat", "'learning_rate'"]),
        ({"training_trials": 3}, ["training_trials is 3", "even"]),
        ({"tasks": ["grating"]}, ["tasks", "'grating'", "natural_images"]),
        ({"tasks": ["gratings", "gratings"]}, ["twice"]),
        ({"dt_ms": float("nan")}, ["dt_ms", "nan"]),
        ({"threads": 0}, ["threads = 0"]),
        ({"dt_ms": 0.3}, ["dt_ms is 0.3", "divide 1 ms"]),
        ({"calibration": "mouse"}, ["no calibration", "mouse-classes"]),
        ({"short_term": "tabel"}, ["short_term", "no such setting", "'table'"]),
        ({"weight_gain": {"E-E": 2.0}}, ["weight_gain", "'E-E'"]),
        ({"weight_gain": {"E->E": -1.0}}, ["weight_gain", "-1"]),
        ({"task_settings": {"gratings": {"contrats": 1}}}, ["contrats", "contrast"]),
        ({"task_settings": {"grating": {}}}, ["grating"]),
        ({"readout": "pols"}, ["readout", "'pols'"]),
        ({"readout": "all", "preset": "paper"}, ["readout 'all'", "no accuracy", "score: auc"]),
        ({"readout": "pools", "tasks": ["digits"]}, ["change detection, not for digits"]),
    ],
)
def test_bad_settings_are_named(data, parts):
    with pytest.raises(ConfigError) as caught:
        parse(Protocol, data, "p.yaml")
    for part in ["p.yaml", *parts]:
        assert part in str(caught.value)


def test_yaml_round_trip(tmp_path):
    settings = Protocol(training_trials=10, plasticity={"max_fraction": None})
    path = tmp_path / "protocol.yaml"
    path.write_text(dump_yaml(settings))
    assert load_yaml(path, Protocol) == settings


def test_controls_that_do_not_fit():
    with pytest.raises(ConfigError, match=r"weight_gain: no neuron type .* 'L4_X'. Did you mean"):
        Protocol(weight_gain={"L4_X->E": 2.0})
    with pytest.raises(ConfigError, match="tested_weights 'shuffled' replaces the learned weights"):
        Protocol(tested_weights="shuffled", test_plasticity=True)
    with pytest.raises(ConfigError, match="weight_gain"):
        Protocol(weight_gain={"E->E": 0.0})


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "a: [", "3"])
def test_files_that_are_no_settings(tmp_path, text):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        load_yaml(path, Protocol)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml.*No such file"):
        load_yaml(tmp_path / "nowhere.yaml", Protocol)


def test_preset_decides_what_is_left_open():
    assert Protocol(preset="paper").resolved_score == "accuracy"
    assert Protocol(preset="paper").resolved_threshold == "rule"
    assert Protocol(preset="paper", score="auc").resolved_score == "auc"
    assert Protocol().resolved_threshold == "fitted"


def test_the_score_in_words_names_the_cells():
    assert Protocol().score_name == "AUC of the pool"
    assert Protocol(preset="paper").score_name == "accuracy of the pool"
    assert Protocol(readout="all").score_name == "AUC of all L5 E"


def test_no_cap_is_infinite():
    for value in (None, float("inf")):
        settings = Protocol(plasticity={"max_fraction": value})
        assert settings.plasticity.largest_fraction == float("inf")
        assert "max_fraction: null" in dump_yaml(settings)


def test_scripts_are_answered_as_files_are():
    with pytest.raises(ConfigError, match=r"Protocol: unknown key 'treshold'. Did you mean 'thres"):
        Protocol(treshold="rule")
    with pytest.raises(ConfigError, match=r"plasticity.learning_rate = -1: "):
        Protocol(plasticity={"learning_rate": -1})
    with pytest.raises(ConfigError, match=r"PlasticitySettings: bound_factor = 'wide'"):
        PlasticitySettings(bound_factor="wide")
