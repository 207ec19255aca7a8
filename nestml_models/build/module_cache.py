"""The compiled modules in the cache: listing and removing them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import filelock

from nestml_models.build.cache import cache_directory, require_own
from nestml_models.build.module import MadeFor

__all__ = ["CachedModule", "clear_modules", "list_modules", "modules_directory"]


@dataclass(frozen=True)
class CachedModule:
    """One compiled module.

    Attributes
    ----------
    name
        Its name, with the hash of everything that it was made from.
    models
        Names of its NESTML models.
    nest
        Version of NEST that it was compiled for; empty if not recorded.
    size_bytes
        Of its folder.
    compiled_at
        Seconds since 1970.
    """

    name: str
    models: tuple[str, ...]
    nest: str
    size_bytes: int
    compiled_at: float


def modules_directory() -> Path:
    """Return the folder of compiled modules, which may not exist yet.

    Raises
    ------
    CacheError
        If the folder belongs to somebody else or is writable by everybody.
    """
    folder = cache_directory(writable=False) / "modules"
    if folder.exists():
        require_own(folder)
    return folder


def list_modules() -> tuple[CachedModule, ...]:
    """Return all complete modules, the oldest first."""
    folders = [path.parent for path in modules_directory().glob("v1cortex_*_module/*.so")]
    return tuple(sorted(map(_describe, folders), key=lambda each: each.compiled_at))


def clear_modules() -> int:
    """Remove all modules that no process is compiling, and return their number.

    Running simulations continue: the operating system keeps a loaded library.

    Raises
    ------
    CacheError
        If the cache folder cannot be written to.
    """
    folder = modules_directory()
    n_removed = 0
    for path in sorted(folder.glob("*.lock")):
        lock = filelock.FileLock(path)
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            continue
        try:
            module = path.with_suffix("")
            n_removed += module.exists()
            shutil.rmtree(module, ignore_errors=True)
            remove_remains(module)
            module.with_suffix(".log").unlink(missing_ok=True)
        finally:
            lock.release()
    return n_removed


def remove_remains(module: Path) -> None:
    """Remove what killed compilations of a module left behind; its lock must be held."""
    for path in module.parent.glob(f".{module.name}.*"):
        shutil.rmtree(path, ignore_errors=True)


def _describe(folder: Path) -> CachedModule:
    made = MadeFor.read(folder)
    files = [path.stat() for path in folder.iterdir()]
    return CachedModule(
        name=folder.name,
        models=tuple(sorted(path.stem for path in folder.glob("*.nestml"))),
        nest=made.nest if made else "",
        size_bytes=sum(each.st_size for each in files),
        compiled_at=max(each.st_mtime for each in files),
    )
