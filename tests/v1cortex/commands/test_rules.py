"""`v1cortex rules`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nestml_models.rule import Rule
from v1cortex.commands.cli import app
from v1cortex.errors import RuleError
from v1cortex.rules import SHIPPED, load_rule
from v1cortex.tables import load_tables


def run(*arguments):
    return CliRunner().invoke(app, ["rules", *arguments], catch_exceptions=False)


def test_list_names_every_rule_with_its_formula():
    text = run("list").stdout
    found = json.loads(run("list", "--json").stdout)
    assert tuple(each["name"] for each in found) == SHIPPED
    assert all(name in text for name in SHIPPED)
    assert found[4]["formula"] == load_rule("stdp").formula()


def test_show_simulates_a_window_and_draws_it(tmp_path):
    shown = json.loads(run("show", "stdp", "--out", str(tmp_path), "--json").stdout)
    assert shown["pair"]["pre"] == shown["pair"]["post"] == "L23_E"
    change = dict(shown["window"])
    assert change[10] > 0 > change[-10]
    assert change[-10] == pytest.approx(-1.05 * change[10])
    assert shown["picture"] == str(tmp_path / "stdp_window.png")
    assert (tmp_path / "stdp_window.png").read_bytes().startswith(b"\x89PNG")
    run("show", "stdp", "--out", str(tmp_path), "--format", "svg")
    assert [path.name for path in tmp_path.iterdir()] == ["stdp_window.svg"]


def test_show_chooses_a_pair_at_which_the_rule_acts(tmp_path):
    arguments = ("show", "inhibitory_homeostasis", "--out", str(tmp_path), "--json")
    assert json.loads(run(*arguments).stdout)["pair"]["pre"] == "L23_Pvalb"


def test_show_none_simulates_nothing():
    shown = json.loads(run("show", "none", "--json").stdout)
    assert (shown["formula"], shown["window"], shown["picture"]) == ("dW = 0", None, "")


def test_a_row_for_each_synapse_type():
    rows = json.loads(run("show", "inhibitory_homeostasis", "--by-type", "--json").stdout)
    assert len(rows) == len(load_tables().connectivity.pre)
    by_type = {(row["pre"], row["post"]): row for row in rows}
    assert by_type["L23_Pvalb", "L23_E"]["coefficients"]["S_pre*X_post"] == 1.0
    assert by_type["L23_E", "L23_E"]["coefficients"]["S_pre*X_post"] == 0.0
    assert by_type["L23_E", "L23_E"]["tau_pre_ms"] == 20.0
    text = run("show", "inhibitory_homeostasis", "--by-type").stdout
    assert text.count("L23_Pvalb") > 1


def test_compile_proves_its_models_in_one_batch(tmp_path):
    found = json.loads(run("compile", "s_pre", "--out", str(tmp_path), "--json").stdout)
    (one,) = found["rules"]
    assert one["agreement"]["same_spikes"]
    assert one["agreement"]["difference"] < 1e-10
    assert one["agreement"]["n_changed"] > 0
    assert "dw = c_S_pre S_pre" in Path(one["nestml"]).read_text()


def test_latex_is_one_line():
    assert run("show", "stdp", "--latex").stdout == load_rule("stdp").to_latex() + "\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "stdq"), "'stdq'.*stdp"),
        (("show", "stdp", "--pair", "L4_E:L5_R"), "no synapses 'L4_E:L5_R' in V1.*L4_E:L5_E"),
        (("compile", "none"), "no active term"),
    ],
)
def test_faulty_arguments(arguments, message):
    with pytest.raises(RuleError, match=message):
        run(*arguments)


def test_a_rule_file_with_values_by_population(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "threshold_Hz: 5\ntau_E_ms: 20\ntau_R_ms: 100\n"
        "terms:\n  S_pre: {distribution: uniform, low: 0, high: 1, seed: 2}\n"
        "plasticity: {learning_rate: 0.5}\n"
    )
    shown = json.loads(run("show", str(path), "--out", str(tmp_path), "--json").stdout)
    coefficient = shown["pair"]["coefficients"]["S_pre"]
    assert (
        coefficient
        == Rule.from_yaml(path, load_rule("stdp").types).table()[1 * 17 + 1].coefficients["S_pre"]
    )
    # 60 presynaptic spikes at half the default rate, whatever the lag.
    assert shown["window"][0][1] == pytest.approx(60 * 0.5 * 2e-3 * coefficient)
