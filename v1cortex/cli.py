"""The command line: `v1cortex VERB ...`."""

from __future__ import annotations

import sys

import typer

from v1cortex import ranks
from v1cortex.commands import build, calibrate, doctor, evaluate, evolve, simulate
from v1cortex.commands.common import messages
from v1cortex.errors import V1CortexError
from validation.errors import StatisticsError

app = typer.Typer(
    name="v1cortex",
    help="Evolve synaptic plasticity rules in a spiking model of mouse primary visual cortex.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for verb in (doctor, build, simulate, evaluate, calibrate, evolve):
    name = verb.__name__.rsplit(".", 1)[-1]
    app.command(name)(getattr(verb, name))


def main() -> None:
    """Run the command line.

    An error is one message on standard error and exit code 1; a wrong option has exit code 2, and
    Ctrl-C has 130, which is 128 plus the number of SIGINT.
    """
    ranks.silence()
    ranks.abort_on_error()
    try:
        app()
    except (V1CortexError, StatisticsError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.strerror}: {error.filename}")


def _fail(message: str) -> None:
    def show() -> None:
        messages.print("[bold red]error:[/] ", end="")
        messages.print(message, markup=False, highlight=False, soft_wrap=True)

    ranks.fail(1, show)
    show()
    sys.exit(1)


if __name__ == "__main__":
    main()
