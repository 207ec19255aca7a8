"""Runs the conditions of an experiment, those that depend on results of others last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nestml_models.common import Report
from v1cortex.evaluation import Evaluation
from v1cortex.experiments.conditions import Condition, Setting, check, job_of
from v1cortex.experiments.failures import FailedCondition, failed_conditions, refuse
from v1cortex.experiments.jobs import Job
from v1cortex.experiments.rows import EE, Row, rows_of
from v1cortex.experiments.runner import Workers, run_jobs
from v1cortex.experiments.store import ResultStore

__all__ = ["ee_gain", "run_conditions"]

Key = tuple[str, str, int]
"""Condition, task and seed."""


def run_conditions(
    conditions: Sequence[Condition],
    setting: Setting,
    store: ResultStore,
    *,
    workers: Workers = None,
    report: Report | None = None,
    failed: list[FailedCondition] | None = None,
) -> list[Row]:
    """Evaluate conditions on all seeds and compare each with its control.

    Parameters
    ----------
    conditions
        The conditions.
    setting
        Protocol, size and seeds.
    store
        Stores the evaluations; existing ones are not repeated.
    workers
        Where to evaluate, as for `v1cortex.experiments.runner.run_jobs`.
    report
        Reports the progress of the evaluations.
    failed
        List to which conditions with an evaluation that failed or timed out are added, and those
        whose gain or control is such a condition; they have no row. Controls that are not compared
        with anything themselves, such as the static network, must not fail. If None, a failure is
        an error.

    Returns
    -------
    list of Row
        In the order of the conditions.

    Raises
    ------
    ExperimentError
        If names are not unique, a control is missing, or an evaluation failed that must not.
    V1CortexError
        If a condition is impossible.
    """
    check(conditions)
    direct = [each for each in conditions if not each.gain_of]
    matched = [each for each in conditions if each.gain_of]
    jobs = {
        (each.name, task, seed): job_of(each, setting, task, seed, {})
        for each in direct
        for task, seed in _places(setting)
    }
    n_direct = len({job.key for job in jobs.values()})
    share = n_direct / max(1, n_direct + len(matched) * len(_places(setting)))
    tell = report or (lambda _what, _share: None)
    found = run_jobs(
        list(jobs.values()),
        store,
        workers=workers,
        report=lambda what, done: tell(what, done * share),
    )
    evaluations = {key: found[job.key] for key, job in jobs.items()}
    lost = failed_conditions(direct, evaluations)
    _refuse(lost, conditions, failed)
    n_each = len(_places(setting))
    without_gain = _dependent(
        matched, lost, n_each, lambda each: each.gain_of, "there is no gain of '{}'"
    )
    matched = [each for each in matched if each.name not in {one.condition for one in without_gain}]
    later = _matched_jobs(matched, setting, evaluations)
    found = run_jobs(
        list(later.values()),
        store,
        workers=workers,
        report=lambda what, done: tell(f"{what} with matched gain", share + done * (1 - share)),
    )
    evaluations |= {key: found[job.key] for key, job in later.items()}
    lost_later = failed_conditions(matched, evaluations)
    _refuse(lost_later, conditions, failed)
    lost += [*lost_later, *without_gain]
    lost += _dependent(
        conditions, lost, n_each, lambda each: each.control, "'{}', its control, failed"
    )
    if failed is not None:
        failed += lost
    out = {each.condition for each in lost}
    return rows_of([each for each in conditions if each.name not in out], setting, evaluations)


def _refuse(
    lost: Sequence[FailedCondition],
    conditions: Sequence[Condition],
    allowed: list[FailedCondition] | None,
) -> None:
    """Raise an error for failures that are not allowed: of any condition, or of shared controls.

    Shared controls are those that are not compared with anything themselves, such as the static
    network. A rule may fail although its own controls are compared with it.
    """
    shared = {each.control for each in conditions} & {
        each.name for each in conditions if not each.control
    }
    refuse(each for each in lost if allowed is None or each.condition in shared)


def _dependent(
    conditions: Sequence[Condition],
    lost: Sequence[FailedCondition],
    n_evaluations: int,
    needed: Callable[[Condition], str],
    message: str,
) -> list[FailedCondition]:
    """Return the remaining conditions that need a failed one; the message takes its name."""
    names = {each.condition for each in lost}
    return [
        FailedCondition.of(each, 0, n_evaluations, message.format(needed(each)))
        for each in conditions
        if needed(each) in names and each.name not in names
    ]


def _places(setting: Setting) -> list[tuple[str, int]]:
    return [(task, seed) for task in setting.protocol.tasks for seed in setting.seeds]


def _matched_jobs(
    conditions: Sequence[Condition], setting: Setting, evaluations: Mapping[Key, Evaluation]
) -> dict[Key, Job]:
    """Return the jobs of conditions with E->E weights scaled to the final mean of others."""
    jobs = {}
    for each in conditions:
        for task, seed in _places(setting):
            gain = ee_gain(evaluations[each.gain_of, task, seed], task)
            # If a rule left the mean unchanged, this is the static network, already evaluated.
            scaled = {} if gain == 1.0 else {EE: gain}
            jobs[each.name, task, seed] = job_of(each, setting, task, seed, scaled)
    return jobs


def ee_gain(evaluation: Evaluation, task: str) -> float:
    """Return the final mean E->E weight of a task, relative to the initial one.

    It is 1 for static networks, for runaway ones, and if no E->E synapse is plastic.
    """
    moved = evaluation.statistics.weights.get(task, {}).get(EE)
    # Rounded so that the control's key does not depend on the last digit of a mean.
    return 1.0 if moved is None else max(round(moved.relative_mean, 6), 1e-6)
