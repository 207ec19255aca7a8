"""`v1cortex evolve`: search for rules, with live progress, and go on after an interruption."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from evolution.config import EvolveConfig
from evolution.errors import SearchInterrupted
from evolution.front import Front
from evolution.genome import RuleGenome
from evolution.loop import evolve as run
from evolution.progress import Snapshot
from v1cortex.commands.common import AsJson, messages, print_json, results, table
from v1cortex.config import load_yaml
from v1cortex.errors import ConfigError
from v1cortex.tables import POPULATIONS, nearest
from validation.objectives import OBJECTIVES

SHIPPED = ("demo",)
"""Configurations that come with the package."""

N_SHOWN = 10
"""Rules of the front that are listed; all of them are in front.csv."""


def evolve(
    config: Annotated[
        str | None, typer.Argument(help="A YAML file, or `demo`; the defaults if left out.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path("run"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, if there is one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Evolve a population of rules on visual change detection in mouse V1.

    Ctrl-C finishes the evaluations in flight and stops; --resume goes on, also after a crash.
    """
    settings = _config(config)
    with _live() as view:
        try:
            front = run(settings, out, resume=resume, progress=view)
        except SearchInterrupted as stop:
            view.notice(str(stop))
            raise typer.Exit(stop.exit_code) from None
    if as_json:
        print_json(_summary(front, out))
    else:
        _print(front, out)


def _config(name: str | None) -> EvolveConfig | None:
    if name is None:
        return None
    if name in SHIPPED:
        return load_yaml(Path(str(files("evolution") / "configs" / f"{name}.yaml")), EvolveConfig)
    if not Path(name).is_file():
        raise ConfigError(f"no configuration file '{name}'. {nearest(name, SHIPPED)}")
    return load_yaml(Path(name), EvolveConfig)


class _View:
    """Draws snapshots of a search."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def update(self, snapshot: Snapshot) -> None:
        """Draw how far the search is; in a log file, one line for each generation."""
        if self._live.console.is_terminal:
            self._live.update(_drawing(snapshot))
        elif snapshot.done == snapshot.total:
            self.notice(_heading(snapshot))

    def notice(self, text: str) -> None:
        """Print a line above the drawing."""
        self._live.console.print(text, highlight=False, soft_wrap=True)


@contextmanager
def _live() -> Iterator[_View]:
    with Live(console=messages, transient=True, refresh_per_second=2) as live:
        yield _View(live)


def _heading(snapshot: Snapshot) -> str:
    statuses = ", ".join(f"{n} {status}" for status, n in sorted(snapshot.statuses.items()))
    pace = (
        ""
        if snapshot.evaluations_per_hour is None
        else (f"{snapshot.evaluations_per_hour:.0f} evaluations/h")
    )
    left = "" if snapshot.seconds_left is None else f", {_duration(snapshot.seconds_left)} left"
    return (
        f"generation {snapshot.generation + 1} of {snapshot.n_generations}: "
        f"{snapshot.done} of {snapshot.total} rules; {statuses}; {pace}{left}"
    )


def _drawing(snapshot: Snapshot) -> RenderableType:
    rows = [
        (
            objective.label,
            _number(snapshot.best.get(objective.name)),
            _number(snapshot.median.get(objective.name)),
        )
        for objective in OBJECTIVES
    ]
    return Group(
        Text(_heading(snapshot)),
        ProgressBar(total=max(1, snapshot.total), completed=snapshot.done, width=60),
        table("", ("objective", "best", "median of this generation"), rows),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def _summary(front: Front, out: Path) -> dict[str, object]:
    genome = RuleGenome(POPULATIONS)
    return {
        "folder": str(out),
        "n_evaluated": len(front.candidates),
        "files": {name: str(out / file) for name, file in _FILES.items()},
        "front": [
            {
                "rule": f"front/rule_{number:03d}.yaml",
                "formula": genome.decode(member.genome, "").formula(),
                "objectives": dict(zip(front.names, member.objectives.tolist(), strict=True)),
            }
            for number, member in enumerate(front.members, start=1)
        ],
    }


COLUMNS = ("error", "complexity", "peak Hz", "synchrony", "rate error", "rate dist.")
"""Short heads for the objectives, in their order."""

_FILES = {
    "front": "front.csv",
    "rules": "front",
    "front plot": "front.png",
    "generations plot": "generations.png",
    "evaluations": "evaluations.sqlite",
    "configuration": "config.yaml",
}


def _print(front: Front, out: Path) -> None:
    genome = RuleGenome(POPULATIONS)
    shown = front.members[:N_SHOWN]
    names = [f"rule_{number:03d}" for number in range(1, len(shown) + 1)]
    title = f"{len(front.members)} of {len(front.candidates)} rules on the front"
    if len(front.members) > N_SHOWN:
        title += f"; the first {N_SHOWN} by error"
    rows = [
        (name, *(f"{value:.3g}" for value in member.objectives))
        for name, member in zip(names, shown, strict=True)
    ]
    results.print(table(title, ("rule", *COLUMNS), rows))
    formulas = [genome.decode(member.genome, "").formula() for member in shown]
    for name, formula in zip(names, formulas, strict=True):
        results.print(f"{name}: {formula}", highlight=False)
    if shown:
        results.print(f"smallest error: {shown[0].objectives[0]:.3f} by {formulas[0]}")
        results.print("A best of many noisy scores is partly luck: re-test it on fresh seeds.")
    for what, file in _FILES.items():
        results.print(f"{what}: {out / file}", highlight=False, soft_wrap=True)
