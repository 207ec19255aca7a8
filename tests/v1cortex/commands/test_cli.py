"""The command line as users see it: results on stdout, one clear error on stderr."""

import json

import pytest
import yaml

from v1cortex.sonata import save_circuit


@pytest.fixture(scope="module")
def circuit_folder(small_circuit, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "circuit"
    save_circuit(small_circuit, folder)
    return folder


def test_doctor_finds_nothing_missing(cli):
    code, out, _ = cli("doctor", "--json")
    checks = json.loads(out)
    assert code == 0, [check for check in checks if not check["ok"]]
    assert {"NEST", "NESTML"} <= {check["name"] for check in checks}


def test_build_twice_and_another_circuit_in_the_way(cli, tmp_path):
    folder = tmp_path / "c"
    code, out, _ = cli("build", "--neurons", 600, "--seed", 3, "--out", folder, "--json")
    assert code == 0
    assert json.loads(out)["n_neurons"] == 600
    code, _, err = cli("build", "--neurons", 600, "--seed", 3, "--out", folder)
    assert code == 0
    assert "nothing to do" in err
    code, _, err = cli("build", "--neurons", 601, "--seed", 3, "--out", folder)
    assert code == 1
    assert "600 neurons and seed 3" in err


def test_a_folder_of_other_things_is_not_filled(cli, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "circuit_config.json").write_text("{}")
    code, _, err = cli("build", "--neurons", 100, "--out", tmp_path)
    assert code == 1
    assert "contains circuit_config.json, notes.txt, but no circuit" in err
    assert "choose another --out" in err
    code, _, err = cli("build", "--neurons", 100, "--out", tmp_path / "notes.txt")
    assert code == 1
    assert "notes.txt cannot be written: Not a directory; choose another --out" in err
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("neurons", [0, -5, 230_925])
def test_impossible_sizes(cli, tmp_path, neurons):
    code, _, err = cli("build", "--neurons", neurons, "--out", tmp_path / "c")
    assert code == 2
    assert f"{neurons} is not within 1 to 230,924" in err
    assert not (tmp_path / "c").exists()


def test_simulate_writes_spikes_and_pictures(cli, circuit_folder, tmp_path):
    out_folder = tmp_path / "s"
    code, out, _ = cli("simulate", circuit_folder, "--duration", 400, "--out", out_folder, "--json")
    assert code == 0
    report = json.loads(out)
    assert report["duration_ms"] == 400
    assert report["rates"]["mean"] > 0.5
    assert (out_folder / "spikes.h5").is_file()
    for name in ("raster.png", "rates.png"):
        assert (out_folder / name).read_bytes().startswith(b"\x89PNG")


def test_evaluate_a_rule_file(cli, circuit_folder, tmp_path):
    from v1cortex.rules import load_rule

    rule_file = tmp_path / "rule.yaml"
    rule_file.write_text(load_rule("random:5").to_yaml())
    trials = ("--training-trials", 4, "--validation-trials", 4, "--task", "gratings")
    code, out, _ = cli("evaluate", circuit_folder, "--rule", rule_file, *trials, "--json")
    assert code == 0
    assert json.loads(out)["status"] == "ok"
    code, out, err = cli("evaluate", circuit_folder, "--rule", "s_pre", *trials)
    assert code == 0
    assert "AUC" in out
    assert "dW = S_pre" in err
    dynamic = ("--short-term", "table", "--weight-gain", "E->E=1.5")
    code, out, _ = cli("evaluate", circuit_folder, "--rule", "s_pre", *trials, *dynamic, "--json")
    assert code == 0
    assert json.loads(out)["status"] == "ok"


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--rule", "s_per"), ["s_per", "s_pre"]),
        (("--rule", "random:x"), ["random:x", "whole number"]),
        (("--preset", "claer"), ["claer", "clear"]),
        (("--task", "grating"), ["grating", "gratings"]),
        (("--training-trials", "3"), ["training_trials is 3", "even"]),
        (("--calibration", "mouse"), ["no calibration and no file 'mouse'"]),
        (("--short-term", "tabel"), ["'tabel'", "'table'"]),
        (("--weight-gain", "E->E"), ["--weight-gain E->E", "KIND=FACTOR"]),
        (("--weight-gain", "E->F=1"), ["weight_gain", "'F'"]),
    ],
)
def test_bad_evaluate_options(cli, circuit_folder, arguments, parts):
    code, out, err = cli("evaluate", circuit_folder, *arguments)
    assert code == 1
    assert out == ""
    assert err.startswith("error:")
    for part in parts:
        assert part in err.replace("\n", " ")


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"tau_E_ms": None}, ["tau_E_ms"]),
        ({"threshold_Hz": 11.0}, ["threshold_Hz", "11"]),
    ],
)
def test_rule_files_with_missing_or_impossible_values(cli, circuit_folder, tmp_path, change, parts):
    from v1cortex.rules import load_rule

    data = yaml.safe_load(load_rule("s_pre").to_yaml()) | change
    path = tmp_path / "bad.yaml"
    path.write_text(
        yaml.safe_dump({key: value for key, value in data.items() if value is not None})
    )
    code, _, err = cli("evaluate", circuit_folder, "--rule", path)
    assert code == 1
    for part in parts:
        assert part in err


def test_circuit_folder_that_is_none(cli, tmp_path):
    code, _, err = cli("evaluate", tmp_path / "nowhere")
    assert code == 1
    assert "nowhere" in err


def test_unknown_option_is_a_usage_error(cli):
    code, _, err = cli("build", "--neuron", 3)
    assert code == 2
    assert "--neurons" in err
