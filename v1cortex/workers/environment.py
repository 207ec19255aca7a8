"""Environment variables of processes that evaluate."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["worker_environment"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_LOCK = threading.Lock()


@contextmanager
def worker_environment(threads: int, temporary: Path) -> Iterator[None]:
    """Set variables that a process started meanwhile inherits, and take them back at the end.

    They must be there before the process loads NumPy.

    Parameters
    ----------
    threads
        Threads that numerical libraries may use in the process.
    temporary
        Its folder of temporary files.
    """
    wanted = dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"TMPDIR": str(temporary)}
    # The threads of a Dask worker start processes side by side.
    with _LOCK:
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
