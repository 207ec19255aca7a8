"""Files that are written whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nestml_models.errors import FileError

__all__ = ["whole_file", "write_whole"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary file next to `path` that replaces it if the block succeeds.

    Meanwhile, readers of `path` see its previous content; if several processes write it at the same
    time, one of them wins. The user's umask determines who may read the file.

    Parameters
    ----------
    path
        The file; its folder is created if missing.

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
        temporary.replace(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        _remove(temporary)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all (see `whole_file`).

    Parameters
    ----------
    path
        The file; its folder is created if missing.
    content
        The content of the file; text is written as UTF-8.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # for instance, the folder is a file: the previous error says so
        return
