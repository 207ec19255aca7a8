"""`v1cortex evolve`: search for rules, with live progress, and continue after an interruption."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from evolution.commands.columns import COLUMNS, EXPECTED
from evolution.errors import SearchInterrupted
from evolution.genome import RuleGenome
from evolution.loop import evolve as run
from evolution.reports import REPORT, read_retest
from evolution.runs import (
    RULES,
    EvolveConfig,
    Front,
    Pace,
    RunFolder,
    Snapshot,
    load_config,
    rule_name,
)
from nestml_models.common import parse
from v1cortex.commands.options.common import (
    AsJson,
    CalibrationOfProtocol,
    FigureFormatOption,
    ShortTermOfProtocol,
    WeightGain,
)
from v1cortex.commands.options.protocol import ReadoutOption, TestPlasticity, network_changes
from v1cortex.commands.options.workers import (
    executor_option,
    scheduler_option,
    worker_settings,
    workers_option,
)
from v1cortex.commands.output.progress import Tenths
from v1cortex.commands.output.retest import print_retest
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import messages, print_json, print_notes, results
from v1cortex.errors import ConfigError
from v1cortex.evaluation import about_error
from v1cortex.network import calibration_notes
from v1cortex.plots import FigureFormat
from validation.objectives import OBJECTIVES

N_SHOWN = 10
"""Number of rules of the front that are listed; all of them are in front.csv."""

CONFIGS = "the configuration's"
"""Default of options that replace a setting of the configuration."""


def evolve(
    config: Annotated[
        str | None,
        typer.Argument(help="A YAML file, or `demo`.", show_default="built-in settings"),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write: the run.")] = Path("run"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in --out, if there is one.")
    ] = False,
    stop_after: Annotated[
        str | None,
        typer.Option(
            "--stop-after",
            help="Start nothing more after this time (2h, 90m, 1h30m); --resume continues.",
            show_default="no limit",
        ),
    ] = None,
    executor: Annotated[str | None, executor_option(CONFIGS)] = None,
    scheduler: Annotated[str | None, scheduler_option(CONFIGS)] = None,
    workers: Annotated[int | None, workers_option(CONFIGS)] = None,
    calibration: CalibrationOfProtocol = None,
    short_term: ShortTermOfProtocol = None,
    weight_gain: WeightGain = None,
    readout: ReadoutOption = None,
    test_plasticity: TestPlasticity = False,
    figure_format: FigureFormatOption = FigureFormat.png,
    as_json: AsJson = False,
) -> None:
    """Evolve a population of rules on visual change detection in mouse V1.

    Ctrl-C finishes the running evaluations and stops; --resume continues, even after a crash.
    Exit code 0: the search and its re-test are complete; 75: it can be resumed, since time was
    up, there were no workers, or the machine prevented evaluations (a full disk, say); 130: stopped
    by Ctrl-C.
    """
    changes = network_changes(short_term, weight_gain, readout, test_plasticity)
    changes["calibration"] = calibration
    settings = _with_options(
        _config(config, out, resume=resume), executor, scheduler, workers, changes
    )
    max_hours = None if stop_after is None else hours(stop_after)
    print_notes(calibration_notes(settings.protocol.calibration, settings.protocol.short_term))
    with _live() as view:
        try:
            found = run(
                settings,
                out,
                resume=resume,
                progress=view,
                max_hours=max_hours,
                figure_format=figure_format,
            )
        except SearchInterrupted as stop:
            view.notice(str(stop))
            raise typer.Exit(stop.exit_code) from None
    front, retest = found.pareto_front(), read_retest(RunFolder(out))
    if as_json:
        print_json(_summary(front, settings.genome, out, retest))
    else:
        _print(front, settings, out, retest)


def hours(text: str) -> float:
    """Return a duration such as 2h, 90m, 45s or 1h30m in hours.

    Raises
    ------
    ConfigError
        If it is malformed.
    """
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", text)
    parts = [float(part or 0) for part in found.groups()] if found else []
    if not any(parts):
        raise ConfigError(f"'{text}' is not a duration; write it as 2h, 90m, 45s or 1h30m")
    return parts[0] + parts[1] / 60 + parts[2] / 3600


def _config(name: str | None, out: Path, *, resume: bool) -> EvolveConfig:
    if name is None:
        folder = RunFolder(out)
        return folder.config() if resume and folder.exists else EvolveConfig()
    return load_config(name)


def _with_options(
    config: EvolveConfig,
    executor: str | None,
    scheduler: str | None,
    workers: int | None,
    changes: Mapping[str, Any],
) -> EvolveConfig:
    """Return the configuration with the changes from the command line, also of its protocol."""
    given = config.model_dump(exclude_unset=True)
    own = {name: value for name, value in changes.items() if value is not None}
    if own:
        given["protocol"] = given.get("protocol", {}) | own
    data = worker_settings(given, executor, scheduler, workers=workers)
    return parse(EvolveConfig, data, "options")


class _View:
    """Draws snapshots of a search."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._tenths = Tenths(self.notice)
        self._pace = Pace()

    def update(self, snapshot: Snapshot) -> None:
        """Draw the progress of the search; in a log, write a line now and then (see `Pace`)."""
        if self._live.console.is_terminal:
            self._live.update(_drawing(snapshot))
        elif self._pace.is_due(snapshot):
            self.notice(snapshot.text())
        if snapshot.done == snapshot.total and not self._live.console.is_terminal:
            self.notice(f"  best, median: {_scores(snapshot)}")

    def step(self, what: str, share: float) -> None:
        """Draw the progress of the re-test; in a log, write one line per tenth."""
        if self._live.console.is_terminal:
            bar = ProgressBar(total=1.0, completed=share, width=60)
            self._live.update(Group(Text(what), bar))
        else:
            self._tenths.report(what, share)

    def notice(self, text: str) -> None:
        """Print a line above the drawing."""
        self._live.console.print(text, highlight=False, soft_wrap=True)


