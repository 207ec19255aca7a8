"""Environment variables of processes that evaluate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["worker_environment"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def worker_environment(threads: int = 1) -> Iterator[None]:
    """Set variables that processes started meanwhile inherit, and take them back at the end.

    They must be there before a process loads NumPy.

    Parameters
    ----------
    threads
        Threads that numerical libraries may use in each process.
    """
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
