"""Tests rules again on networks, stimuli and noise that were not used to select them.

The best of many rules owes part of its score to luck: to the network and trials on which it was
scored. Its re-test on fresh seeds, with its controls, is the result to report. There the number of
rules tried no longer matters; for the original score, `best_by_chance` returns what the best of
that many rules would have reached by chance alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field, model_validator

from nestml_models.common import Report, StrictModel
from nestml_models.rule import Rule
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Protocol
from v1cortex.experiments.conditions import Condition, Setting
from v1cortex.experiments.failures import FailedCondition
from v1cortex.experiments.rows import CHANCE, Row, rows_frame
from v1cortex.experiments.run import run_conditions
from v1cortex.experiments.runner import Workers
from v1cortex.experiments.store import ResultStore
from v1cortex.rules import load_rule
from validation.comparison import BestByChance, best_by_chance, detectable_difference

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FRESH_SEED", "RetestResult", "RetestSettings", "retest", "retest_conditions"]

FRESH_SEED = 1_000_001
"""First seed of a re-test: far from those at which users and searches start (*choice*)."""

STATIC = "static"
STATIC_WITHOUT_LGN_MEMORY = "static, LGN memory off"
WITHOUT_LGN_MEMORY = {"lgn_memory": False}

WEIGHT_CONTROLS = {
    "type_means": (
        "type means",
        "initial weights, scaled to the learned mean of each synapse type",
    ),
    "shuffled": ("shuffled changes", "learned changes, shuffled among the synapses of a type"),
    "cell_sums": ("cell sums", "initial weights, scaled to the learned sum of each cell and type"),
}
"""Controls that discard part of what was learned (``Protocol.tested_weights``): names and what they
keep. The rule is better than its type means by what it learned, and better than its cell sums by
what single synapses learned."""


class RetestSettings(StrictModel):
    """Settings of the re-test of rules, on networks and stimuli not used to select them."""

    seeds: int = Field(
        5, ge=0, le=1000, description="fresh networks, each with its own stimuli; 0 for no re-test"
    )
    validation_trials: int = Field(200, ge=4, description="trials of each test and task (even)")
    controls: bool = Field(
        True,
        description="in addition to the static network: matched E->E gain, type means, shuffled "
        "changes, cell sums, and LGN memory off (where it is on)",
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.seeds == 1:
            raise ValueError("seeds is 1; a standard error needs 2 or more, and 0 means no re-test")
        if self.validation_trials % 2:
            raise ValueError(f"validation_trials is {self.validation_trials}; give an even number")
        return self

    def fresh(self, first_seed: int = FRESH_SEED) -> tuple[int, ...]:
        """Return the seeds, starting from the first one."""
        return tuple(range(first_seed, first_seed + self.seeds))


@dataclass(frozen=True)
class RetestResult:
    """Result of the re-test of rules.

    Parameters
    ----------
    rows
        The controls that rules share, and for each rule its own row and those of its controls. A
        rule's row is compared with the static network on the same seeds, and corrected for all
        comparisons in the table.
    score
        Score for the differences: ``auc`` or ``accuracy``.
    by_chance
        What the best of all rules tried would reach in one evaluation if all were at chance.
    detectable
        Difference from the static network that this number of seeds detects with a power of 0.8,
        without correction; the mean over the rules. None if all rules failed.
    failed
        Conditions with an evaluation that failed or timed out, and the gain controls of such rules:
        they have no row.
    """

    rows: tuple[Row, ...]
    score: str
    by_chance: BestByChance
    detectable: float | None
    failed: tuple[FailedCondition, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each condition, as `rows_frame` does."""
        return rows_frame(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the evaluations."""
        return {
            "score": self.score,
            "by_chance": asdict(self.by_chance),
            "detectable_difference": self.detectable,
            "rows": [row.to_dict() for row in self.rows],
            "failed": [asdict(each) for each in self.failed],
        }


def retest_conditions(
    rules: Mapping[str, Rule], controlled: Protocol | None = None
) -> list[Condition]:
    """Return the conditions of a re-test: static networks, and each rule with its controls.

    Parameters
    ----------
    rules
        Rules by name; the rows of the result have these names.
    controlled
        The protocol of the controls; None for none but the static network. If it leaves plasticity
        on in the test, the controls that replace the learned weights are left out, since
        plasticity would go on changing them; if it has no LGN memory, those without it, since all
        are.
    """
    static = load_rule("none")
    conditions = [Condition(STATIC, static, description="no plasticity")]
    if controlled and controlled.lgn_memory:
        conditions.append(
            Condition(
                STATIC_WITHOUT_LGN_MEMORY,
                static,
                WITHOUT_LGN_MEMORY,
                description="no plasticity; each image drives the LGN as after a long gray screen",
            )
        )
    for name, rule in rules.items():
        conditions.append(Condition(name, rule, control=STATIC, description="the rule"))
        if controlled:
            conditions.append(
                Condition(
                    f"{name}, matched gain",
                    static,
                    control=STATIC,
                    gain_of=name,
                    description="no plasticity; E->E weights scaled to the rule's final mean",
                )
            )
            conditions.extend(
                Condition(
                    f"{name}, {label}",
                    rule,
                    {"tested_weights": kept},
                    control=name,
                    description=f"the test with {what}",
                )
                for kept, (label, what) in WEIGHT_CONTROLS.items()
                if not controlled.test_plasticity
            )
        if controlled and controlled.lgn_memory:
            conditions.append(
                Condition(
                    f"{name}, LGN memory off",
                    rule,
                    WITHOUT_LGN_MEMORY,
                    control=STATIC_WITHOUT_LGN_MEMORY,
                    description="each image drives the LGN as after a long gray screen",
                )
            )
    return conditions


def retest(
    rules: Mapping[str, Rule],
    protocol: Protocol,
    settings: RetestSettings,
    store: ResultStore,
    *,
    neurons: int = 3000,
    first_seed: int = FRESH_SEED,
    n_tried: int = 1,
    workers: Workers = None,
    report: Report | None = None,
) -> RetestResult:
    """Test rules again on fresh seeds, with controls.

    A rule with an evaluation that fails or times out has no result; the others are still tested.
    If the same re-test is run again, such evaluations are tried again.

    Parameters
    ----------
    rules
        Rules by name; not called ``static``.
    protocol
        The protocol used to select them; the number of validation trials is taken from `settings`.
    settings
        Seeds, trials and controls.
    store
        Stores the evaluations: an interrupted re-test continues where it stopped.
    neurons
        Cells of the circuits.
    first_seed
        Seeds are `first_seed`, `first_seed` + 1, ...
    n_tried
        Number of rules tried before these were selected.
    workers
        Where to evaluate, as for `v1cortex.experiments.runner.run_jobs`.
    report
        Reports the progress of the evaluations.

    Raises
    ------
    ExperimentError
        If there is no rule or no seed, a name is taken, or a static network's evaluation failed.
    """
    if not rules:
        raise ExperimentError("a re-test needs at least one rule")
    for name, value, lowest in (
        ("seeds", settings.seeds, 2),
        ("n_tried", n_tried, 1),
        ("first_seed", first_seed, 0),
    ):
        if value < lowest:
            raise ExperimentError(f"{name} is {value}; give {lowest} or more")
    tested = protocol.model_copy(update={"validation_trials": settings.validation_trials})
    setting = Setting(tested, neurons, settings.fresh(first_seed))
    conditions = retest_conditions(rules, protocol if settings.controls else None)
    failed: list[FailedCondition] = []
    rows = run_conditions(conditions, setting, store, workers=workers, report=report, failed=failed)
    spreads = [
        row.difference.estimate.sd
        for row in rows
        if row.condition in rules and row.difference and row.difference.estimate.sd is not None
    ]
    return RetestResult(
        rows=tuple(rows),
        score=protocol.resolved_score,
        by_chance=best_by_chance(n_tried, CHANCE, score_error(protocol)),
        detectable=(
            float(np.mean([detectable_difference(sd, settings.seeds) for sd in spreads]))
            if spreads
            else None
        ),
        failed=tuple(failed),
    )


def score_error(protocol: Protocol) -> float:
    """Return the standard error of a score at chance in one evaluation of a protocol.

    For AUC: sqrt((n + 1) / (3 n^2)) with n / 2 trials of each kind (Mann and Whitney 1947); for
    accuracy: sqrt(0.25 / n); both for the mean over tasks. For the mean over disjoint pools it is
    an upper bound, since their errors partly average out.
    """
    n, n_tasks = protocol.validation_trials, len(protocol.tasks)
    variance = (n + 1) / (3.0 * n**2) if protocol.resolved_score == "auc" else 0.25 / n
    return float(np.sqrt(variance / n_tasks))
