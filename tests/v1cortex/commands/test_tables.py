"""Tables fit the terminal: all verbs that print one, at 80 and 40 columns."""

import io

import pytest
from rich.console import Console
from rich.text import Text
from terminals import check_tables, set_width

from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import results

WIDTHS = (80, 40)
N_LINES = 187
"""A heading, and a line for each of the 186 synapse types."""

HEADS = ("population", "cells", "mean Hz", "difference to the mouse", "what it does")
ROWS = [
    ("L23_Htr3a", 1234, "12.50", "+0.123 [-0.045, +0.291]", "is excited by whatever is shown"),
    ("L4_E", 7, "0.03", "-0.001 [-0.002, +0.001]", "relays the input of the LGN"),
]


def drawn(found, width):
    file = io.StringIO()
    Console(width=width, file=file).print(found)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("width", [200, 80, 60, 40])
def test_cells_are_all_there_numbers_whole_and_keys_repeated(width, framed):
    lines = drawn(table("A title", HEADS, ROWS, framed=framed), width)
    assert max(len(line.rstrip()) for line in lines) <= width
    text = "\n".join(lines)
    for cell in (str(cell) for row in ROWS for cell in row[1:-1]):
        assert cell in text
    for word in " ".join((*HEADS, ROWS[0][-1], ROWS[1][-1])).split():
        assert word in text
    parts = text.count("population")
    assert parts == text.count("L23_Htr3a")
    assert (parts == 1) == (width >= 80)
    assert text.count("A title") == 1


def test_words_that_do_not_fit_are_broken_not_cut():
    path = "a/very/long/path/without/any/blank/that/no/line/can/hold"
    lines = drawn(table("", ("run", "rules"), [(path, 12)]), 40)
    assert max(map(len, lines)) <= 40
    parts = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert "".join(parts) == path


def test_lines_of_a_file_are_as_long_as_rows(cli, monkeypatch):
    monkeypatch.setattr(results, "_width", None)  # as without COLUMNS, which test runners set
    code, out, _ = cli("tasks", "list")
    assert code == 0
    assert max(map(len, out.splitlines())) > 80


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "words",
    [
        ("build", "-n", 100, "--out", "circuit"),
        ("tasks", "list"),
        ("tasks", "show", "gratings", "-n", 1000),
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_verbs(cli, monkeypatch, tmp_path, words, width):
    monkeypatch.chdir(tmp_path)
    set_width(monkeypatch, width)
    code, out, _ = cli(*words)
    assert code == 0
    check_tables(out, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_tables_without_a_frame(cli, monkeypatch, width):
    set_width(monkeypatch, width)
    code, out, _ = cli("rules", "show", "five_term", "--by-type")
    assert code == 0
    lines = [line.rstrip() for line in Text.from_ansi(out).plain.splitlines()]
    assert max(map(len, lines)) <= width
    assert len(lines) % N_LINES == 0
    assert len(lines) > N_LINES


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_verbs_that_simulate(cli, monkeypatch, tmp_path, width):
    """Each table of results: rates, tuning, tasks, objectives, conditions, steps."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "protocol.yaml").write_text("pool_size: 10\nthreshold_trials: 4\n")
    short = ("--protocol", "protocol.yaml", "--validation-trials", 4)
    trials = (*short, "--training-trials", 2)
    experiment = ("-n", 500, "--seeds", 2, "--out", "experiments", "--task", "gratings")
    search = ("--groupings", "signs", "--pairs", 0.5, "--lengths", "0.05,0.1", "--networks", 2)
    rates = ("--highest-rate", 500, "--lowest-rate", 0)
    assert cli("build", "-n", 500, "--out", "circuit")[0] == 0
    set_width(monkeypatch, width)
    for words in (
        ("simulate", "circuit", "--stimulus", "tuning", "--trials", 1),
        ("validate", "simulation/spikes.h5"),
        ("evaluate", "circuit", *trials),
        ("calibrate", "--sizes", "100,200", "--seeds", 1, "--held-out-seeds", 1, "--duration", 200),
        ("rules", "show", "s_pre"),
        ("experiment", "controls", "s_pre", *experiment, *trials),
        ("experiment", "retest", "s_pre", *experiment, *trials),
        ("experiment", "gains", *experiment, *short, *search, *rates),
    ):
        code, out, err = cli(*words)
        assert code == 0, err
        check_tables(out, width)
