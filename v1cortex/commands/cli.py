"""The command line: `v1cortex VERB ...`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from v1cortex.commands.output.consoles import bold, print_any_text
from v1cortex.commands.output.text import messages
from v1cortex.commands.verbs import LazyGroup
from v1cortex.errors import ConfigError, V1CortexError
from v1cortex.nest import ranks

app = typer.Typer(
    name="v1cortex",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

ON_MANY_RANKS = ("simulate", "evaluate")
"""Verbs that can run on several MPI ranks; the others run in a single process."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"v1cortex {version('v1cortex')}")
        raise typer.Exit


@app.callback(
    help="Evolve synaptic plasticity rules in a spiking model of mouse primary visual cortex."
)
def _check_ranks(
    context: typer.Context,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    if ranks.size() > 1 and context.invoked_subcommand not in ON_MANY_RANKS:
        raise ConfigError(
            f"'v1cortex {context.invoked_subcommand}' runs in a single process, not under an MPI "
            f"launcher; verbs that do: {', '.join(ON_MANY_RANKS)}"
        )


def main() -> None:
    """Run the command line.

    An error gives one message on standard error and exit code 1, or 75 if the same command may work
    later; a wrong option gives exit code 2, and Ctrl-C 130, which is 128 plus the number of SIGINT.
    On several MPI ranks the first one prints for all, and an error ends all.
    """
    print_any_text()
    try:
        ranks.abort_on_error()
        ranks.silence()
        messages.quiet = not ranks.is_first()
        app()
    except V1CortexError as error:
        _fail(str(error), getattr(error, "exit_code", 1))
    except OSError as error:
        _fail(f"{error.strerror}: {error.filename}")
    except MemoryError as error:
        _fail(f"there is not enough memory: {error or 'no more is available'}")


def _fail(message: str, exit_code: int = 1) -> None:
    def show() -> None:
        messages.quiet = False
        messages.print(bold("error:", "red"), "", end="")
        messages.print(message, highlight=False, soft_wrap=True)

    ranks.fail(exit_code, show)
    show()
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
