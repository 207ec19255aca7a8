"""The verbs of the command line: found through entry points, imported when called.

A package adds verbs with entry points of the group ``v1cortex.commands``; the name of each is the
verb, its object a function that Typer can turn into a command, or a ``typer.Typer`` with several.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from nestml_models.errors import did_you_mean
from v1cortex._namesakes import refuse_namesakes
from v1cortex.errors import ConfigError

__all__ = ["GROUP", "LazyGroup", "summary", "verbs"]

GROUP = "v1cortex.commands"
"""Group of entry points that add verbs."""

DIAGNOSIS = "doctor"
"""The verb that works, and says why, where the others cannot."""

FIRST = (
    *("doctor", "build", "simulate", "evaluate", "validate", "calibrate"),
    *("rules", "tasks", "experiment", "evolve", "runs", "families", "report"),
)
"""Order of the verbs in the help; others follow by name."""


@cache
def verbs() -> Mapping[str, EntryPoint]:
    """Return the entry point of each installed verb, in the order of the help.

    Raises
    ------
    ConfigError
        If two packages add the same verb.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise ConfigError(
                f"two installed packages add the verb '{point.name}': {other.value} and "
                f"{point.value}; uninstall one of them"
            )
    order = {name: position for position, name in enumerate(FIRST)}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


def summary(point: EntryPoint) -> str:
    """Return a verb's line in the help, without importing its module.

    It is the first line of the function's docstring, or the ``help`` of the ``typer.Typer``, as
    they are written in the source; a verb without source is imported.
    """
    source = _source(point.module)
    if source is None:
        loaded = point.load()
        return _first_line(getattr(getattr(loaded, "info", None), "help", None) or loaded.__doc__)
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == point.attr:
            return _first_line(ast.get_docstring(node))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == point.attr:
            return _first_line(_help_of(node.value))
    return ""


class LazyGroup(TyperGroup):
    """A group of commands that imports a verb only when that verb is called."""

    is_listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Return the names of all verbs."""
        return list(verbs())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return a verb's command; while writing the help, one with only its summary."""
        point = verbs().get(cmd_name)
        if point is None:
            return None
        if self.is_listing:
            return TyperCommand(name=point.name, help=summary(point), callback=lambda: None)
        return _command(point)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the help without importing the verbs."""
        self.is_listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self.is_listing = False

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Find the verb of a command line; if there is none, suggest the nearest."""
        if args and not args[0].startswith("-") and args[0] not in verbs():
            near = did_you_mean(args[0], list(verbs()))
            ctx.fail(f"no verb '{args[0]}'. {near[0].upper()}{near[1:]}")
        return super().resolve_command(ctx, args)


def _command(point: EntryPoint) -> Any:  # noqa: ANN401
    """Import a verb and return its command."""
    if point.name != DIAGNOSIS:
        refuse_namesakes()
    loaded = point.load()
    holder = typer.Typer(add_completion=False, rich_markup_mode="rich")
    if isinstance(loaded, typer.Typer):
        holder.add_typer(loaded, name=point.name)
    else:
        holder.command(point.name)(loaded)
    group: Any = typer.main.get_group(holder)
    return group.commands[point.name]


def _source(module: str) -> Path | None:
    """Return a module's source file without importing its packages; None if there is none."""
    top, *inner = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return None
    folders = spec.submodule_search_locations
    files = [Path(folder, *inner).with_suffix(".py") for folder in folders or ()]
    files += [Path(spec.origin)] if spec.origin and not inner else []
    return next((file for file in files if file.suffix == ".py" and file.is_file()), None)


def _help_of(call: ast.expr) -> str:
    """Return the help passed to a call of ``typer.Typer``."""
    if isinstance(call, ast.Call):
        for keyword in call.keywords:
            if keyword.arg == "help" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return ""


def _first_line(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())
