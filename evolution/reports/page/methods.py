"""The methods of a search, to paste into a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evolution.engine import Session
from evolution.reports.summary import RunSummary
from evolution.runs import EvolveConfig, RunFolder
from nestml_models.common import counted
from v1cortex.pages import model_text, protocol_text, rules_text

__all__ = ["methods_text"]


def methods_text(
    folder: RunFolder,
    summary: RunSummary,
    sessions: Sequence[Session],
    retest: Mapping[str, Any] | None,
) -> str:
    """Return the methods, with settings, versions and cost.

    Parameters
    ----------
    folder
        The run.
    summary
        Its state.
    sessions
        Its sessions.
    retest
        Its re-test.
    """
    config = summary.config
    versions = folder.versions()
    parts = [_model(config, versions), _search(config, summary)]
    if retest is not None:
        parts.append(_retest(retest))
    parts.append(_cost(summary, sessions))
    return "\n\n".join(part for part in parts if part)


def _model(config: EvolveConfig, versions: Mapping[str, str]) -> str:
    found = f"searched for with v1cortex {versions['v1cortex']}"
    circuit = f"circuit seed {config.circuit_seed}, calibration {config.protocol.calibration}"
    return (
        f"{rules_text(found)} {model_text(config.neurons, circuit, versions)} "
        f"{protocol_text(config.protocol, versions)}"
    )


def _search(config: EvolveConfig, summary: RunSummary) -> str:
    done = "" if summary.state == "complete" else f", of {summary.n_planned:,} planned,"
    hurdles = ", ".join(each.name for each in config.hurdles)
    rejected = sum(cost.n_rejected for cost in summary.costs)
    return (
        f"{summary.n_tried:,} rules{done} were tried (algorithm {config.algorithm.name}, "
        f"population {config.population_size}, {config.generations} generations, seed "
        f"{config.seed}; pymoo, Blank and Deb 2020), in {summary.n_evaluations:,} evaluations with "
        f"{counted(config.seeds_per_rule, 'seed')} per rule and "
        f"{counted(config.reevaluations, 're-evaluation')} per generation. Six objectives were "
        "minimised." + (f" Hurdles ({hurdles}) rejected {rejected:,} rules." if hurdles else "")
    )


def _retest(retest: Mapping[str, Any]) -> str:
    seeds = retest["seeds"]
    return (
        f"The first rules of the front were tested again on {len(seeds)} networks (seeds "
        f"{seeds[0]} to {seeds[-1]}) that the search did not use, with "
        f"{retest['protocol']['validation_trials']} trials of each task; differences from the "
        "control on the same seeds are given with 95 % intervals, and p-values of paired t tests "
        "are corrected by Holm's method."
    )


def _cost(summary: RunSummary, sessions: Sequence[Session]) -> str:
    text = f"Evaluations took {summary.core_hours:.2f} core hours"
    if not sessions:
        return f"{text}."
    hours = sum(each.hours for each in sessions)
    hosts = ", ".join(dict.fromkeys(f"{each.host} ({each.cpus} CPUs)" for each in sessions))
    commits = ", ".join(dict.fromkeys(each.commit for each in sessions if each.commit))
    return (
        f"{text} and {hours:.2f} h of wall-clock time from {sessions[0].started} on, driven by "
        f"{hosts}" + (f"; commit {commits}" if commits else "") + "."
    )
