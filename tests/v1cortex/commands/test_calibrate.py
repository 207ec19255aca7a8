"""`v1cortex calibrate` with short-term dynamics and gains."""

import json

import numpy as np

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
        rows = [line.split(",") for line in out.read_text().splitlines()[2:]]
        weights.append([float(row[1]) for row in rows])
    assert len(weights[0]) == len(weights[1]) == 17
    assert weights[0] != weights[1]


def test_unknown_dynamics_are_refused(cli):
    code, _, err = cli(*SMALL, "--short-term", "tabel")
    assert code == 1
    assert "Did you mean 'table'" in " ".join(err.split())
