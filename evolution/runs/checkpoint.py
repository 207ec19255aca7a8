"""The state of a search between two steps: the algorithm, and what it was told."""

from __future__ import annotations

import hashlib
import pickle
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evolution.errors import RunFolderError
from evolution.runs.records import NOTHING, Told
from v1cortex.stores import refusal_of_old

HEAD = b"v1cortex checkpoint 3"
"""First line of the file; the number increases whenever the content changes."""

_OLD = re.compile(rb"[0-9a-f]{64}\n")
"""How the checkpoints of v1cortex 0.1 begin."""


@dataclass(frozen=True)
class Checkpoint:
    """A search between two generations, or two candidates of a steady state.

    Parameters
    ----------
    generation
        Number of complete generations.
    algorithm
        The pymoo algorithm after it was told the last of them.
    told
        In a steady state, numbers of the candidates after the first generation that the algorithm
        was told.
    evaluations
        Number and digest of the evaluations that it was told. In a steady state, those of
        re-evaluated survivors are left out: they are read again on resuming.
    """

    generation: int
    algorithm: Any
    told: frozenset[int] = frozenset()
    evaluations: Told = NOTHING


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Return a checkpoint as the content of its file."""
    payload = pickle.dumps(checkpoint, protocol=pickle.HIGHEST_PROTOCOL)
    digest = hashlib.sha256(payload).hexdigest().encode()
    return b"\n".join([HEAD, digest, payload])


def from_bytes(content: bytes, path: Path) -> Checkpoint:
    """Return the checkpoint of a file.

    A pickle is a program: resume only runs whose folder you trust.

    Parameters
    ----------
    content
        Content of the file.
    path
        The file, for messages.

    Raises
    ------
    RunFolderError
        If it is damaged, or was written by another version.
    """
    if _OLD.match(content):
        raise RunFolderError(refusal_of_old(path))
    damaged = RunFolderError(
        f"{path} is damaged; remove it, and the run is replayed from the stored evaluations"
    )
    head, _, rest = content.partition(b"\n")
    digest, _, payload = rest.partition(b"\n")
    if head != HEAD or hashlib.sha256(payload).hexdigest().encode() != digest:
        raise damaged
    try:
        checkpoint = pickle.loads(payload)
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError) as error:
        raise damaged from error
    if not isinstance(checkpoint, Checkpoint):
        raise RunFolderError(f"{path} is not a checkpoint but a {type(checkpoint).__name__}")
    return checkpoint
