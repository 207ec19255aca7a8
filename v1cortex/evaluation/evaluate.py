"""Evaluates one rule, as a pure function of circuit, rule, protocol and seed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nestml_models.common import Report, program_versions, require
from nestml_models.rule import Rule
from v1cortex.circuit import Circuit
from v1cortex.evaluation.protocol import Protocol
from v1cortex.evaluation.results import Evaluation, NetworkSummary, Status
from v1cortex.evaluation.session import Runaway
from v1cortex.evaluation.stopwatch import Stopwatch
from v1cortex.evaluation.task_run import TaskOutcome, TaskRun, check_circuit
from v1cortex.network import require_memory
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS, is_excitatory
from validation.objectives import biological_objectives, worst_values
from validation.scores import compare_rates
from validation.spikes import concatenate
from validation.statistics import rate_summary


def evaluate(
    circuit: Circuit,
    rule: Rule | str | Path,
    protocol: Protocol | None = None,
    seed: int = 1,
    report: Report | None = None,
) -> Evaluation:
    """Run the protocol with a rule and score it.

    Each task starts from a new network with the circuit's initial weights: gray, training trials
    with plasticity and reward, frozen-weight trials for fitting the decision threshold (unless the
    rule's own is used), and validation trials with frozen weights.

    Parameters
    ----------
    circuit
        The circuit.
    rule
        The plasticity rule, a shipped rule's name, ``random:SEED``, or a rule file; a rule without
        active terms, such as ``none``, is the static control.
    protocol
        Tasks, numbers of trials, scoring; the defaults if None.
    seed
        Seed of stimuli, LGN spikes and background; 0 or more.
    report
        Called before each phase with its description and the share that is done; `print` works.

    Returns
    -------
    Evaluation
        Identical to the last bit for the same arguments, except for timings, in any process and
        after any other evaluations.

    Raises
    ------
    V1CortexError
        If the arguments are inconsistent. What a rule does to the network is a status, not an
        error.
    """
    require("sklearn")  # now, not after the simulation
    rule = rule if isinstance(rule, Rule) else load_rule(rule)
    protocol = protocol or Protocol()
    tasks = protocol.load_tasks()
    cells = check_circuit(circuit, protocol)
    require_memory(circuit, rule, protocol)
    stopwatch = Stopwatch()
    outcomes: dict[str, TaskOutcome] = {}
    try:
        for done, task in enumerate(tasks):
            run = TaskRun(circuit, rule, protocol, seed, task, cells[task.name], stopwatch)
            outcomes[task.name] = run.run(_share_of(report, done, len(tasks)))
    except Runaway as error:
        return Evaluation(
            status="runaway",
            objectives=worst_values() | {"complexity": _complexity(rule)},
            seed=seed,
            timings=stopwatch.seconds,
            versions=program_versions(),
            message=str(error),
        )
    return _scored(circuit, rule, protocol, seed, outcomes, stopwatch)


def _scored(
    circuit: Circuit,
    rule: Rule,
    protocol: Protocol,
    seed: int,
    outcomes: Mapping[str, TaskOutcome],
    stopwatch: Stopwatch,
) -> Evaluation:
    scores = [outcome.result.score(protocol.resolved_score) for outcome in outcomes.values()]
    biological, statistics = _biology(circuit, outcomes)
    stopwatch.lap("score")
    silent = all(outcome.result.pool_rate_Hz == 0 for outcome in outcomes.values())
    status: Status = "silent" if silent else "ok"
    return Evaluation(
        status=status,
        objectives={
            "error": 1.0 - float(np.mean(scores)),
            "complexity": _complexity(rule),
            **biological,
        },
        seed=seed,
        tasks={name: outcome.result for name, outcome in outcomes.items()},
        statistics=statistics,
        timings=stopwatch.seconds
        | {"biological": sum(outcome.biological_s for outcome in outcomes.values())},
        versions=program_versions(),
        message="the cells read out did not fire in any validation trial" if silent else "",
    )


def _biology(
    circuit: Circuit, outcomes: Mapping[str, TaskOutcome]
) -> tuple[dict[str, float], NetworkSummary]:
    """Score the concatenated validation trials of all tasks against the mouse."""
    spikes = concatenate([outcome.spikes for outcome in outcomes.values()])
    population = circuit.nodes.population
    excitatory = np.flatnonzero(is_excitatory(population))
    (trial_ms,) = {outcome.trial_ms for outcome in outcomes.values()}
    objectives = biological_objectives(
        spikes, excitatory, population, POPULATIONS, period_ms=float(trial_ms)
    )
    rates_Hz = spikes.rates_Hz()
    statistics = NetworkSummary(
        rates=rate_summary(rates_Hz),
        populations=tuple(compare_rates(rates_Hz, population, POPULATIONS)),
        weights={name: outcome.weights for name, outcome in outcomes.items()},
    )
    return objectives, statistics


def _complexity(rule: Rule) -> float:
    return rule.n_active / len(rule.gates)


def _share_of(report: Report | None, done: int, total: int) -> Report:
    """Convert shares of one task to shares of all."""

    def partial(what: str, share: float) -> None:
        if report is not None:
            report(what, (done + share) / total)

    return partial
