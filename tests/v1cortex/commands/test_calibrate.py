"""`v1cortex calibrate` with short-term dynamics and gains."""

import json
from pathlib import Path

import numpy as np

from v1cortex.network import fitted_synapses

SMALL = (
    "calibrate",
    "--sizes",
    200,
    "--seeds",
    1,
    "--held-out-seeds",
    1,
    "--duration",
    200,
    "--json",
)


def excitatory_Hz(out: str) -> float:
    rows = json.loads(out)
    return float(
        np.mean([row["gratings_200_Hz"] for row in rows if row["population"].endswith("_E")])
    )


def test_rates_are_those_with_the_dynamics_and_gains(cli):
    """Depression of all synapses with the table, and gains of E->E that make up for it."""
    found = []
    for options in ((), ("--short-term", "table"), ("--weight-gain", "E->E=3")):
        code, out, _ = cli(*SMALL, *options)
        assert code == 0
        found.append(excitatory_Hz(out))
    static, dynamic, strong = found
    assert dynamic != static
    assert strong > 1.2 * static


def test_the_background_is_fitted_for_them(cli, tmp_path):
    """One step from the same start, towards the same rates, from other rates."""
    weights = []
    for name in ("off", "table"):
        out = tmp_path / f"{name}.csv"
        options = ("--iterations", 1, "--short-term", name, "--out", out)
        code, _, _ = cli(*SMALL, *options)
        assert code == 0
        assert f"--short-term {name}" in out.read_text().splitlines()[0]
        lines = [line for line in out.read_text().splitlines() if line[0] != "#"]
        rows = [line.split(",") for line in lines[1:]]
        weights.append([float(row[1]) for row in rows])
    assert len(weights[0]) == len(weights[1]) == 17
    assert weights[0] != weights[1]


def test_a_table_brings_what_it_was_fitted_for(cli, tmp_path):
    """Its own table of short-term dynamics, too, from wherever it is used."""
    own = tmp_path / "own.csv"
    own.write_text(
        "pre,post,U,tau_rec_ms,tau_fac_ms\nE,E,0.5,300,0\nE,I,1,0,0\nI,E,1,0,0\nI,I,1,0,0\n"
    )
    fitted = tmp_path / "deep" / "fitted.csv"
    fitted.parent.mkdir()
    options = ("--short-term", own, "--weight-gain", "E->E=1.3", "--weight-gain", "E->Sst=0.5")
    code, first, _ = cli(*SMALL, *options, "--out", fitted)
    assert code == 0
    synapses = fitted_synapses(str(fitted))
    assert Path(synapses.short_term).resolve() == own
    assert synapses.weight_gain == {"E->E": 1.3, "E->Sst": 0.5}
    code, again, _ = cli(*SMALL, "--calibration", fitted)
    assert (code, again) == (0, first)


def test_unknown_dynamics_are_refused(cli):
    code, _, err = cli(*SMALL, "--short-term", "tabel")
    assert code == 1
    assert "Did you mean 'table'" in " ".join(err.split())
