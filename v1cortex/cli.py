"""The command line: `v1cortex VERB ...`."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from v1cortex.commands import build, calibrate, doctor, evaluate, evolve, simulate
from v1cortex.commands.common import messages
from v1cortex.errors import V1CortexError
from validation.errors import StatisticsError

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 plus the number of SIGINT."""

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


def main() -> NoReturn:
    """Run the command line; an error is one message on standard error and exit code 1."""
    try:
        app(standalone_mode=False)
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        messages.print("interrupted")
        sys.exit(INTERRUPTED)
    except (V1CortexError, StatisticsError) as error:
        messages.print("[bold red]error:[/] ", end="")
        messages.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except OSError as error:
        messages.print(f"[bold red]error:[/] {error.strerror}: {error.filename}", soft_wrap=True)
        sys.exit(1)
    sys.exit(0)


if __name__ == "__main__":
    main()
