"""`v1cortex validate` on files of this package and of other programs."""

import json
from functools import partial

import h5py
import numpy as np
import pytest

from v1cortex.sonata import load_circuit, path_from, save_circuit
from v1cortex.spikes import write_spikes
from validation.reference import load_reference
from validation.spikes import SpikeTrains


@pytest.fixture
def run(cli):
    return partial(cli, "validate")


@pytest.fixture(scope="module")
def mouse_like(small_circuit):
    """Poisson trains whose rates are drawn from the mouse's own distribution of each population."""
    reference = load_reference()
    rng = np.random.default_rng(1)
    rates_Hz = np.full(small_circuit.n_neurons, 5.0)
    for name in reference.populations():
        cells = small_circuit.population_slice(name)
        rates_Hz[cells] = reference.row(name).quantile(
            rng.uniform(0.001, 0.999, cells.stop - cells.start)
        )
    counts = rng.poisson(rates_Hz * 20.0)
    senders = np.repeat(np.arange(counts.size), counts)
    times_ms = np.ceil(rng.random(senders.size) * 20_000.0)
    return SpikeTrains.from_events(times_ms, senders, counts.size, 20_000.0)


@pytest.fixture(scope="module")
def folder(small_circuit, mouse_like, tmp_path_factory):
    folder = tmp_path_factory.mktemp("validate")
    save_circuit(small_circuit, folder / "circuit")
    write_spikes(mouse_like, folder / "spikes.h5")
    return folder


def foreign(path, times, node_id, unit, names=("cortex",)):
    """Write what other programs write: spikes and a time unit."""
    with h5py.File(path, "w") as file:
        for name in names:
            group = file.create_group(f"spikes/{name}")
            group.create_dataset("timestamps", data=times).attrs["units"] = unit
            group.create_dataset("node_ids", data=np.asarray(node_id, dtype=np.uint64))
    return path


