"""Progress of long-running work: animated on a terminal, as lines in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.text import Text

from v1cortex.commands.output.text import messages

__all__ = ["Tenths", "progress_bar", "status"]


class Tenths:
    """Passes a message on whenever another tenth of the work is done.

    Parameters
    ----------
    write
        Called with the messages.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._tenth = -1

    def report(self, text: str, share: float) -> None:
        """Take a message and the share that is done, 0 to 1."""
        tenth = int(10 * share)
        if tenth != self._tenth:
            self._tenth = tenth
            self._write(text)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[str, float], None]]:
    """Show progress on standard error; yield a function of (text, share done).

    On a terminal it is a bar; in a log, one line per tenth.
    """
    if not messages.is_terminal:
        tenths = Tenths(lambda text: messages.print(text, highlight=False, soft_wrap=True))
        yield lambda text, share: tenths.report(f"{what}: {text}, {share:.0%}", share)
        return
    from rich.progress import (  # here, since most verbs show none
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as progress:
        bar = progress.add_task(what, total=1.0)

        def report(text: str, share: float) -> None:
            progress.update(bar, description=text, completed=share)

        yield report


@contextmanager
def status(what: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner on standard error; yield a function that changes its text."""
    with messages.status(Text(what)) as spinner:
        yield lambda text: spinner.update(Text(text))
