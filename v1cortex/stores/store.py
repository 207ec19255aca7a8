"""The interface of all stores of evaluations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from v1cortex.evaluation import Evaluation

__all__ = ["EvaluationStore", "checksum_of", "refusal_of_old"]

Asked = TypeVar("Asked", contravariant=True)
"""What an evaluation is stored for: a candidate of a search, a job of an experiment."""


class EvaluationStore(Protocol[Asked]):
    """Stores evaluations by candidate or job.

    Every store guarantees the following, whatever its file format:

    - An evaluation is stored whole or not at all, and is on the disk when `put` returns.
    - It comes back with the same numbers, to the last bit.
    - The first evaluation is kept: `put` of an existing key changes nothing.
    - A damaged record is never returned.
    - Evaluations whose status is among `not_kept` are not results and are not stored.
    - Several processes may use a store at once.
    """

    not_kept: ClassVar[frozenset[str]]
    """Statuses of evaluations that are not results."""

    def key(self, asked: Asked) -> str:
        """Return the key under which the evaluation is stored."""

    def get(self, asked: Asked) -> Evaluation | None:
        """Return the evaluation; None if there is none."""

    def put(self, asked: Asked, evaluation: Evaluation) -> None:
        """Store an evaluation permanently.

        Raises
        ------
        V1CortexError
            If it cannot be written.
        """

    def items(self) -> Iterator[tuple[str, Evaluation]]:
        """Yield all evaluations with their keys."""


def checksum_of(content: Any) -> str:  # noqa: ANN401
    """Return the SHA-256 of plain data, in hexadecimal digits.

    Parameters
    ----------
    content
        Anything that JSON can represent, and bytes. Numbers count to their last bit; the order of
        keys does not matter.
    """

    def plain(value: Any) -> str:  # noqa: ANN401
        return value.hex() if isinstance(value, bytes) else str(value)

    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=plain)
    return hashlib.sha256(text.encode()).hexdigest()


def refusal_of_old(path: Path) -> str:
    """Return the message for a file of v1cortex 0.1: why it is rejected, and what to do."""
    return (
        f"{path} was written by v1cortex 0.1, which this version does not read; continue with "
        "v1cortex 0.1, or start again in another folder (--out)"
    )
