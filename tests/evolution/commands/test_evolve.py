"""What `v1cortex evolve` writes into a log file."""

import io

from rich.console import Console
from rich.live import Live

from evolution.commands.evolve import _View
from evolution.runs import Tally
from validation.objectives import OBJECTIVES


def test_a_generation_is_logged_with_its_best_and_median():
    log = io.StringIO()
    tally = Tally(tuple(each.name for each in OBJECTIVES), 3)
    tally.begin(0, 2)
    with Live(console=Console(file=log, force_terminal=False, width=80), transient=True) as live:
        view = _View(live)
        for value in (0.25, 0.75):
            view.update(tally.snapshot())
            tally.add("ok", [value] * len(OBJECTIVES), made=True, took_s=1.0)
            tally.finish()
        view.update(tally.snapshot())
    begun, *lines = log.getvalue().strip().splitlines()
    assert begun.startswith("generation 0 (1 of 3): 0 of 2 rules; evaluations: none yet")
    assert lines[0].startswith("generation 0 (1 of 3): 2 of 2 rules; evaluations: 2 ok;")
    assert lines[1].startswith(f"  best, median: {OBJECTIVES[0].label} 0.25, 0.5; ")
    assert lines[1].count(" 0.25, 0.5") == len(OBJECTIVES)
