"""Reads a run: its front, evaluations, re-test and rules, even while it is running."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.reports.retest import TABLE
from evolution.reports.summary import RunSummary, summarise
from evolution.runs import (
    CIRCUIT,
    EvolveConfig,
    Front,
    RunFolder,
    front_of,
    front_rows,
    rule_name,
)
from nestml_models.rule import Rule
from v1cortex.circuit import Circuit
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Evaluation
from v1cortex.sonata import load_circuit
from validation.objectives import worst_values

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Run"]


class Run:
    """The run in a folder, read only: it may still be running, and the folder write-protected.

    Each method reads the current state of the folder.

    Parameters
    ----------
    path
        The folder that ``v1cortex evolve --out`` or `v1cortex.evolve` wrote.

    Raises
    ------
    RunFolderError
        If there is no run.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.config: EvolveConfig = self._folder.config()

    @property
    def status(self) -> str:
        """``running``, ``complete`` or ``stopped``."""
        return self.summary().state

    def summary(self) -> RunSummary:
        """Return the progress of the run, the cost of its stages, best and median objectives."""
        return summarise(self.path)

    def front(self) -> pd.DataFrame:
        """Return the Pareto front as a pandas table, sorted by the expected first objective.

        Returns
        -------
        frame
            Indexed by ``rule``, such as ``rule_001``: its formula, number of active terms, each
            objective by name (the mean over evaluations minus the effects of their seeds),
            ``error.expected`` (shrunk toward the mean of all candidates in proportion to its
            noise), number of evaluations, with standard errors if there are several, AUC and
            accuracy by task, generation and candidate, seeds, and the rule's file in the folder. A
            search with ``paired`` has its best rules instead of a Pareto front, the best of each
            family first, with ``family``, ``difference.expected`` (to the static network, by all
            evaluations of the family), ``difference.standard_error`` and ``within_limits``.
        """
        return _frame(front_rows(self.pareto_front(), self._genome), "rule")

    def pareto_front(self) -> Front:
        """Return the front as objects, with genomes and evaluations."""
        with self._folder.store(read_only=True) as store:
            return front_of(store, worst_values(), self._genome.key, self._folder.estimates())

    def evaluations(self, stage: str | None = None) -> pd.DataFrame:
        """Return all evaluations as a pandas table, by generation, candidate, stage and seed.

        Parameters
        ----------
        stage
            ``protocol`` or the name of a hurdle; None for all.

        Returns
        -------
        frame
            Indexed by ``evaluation`` (0, 1, ...): generation, candidate, stage, seed; the
            generation that asked for it (``asked_in``); ``status``; why a hurdle rejected it, or
            empty; ``active_terms``; each objective by name.
        """
        rows = []
        gates = self._genome.layout["gates"]
        with self._folder.store(read_only=True) as store:
            for score in store.scores(stage):
                asked = score.candidate
                rows.append(
                    {
                        "generation": asked.generation,
                        "candidate": asked.index,
                        "stage": asked.stage,
                        "seed": asked.seed,
                        "asked_in": asked.asked_in,
                        "status": score.status,
                        "rejected": score.rejected,
                        "active_terms": int(np.count_nonzero(asked.genome[gates] >= 0.5)),
                    }
                    | dict(score.objectives)
                )
        return _frame(rows, "evaluation")

    def retest(self) -> pd.DataFrame:
        """Return the re-test of the front as a pandas table; empty until it is complete.

        Returns
        -------
        frame
            Indexed by ``condition``, a rule of the front or a control: formula, error in the
            search, AUC and accuracy with standard errors over fresh networks, the control that it
            is compared with, the difference on the same seeds with its 95 % interval, p-values
            before and after Holm's correction, mean rate, numbers of seeds, trials and rules tried;
            in ``failed`` why a condition has no result.

        Raises
        ------
        RunFolderError
            If the table is damaged.
        """
        import pandas as pd  # here, since a search does not need it

        path = self.path / TABLE
        if not path.is_file():
            return pd.DataFrame(index=pd.Index([], name="condition"))
        try:
            return pd.read_csv(path, index_col="condition", keep_default_na=False, na_values=[""])
        except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
            raise RunFolderError(f"{path} cannot be read: {error}") from None

    def rule(self, name: str | tuple[int, int]) -> Rule:
        """Return a rule of the run.

        Parameters
        ----------
        name
            ``rule_001`` for the first of the front; ``3.12`` or ``(3, 12)`` for candidate 12 of
            generation 3.

        Raises
        ------
        ConfigError
            If the name is neither, or the front has fewer rules.
        RunFolderError
            If there is no such candidate.
        """
        generation, index, called = self._origin(name)
        with self._folder.store(read_only=True) as store:
            return self._genome.decode(store.genome(generation, index), called)

    def evaluations_of(self, name: str | tuple[int, int]) -> tuple[Evaluation, ...]:
        """Return a rule's evaluations with the protocol, by seed.

        Parameters
        ----------
        name
            As for `rule`.
        """
        generation, index, _ = self._origin(name)
        with self._folder.store(read_only=True) as store:
            return store.candidate(generation, index)[1]

    def circuit(self) -> Circuit:
        """Return the circuit in which rules are evaluated."""
        return load_circuit(self.path / CIRCUIT)

    def __repr__(self) -> str:
        try:
            summary = self.summary()
        except RunFolderError as error:
            return f"<Run {self.path}: {error}>"
        return (
            f"<Run {self.path}: {summary.state}, {summary.n_tried} of {summary.n_planned} rules "
            f"tried, {summary.n_evaluations} evaluations>"
        )

    @property
    def _folder(self) -> RunFolder:
        return RunFolder(self.path)

    @cached_property
    def _genome(self) -> RuleGenome:
        return self.config.genome

    def _origin(self, name: str | tuple[int, int]) -> tuple[int, int, str]:
        """Return the generation, index and name of a rule."""
        if isinstance(name, tuple):
            name = f"{name[0]}.{name[1]}"
        if number := re.fullmatch(r"rule_(\d+)", name):
            members = self.pareto_front().members
            position = int(number[1])
            if not 1 <= position <= len(members):
                raise ConfigError(
                    f"no rule '{name}': the front of {self.path} has {len(members)} rules, from "
                    f"{rule_name(1)} on"
                )
            member = members[position - 1]
            return member.generation, member.index, name
        if origin := re.fullmatch(r"(\d+)\.(\d+)", name):
            return int(origin[1]), int(origin[2]), f"candidate {name}"
        raise ConfigError(
            f"'{name}' names no rule; write rule_001 for the first of the front, or 3.12 for "
            "candidate 12 of generation 3"
        )


def _frame(rows: list[dict[str, Any]], index: str) -> pd.DataFrame:
    """Return rows as a table, indexed by one of their columns or by row number."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    if rows and index in frame:
        return frame.set_index(index)
    return frame.rename_axis(index)
