"""Where to write what cannot be written beside the run that it was made from."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from v1cortex.errors import FileError

__all__ = ["or_elsewhere"]

NOT_ALLOWED = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def or_elsewhere(chosen: Path | None) -> Iterator[None]:
    """Name ``--out`` in the error of a folder that must not be written to, such as an archive's.

    Parameters
    ----------
    chosen
        What ``--out`` says; None: results belong in the folder of the run.

    Raises
    ------
    FileError
        As in the block, with the way out.
    """
    try:
        yield
    except FileError as error:
        cause = error.__cause__
        refused = isinstance(cause, OSError) and cause.errno in NOT_ALLOWED
        if chosen is not None or not refused:
            raise
        raise FileError(f"{error}. Name another place with --out") from cause
