"""`v1cortex tasks`: lists the available tasks and shows each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nestml_models.common import parse_yaml
from v1cortex.commands.options.common import AsJson, FigureFormatOption, Neurons, Seed
from v1cortex.commands.options.protocol import PRESET
from v1cortex.commands.output.consoles import bold
from v1cortex.commands.output.progress import status
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import print_json, results
from v1cortex.errors import TaskError
from v1cortex.plots import FigureFormat
from v1cortex.tasks import TASKS, load

if TYPE_CHECKING:
    from v1cortex.tasks import Task, TrialBlock

app = typer.Typer(help="List and show the tasks.", no_args_is_help=True)

N_DRAWN = 4
"""Number of trials in the picture."""


@app.command("list")
def list_tasks(as_json: AsJson = False) -> None:
    """List the tasks and their presets."""
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "summary": task.summary,
            "presets": list(task.presets),
            "pools": load(name).n_pools,
        }
        for name, task in TASKS.items()
    ]
    if as_json:
        print_json(rows)
        return
    cells = [(r["name"], r["summary"], ", ".join(r["presets"]), r["pools"]) for r in rows]
    results.print(table("", ("task", "what the animal has to do", "presets", "pools"), cells))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A task; see `v1cortex tasks list`.")],
    preset: Annotated[str, typer.Option("--preset", help=PRESET)] = "clear",
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A setting to replace, such as contrast=1; repeatable.",
            show_default="the preset's",
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            help="Folder of your own images (training, test).",
            show_default="the shipped ones",
        ),
    ] = None,
    neurons: Neurons = 3000,
    pool_size: Annotated[int, typer.Option(help="Cells of a pool.", min=1)] = 30,
    seed: Seed = 1,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the picture to.")] = Path(),
    figure_format: FigureFormatOption = FigureFormat.png,
    as_json: AsJson = False,
) -> None:
    """Show a task: settings, some trials, and a picture of its time line, frames and pools."""
    from v1cortex.circuit import build_circuit  # here: the list does not need them
    from v1cortex.plots import draw_task, save_alone
    from v1cortex.tasks import lgn_cosine, pools

    overrides = _settings(setting or []) | ({"folder": images} if images else {})
    task = load(name, preset, **overrides)
    task.check()
    block = task.block(2 * task.n_classes, "training", seed)
    with status("drawing the circuit"):
        circuit = build_circuit(neurons, seed)
        found = pools(circuit, task.n_pools, pool_size)
        drawn = draw_task(task, block, circuit, found, n_trials=N_DRAWN)
        picture = save_alone(drawn, out / f"task_{name}_{preset}.{figure_format}")
        cosine = lgn_cosine(task, circuit, seed)
    if as_json:
        print_json(_description(task, block) | {"picture": str(picture), "lgn_cosine": cosine})
        return
    _print(task, block)
    if cosine is not None:
        results.print(
            f"cosine between LGN inputs of E cells under different images: {cosine:.2f} "
            f"({neurons} neurons)",
            highlight=False,
            soft_wrap=True,
        )
    results.print(f"written {picture}", highlight=False, soft_wrap=True)


def _settings(texts: list[str]) -> dict[str, Any]:
    """Read settings like ``window_ms=[100, 150]``; values are YAML."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise TaskError(f"--set {text}: give a name and a value, such as contrast=1")
        read = parse_yaml(value, f"--set {key.strip()}", TaskError)
        found[key.strip()] = tuple(read) if isinstance(read, list) else read
    return found


def _description(task: Task, block: TrialBlock) -> dict[str, Any]:
    return {
        "name": task.name,
        "summary": task.summary,
        "settings": asdict(task),
        "trial_ms": task.trial_ms,
        "window_ms": list(block.window_ms),
        "classes": list(task.class_names),
        "pools": task.n_pools,
        "images": {"training": len(block.image_names)},
    }


def _print(task: Task, block: TrialBlock) -> None:
    begin, end = block.window_ms
    results.print(bold(task.name), f" {task.summary}", highlight=False)
    results.print(
        f"trial {task.trial_ms} ms, answer read {begin}-{end} ms; classes: "
        f"{', '.join(task.class_names)}; {task.n_pools} pool{'s' * (task.n_pools > 1)}",
        highlight=False,
        soft_wrap=True,
    )
    rows = [(key, _short(value)) for key, value in asdict(task).items()]
    results.print(table("settings (task_settings in a protocol)", ("setting", "value"), rows))
    trials = [
        (
            str(trial + 1),
            task.class_names[block.labels[trial]],
            block.image_names[block.previous_image_of_trial[trial]],
            block.image_names[block.image_of_trial[trial]],
        )
        for trial in range(min(N_DRAWN, block.n_trials))
    ]
    columns = ("trial", "right answer", "shown before", "shown")
    results.print(table("some training trials", columns, trials))


def _short(value: object) -> str:
    text = str(value)
    if isinstance(value, tuple) and len(value) > 6:
        return f"{value[0]:g}, {value[1]:g}, ... {value[-1]:g} ({len(value)} values)"
    return text
