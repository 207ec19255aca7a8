"""The tables of results on the pages are those that their files give."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import result_tables
from result_files import networks_csv

from v1cortex.rules import SHIPPED, load_rule
from validation.comparison import holm, paired_difference

HEADER = """# title: A test
# command: v1cortex experiment final stdp
# seeds: 1 to 3
# rows: networks
# column: condition = {condition}
# column: AUC = {auc:.3f} ± {auc_sd:.3f}
# column: difference = {auc_minus:+.3f} [{auc_minus_low:+.3f}, {auc_minus_high:+.3f}]
# column: p = {auc_p_corrected:p}
"""
AUC = {"static": (0.6, 0.7, 0.65), "a": (0.65, 0.74, 0.71), "b": (0.6, 0.69, 0.66)}


def written(folder, text):
    (folder / "test.csv").write_text(text, encoding="utf-8")
    return result_tables.read("test", folder)


def networks(columns=HEADER):
    rows = [
        f"{name},{'' if name == 'static' else 'static'},{seed},{value}"
        for name, values in AUC.items()
        for seed, value in enumerate(values, start=1)
    ]
    return columns + "\n".join(["condition,control,seed,auc", *rows]) + "\n"


@pytest.mark.parametrize("page", result_tables.PAGES)
def test_pages_show_what_the_files_say(page):
    text = (result_tables.DOCS / page).read_text(encoding="utf-8")
    assert result_tables.generated(text) == text, f"{page} is out of date: run `make findings`"
    assert result_tables.named(text, "table")
    for name in result_tables.named(text, "figure"):
        assert (result_tables.DOCS / "images" / f"{name}.png").is_file()


def test_every_file_is_shown():
    shown = {
        name
        for page in result_tables.PAGES
        for name in result_tables.named((result_tables.DOCS / page).read_text("utf-8"), "table")
    }
    assert {path.stem for path in result_tables.RESULTS.glob("*.csv")} == shown


def test_differences_are_computed_on_the_same_networks(tmp_path):
    results = written(tmp_path, networks())
    compared = {name: paired_difference(AUC[name], AUC["static"]) for name in ("a", "b")}
    corrected = holm([each.p_value for each in compared.values()])
    static, a, b = results.table().splitlines()[2:]
    assert static == "| static | 0.650 ± 0.050 | | |"
    minus = compared["a"].estimate
    assert f"{minus.mean:+.3f} [{minus.low:+.3f}, {minus.high:+.3f}]" in a
    assert a.endswith(f"| {result_tables.p_text(corrected[0])} |")
    assert b.endswith(f"| {result_tables.p_text(corrected[1])} |")
    assert [row["auc_better"] for row in results.rows] == ["", 3, 1]


def test_the_summary_of_an_experiment_becomes_a_file(tmp_path):
    rows = [
        {
            "condition": name,
            "control": "" if name == "static" else "static",
            "seeds": [1, 2, 3],
            "by_seed": {"auc": list(values), "accuracy": list(np.subtract(values, 0.05))},
            "rate_Hz": 5.5,
            "ee_weight": None if name == "static" else 1.02,
        }
        for name, values in AUC.items()
    ]
    summary = json.loads(json.dumps({"score": "auc", "seeds": [1, 2, 3], "rows": rows}))
    results = written(tmp_path, networks_csv(summary, "A test", "v1cortex experiment final stdp"))
    static, a, _ = results.table().splitlines()[2:]
    assert static == "| static | 0.650 ± 0.050 | 0.600 ± 0.050 | | | | 5.5 |"
    assert a.startswith("| a | 0.700 ± 0.046 | 0.650 ± 0.046 | +0.050 [")
    assert a.endswith("| 1.02 | 5.5 |")
    result_tables.draw(results, tmp_path / "test.png")
    assert (tmp_path / "test.png").stat().st_size > 1000


def test_pages_are_filled_in_between_their_marks(tmp_path):
    written(tmp_path, networks())
    text = "before\n\n<!-- table: test -->\n<!-- end -->\n\nafter\n"
    filled = result_tables.generated(text, tmp_path)
    assert "| static | 0.650 ± 0.050 | | |" in filled
    assert filled.startswith("before\n")
    assert filled.endswith("after\n")
    assert result_tables.generated(filled, tmp_path) == filled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (networks().replace("# seeds: 1 to 3\n", ""), "no line '# seeds: ...'"),
        (networks().replace("rows: networks", "rows: means"), "rows is 'means'"),
        (networks().replace("control,seed", "control,sead"), "no column 'seed'"),
        (networks().replace("a,static,1", "a,static,9"), "control 'static' does not have"),
        (networks(HEADER.replace("{auc_sd:", "{auc_ds:")), "names 'auc_ds'"),
        (networks(HEADER.replace("AUC = ", "AUC ")), "not HEADING = TEMPLATE"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, message):
    with pytest.raises(result_tables.ResultError, match=message):
        written(tmp_path, text).table()


def test_a_page_that_names_no_file():
    with pytest.raises(result_tables.ResultError, match="no results 'nothing'"):
        result_tables.generated("<!-- table: nothing -->\n<!-- end -->")


def shown(row: Mapping[str, Any], score: str) -> list[float]:
    """Return value, difference and interval of a row, as the tables show them."""
    minus = f"{score}_minus" if f"{score}_minus" in row else f"{score}_minus_control"
    names = (score, minus, f"{minus}_low", f"{minus}_high")
    return [round(float(row[name]), 3) for name in names]


def test_the_evidence_of_shipped_rules_is_that_of_the_results():
    found = [(name, each) for name in SHIPPED for each in load_rule(name).evidence]
    assert len(found) >= 15
    for name, evidence in found:
        results = result_tables.read(Path(evidence.results).stem)
        (row,) = [row for row in results.rows if row["condition"].strip("`") == name]
        wanted = [evidence.value, evidence.difference, *evidence.interval]
        assert shown(row, evidence.score.lower()) == wanted, (name, evidence.results)
        assert row.get("n", evidence.networks) == evidence.networks
