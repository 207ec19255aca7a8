"""What a search in a script writes of its progress."""

from evolution.runs import Lines, Tally


def test_a_line_for_each_generation(capsys):
    tally, lines = Tally(("error",), 2), Lines()
    tally.begin(0, 2)
    for status in ("ok", "runaway"):
        lines.update(tally.snapshot())
        tally.add(status, None, made=True, took_s=30.0)
        tally.finish()
    lines.update(tally.snapshot())
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith("generation 1 of 2: 2 of 2 rules; evaluations: 1 ok, 1 runaway; ")
    assert "evaluations/h, " in line and line.endswith(" left")
    assert captured.out == ""


def test_a_line_for_each_tenth_of_a_retest(capsys):
    lines = Lines()
    for percent in range(0, 101, 2):
        lines.step("re-test", percent / 100)
    written = capsys.readouterr().err.splitlines()
    assert written[0] == "re-test, 0%" and written[-1] == "re-test, 100%"
    assert len(written) == 11
