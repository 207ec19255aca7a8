"""Stopping a search by Ctrl-C: once to finish running evaluations, twice to end at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from v1cortex.workers import SIGNALS

FIRST = "stopping: running evaluations are finished and stored; Ctrl-C again ends at once"


@contextmanager
def stop_on_signal(notice: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Turn the first signal into a request to stop; the second raises KeyboardInterrupt.

    Parameters
    ----------
    notice
        Called with a line for the user when the first signal arrives.

    Yields
    ------
    should_stop
        Whether a signal has arrived. Outside the main thread, where handlers cannot be set, it is
        never true.
    """
    arrived = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield arrived.is_set
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        if arrived.is_set():
            raise KeyboardInterrupt
        arrived.set()
        notice(FIRST)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield arrived.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
