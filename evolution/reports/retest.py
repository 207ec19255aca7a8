"""The last stage of a search: the front again, on networks and stimuli it was not chosen on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from evolution.engine import StopRule, stop_on_signal
from evolution.errors import SearchInterrupted
from evolution.genome import RuleGenome
from evolution.runs import (
    EvolveConfig,
    Front,
    Progress,
    RetestConfig,
    RunFolder,
    csv_text,
    rule_name,
)
from nestml_models.rule import Rule
from v1cortex.experiments import ResultStore, RetestResult, Row, retest
from v1cortex.workers import Executor

TABLE, DATA, EVALUATIONS = "retest.csv", "retest.json", "retest"
"""Files of the run folder, and the subfolder that keeps the evaluations."""


def retest_front(
    front: Front,
    config: EvolveConfig,
    folder: RunFolder,
    genome: RuleGenome,
    executor: Executor[Any],
    progress: Progress,
    max_hours: float | None = None,
) -> None:
    """Test the best rules of a front again, with controls, and write the table.

    An evaluation that is stored is not made again, so that an interrupted re-test goes on.

    Parameters
    ----------
    front
        The front; its first rules are taken.
    config
        The search.
    folder
        Its folder.
    genome
        How rules are encoded.
    executor
        Evaluates jobs: that of the search.
    progress
        Is told how far the re-test is.
    max_hours
        Nothing more is begun after this time; None for no limit.

    Raises
    ------
    SearchInterrupted
        After Ctrl-C, SIGTERM or the time limit.
    TryLaterError
        If there are no workers, or the machine prevents evaluations.
    ExperimentError
        If an evaluation failed.
    """
    rules = chosen_rules(front, genome, config.retest.max_rules)
    if not rules:
        progress.notice("no re-test: the front holds the static network only")
        return
    with stop_on_signal(progress.notice) as signalled:
        stop = StopRule(signalled, max_hours)

        def report(what: str, share: float) -> None:
            progress.step(f"re-test of {len(rules)} rules on fresh seeds: {what}", share)
            if stop.is_due():
                raise stop.interruption("in the re-test of its front")

        try:
            result = retest(
                rules,
                config.protocol,
                config.retest,
                ResultStore(folder.path / EVALUATIONS),
                neurons=config.neurons,
                n_tried=front.n_tried,
                workers=executor,
                report=report,
            )
        except KeyboardInterrupt:
            raise SearchInterrupted("the search was stopped in the re-test of its front") from None
    write_retest(result, front, config.retest, folder)


def chosen_rules(front: Front, genome: RuleGenome, most: int) -> dict[str, Rule]:
    """Return the rules to re-test by name: the first of the front, of the smallest expected error.

    A rule without an active term is left out: the static network is among the controls already.
    """
    rules = (
        genome.decode(member.genome, rule_name(number))
        for number, member in enumerate(front.members, start=1)
    )
    return {rule.name: rule for rule in islice((r for r in rules if r.n_active), most)}


def write_retest(
    result: RetestResult, front: Front, settings: RetestConfig, folder: RunFolder
) -> None:
    """Write the re-test as a table, and as data with everything that belongs to it.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    found = {
        rule_name(number): float(member.objectives[0])
        for number, member in enumerate(front.members, start=1)
    }
    rows = [_columns(row, found, settings.validation_trials, front.n_tried) for row in result.rows]
    folder.write(TABLE, csv_text(rows))
    data = result.to_dict() | {"n_tried": front.n_tried, "seeds": list(settings.fresh())}
    folder.write(DATA, json.dumps(data, indent=2) + "\n")


def read_retest(folder: RunFolder) -> dict[str, Any] | None:
    """Return what `write_retest` wrote as data; None if there was no re-test yet."""
    path = folder.path / DATA
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _columns(row: Row, found: Mapping[str, float], n_trials: int, n_tried: int) -> dict[str, Any]:
    """Return a row of the table; empty where there is nothing to compare with."""
    difference = row.difference
    interval = difference.estimate if difference else None
    return {
        "condition": row.condition,
        "formula": row.formula,
        "error_in_search": found.get(row.condition, ""),
        "auc": row.auc.mean,
        "auc_standard_error": row.auc.standard_error,
        "accuracy": row.accuracy.mean,
        "accuracy_standard_error": row.accuracy.standard_error,
        "control": row.control,
        "difference": interval.mean if interval else "",
        "difference_low": interval.low if interval else "",
        "difference_high": interval.high if interval else "",
        "p_value": difference.p_value if difference else "",
        "p_corrected": "" if row.p_corrected is None else row.p_corrected,
        "rate_Hz": row.rate_Hz,
        "seeds": len(row.seeds),
        "trials": n_trials,
        "rules_tried": n_tried,
    }
