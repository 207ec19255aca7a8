"""Firing rates of the LGN on disk, keyed by the content of their inputs."""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nestml_models.build import cache_directory
from nestml_models.common import program_versions, write_whole
from v1cortex.circuit import LgnUnits
from v1cortex.stimuli import Movie
from v1cortex.tables import Tables

__all__ = ["MAX_BYTES", "cached_rates"]

FORMAT = "v1cortex LGN rates 1"
"""Changes whenever the computation changes, so that older files are no longer found."""
MAX_BYTES = 2 * 1024**3
"""Size of the cache; the least recently used files are removed first (*choice*)."""
CHECKSUM_BYTES = 4


def cached_rates(
    units: LgnUnits,
    tables: Tables,
    movie: Movie,
    memory: bool,
    compute: Callable[[], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return rates from the cache, or compute and store them.

    A damaged file is computed again.

    Raises
    ------
    CacheError
        If the cache folder cannot be written to.

    Parameters
    ----------
    units, tables, movie, memory
        What the rates depend on.
    compute
        Called without arguments if there is no file yet; returns float32[units, ms].
    """
    folder = cache_directory() / "lgn"
    path = folder / f"{_key(units, tables, movie, memory)}.npy"
    rates = _read(path, (len(units), movie.n_steps))
    if rates is None:
        rates = compute()
        stream = io.BytesIO()
        np.save(stream, rates, allow_pickle=False)
        content = stream.getbuffer()
        checksum = zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "little")
        write_whole(path, b"".join((content, checksum)), lasting=False)
        _make_room(folder)
    return rates


def _key(units: LgnUnits, tables: Tables, movie: Movie, memory: bool) -> str:
    described = (
        FORMAT,
        program_versions(["bmtk"]).get("bmtk", ""),
        tables.digest,
        movie.digest(),
        str(memory),
    )
    sha = hashlib.sha256("\n".join(described).encode())
    units.update(sha)
    return sha.hexdigest()


def _read(path: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    body, checksum = memoryview(content)[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
    if zlib.crc32(body).to_bytes(CHECKSUM_BYTES, "little") != checksum:
        return None
    header, n_bytes = _header(shape), 4 * shape[0] * shape[1]
    if len(body) != len(header) + n_bytes or body[: len(header)] != header:
        return None
    # Not copied, as numpy.load would.
    return np.frombuffer(body, np.float32, offset=len(header)).reshape(shape)


def _header(shape: tuple[int, int]) -> bytes:
    """Return how a file with rates of this shape begins."""
    stream = io.BytesIO()
    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()


def _make_room(folder: Path) -> None:
    found = []
    for path in folder.glob("*.npy"):
        try:
            status = path.stat()
        except FileNotFoundError:  # another process is making room too
            continue
        found.append((status.st_mtime_ns, status.st_size, path))
    excess = sum(size for _, size, _ in found) - MAX_BYTES
    for _, size, path in sorted(found)[:-1]:
        if excess <= 0:
            break
        path.unlink(missing_ok=True)
        excess -= size
