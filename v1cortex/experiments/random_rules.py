"""Random rules compared with chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from nestml_models.common import Report
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import SCORE_NAMES, SCORES, Evaluation
from v1cortex.experiments.conditions import Setting, single_task
from v1cortex.experiments.failures import WAY_OUT
from v1cortex.experiments.jobs import Job
from v1cortex.experiments.rows import task_score
from v1cortex.experiments.runner import Workers, run_jobs
from v1cortex.experiments.store import FAILED, ResultStore
from v1cortex.rules import load_rule
from validation.comparison import best_by_chance, estimate

__all__ = ["PLAUSIBLE_HZ", "random_rules"]

PLAUSIBLE_HZ = (2.0, 15.0)
"""Mean rates within a factor of about three of the mouse's 5 Hz count as plausible (*choice*)."""


def random_rules(
    count: int,
    setting: Setting,
    store: ResultStore,
    *,
    workers: Workers = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Evaluate ``random:0`` to ``random:COUNT-1``, each on one of a few networks.

    Rule k is evaluated with seed k modulo the number of seeds, and compared with the static
    network of that seed.

    Parameters
    ----------
    count
        Number of rules.
    setting
        Protocol, size and seeds.
    store, workers, report
        As for `v1cortex.experiments.runner.run_jobs`.

    Returns
    -------
    dict
        Plain data: ``statuses`` (with ``plausible`` and ``silent`` shares), and by score and task
        the ``distribution`` of rules and static networks, and the spread that scoring noise
        alone gives; ``text`` says the same in sentences.

    Raises
    ------
    ExperimentError
        If a static network's evaluation failed, or no rule's network gave a score.
    """
    protocols = {task: single_task(setting.protocol, task) for task in setting.protocol.tasks}
    seeds = [setting.seeds[k % len(setting.seeds)] for k in range(count)]
    static = {
        (task, seed): Job(load_rule("none"), protocol, setting.neurons, seed)
        for task, protocol in protocols.items()
        for seed in setting.seeds
    }
    rules = {
        (task, k): Job(load_rule(f"random:{k}"), protocol, setting.neurons, seeds[k])
        for task, protocol in protocols.items()
        for k in range(count)
    }
    found = run_jobs([*static.values(), *rules.values()], store, workers=workers, report=report)
    _check_static({key: found[job.key] for key, job in static.items()})
    tasks: dict[str, Any] = {}
    for task in protocols:
        own = [found[rules[task, k].key] for k in range(count)]
        paired = [found[static[task, seed].key] for seed in seeds]
        control = [found[static[task, seed].key] for seed in setting.seeds]
        tasks[task] = _task_summary(own, paired, control, task, setting)
    evaluations = [found[job.key] for job in rules.values()]
    summary = {
        "n_rules": count,
        "neurons": setting.neurons,
        "seeds": list(setting.seeds),
        "protocol": setting.protocol.model_dump(mode="json"),
        "statuses": _shares(evaluations),
        "tasks": tasks,
    }
    return {**summary, "text": _sentences(summary)}


def _check_static(evaluations: Mapping[tuple[str, int], Evaluation]) -> None:
    for (task, seed), each in evaluations.items():
        if each.status in FAILED:
            raise ExperimentError(
                f"the static network on {task} with seed {seed}, which rules are compared with, "
                f"failed: {each.message}. {WAY_OUT}"
            )


def _shares(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Return the share of each status, and of finished evaluations with plausible rates."""
    n = len(evaluations)
    counts = Counter(str(each.status) for each in evaluations)
    shares = {status: k / n for status, k in counts.items()}
    rates = [each.statistics.rates for each in evaluations]
    rates_Hz = [each.mean for each in rates if each is not None]
    low, high = PLAUSIBLE_HZ
    shares["plausible"] = sum(low <= rate <= high for rate in rates_Hz) / n
    return shares


def _task_summary(
    own: Sequence[Evaluation],
    paired: Sequence[Evaluation],
    control: Sequence[Evaluation],
    task: str,
    setting: Setting,
) -> dict[str, Any]:
    """Compare each rule with the static network of its seed (`paired`), for AUC and accuracy."""
    finished = [
        (rule, static)
        for rule, static in zip(own, paired, strict=True)
        if rule.status not in (*FAILED, "runaway")
    ]
    if not finished:
        counts = ", ".join(f"{n} {each}" for each, n in Counter(r.status for r in own).items())
        raise ExperimentError(f"no network with a random rule gave a score on {task}: {counts}")
    return {
        score: _distribution(
            [task_score(rule, task, score) for rule, _ in finished],
            [task_score(static, task, score) for _, static in finished],
            [task_score(each, task, score) for each in control],
            [rule.tasks[task].score_error(score) for rule, _ in finished],
        )
        for score in SCORES
    }


def _distribution(
    rules: Sequence[float],
    paired: Sequence[float],
    control: Sequence[float],
    errors: Sequence[float | None],
) -> dict[str, Any]:
    values, known = np.array(rules), [each for each in errors if each is not None]
    error = float(np.sqrt(np.mean(np.square(known)))) if known else 0.0
    differences = values - np.array(paired)
    static = estimate(control)
    # Networks differ by more than the noise of one evaluation; the best of many is the luckiest.
    luck = best_by_chance(len(values), static.mean, static.sd or error)
    return {
        "rules": asdict(estimate(values)),
        "quantiles": np.quantile(values, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]).tolist(),
        "static": asdict(static),
        "noise_sd": error,
        "best": float(values.max()),
        "best_by_chance": asdict(luck),
        "difference_to_static": asdict(estimate(differences)),
        "best_difference": float(differences.max()),
        # Rule and static network each have the noise of one evaluation, and share some of it.
        "best_difference_by_chance": asdict(
            best_by_chance(len(values), 0.0, float(np.sqrt(2.0)) * error)
        ),
        "values": values.tolist(),
        "differences": differences.tolist(),
    }


def _sentences(summary: dict[str, Any]) -> list[str]:
    shares = ", ".join(f"{share:.1%} {name}" for name, share in summary["statuses"].items())
    low, high = PLAUSIBLE_HZ
    lines = [
        f"{summary['n_rules']} random rules at {summary['neurons']} neurons: {shares} (plausible: "
        f"mean rate of {low:g} to {high:g} Hz)"
    ]
    for task, scores in summary["tasks"].items():
        for score, found in scores.items():
            name = SCORE_NAMES[score]
            rules, static, pairs = found["rules"], found["static"], found["difference_to_static"]
            luck, luck_of_pairs = found["best_by_chance"], found["best_difference_by_chance"]
            lines.append(
                f"{task}, {name}: rules {rules['mean']:.3f} ± {rules['sd']:.3f} (median "
                f"{found['quantiles'][3]:.3f}), static networks {static['mean']:.3f}; noise of one "
                f"evaluation {found['noise_sd']:.3f}. Best {found['best']:.3f}; the best of as "
                f"many static networks would be {luck['expected']:.3f} by chance."
            )
            lines.append(
                f"{task}, {name}, minus the static network of the same seed: {pairs['mean']:+.3f} "
                f"± {pairs['sd']:.3f}. Best {found['best_difference']:+.3f}; the best of as many "
                f"rules without effect would be at most {luck_of_pairs['expected']:+.3f} by chance."
            )
    return lines
