"""The last stage of a search: the front again, on networks and stimuli not used to select it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from evolution.engine import StopRule, stop_on_signal
from evolution.errors import SearchInterrupted
from evolution.genome import RuleGenome
from evolution.runs import EvolveConfig, Front, Progress, RunFolder, rule_name
from nestml_models.common import counted
from nestml_models.rule import Rule
from v1cortex.experiments import ResultStore, retest, retest_data, retest_rows, write_retest
from v1cortex.experiments import read_retest as read_file
from v1cortex.workers import Executor

NAME = "retest"
"""Files in the run folder without their suffixes, and the subfolder with the evaluations."""

TABLE = f"{NAME}.csv"


def retest_front(
    front: Front,
    config: EvolveConfig,
    folder: RunFolder,
    genome: RuleGenome,
    executor: Executor[Any],
    progress: Progress,
    max_hours: float | None = None,
) -> None:
    """Test the best rules of a front again, with controls, and write a table.

    An evaluation that is stored is not made again, so that an interrupted re-test continues.

    Parameters
    ----------
    front
        The front; its first rules are tested.
    config
        The search.
    folder
        Its folder.
    genome
        The encoding of rules.
    executor
        Runs the jobs: that of the search.
    progress
        Reports the progress of the re-test.
    max_hours
        No evaluation is started after this time; None for no limit.

    Raises
    ------
    SearchInterrupted
        After Ctrl-C, SIGTERM or the time limit.
    TryLaterError
        If there are no workers, or the machine prevents evaluations.
    ExperimentError
        If an evaluation of a static network failed; a rule that fails is reported in the table.
    """
    rules = chosen_rules(front, genome, config.retest.max_rules)
    if not rules:
        progress.notice("no re-test: the front contains only the static network")
        return
    with stop_on_signal(progress.notice) as signalled:
        stop = StopRule(signalled, max_hours)

        def report(what: str, share: float) -> None:
            progress.step(f"re-test of {counted(len(rules), 'rule')} on fresh seeds: {what}", share)
            if stop.is_due():
                raise stop.interruption("in the re-test of its front")

        try:
            result = retest(
                rules,
                config.protocol,
                config.retest,
                ResultStore(folder.path / NAME, progress.notice),
                neurons=config.neurons,
                n_tried=front.n_tried,
                workers=executor,
                report=report,
            )
        except KeyboardInterrupt:
            raise SearchInterrupted("the search was stopped in the re-test of its front") from None
    found = {
        rule_name(number): float(member.objectives[0])
        for number, member in enumerate(front.members, start=1)
    }
    trials = config.retest.validation_trials
    data = retest_data(result, config.protocol, trials)
    write_retest(folder.write, NAME, data, retest_rows(result, trials, found))


def chosen_rules(front: Front, genome: RuleGenome, most: int) -> dict[str, Rule]:
    """Return the rules to re-test, by name: the first of the front, by expected error.

    A rule without active terms is left out: the static network is among the controls already.
    """
    rules = (
        genome.decode(member.genome, rule_name(number))
        for number, member in enumerate(front.members, start=1)
    )
    return {rule.name: rule for rule in islice((r for r in rules if r.n_active), most)}


def read_retest(folder: RunFolder) -> dict[str, Any] | None:
    """Return the data of a run's re-test; None if there was no re-test yet.

    Raises
    ------
    ExperimentError
        If the file is damaged.
    """
    return read_file(folder.path / f"{NAME}.json")
