"""Whether the rule or the machine is the reason why an evaluation has no result.

A rule that runs away, is silent, takes too long or needs too much memory is a bad rule, and its
record says so permanently. A full disk, a missing folder, a missing compiler or a machine without
memory says nothing about the rule.
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

__all__ = ["MACHINE_SIGNALS", "MachineFault", "error_text", "machine_fault"]

OF_THE_MACHINE = (OSError, MemoryError, ImportError)

OWN_ERRORS_OF_THE_MACHINE = (FileError, ToolchainError, CompilationError, MemoryShortageError)

MACHINE_SIGNALS = (signal.SIGBUS,)
"""Signals that a rule cannot cause: a file in memory was cut short, or its disk failed."""


class MachineFault(V1CortexError):
    """An evaluation could not be made because of the machine."""


def machine_fault(error: BaseException) -> str:
    """Return what an error says about the machine; empty if it says something about the rule.

    Libraries may raise a different error from the original one.
    """
    if isinstance(error, V1CortexError):
        of_machine = isinstance(error, OWN_ERRORS_OF_THE_MACHINE)
    else:
        of_machine = isinstance(error, OF_THE_MACHINE) or "bad_alloc" in str(error)
        if not of_machine and error.__cause__ is not None:
            return machine_fault(error.__cause__)
    return error_text(error) if of_machine else ""


def error_text(error: BaseException) -> str:
    """Return type and message of an error."""
    return f"{type(error).__name__}: {error}"
