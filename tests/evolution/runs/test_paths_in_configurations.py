"""Paths in a configuration are relative to its file, and stay so when the run is read again."""

from importlib.resources import files

import pytest

from evolution.runs import EvolveConfig, RunFolder, load_config
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Protocol, load_yaml
from v1cortex.rules import load_rule

CONFIG = """
start: {rules: [none, rules/own.yaml, "random:3"]}
executor: {name: dask, scheduler: cluster.json}
hurdles: [{protocol: {calibration: rates.csv}}]
protocol:
  calibration: rates.csv
  tasks: [natural_images]
  task_settings: {natural_images: {folder: photographs}}
"""


@pytest.fixture
def project(tmp_path):
    """A folder with a configuration and everything that it names."""
    folder = tmp_path / "project"
    (folder / "rules").mkdir(parents=True)
    for phase in ("training", "test"):
        (folder / "photographs" / phase).mkdir(parents=True)
    (folder / "rules" / "own.yaml").write_text(load_rule("s_pre").to_yaml())
    (folder / "cluster.json").write_text("{}")
    table = files("v1cortex.network") / "calibrations" / "mouse-classes.csv"
    (folder / "rates.csv").write_text(table.read_text())
    (folder / "config.yaml").write_text(CONFIG)
    return folder


def check(config, folder):
    assert config.start.rules == ("none", str(folder / "rules" / "own.yaml"), "random:3")
    assert config.executor.scheduler == str(folder / "cluster.json")
    assert config.hurdles[0].protocol["calibration"] == str(folder / "rates.csv")
    assert config.protocol.calibration == str(folder / "rates.csv")
    images = config.protocol.task_settings["natural_images"]["folder"]
    assert images == str(folder / "photographs")


def test_from_another_working_directory(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(load_config(project / "config.yaml"), project)
    check(load_config("project/config.yaml"), project)
    monkeypatch.chdir(project)
    check(load_config("config.yaml"), project)


def test_the_run_folder_means_the_same_files(project, tmp_path, monkeypatch):
    run = RunFolder(tmp_path / "elsewhere" / "run")
    config = load_config(project / "config.yaml")
    with run.locked():
        run.begin(config, resume=False)
    monkeypatch.chdir(tmp_path)
    check(RunFolder(tmp_path / "elsewhere" / "run").config(), project)


def test_what_lies_in_the_working_directory_only_is_not_taken(project, tmp_path, monkeypatch):
    other = tmp_path / "other" / "config.yaml"
    other.parent.mkdir()
    other.write_text("start: {rules: [rules/own.yaml]}")
    monkeypatch.chdir(project)
    with pytest.raises(ConfigError, match=r"other/rules/own\.yaml.*not to the working directory"):
        load_config(other)


def test_settings_of_a_script_count_from_the_working_directory(project, monkeypatch):
    monkeypatch.chdir(project)
    assert Protocol(calibration="rates.csv").calibration == str(project / "rates.csv")
    assert EvolveConfig(start={"rules": ["rules/own.yaml"]}).start.rules == (
        str(project / "rules" / "own.yaml"),
    )


def test_a_misspelt_calibration_is_still_a_name(tmp_path):
    path = tmp_path / "protocol.yaml"
    path.write_text("calibration: mouse-clases")
    with pytest.raises(ConfigError, match="Did you mean 'mouse-classes'"):
        load_yaml(path, Protocol)
