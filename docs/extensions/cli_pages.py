"""The page of all commands, from the program's own definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from v1cortex.commands.cli import app

INTRODUCTION = """\
# Commands

Made from the program's own definitions, as `--help` is. What all commands share: results go to
standard output and messages to standard error; `--json` prints one JSON document; an error is one
message and exit code 1, a wrong option has exit code 2, and Ctrl-C has 130.
"""


def cli_page() -> str:
    """Return the page as Markdown."""
    root: Any = typer.main.get_command(app)
    context = typer.Context(root, info_name="v1cortex")
    parts = [INTRODUCTION]
    for command, inner in _commands(root, context):
        parts.append(_section(command, inner))
    return "\n".join(parts)


def _commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """Walk through a group's commands, its subcommands after itself."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = typer.Context(command, info_name=name, parent=context)
        yield command, inner
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner)


def _section(command: Any, context: Any) -> str:  # noqa: ANN401
    """Return one command: what it does, its usage, a table of its arguments and options."""
    path = context.command_path
    level = "#" * (1 + path.count(" "))
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    lines = [
        f"({path.replace(' ', '-')})=",
        f"{level} `{path}`",
        "",
        _plain(command.help or ""),
        "",
        f"```console\n$ {usage}\n```",
        "",
    ]
    rows = [_row(each, context) for each in command.get_params(context) if each.name != "help"]
    if rows:
        lines += ["| option | what it is |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _row(parameter: Any, context: Any) -> str:  # noqa: ANN401
    names, text = parameter.get_help_record(context) or (parameter.name, "")
    shown = names.strip().replace("|", "\\|")
    return f"| `{shown}` | {_plain(text)} |"


def _plain(text: str) -> str:
    """Return help text without the marks of rich, on one line and safe within a table."""
    text = re.sub(r"\[/?(bold|red|italic|cyan)[^\]]*\]", "", text).replace("\\[", "[")
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
