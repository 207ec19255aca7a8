"""Tables of searches fit the terminal, at 80 and 40 columns."""

import pytest
from terminals import check_tables, set_width


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("words", [("runs", "list"), ("runs", "show"), ("runs", "front")])
def test_tables_of_runs(cli, run, monkeypatch, words, width):
    set_width(monkeypatch, width)
    code, out, _ = cli(*words, run)
    assert code == 0
    check_tables(out, width)


@pytest.mark.parametrize("width", [80, 40])
def test_table_of_families(cli, run, monkeypatch, tmp_path, width):
    set_width(monkeypatch, width)
    code, out, _ = cli("families", run, "--out", tmp_path / "families")
    assert code == 0
    check_tables(out, width)