def test_poisson_trains_with_the_mouse_s_rates_are_at_the_noise_floor(run, folder, tmp_path):
    out_folder = tmp_path / "v"
    code, out, err = run(
        folder / "spikes.h5", "--circuit", folder / "circuit", "--out", out_folder, "--json"
    )
    assert (code, err) == (0, "")
    report = json.loads(out)
    (found,) = report["runs"]
    large = [row for row in found["comparisons"] if row["n_model"] >= 50]
    assert {row["population"] for row in large} >= {"network", "L23_E", "L4_E", "L5_E", "L6_E"}
    for row in large:
        # Counting noise in 20 s adds to the floor.
        assert row["distance_Hz"] < 2 * row["floor_Hz"], row
    cv = [row["cv_isi"] for row in found["populations"] if row["population"] in ("L4_E", "L5_E")]
    assert cv == pytest.approx([1.0, 1.0], abs=0.1)
    assert abs(found["correlation"]) < 0.01
    assert report["between_runs_Hz"] == {}
    assert json.loads((out_folder / "statistics.json").read_text())["runs"] == report["runs"]
    for name in ("raster", "rates", "distances", "variability"):
        assert (out_folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_runs_of_several_seeds_have_a_distance_of_their_own(run, folder, mouse_like, tmp_path):
    silent = SpikeTrains(np.empty(0), np.empty(0, np.int32), mouse_like.n_neurons, 20_000.0)
    write_spikes(silent, tmp_path / "silent.h5")
    arguments = ("--circuit", folder / "circuit", "--out", tmp_path, "--json")
    code, out, _ = run(folder / "spikes.h5", tmp_path / "silent.h5", *arguments)
    assert code == 0
    report = json.loads(out)
    # From rates to none, the distance is their mean.
    mean_Hz = mouse_like.rates_Hz().mean()
    assert report["between_runs_Hz"]["network"] == pytest.approx(mean_Hz)
    code, out, _ = run(folder / "spikes.h5", folder / "spikes.h5", *arguments[:-1])
    assert code == 0
    assert "mean of 2 runs" in out


def test_a_foreign_file_in_seconds_without_and_with_a_table(run, tmp_path):
    path = foreign(tmp_path / "f.h5", [0.1, 0.5, 1.2], [7, 3, 7], "seconds")
    code, out, err = run(path, "--out", tmp_path / "v", "--json")
    assert code == 0
    (found,) = json.loads(out)["runs"]
    assert found["rates"]["n"] == 8
    assert found["rates"]["maximum"] == pytest.approx(2 / 1.2)
    for assumed in ("its last spike, 1200 ms", "assuming 8", "populations are unknown"):
        assert assumed in err
    table = tmp_path / "cells.csv"
    table.write_text("node_id,population\n3,L4_E\n7,fast\n9,L4_E\n")
    code, out, err = run(
        path, "--circuit", table, "--population", "fast=L4_Pvalb", "--start", 200, "--stop", 2200,
        "--out", tmp_path / "v", "--json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    (found,) = json.loads(out)["runs"]
    means = {row["population"]: row["model_mean_Hz"] for row in found["comparisons"]}
    assert means == pytest.approx({"network": 1 / 3, "L4_E": 0.25, "L4_Pvalb": 0.5})


def test_condition_and_period(run, folder, tmp_path):
    arguments = (folder / "spikes.h5", "--circuit", folder / "circuit", "--out", tmp_path)
    code, out, _ = run(*arguments, "--condition", "spontaneous", "--period", 200, "--json")
    assert code == 0
    report = json.loads(out)
    assert "psth" in report["files"]
    (found,) = report["runs"]
    assert found["residual_correlation"] is not None
    mouse = load_reference().row("L5_E", "rate_spontaneous_Hz").distribution().mean
    (row,) = (row for row in found["comparisons"] if row["population"] == "L5_E")
    assert row["mouse_mean_Hz"] == pytest.approx(mouse)
    # Without a period there is no figure of it, and none of an earlier call remains.
    code, _, _ = run(*arguments, "--format", "svg")
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        *("statistics.json", "report.html", "raster.svg", "rates.svg"),
        *("distances.svg", "variability.svg"),
    }


@pytest.mark.parametrize(
    ("unit", "names", "options", "parts"),
    [
        ("ms", ("a", "b"), (), ["2 populations, a, b", "choose one with --nodes"]),
        ("ms", ("a", "b"), ("--nodes", "c"), ["population 'c'", "a, b"]),
        ("fortnights", ("a",), (), ["'fortnights'", "ms, s and us"]),
        ("ms", ("a",), ("--start", 9), ["9 to 1 ms"]),
        ("ms", ("a",), (), ["0 to 1 ms is too short"]),
        ("ms", ("a",), ("--population", "exc"), ["exc", "NAME=POPULATION"]),
        ("ms", ("a",), ("--population", "exc=L4_E", "--stop", 99), ["exc", "--circuit"]),
        ("ms", ("a",), ("--stop", 99, "--circuit", "nowhere"), ["nowhere"]),
        ("ms", ("a",), ("--cells", 1, "--stop", 99), ["2 nodes", "1 cells"]),
        ("ms", ("a",), ("--cells", -5, "--stop", 99), ["--cells is -5"]),
        ("ms", ("a",), ("--stop", "nan"), ["--stop is nan"]),
        ("ms", ("a",), ("--start", "inf"), ["--start is inf"]),
        ("ms", ("a",), ("--stop", 99, "--period", "nan"), ["period is nan"]),
        ("ms", ("a",), ("--stop", 99, "--period", 50), ["period is 50 ms", "at most 49.5 ms"]),
        ("ms", ("a",), ("--stop", 99, "--unit", "h"), ["--unit 'h'"]),
    ],
)
def test_what_cannot_be_validated(run, tmp_path, unit, names, options, parts):
    path = foreign(tmp_path / "f.h5", [0.1, 0.5], [7, 3], unit, names)
    code, out, err = run(path, "--out", tmp_path / "v", *options)
    assert (code, out) == (1, "")
    assert err.startswith(("error:", "reading")) or "error:" in err
    for part in parts:
        assert part in err.replace("\n", " ")
    assert not (tmp_path / "v").exists()


def test_another_circuit_and_a_file_that_holds_no_spikes(run, folder, tmp_path):
    short = SpikeTrains(np.array([1.0]), np.array([0], np.int32), 10, 100.0)
    write_spikes(short, tmp_path / "short.h5")
    code, _, err = run(tmp_path / "short.h5", "--circuit", folder / "circuit")
    assert code == 1
    assert "10 neurons" in err.replace("\n", " ")
    assert "500" in err
    code, _, err = run(folder / "circuit" / "circuit_config.json")
    assert code == 1
    assert "circuit_config.json is not in a known spike format" in err.replace("\n", " ")


def test_the_circuit_that_a_simulation_names_is_found(run, folder, tmp_path, monkeypatch):
    simulated = tmp_path / "simulation"
    simulated.mkdir()
    (simulated / "spikes.h5").write_bytes((folder / "spikes.h5").read_bytes())
    record = simulated / "simulation.json"
    digest = load_circuit(folder / "circuit").digest()
    content = {
        "settings": {"circuit": path_from(simulated, folder / "circuit")},
        "circuit": {"digest": digest},
    }
    record.write_text(json.dumps(content))
    # Paths are relative to the record, not to the working directory.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gone").mkdir()
    code, out, err = run(simulated / "spikes.h5", "--out", tmp_path / "v", "--json")
    assert (code, err) == (0, "")
    (found,) = json.loads(out)["runs"]
    assert {"L23_E", "L5_Pvalb"} <= {row["population"] for row in found["populations"]}

    record.write_text(json.dumps(content | {"circuit": {"digest": "0" * 64}}))
    code, _, err = run(simulated / "spikes.h5", "--out", tmp_path / "v")
    assert code == 1
    assert "is not the circuit that" in err and digest[:12] in err

    content["settings"] = {"circuit": "gone"}
    record.write_text(json.dumps(content))
    code, _, err = run(simulated / "spikes.h5", "--out", tmp_path / "v")
    assert code == 1
    assert "which is missing; give its new location with --circuit" in err

    record.write_text("{" * 100_000)
    code, _, err = run(simulated / "spikes.h5", "--out", tmp_path / "v")
    assert code == 1
    assert "cannot read" in err

    record.write_text(json.dumps({"run": {"tstop": 100}}))
    code, out, err = run(simulated / "spikes.h5", "--out", tmp_path / "v", "--json")
    assert code == 0
    assert "was not written by `v1cortex simulate`" in err
    assert "populations are unknown" in err
