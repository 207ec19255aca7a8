"""The result of an evaluation, and its format in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from v1cortex.errors import FormatError, V1CortexError
from v1cortex.evaluation.frames import (
    EvaluationTable,
    evaluation_frame,
    evaluation_html,
    evaluation_text,
)
from v1cortex.evaluation.task_result import TaskResult
from validation.scores import Comparison
from validation.statistics import RateSummary
from validation.weights import WeightMovement

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMAT", "STATUSES", "Evaluation", "NetworkSummary", "Status"]

Status = Literal["ok", "runaway", "silent", "failed", "timed out"]
STATUSES: tuple[str, ...] = get_args(Status)

FORMAT = 2
"""Version of the JSON format; version 1, of v1cortex 0.1, was not marked."""


@dataclass(frozen=True, kw_only=True)
class NetworkSummary:
    """Activity and weights of the networks of an evaluation.

    Parameters
    ----------
    rates
        Rates of all neurons in the validation trials of all tasks; None if there were none.
    populations
        Rates of the network compared with the mouse's, then those of each population with neurons
        and mouse data.
    weights
        How far weights have changed by the end of training, by task and kind of connection
        (``E->E``, ...); no kinds in a static network.
    """

    rates: RateSummary | None = None
    populations: tuple[Comparison, ...] = ()
    weights: Mapping[str, Mapping[str, WeightMovement]] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Evaluation:
    """The result for one (circuit, rule, protocol, seed).

    Everything except `timings` and `versions` is a pure function of the inputs.

    Parameters
    ----------
    status
        ``ok``; ``runaway`` (cut short at the protocol's rate limit); ``silent`` (the read-out
        pool never fired in validation); ``failed`` or ``timed out`` (set by an executor).
    objectives
        The six objectives by name, all to be minimised and always finite
        (``validation.objectives.OBJECTIVES``).
    tasks
        Results by task; empty if the evaluation was cut short.
    statistics
        Rates and weights, for the whole network and by population.
    timings
        Wall-clock seconds for ``build``, ``simulate`` and ``score``, and simulated seconds
        (``biological``).
    seed
        The evaluation's seed.
    versions
        Versions of the programs that produced it.
    message
        What went wrong, for a status other than ``ok``.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    status: Status
    objectives: Mapping[str, float]
    seed: int
    tasks: Mapping[str, TaskResult] = field(default_factory=dict)
    statistics: NetworkSummary = field(default_factory=NetworkSummary)
    timings: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise V1CortexError(f"unknown evaluation status {self.status!r}; known: {STATUSES}")

    def to_frame(self, table: EvaluationTable = "objectives") -> pd.DataFrame:
        """Return a part of the evaluation as a pandas table.

        Parameters
        ----------
        table
            ``objectives``: the value of each (smaller is better) and its meaning.
            ``tasks``: number of validation trials, AUC and accuracy with standard errors, rates of
            hits and false alarms, decision threshold, rate of the read-out pools in the response
            window; NaN if a task has none. ``populations``: rates of the network and of each
            population with mouse data, next to the mouse's. ``weights``: mean weight after
            training relative to the initial one, and shares at zero and at the upper bound, by task
            and kind of connection; empty for a static network.

        Raises
        ------
        V1CortexError
            If there is no such table.
        """
        return evaluation_frame(self, table)

    def __repr__(self) -> str:
        return evaluation_text(self)

    def _repr_html_(self) -> str:
        return evaluation_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; ``format`` is the version of the format."""
        return {"format": FORMAT, **asdict(self)}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Evaluation:
        """Read data from `to_dict`, even after a round trip through JSON.

        Raises
        ------
        FormatError
            If the data have the format of another version, or are damaged.
        """
        content = dict(data)
        found = content.pop("format", 1)
        if found != FORMAT:
            raise FormatError(
                f"a stored evaluation has format {found!r}, and this version of v1cortex reads "
                f"format {FORMAT}: read it with the version that wrote it, or evaluate again"
            )
        try:
            evaluation: Evaluation = _adapter().validate_python(content)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise FormatError(
                f"a stored evaluation is damaged at '{place}' ({first['msg']}): evaluate again"
            ) from None
        return evaluation

    def reproducible(self) -> str:
        """Return a canonical text of everything that must be identical in a repeated evaluation."""
        data = self.to_dict()
        del data["timings"], data["versions"]
        return json.dumps(data, sort_keys=True)


@cache
def _adapter() -> TypeAdapter[Any]:
    """Return the adapter that reads evaluations from plain data; creating it takes milliseconds."""
    return TypeAdapter(Evaluation)
