"""What workers are given: pieces of work, and the setup for evaluating them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from v1cortex.evaluation import Evaluation

__all__ = ["Evaluator", "EvaluatorFactory", "Setup", "W", "Work"]


class Work(Protocol):
    """One evaluation to be made; it can be pickled."""

    @property
    def name(self) -> str:
        """Its name in messages."""

    @property
    def seed(self) -> int:
        """Seed of the evaluation."""


W = TypeVar("W", bound=Work)

Evaluator = Callable[[Any], Evaluation]
"""Evaluates a piece of work."""


class EvaluatorFactory(Protocol):
    """Makes an evaluator; can be pickled, and is called once in every worker."""

    def __call__(self) -> Evaluator:
        """Load and build everything that evaluations share."""


@dataclass(frozen=True)
class Setup(Generic[W]):
    """The setup of every worker, sent to it once.

    Parameters
    ----------
    factory
        Makes the evaluator.
    worst
        Objectives of an evaluation without a result, by name.
    log
        File for the output of workers and their libraries; None to leave output unchanged.
    fatal
        Errors of an evaluation that end all work, since they will affect all others too; other
        errors make the evaluation ``failed``.
    """

    factory: EvaluatorFactory
    worst: Mapping[str, float]
    log: Path | None = None
    fatal: tuple[type[Exception], ...] = ()
