"""`v1cortex simulate`: every stimulus, voltages, averages, imported circuits and Ctrl-C."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import libsonata
import numpy as np
import pytest
from skimage.io import imsave

from v1cortex.network.voltages import read_voltages
from v1cortex.sonata import save_circuit
from v1cortex.spikes.files import read_spikes


@pytest.fixture
def run(cli, tmp_path):
    def run(*words):
        code, out, err = cli("simulate", *words, "--out", tmp_path / "out", "--json")
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture(scope="module")
def folder(small_circuit, tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulate") / "circuit"
    save_circuit(small_circuit, folder)
    return folder


def test_a_movie_from_a_file_repeated_with_voltages(run, folder, tmp_path, small_circuit):
    rng = np.random.default_rng(1)
    np.save(tmp_path / "m.npy", rng.uniform(-1, 1, (6, 120, 240)).astype(np.float32))
    arguments = ("--stimulus", "movie", "--file", tmp_path / "m.npy", "--frame-rate", 40)
    code, report, _ = run(folder, *arguments, "--trials", 2, "--voltages", 2)
    assert code == 0
    assert report["duration_ms"] == 300  # 6 frames at 40 Hz, twice
    pictures = {"raster", "rates", "psth"}
    assert (
        set(report["files"])
        == {"spikes", "voltages", "settings", "rates_table", "report"} | pictures
    )
    voltages = read_voltages(tmp_path / "out" / "voltages.h5")
    assert voltages.V_m_mV.shape == (300, len(voltages.neurons))
    assert voltages.times_ms.tolist() == list(range(1, 301))
    population = small_circuit.nodes.population[voltages.neurons]
    assert np.bincount(population).max() == 2
    cells, model = small_circuit.tables.cells, small_circuit.nodes.cell_model[voltages.neurons]
    assert np.all(voltages.V_m_mV <= cells.V_th_mV[model] + 1e-4)
    assert np.all(voltages.V_m_mV.std(axis=0) > 0.01)
    # A neuron that spikes is at its reset potential when the step ends.
    spikes = read_spikes(tmp_path / "out" / "spikes.h5")
    column = {int(neuron): place for place, neuron in enumerate(voltages.neurons)}
    checked = 0
    for time_ms, sender in zip(spikes.times_ms, spikes.senders, strict=True):
        if int(sender) in column:
            value = voltages.V_m_mV[round(time_ms) - 1, column[int(sender)]]
            rest = cells.E_L_mV[small_circuit.nodes.cell_model[sender]]
            assert value == pytest.approx(rest, abs=1e-3)
            checked += 1
    assert checked > 3
    population = libsonata.ElementReportReader(str(tmp_path / "out" / "voltages.h5"))["v1"]
    assert population.get_node_ids() == voltages.neurons.tolist()
    frame = population.get(node_ids=[int(voltages.neurons[3])], tstart=10.0, tstop=10.5)
    assert frame.data[0, 0] == pytest.approx(voltages.V_m_mV[9, 3], abs=1e-3)


@pytest.mark.parametrize("stimulus", ["grating", "gray", "spontaneous", "none", "image"])
def test_other_stimuli(run, folder, tmp_path, stimulus):
    extra = ()
    if stimulus == "image":
        picture = np.tile(np.uint8([0, 255]), (100, 100)).repeat(10, axis=1)
        imsave(tmp_path / "a.png", picture, check_contrast=False)
        extra = ("--file", tmp_path / "a.png")
    code, report, _ = run(folder, "--stimulus", stimulus, "--duration", 200, *extra)
    assert code == 0
    mouse = {row["population"]: row["mouse_mean_Hz"] for row in report["populations"]}
    with_picture = stimulus in ("grating", "image")
    # Pyramidal cells of layer 6: the mouse's rate during gratings, or with a gray screen.
    assert (mouse["L6_E"] == pytest.approx(4.6, abs=1.0)) or not with_picture
    assert report["duration_ms"] == 200


def test_a_second_simulation_replaces_the_first(run, folder, tmp_path):
    run(folder, "--duration", 100, "--voltages", 1)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    _, report, _ = run(folder, "--duration", 200, "--stimulus", "gray", "--lgn-mode", "current")
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {Path(path).name for path in report["files"].values()} | {"notes.txt"}
    assert "voltages.h5" not in left
    settings = json.loads((tmp_path / "out" / "simulation.json").read_text())
    assert settings["recorded_ms"] == 200
    assert settings["settings"]["lgn_mode"] == "current"
    assert (tmp_path / "out" / settings["settings"]["circuit"]).resolve() == folder.resolve()
    with (tmp_path / "out" / "rates.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["population"] for row in rows] == [
        row["population"] for row in report["populations"]
    ]
    assert float(rows[0]["model_mean_Hz"]) == pytest.approx(report["rates"]["mean"], rel=0.1)


def test_tuning_follows_the_assigned_axis(run, folder, tmp_path, small_circuit):
    """One round of 8 directions; spikes and trials give the tuning again."""
    code, report, _ = run(folder, "--stimulus", "tuning", "--trials", 1)
    assert code == 0
    rows = {row["population"]: row for row in report["tuning"]}
    assert rows["L23_E"]["axis_difference_deg"] < 35  # 45 by chance
    assert rows["L23_E"]["direction_difference_deg"] < 75  # 90 by chance
    assert rows["L23_E"]["mouse_osi_median"] == pytest.approx(0.29, abs=0.01)
    assert rows["L4_Sst"]["mouse_osi_median"] is None
    spikes = read_spikes(tmp_path / "out" / "spikes.h5")
    with (tmp_path / "out" / "trials.csv").open() as file:
        trials = list(csv.DictReader(file))
    assert sorted(float(trial["direction_deg"]) for trial in trials) == list(range(0, 360, 45))
    responses = spikes.responses_Hz([float(trial["start_ms"]) for trial in trials], 2000.0)
    direction = np.deg2rad([float(trial["direction_deg"]) for trial in trials])
    cells = small_circuit.population_slice("L23_E")
    osi = np.abs(responses @ np.exp(2j * direction)) / np.maximum(responses.sum(axis=1), 1e-9)
    firing = responses.mean(axis=1) >= 0.5
    assert rows["L23_E"]["n_firing"] == firing[cells].sum()
    assert rows["L23_E"]["osi_median"] == pytest.approx(np.median(osi[cells][firing[cells]]))


def test_without_the_lgn_there_are_fewer_spikes(run, folder):
    _, with_lgn, _ = run(folder, "--stimulus", "gray", "--duration", 1000)
    _, without, _ = run(folder, "--stimulus", "none", "--duration", 1000)
    assert without["rates"]["mean"] < 0.7 * with_lgn["rates"]["mean"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--stimulus", "movie"), "needs a file"),
        (("--stimulus", "gray", "--file", "x.npy"), "takes no file"),
        (("--stimulus", "movie", "--file", "gone.npy"), "gone.npy"),
        (("--population", "exc"), "NAME=POPULATION"),
        (("--stimulus", "tuning", "--file", "x.npy"), "takes no file"),
        (("--stimulus", "tuning", "--duration", 500), "leave out --duration"),
        (("--lgn-mode", "currents"), "Did you mean 'current'?"),
        (("--orientation", "nan"), "finite"),
        (("--calibration", "gone.csv"), "gone.csv"),
        (("--short-term", "gone.csv"), "gone.csv"),
        (("--weight-gain", "E->E=0"), "above 0"),
    ],
)
def test_options_that_do_not_fit(run, folder, arguments, message):
    code, _, err = run(folder, *arguments)
    assert code == 1
    assert message in " ".join(err.split())


def test_spikes_of_a_foreign_circuit_carry_its_own_numbers(run, folder, tmp_path):
    """The same network, read as another program's: the same spikes."""
    import shutil

    copy = shutil.copytree(folder, tmp_path / "foreign")
    (copy / "circuit_config.json").unlink()
    with h5py.File(copy / "v1_nodes.h5", "a") as file:
        number = file["nodes/v1/node_id"][()]
        del file["nodes/v1/node_id"]
        file["nodes/v1/node_id"] = number + 1000
    with h5py.File(copy / "v1_v1_edges.h5", "a") as file:
        for name in ("source_node_id", "target_node_id"):
            file[f"edges/v1_to_v1/{name}"][...] += 1000
    with h5py.File(copy / "lgn_v1_edges.h5", "a") as file:
        file["edges/lgn_to_v1/target_node_id"][...] += 1000
    code, _, _ = run(copy, "--duration", 200)
    assert code == 0
    with h5py.File(tmp_path / "out" / "spikes.h5") as file:
        ids = file["spikes/v1/node_ids"][()]
    assert 1000 <= ids.min() < ids.max() < 1500


@pytest.mark.slow
def test_ctrl_c_in_a_process_keeps_the_spikes(folder, tmp_path):
    """SIGINT while NEST runs: the process ends normally, with a shorter recording."""
    main_end, child_end = pty.openpty()
    command = [sys.executable, "-m", "v1cortex.commands.cli", "simulate", str(folder)]
    process = subprocess.Popen(
        [*command, "--duration", "300000", "--stimulus", "grating", "--json",
         "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE, stderr=child_end, env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    shown = ""
    deadline = time.monotonic() + 120
    try:
        while not re.search(r"[1-9]\.\d of 300\.0 s", shown):
            assert time.monotonic() < deadline, shown[-2000:]
            shown += os.read(main_end, 4096).decode(errors="replace")
        assert "Hz" in shown
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    report = json.loads(out)
    assert 1000 <= report["duration_ms"] < 300_000
    spikes = read_spikes(tmp_path / "out" / "spikes.h5")
    assert spikes.duration_ms == report["duration_ms"]
    assert spikes.n_spikes > 100
