"""Environment variables of worker processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["worker_environment"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Makes glibc (2.35 or later) request huge pages for its heap. NEST traverses tables of hundreds of
megabytes, and has fewer misses in the processor's cache of page addresses: a plastic evaluation of
3000 neurons took 0.62 to 0.89 of the processor time, with the same result and 1 % more memory. A
value set by the user is kept."""

_LOCK = threading.Lock()


@contextmanager
def worker_environment(threads: int, temporary: Path) -> Iterator[None]:
    """Set variables for processes started in the block, and restore them afterwards.

    They must be set before the process loads NumPy.

    Parameters
    ----------
    threads
        Threads that numerical libraries may use in the process.
    temporary
        Its folder of temporary files.
    """
    wanted = dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"TMPDIR": str(temporary)}
    wanted |= {name: value for name, value in HUGE_PAGES.items() if name not in os.environ}
    # The threads of a Dask worker start processes concurrently.
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
