"""How a search in a script reports its progress."""

from evolution.runs import Lines, Pace, Tally


def test_a_line_at_the_beginning_and_the_end_of_a_generation(capsys):
    tally, lines = Tally(("error",), 2), Lines()
    tally.begin(0, 2)
    for status in ("ok", "runaway"):
        lines.update(tally.snapshot())
        tally.add(status, None, made=True, took_s=30.0)
        tally.finish()
    lines.update(tally.snapshot())
    captured = capsys.readouterr()
    begun, line = captured.err.splitlines()
    assert begun.startswith("generation 0 (1 of 2): 0 of 2 rules; evaluations: none yet")
    assert line.startswith("generation 0 (1 of 2): 2 of 2 rules; evaluations: 1 ok, 1 runaway; ")
    assert "evaluations/h, " in line and line.endswith(" left")
    assert captured.out == ""


def test_a_line_a_minute_within_a_generation():
    now = 0.0
    pace, tally, shown = Pace(lambda: now), Tally(("error",), 2), []
    for generation in range(2):
        tally.begin(generation, 30)
        for _ in range(30):
            if pace.is_due(tally.snapshot()):
                shown.append((generation, now))
            tally.add("ok", None, made=True)
            tally.finish()
            now += 25.0
    assert shown == [
        (0, 0.0), *((0, 75.0 * k) for k in range(1, 10)),
        (1, 750.0), *((1, 750.0 + 75.0 * k) for k in range(1, 10)),
    ]  # fmt: skip


def test_a_line_for_each_tenth_of_a_retest(capsys):
    lines = Lines()
    for percent in range(0, 101, 2):
        lines.step("re-test", percent / 100)
    written = capsys.readouterr().err.splitlines()
    assert written[0] == "re-test, 0%" and written[-1] == "re-test, 100%"
    assert len(written) == 11
