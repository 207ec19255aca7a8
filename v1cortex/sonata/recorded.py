"""The circuit of a simulation: how a results folder records it, and how it is found again.

Paths in a record are relative to the record's own folder, so that results and circuit can be moved
together; the digest shows whether the circuit there is still the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestml_models.common import read_json
from v1cortex.errors import CircuitError
from v1cortex.sonata.importer import open_circuit

__all__ = ["RecordedCircuit", "path_from", "read_record"]


@dataclass(frozen=True)
class RecordedCircuit:
    """The circuit named in a record.

    Attributes
    ----------
    record : Path
        The record.
    path : Path
        Where the circuit should be.
    populations : mapping of str to str
        Populations given for its cell types (`open_circuit`).
    leave_out : tuple of str
        Populations that were left out.
    digest : str
        Digest of the circuit.
    """

    record: Path
    path: Path
    populations: Mapping[str, str]
    leave_out: tuple[str, ...]
    digest: str

    def check(self) -> None:
        """Raise an error unless it is the circuit of the record.

        Raises
        ------
        CircuitError
            If it is missing, cannot be read, or has a different digest.
        """
        if not self.path.exists():
            raise CircuitError(
                f"{self.record} names the circuit {self.path}, which is missing; give its new "
                "location with --circuit, or the number of cells, without populations, with "
                "--cells"
            )
        opened = open_circuit(
            self.path, populations=self.populations, leave_out=self.leave_out, mapped=True
        )
        found = opened.circuit.digest()
        if found != self.digest:
            raise CircuitError(
                f"{self.path} is not the circuit that {self.record} names: its digest is "
                f"{found[:12]}, not {self.digest[:12]}; it has been changed or rebuilt since. "
                "Give the circuit that was simulated with --circuit"
            )


def path_from(folder: Path, path: Path | str) -> str:
    """Return a path relative to a folder, as files in that folder name it."""
    return os.path.relpath(Path(path).resolve(), folder.resolve())


def read_record(record: Path) -> RecordedCircuit | None:
    """Return the circuit that ``simulation.json`` names; None if it is another program's file.

    Raises
    ------
    CircuitError
        If the file cannot be read.
    """
    try:
        content: Any = read_json(record)
    except (OSError, ValueError) as error:
        raise CircuitError(
            f"cannot read {record}, which says what circuit was simulated: {error}. Give the "
            "circuit with --circuit"
        ) from None
    try:
        settings = content["settings"]
        return RecordedCircuit(
            record=record,
            path=record.parent / settings["circuit"],
            populations=dict(settings.get("populations") or {}),
            leave_out=tuple(settings.get("leave_out") or ()),
            digest=str(content["circuit"]["digest"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
