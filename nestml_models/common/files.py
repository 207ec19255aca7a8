"""Files that are written whole or not at all, even if the power fails."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nestml_models.errors import FileError

__all__ = ["whole_file", "write_whole"]


@contextmanager
def whole_file(path: Path, *, lasting: bool = True) -> Iterator[Path]:
    """Yield a temporary file next to `path` that replaces it if the block succeeds.

    Meanwhile, readers of `path` see its previous content; if several processes write it at the same
    time, one of them wins. The user's umask determines who may read the file.

    Guaranteed, as far as the disk keeps what it says it has: at any time, after a crash of the
    program or the machine too, `path` holds all of the old content or all of the new one. Once the
    block has ended, it is the new one, in a folder that was there before. For this the content is
    on the disk (``fsync``) before it takes its place, and the folder after that; some network file
    systems cannot promise the latter. It takes some milliseconds, and more for large files.

    Parameters
    ----------
    path
        The file; its folder is created if missing.
    lasting
        False does not wait for the disk: after a power cut the file may be empty or cut short. For
        caches whose content is checked when it is read.

    Yields
    ------
    Path
        An empty file to write.

    Raises
    ------
    FileError
        If the file cannot be written, or the block raises an `OSError`.
    """
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.open("xb").close()
        yield temporary
        if lasting:
            _sync(temporary)
        temporary.replace(path)
        if lasting:
            _sync_folder(path.parent)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        _remove(temporary)


def write_whole(path: Path, content: str | bytes, *, lasting: bool = True) -> None:
    r"""Write a file whole or not at all (see `whole_file`).

    Parameters
    ----------
    path
        The file; its folder is created if missing.
    content
        The content of the file; text is written as UTF-8, and bytes of a file's name that are no
        text are escaped as in Python and JSON (``\udce4``).
    lasting
        As in `whole_file`.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    with whole_file(path, lasting=lasting) as temporary:
        if isinstance(content, str):
            content = content.encode(errors="backslashreplace")
        temporary.write_bytes(content)


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    try:
        _sync(path)
    except OSError as error:
        # A folder that may be written but not read, or a file system that syncs no folders.
        if error.errno not in (errno.EACCES, errno.EINVAL, errno.ENOTSUP, errno.EISDIR):
            raise


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # for instance, the folder is a file: the previous error says so
        return
