"""The example scripts of a live network show what they claim."""

import os
import re
import subprocess
import sys
from pathlib import Path

import libsonata
import numpy as np

ROOT = Path(__file__).parents[2]


def _run(name, folder):
    command = [sys.executable, str(ROOT / "examples" / name)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


def test_record_and_inject(tmp_path):
    shown = _run("record_and_inject.py", tmp_path)
    assert "(1001, 10) samples in mV" in shown
    pattern = r"with current: ([\d.]+) spikes a cell in the first 500 ms, then ([\d.]+)"
    before, during = map(float, re.search(pattern, shown).groups())
    assert during > 3 * before


def test_own_populations(tmp_path):
    shown = _run("own_populations.py", tmp_path)
    pattern = r"(\w+): (\d+) spikes before the feedback, (\d+) with it"
    counts = {name: (int(a), int(b)) for name, a, b in re.findall(pattern, shown)}
    assert counts["L23_E"][1] > 1.5 * counts["L23_E"][0]
    assert counts["readout"][1] > counts["readout"][0]


def test_weights(tmp_path):
    shown = _run("weights.py", tmp_path)
    assert "has these weights: True" in shown
    weights = []
    for name in ("before/v1_v1_edges.h5", "weights_0.2s.h5", "weights_1.0s.h5"):
        path = tmp_path / "weights" / name
        edges = libsonata.EdgeStorage(str(path)).open_population("v1_to_v1")
        weights.append(edges.get_attribute("syn_weight", edges.select_all()))
    changed = [np.mean(after != weights[0]) for after in weights[1:]]
    assert 0.01 < changed[0] < changed[1]
