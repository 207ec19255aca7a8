"""What a phase of a search hands on: the best rules of its front, with different terms."""

from __future__ import annotations

from collections import Counter

from evolution.reports import Run
from evolution.runs import RULES, PhaseConfig, RunFolder, rule_name

__all__ = ["carried_rules", "carry", "is_complete", "phase_folder"]

PHASES = "phases"
"""Folder of the phases of a search within its run folder."""

CARRIED = "carried.txt"
"""File of a complete phase: names of the rules of its front with which what follows starts."""


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
    RunFolder(run.path).write(CARRIED, "".join(f"{name}\n" for name in names))


def carried_rules(folder: RunFolder) -> list[str]:
    """Return the files of the rules that a complete phase hands on."""
    names = (folder.path / CARRIED).read_text(encoding="utf-8").split()
    return [str(folder.path / RULES / f"{name}.yaml") for name in names]
