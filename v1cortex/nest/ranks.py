"""One simulation on several MPI ranks: identity, shared data, and joint termination.

Every rank runs the same program on the same input. NEST keeps a neuron, and the connections onto
it, on one rank; recordings are gathered on all ranks, so that all obtain the same results. Only the
first rank prints and writes them. In a single process nothing here needs MPI.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

from nestml_models.build import require_compatible_mpi, under_mpi
from v1cortex.errors import ConfigError, ToolchainError

if TYPE_CHECKING:
    # The command line asks for the rank before it knows whether anything will be computed.
    import numpy as np
    from numpy.typing import NDArray

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
"""An error common to all ranks is shown by the first; the others wait this long for it."""


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
    """Return whether this rank is the one that prints and writes results."""
    return rank() == 0


def owns(node_id: NDArray[Any], virtual_processes: int) -> NDArray[np.bool_]:
    """Return which neurons are on this rank.

    NEST distributes neurons over virtual processes, and those over ranks, round-robin by their
    numbers.

    Parameters
    ----------
    node_id
        Ids of neurons in NEST, shape (n,).
    virtual_processes
        Number of virtual processes, over all ranks.
    """
    mine: NDArray[np.bool_] = node_id % virtual_processes % size() == rank()
    return mine


def check_virtual_processes(number: int) -> None:
    """Reject a number of virtual processes that the ranks cannot share evenly.

    Raises
    ------
    ConfigError
        If it is not a multiple of the number of ranks.
    """
    if number % size():
        raise ConfigError(
            f"{number} virtual processes cannot be shared evenly by {size()} MPI ranks. Results "
            f"depend on their number, so choose a multiple of {size()}: --threads {size()}"
        )


def total(value: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of whole numbers over all ranks, on every rank."""
    if size() == 1:
        return value
    summed: NDArray[Any] = sum(_communicator().allgather(value))
    return summed


def gather(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return arrays joined over all ranks, in the order of the ranks, on every rank."""
    if size() == 1:
        return arrays
    import numpy as np

    parts = _communicator().allgather(arrays)
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def silence() -> None:
    """Discard what this rank prints, unless it is the first."""
    if not is_first():
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def fail(code: int, show: Callable[[], None]) -> None:
    """Show an error and end all ranks; does nothing on one process.

    A rank that simply exits would leave the others waiting for it forever.

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
    """Make an uncaught exception end all ranks, after its traceback."""
    size()  # after this, the process knows the other ranks and ends them too


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
            "running on several MPI ranks needs mpi4py to gather their recordings "
            f"({error}). Run: pip install 'mpi4py>=4.1,<5'"
        ) from error
    if communicator.size > 1:
        sys.excepthook = _show_and_abort
    return communicator
