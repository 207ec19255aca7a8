"""What a phase of a search hands on: the best rules of its front, or its gains as rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from evolution.engine import StopRule, stop_on_signal
from evolution.errors import SearchInterrupted
from evolution.genome import Exposure, rule_of_gains
from evolution.reports import Run
from evolution.runs import (
    RULES,
    EvolveConfig,
    GainPhase,
    PhaseConfig,
    Progress,
    RunFolder,
    rule_name,
)
from v1cortex.experiments import FRESH_SEED, ResultStore, Setting
from v1cortex.experiments.paired import search_gains

__all__ = ["carried_rules", "carry", "carry_gains", "is_complete", "phase_folder"]

PHASES = "phases"
"""Folder of the phases of a search within its run folder."""

CARRIED = "carried.txt"
"""File of a complete phase: names of the rules of its front with which what follows starts."""


TEST_SEED = FRESH_SEED + 10_000
"""First seed of the networks that test gains: others than those of the search's own re-test."""


def phase_folder(folder: RunFolder, phase: PhaseConfig) -> RunFolder:
    """Return the folder of a phase."""
    return RunFolder(folder.path / PHASES / phase.name)


def is_complete(folder: RunFolder) -> bool:
    """Return whether a phase is over, so that a later session need not look at it again."""
    return (folder.path / CARRIED).is_file()


def carry(run: Run, n: int) -> None:
    """Write which rules of a complete phase what follows starts with.

    The best rule of each set of terms comes first, then the second best, and so on: different
    rules are handed on, not one winner and its likes. Rules that change nothing are left out.

    Parameters
    ----------
    run
        The phase.
    n
        Maximum number of rules.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    genome, rank = run.config.genome, Counter[tuple[int, ...]]()
    ranked = []
    for number, member in enumerate(run.pareto_front().members, start=1):
        terms = tuple(int(k) for k in genome.active(member.genome))
        if genome.canonical(member.genome)[genome.layout["coefficients"]].any():
            ranked.append((rank[terms], number))
            rank[terms] += 1
    names = [rule_name(number) for _, number in sorted(ranked)[:n]]
    _hand_on(names, RunFolder(run.path))


def carry_gains(
    config: EvolveConfig,
    phase: GainPhase,
    folder: RunFolder,
    progress: Progress,
    after: Exposure,
    max_hours: float | None = None,
) -> None:
    """Search the gains of static networks, and write them as rules for what follows.

    Parameters
    ----------
    config
        Settings of the phase.
    phase
        Those of the search over gains.
    folder
        Folder of the phase; evaluations in it are not repeated.
    progress
        Reports what was found.
    after
        Training of the search that starts with the rules.
    max_hours
        No evaluation is started after this time; None for no limit.

    Raises
    ------
    SearchInterrupted
        After Ctrl-C, SIGTERM or the time limit; finished evaluations are stored.
    TryLaterError
        If there are no workers, or the machine prevents evaluations.
    ExperimentError
        If no gain leaves a viable network, or seeds of the test are among those of the search.
    RunFolderError
        If a file cannot be written.
    """
    with stop_on_signal(progress.notice) as signalled:
        stop = StopRule(signalled, max_hours)

        def report(what: str, share: float) -> None:
            progress.step(f"gains of static networks: {what}", share)
            if stop.is_due():
                raise stop.interruption("in its search over gains")

        seeds = tuple(range(TEST_SEED, TEST_SEED + phase.seeds))
        try:
            found = search_gains(
                Setting(config.protocol, config.neurons, seeds),
                phase,
                ResultStore(folder.path, progress.notice),
                workers=config,
                report=report,
            )
        except KeyboardInterrupt:
            raise SearchInterrupted("the search was stopped in its search over gains") from None
    gain, given = found.gain, config.protocol.weight_gain
    folder.write("gains.json", json.dumps(found.to_dict(), indent=1))
    for row in found.rows:
        if row.difference is not None:
            estimate = row.difference.estimate
            progress.notice(f"{row.condition}: {estimate.mean:+.3f} on {estimate.n} networks")
    names = []
    for number, name in enumerate(phase.terms if gain != dict(given) else (), start=1):
        rule, share = rule_of_gains(gain, given, name, phase.tau_ms, after)
        if share < 1:
            progress.notice(
                f"gains as {name}: coefficients reach {share:.0%} of the changes; raise "
                "protocol.plasticity.learning_rate to begin further up"
            )
        names.append(rule_name(number))
        folder.write(f"{RULES}/{names[-1]}.yaml", rule.to_yaml())
    _hand_on(names, folder)


def _hand_on(names: Sequence[str], folder: RunFolder) -> None:
    """Write which rules a phase hands on; it is then complete."""
    folder.write(CARRIED, "".join(f"{name}\n" for name in names))


def carried_rules(folder: RunFolder) -> list[str]:
    """Return the files of the rules that a complete phase hands on."""
    names = (folder.path / CARRIED).read_text(encoding="utf-8").split()
    return [str(folder.path / RULES / f"{name}.yaml") for name in names]
