"""One simulation on several MPI ranks: which one is this, what do all know, how do all end.

Every rank runs the same program on the same input. NEST keeps a neuron, and the connections to it,
on one rank; what is recorded there is gathered on all, so that all come to the same results. Only
the first rank shows and writes them. On one process nothing here needs MPI.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.build import require_compatible_mpi, under_mpi
from v1cortex.errors import ConfigError, ToolchainError

__all__ = [
    "abort_on_error",
    "check_virtual_processes",
    "fail",
    "gather",
    "is_first",
    "owns",
    "rank",
    "silence",
    "size",
    "size_of_machine",
    "total",
]

GRACE_S = 3.0
"""An error that all ranks meet is shown by the first; the others wait this long for it."""


def size() -> int:
    """Return the number of ranks."""
    return int(_communicator().size) if under_mpi() else 1


def size_of_machine() -> int:
    """Return the number of ranks on this machine, which share its memory."""
    return _on_this_machine() if under_mpi() else 1


def rank() -> int:
    """Return the number of this rank, from 0."""
    return int(_communicator().rank) if under_mpi() else 0


def is_first() -> bool:
    """Return whether this rank is the one that shows and writes results."""
    return rank() == 0


def owns(node_id: NDArray[Any], virtual_processes: int) -> NDArray[np.bool_]:
    """Return which neurons live on this rank.

    NEST deals neurons out to virtual processes, and those to ranks, by the remainder of their
    numbers.

    Parameters
    ----------
    node_id
        Ids of neurons in NEST, shape (n,).
    virtual_processes
        Number of virtual processes, over all ranks.
    """
    return np.asarray(node_id % virtual_processes % size() == rank())


def check_virtual_processes(number: int) -> None:
    """Refuse a number of virtual processes that the ranks cannot share evenly.

    Raises
    ------
    ConfigError
        If it is not a multiple of the number of ranks.
    """
    if number % size():
        raise ConfigError(
            f"{number} virtual processes cannot be shared by {size()} MPI ranks. They are part of "
            f"the result, so choose a multiple of {size()}: --threads {size()}"
        )


def total(value: NDArray[Any]) -> NDArray[Any]:
    """Return the sum over all ranks of whole numbers, on every rank."""
    if size() == 1:
        return value
    return np.asarray(sum(_communicator().allgather(value)))


def gather(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return arrays joined over all ranks, in the order of the ranks, on every rank."""
    if size() == 1:
        return arrays
    parts = _communicator().allgather(arrays)
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def silence() -> None:
    """Send what this rank prints nowhere, unless it is the first."""
    if not is_first():
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def fail(code: int, show: Callable[[], None]) -> None:
    """Show an error and end all ranks; does nothing on one process.

    A rank that only exits leaves the others waiting for it for ever.

    Parameters
    ----------
    code
        Exit code of the job.
    show
        Shows the error.
    """
    if not _communicator.cache_info().currsize or size() == 1:
        return
    if not is_first():
        time.sleep(GRACE_S)
        print(f"MPI rank {rank()}:", file=sys.stderr)
    show()
    sys.stdout.flush()
    sys.stderr.flush()
    _communicator().Abort(code)


def abort_on_error() -> None:
    """Let an exception that nothing catches end all ranks, after its traceback."""
    size()  # a process that knows the other ranks ends them too


def _show_and_abort(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    fail(1, lambda: sys.__excepthook__(kind, error, traceback))


@cache
def _on_this_machine() -> int:
    mpi = importlib.import_module("mpi4py.MPI")
    return int(_communicator().Split_type(mpi.COMM_TYPE_SHARED).size)


@cache
def _communicator() -> Any:  # noqa: ANN401
    require_compatible_mpi()
    try:
        communicator = importlib.import_module("mpi4py.MPI").COMM_WORLD
    except ImportError as error:
        raise ToolchainError(
            "running on several MPI ranks needs mpi4py to gather what they record "
            f"({error}). Run: pip install 'mpi4py>=4.1,<5'"
        ) from error
    if communicator.size > 1:
        sys.excepthook = _show_and_abort
    return communicator
