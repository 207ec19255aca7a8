"""What an evaluation of a rule returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self, get_args

from v1cortex.errors import V1CortexError

Status = Literal["ok", "runaway", "silent", "failed", "timed out"]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True)
class Evaluation:
    """The outcome of one (circuit, rule, protocol, seed).

    Everything but `timings` and `versions` is a pure function of the inputs.

    Parameters
    ----------
    status
        ``ok``; ``runaway`` (cut short at the protocol's rate limit); ``silent`` (the read-out
        pool never fired in validation); ``failed`` or ``timed out`` (given by an executor).
    objectives
        The six objectives by name, all to be minimised and always finite
        (``validation.objectives.OBJECTIVES``).
    tasks
        Per task: accuracy, AUC, its standard error, threshold, AUC per 50 ms bin and more.
    statistics
        Rates, synchrony, weights and other statistics, for the whole network and by population.
    timings
        Wall-clock seconds of ``build``, ``simulate`` and ``score``, and biological seconds
        simulated (``biological``).
    seed
        The evaluation's seed.
    versions
        Versions of the programs that made it.
    message
        What went wrong, for a status other than ``ok``.
    """

    status: Status
    objectives: Mapping[str, float]
    seed: int
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    statistics: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise V1CortexError(f"unknown evaluation status {self.status!r}; one of {STATUSES}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` returned."""
        return cls(**data)

    def reproducible(self) -> str:
        """Return a canonical text of all that must be the same whenever this is evaluated again."""
        data = self.to_dict()
        del data["timings"], data["versions"]
        return json.dumps(data, sort_keys=True)
