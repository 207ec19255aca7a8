"""Measure how busy the workers of a search are, its driver's cost, and whether hurdles pay off.

Real evaluations on a small circuit; all ratios are from one run. The utilisation of a search is the
wall-clock time of its evaluations divided by that of its workers, from the start of the first
evaluation to the end of the last. The core-seconds per surviving rule are computed twice from the
same evaluations of the same random rules: with the hurdle before the protocol, and without it.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from pymoo.core.algorithm import Algorithm
from pymoo.core.problem import Problem

from evolution.engine import RuleEvaluatorFactory, search
from evolution.loop import rule_space
from evolution.runs import (
    Candidate,
    EvolveConfig,
    HurdleConfig,
    RunFolder,
    SearchStore,
    Silent,
    run_circuits,
    save_circuits,
)
from v1cortex.workers import CPU, TOTAL, LocalExecutor, Setup, make_executor, run
from validation.objectives import worst_values

TRIALS = {"tasks": ["gratings"], "pool_size": 20, "threshold_trials": 0}
QUICK = {"training_trials": 10, "validation_trials": 10}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--population", type=int, default=12)
    parser.add_argument("--generations", type=int, default=3, help="0: hurdles only")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--rules", type=int, default=12, help="of the comparison of hurdles")
    parser.add_argument("--learning-rates", type=float, nargs="*", default=[1.0, 10.0])
    given = parser.parse_args()
    for mode in ("generational", "steady_state") if given.generations else ():
        measure_search(given, mode)
    for learning_rate in given.learning_rates:
        measure_hurdles(given, learning_rate)


def configure(given: argparse.Namespace, **others: object) -> EvolveConfig:
    protocol = TRIALS | {"training_trials": given.trials, "validation_trials": given.trials}
    values = {
        "neurons": given.neurons,
        "population_size": given.population,
        "generations": max(1, given.generations),
        "workers": given.workers,
    }
    learning_rate = others.pop("learning_rate", 1.0)
    protocol |= {"plasticity": {"learning_rate": learning_rate}}
    return EvolveConfig.model_validate(values | others | {"protocol": protocol})


def prepare(config: EvolveConfig, path: Path) -> tuple[RunFolder, Setup]:
    folder = RunFolder(path)
    folder.begin(config, resume=False)
    stages = save_circuits(config, folder, run_circuits(config, folder, Silent()))
    factory = RuleEvaluatorFactory(stages, rule_space(config).genome)
    return folder, Setup(factory, worst_values(), folder.log)


def measure_search(given: argparse.Namespace, mode: str) -> None:
    spent: Counter[str] = Counter()
    config = configure(given, mode=mode)
    moments: list[float] = []
    parts = [
        (Algorithm, "ask", "algorithm"),
        (Algorithm, "tell", "algorithm"),
        (SearchStore, "put", "store"),
        (SearchStore, "of", "store"),
        (RunFolder, "save", "checkpoint"),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in parts]
    with tempfile.TemporaryDirectory() as path:
        folder, setup = prepare(config, Path(path))
        for owner, name, label in parts:
            setattr(owner, name, timed(getattr(owner, name), spent, label))
        try:
            with make_executor(config, setup, config.protocol.threads) as executor:
                watch(executor, moments)
                search(rule_space(config), config, folder, executor, Silent())
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)
        with folder.store(read_only=True) as store:
            records = store.all()
    wall_s = moments[-1] - moments[0]
    busy_s = sum(record.evaluation.timings[TOTAL] for record in records)
    print(
        f"{mode}: {len(records)} evaluations of {busy_s / len(records):.2f} s on {given.workers} "
        f"workers; utilisation {busy_s / (wall_s * given.workers):.3f}"
    )
    for label in ("algorithm", "store", "checkpoint"):
        print(f"  {label}: {spent[label] / wall_s:.4f} of the time")


def timed(function, spent: Counter[str], label: str):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[label] += time.perf_counter() - began

    return wrapper


def watch(executor: LocalExecutor, moments: list[float]) -> None:
    """Record the times at which the first evaluation begins and each one is done."""
    submit, completed = executor.submit, executor.completed

    def submit_and_note(candidate):
        if not moments:
            moments.append(time.perf_counter())
        submit(candidate)

    def completed_and_note(timeout_s):
        outcomes = completed(timeout_s)
        if outcomes:
            moments.append(time.perf_counter())
        return outcomes

    executor.submit, executor.completed = submit_and_note, completed_and_note


def measure_hurdles(given: argparse.Namespace, learning_rate: float) -> None:
    hurdle = HurdleConfig(name="quick", protocol=QUICK)
    config = configure(
        given,
        population_size=max(4, given.rules),
        hurdles=[hurdle.model_dump(mode="json")],
        learning_rate=learning_rate,
    )
    space = rule_space(config)
    genomes = space.operators(0.9).sampling.do(
        Problem(n_var=len(space.lower), n_obj=len(worst_values()), xl=space.lower, xu=space.upper),
        given.rules,
        random_state=np.random.default_rng(config.seed),
    )
    candidates = [
        Candidate(0, index, 1, individual.X, stage)
        for index, individual in enumerate(genomes)
        for stage in ("quick", "protocol")
    ]
    with tempfile.TemporaryDirectory() as path:
        _, setup = prepare(config, Path(path))
        waiting = iter(candidates)
        with make_executor(config, setup, config.protocol.threads) as executor:
            outcomes = run(executor, lambda: next(waiting, None), lambda: False)
            found = {(c.index, c.stage): e for c, e in outcomes}
    seconds = {key: evaluation.timings.get(CPU, 0.0) for key, evaluation in found.items()}
    passes = {key: not hurdle.objection(evaluation) for key, evaluation in found.items()}
    indices = range(given.rules)
    good = [k for k in indices if passes[k, "protocol"]]
    kept = [k for k in good if passes[k, "quick"]]
    without_s = sum(seconds[k, "protocol"] for k in indices)
    with_s = sum(seconds[k, "quick"] for k in indices)
    with_s += sum(seconds[k, "protocol"] for k in indices if passes[k, "quick"])
    n_rejected = sum(not passes[k, "quick"] for k in indices)
    print(
        f"learning rate {learning_rate:g}: {len(good)} of {given.rules} random rules survive the "
        f"protocol; the hurdle rejects {n_rejected}, {len(good) - len(kept)} of them wrongly"
    )
    if good and kept:
        without_s, with_s = without_s / len(good), with_s / len(kept)
        print(
            f"  core-seconds per surviving rule: {without_s:.2f} without the hurdle, "
            f"{with_s:.2f} with it; ratio {without_s / with_s:.2f}"
        )


if __name__ == "__main__":
    main()
