"""Whose doing it is that an evaluation gave nothing: the rule's, or the machine's.

A rule that runs away, is silent, takes too long or needs too much memory is a bad rule, and its
record says so for good. A full disk, a missing folder, a compiler that is not there or a machine
without memory says nothing about the rule.
"""

from __future__ import annotations

import signal

from v1cortex.errors import (
    CompilationError,
    FileError,
    MemoryShortageError,
    ToolchainError,
    V1CortexError,
)

__all__ = ["MACHINE_SIGNALS", "MachineFault", "is_machine_fault"]

OF_THE_MACHINE = (OSError, MemoryError, ImportError)

OWN_ERRORS_OF_THE_MACHINE = (FileError, ToolchainError, CompilationError, MemoryShortageError)

MACHINE_SIGNALS = (signal.SIGBUS,)
"""Signals that a rule cannot cause: a file in memory was cut short, or its disk failed."""


class MachineFault(V1CortexError):
    """An evaluation could not be made, for a reason that lies with the machine."""


def is_machine_fault(error: BaseException) -> bool:
    """Return whether an error says something about the machine rather than about the rule."""
    if isinstance(error, V1CortexError):
        return isinstance(error, OWN_ERRORS_OF_THE_MACHINE)
    if isinstance(error, OF_THE_MACHINE) or "bad_alloc" in str(error):
        return True
    return error.__cause__ is not None and is_machine_fault(error.__cause__)
