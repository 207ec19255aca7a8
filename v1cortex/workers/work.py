"""What workers are given: pieces of work, and what they need to evaluate them."""

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
        """What messages call it."""

    @property
    def seed(self) -> int:
        """Seed of the evaluation."""


W = TypeVar("W", bound=Work)

Evaluator = Callable[[Any], Evaluation]
"""Makes one evaluation, of a piece of work."""


class EvaluatorFactory(Protocol):
    """Makes an evaluator; can be pickled, and is called once in every worker."""

    def __call__(self) -> Evaluator:
        """Load and build all that evaluations share."""


@dataclass(frozen=True)
class Setup(Generic[W]):
    """What every worker is made with; travels to it once.

    Parameters
    ----------
    factory
        Makes the evaluator.
    worst
        Objectives of an evaluation that gives none, by name.
    log
        File that takes what workers and the libraries in them print; None leaves it alone.
    fatal
        Errors of an evaluation that end all work, since every other one will meet them too; others
        make that evaluation ``failed``.
    """

    factory: EvaluatorFactory
    worst: Mapping[str, float]
    log: Path | None = None
    fatal: tuple[type[Exception], ...] = ()
