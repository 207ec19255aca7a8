"""How commands run experiments: progress, Ctrl-C, and summary."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import typer

from nestml_models.common import Report, program_versions, write_whole
from v1cortex.commands.options.experiment import Options
from v1cortex.commands.output.progress import progress_bar
from v1cortex.commands.output.text import command_line, json_text, messages, results
from v1cortex.errors import ExperimentError, TryLaterError
from v1cortex.experiments import Row, Setting

__all__ = [
    "draw_adaptation",
    "file_name",
    "guarded",
    "say",
    "size",
    "texts",
    "whole_numbers",
    "write",
    "write_page",
]

Found = TypeVar("Found")


def guarded(name: str, options: Options, run: Callable[[Report], Found]) -> Found:
    """Run with a progress bar; after Ctrl-C, say how to continue."""
    try:
        with progress_bar(name) as report:
            return run(report)
    except KeyboardInterrupt:
        messages.print(f"stopped. {_how_to_go_on(options)}", highlight=False, soft_wrap=True)
        raise typer.Exit(130) from None
    except TryLaterError as error:
        message = f"error: {error}. {_how_to_go_on(options)}"
        messages.print(message, highlight=False, soft_wrap=True)
        raise typer.Exit(error.exit_code) from None


def _how_to_go_on(options: Options) -> str:
    return (
        f"Finished evaluations are in {options.out / 'results'}; give the same command again to go "
        "on"
    )


def write(name: str, title: str, found: dict[str, Any], options: Options) -> Path:
    """Write a summary and its page, each whole or not at all; return the path of the summary."""
    path = options.out / f"{file_name(name)}.json"
    write_whole(path, json_text(found))
    write_page(path, title)
    return path


def write_page(summary: Path, title: str) -> None:
    """Write the page of an experiment's summary beside it."""
    from v1cortex.pages import experiment_page  # here, so that the help does not wait for it

    found = json.loads(summary.read_text(encoding="utf-8"))
    page = experiment_page(found, title, command_line(), program_versions())
    write_whole(summary.with_suffix(".html"), page)


def draw_adaptation(name: str, rows: Sequence[Row], options: Options) -> None:
    """Write a figure of the adaptation of each condition and task, if it was measured."""
    from v1cortex.plots import adaptation, save  # here, since most experiments do not need it

    for row in rows:
        for task, found in row.analyses.items():
            if found.adaptation is not None:
                file = file_name(f"{name}_{row.condition}_{task}_adaptation")
                path = save(adaptation(found.adaptation), options.out / f"{file}.png")
                messages.print(f"written {path}", highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a sentence of the results."""
    results.print(text, highlight=False, soft_wrap=True)


def size(setting: Setting) -> str:
    """Return the size of an experiment, for its title."""
    n = len(setting.seeds)
    return f"{setting.neurons} neurons, {n} seed{'s' * (n > 1)}"


def texts(text: str) -> list[str]:
    """Return the parts of a comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def whole_numbers(text: str) -> list[int]:
    """Return the parts of a comma-separated list of whole numbers.

    Raises
    ------
    ExperimentError
        If a part is not one.
    """
    try:
        return [int(part) for part in texts(text)]
    except ValueError:
        raise ExperimentError(
            f"'{text}' is not a list of whole numbers; separate them by commas, such as 10,20"
        ) from None


def file_name(name: str) -> str:
    """Return a name that files can have; rule files lose their folders."""
    return re.sub(r"[^\w.-]+", "_", re.sub(r"[^\s_]*/", "", name))[:80]