@contextmanager
def _live() -> Iterator[_View]:
    with Live(console=messages, transient=True, refresh_per_second=2) as live:
        yield _View(live)


def _scores(snapshot: Snapshot) -> str:
    return "; ".join(
        f"{objective.label} {_number(snapshot.best.get(objective.name))}, "
        f"{_number(snapshot.median.get(objective.name))}"
        for objective in OBJECTIVES
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
        Text(snapshot.text()),
        ProgressBar(total=max(1, snapshot.total), completed=snapshot.done, width=60),
        table("", ("objective", "best", "median of this generation"), rows),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _summary(
    front: Front, genome: RuleGenome, out: Path, retest: Mapping[str, Any] | None
) -> dict[str, object]:
    return {
        "folder": str(out),
        "n_evaluated": len(front.candidates),
        "n_tried": front.n_tried,
        "retest": retest,
        "files": {name: str(out / file) for name, file in _existing(out).items()},
        "front": [
            {
                "rule": f"{RULES}/{rule_name(number)}.yaml",
                "formula": genome.decode(member.genome, "").formula(),
                "objectives": dict(zip(front.names, member.objectives.tolist(), strict=True)),
            }
            for number, member in enumerate(front.members, start=1)
        ],
    }


_FILES = {
    "report": REPORT,
    "front": "front.csv",
    "rules": "front",
    "re-test": "retest.csv",
    **{
        f"{name} plot{'' if kind == FigureFormat.png else f' ({kind})'}": f"{name}.{kind}"
        for name in ("front", "generations")
        for kind in FigureFormat
    },
    "evaluations": "evaluations.sqlite",
    "configuration": "config.yaml",
}


def _print(front: Front, config: EvolveConfig, out: Path, retest: Mapping[str, Any] | None) -> None:
    genome, protocol = config.genome, config.protocol
    shown = front.members[:N_SHOWN]
    names = [rule_name(number) for number in range(1, len(shown) + 1)]
    title = front.title
    if len(front.members) > N_SHOWN and not front.is_estimated:
        title += f"; the first {N_SHOWN} by expected error"
    rows = [
        (name, *(f"{value:.3g}" for value in member.objectives))
        for name, member in zip(names, shown, strict=True)
    ]
    results.print(table(title, ("rule", *COLUMNS), rows))
    explained = about_error(protocol.resolved_score, protocol.readout)
    results.print(explained, highlight=False, soft_wrap=True)
    formulas = [genome.decode(member.genome, "").formula() for member in shown]
    for name, formula in zip(names, formulas, strict=True):
        results.print(f"{name}: {formula}", highlight=False)
    if front.is_estimated:
        for name, member in zip(names, shown, strict=True):
            results.print(f"{EXPECTED} of {name}: {member.estimate}", soft_wrap=True)
    elif shown:
        results.print(
            f"smallest expected error, shrunk toward the mean of all rules: "
            f"{shown[0].expected[0]:.3f} by {formulas[0]}"
        )
    if shown:
        results.print("The best of many noisy scores is partly luck: trust only its re-test.")
    if retest is not None:
        print_retest(retest)
    for what, file in _existing(out).items():
        results.print(f"{what}: {out / file}", highlight=False, soft_wrap=True)


def _existing(out: Path) -> dict[str, str]:
    return {what: file for what, file in _FILES.items() if (out / file).exists()}
