"""Short-term dynamics that cannot be, asked of each verb: one message that says what and where."""

import itertools
import re
from pathlib import Path

import pytest

from v1cortex.circuit import build_circuit
from v1cortex.sonata import save_circuit

HEAD = "pre,post,U,tau_rec_ms,tau_fac_ms\n"
STATIC = "E,I,1,0,0\nI,E,1,0,0\nI,I,1,0,0\n"
WRONG = {
    "none.csv": ("E,E,0,671,17\n" + STATIC, r"U of short-term dynamics is 0\.0.*\(0, 1\]"),
    "large.csv": ("E,E,1.5,671,17\n" + STATIC, r"U of short-term dynamics is 1\.5.*\(0, 1\]"),
    "negative.csv": ("E,E,0.5,-671,17\n" + STATIC, r"tau_rec_ms of short-term dynamics is -671"),
    "fast.csv": ("E,E,0.5,671,-17\n" + STATIC, r"tau_fac_ms of short-term dynamics is -17"),
    "lacking.csv": (
        "E,E,0.5,671,17\nI,E,1,0,0\nI,I,1,0,0\n",
        "no row for L23_E -> L23_Pvalb, but the circuit has",
    ),
    "nowhere.csv": (None, "no such setting and no file"),
}
OF_CIRCUIT = "this circuit has no short-term dynamics.*build --short-term"
VERBS = {
    "build": ("build", "--neurons", 200, "--out", "new"),
    "simulate": ("simulate", "circuit", "--duration", 100, "--out", "simulation"),
    "evaluate": ("evaluate", "circuit"),
    "calibrate": ("calibrate", "--sizes", 200),
    "experiment": ("experiment", "final", "none", "--neurons", 200, "--seeds", 1, "--out", "x"),
    "evolve": ("evolve", "demo", "--out", "run"),
}


SLOW = [
    pytest.param(each, marks=[pytest.mark.slow] if each == "experiment" else []) for each in VERBS
]
"""An experiment begins evaluations in processes of their own, which takes seconds: here
once, and no table that lacks a pair."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a circuit, and tables of short-term dynamics that are wrong."""
    path: Path = tmp_path_factory.mktemp("short_term")
    save_circuit(build_circuit(200, 1), path / "circuit")
    for name, (rows, _) in WRONG.items():
        if rows is not None:
            (path / name).write_text(HEAD + rows)
    return path


@pytest.mark.parametrize(
    ("verb", "table"),
    [pair for pair in itertools.product(VERBS, WRONG) if pair != ("experiment", "lacking.csv")],
)
def test_wrong_tables_are_refused(cli, folder, monkeypatch, verb, table):
    monkeypatch.chdir(folder)
    code, _, err = cli(*VERBS[verb], "--short-term", table)
    message = " ".join(err.split())
    assert code == 1, message
    assert re.search(WRONG[table][1], message)
    assert table in message
    assert "Traceback" not in message


@pytest.mark.parametrize("verb", SLOW)
def test_dynamics_of_a_circuit_without_them_are_refused(cli, folder, monkeypatch, verb):
    monkeypatch.chdir(folder)
    code, _, err = cli(*VERBS[verb], "--short-term", "circuit")
    message = " ".join(err.split())
    assert code == 1, message
    assert re.search(OF_CIRCUIT, message)
    assert "Traceback" not in message


@pytest.mark.parametrize("verb", ["simulate", "evaluate"])
def test_a_calibration_for_other_synapses_is_said(cli, tmp_path, monkeypatch, verb):
    """Before anything else: there is no circuit here."""
    monkeypatch.chdir(tmp_path)
    given = (*VERBS[verb], "--calibration", "mouse-classes-rat")
    _, _, err = cli(*given, "--short-term", "off")
    assert "fitted for short-term dynamics 'rat', but short_term is 'off'" in " ".join(err.split())
    _, _, err = cli(*given)
    assert "fitted for" not in err
