"""`v1cortex evaluate`: the task protocol and six objectives of one rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nestml_models.common import write_whole
from v1cortex.commands.options.common import (
    RULE,
    AsJson,
    CalibrationOfProtocol,
    CircuitFolder,
    Seed,
    ShortTermOfProtocol,
    ThreadsOfProtocol,
    WeightGain,
)
from v1cortex.commands.options.protocol import (
    Preset,
    ProtocolFile,
    ReadoutOption,
    Tasks,
    TestPlasticity,
    TrainingTrials,
    ValidationTrials,
    protocol_of,
)
from v1cortex.commands.output.experiment import adaptation_table, readouts_table
from v1cortex.commands.output.progress import progress_bar
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import (
    json_text,
    messages,
    print_json,
    results,
    with_error,
)
from v1cortex.evaluation import READOUT_NAMES, SCORE_LABELS, Evaluation, Score, about_score
from v1cortex.evaluation import evaluate as run
from v1cortex.nest import ranks
from v1cortex.rules import load_rule
from v1cortex.sonata import load_circuit
from validation.objectives import OBJECTIVES


def evaluate(
    circuit: CircuitFolder,
    rule: Annotated[str, typer.Option("--rule", help=RULE)] = "none",
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    training_trials: TrainingTrials = None,
    validation_trials: ValidationTrials = None,
    calibration: CalibrationOfProtocol = None,
    short_term: ShortTermOfProtocol = None,
    weight_gain: WeightGain = None,
    readout: ReadoutOption = None,
    test_plasticity: TestPlasticity = False,
    threads: ThreadsOfProtocol = None,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write: the evaluation as JSON.", show_default="none"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train and test one rule on visual tasks and score it."""
    settings = protocol_of(
        protocol,
        preset,
        task,
        training_trials,
        validation_trials,
        calibration,
        threads,
        short_term,
        weight_gain,
        readout=readout,
        test_plasticity=test_plasticity,
    )
    found = load_rule(rule)
    loaded = load_circuit(circuit, mapped=ranks.size() > 1)
    if not as_json:
        messages.print(f"{rule}: {found.formula()}")
    with progress_bar("evaluating") as report:
        evaluation = run(loaded, found, settings, seed, report)
    if out is not None and ranks.is_first():
        write_whole(out, json_text(evaluation.to_dict()))
    if as_json:
        print_json(evaluation.to_dict())
    else:
        _print(evaluation, settings.resolved_score)


def _print(evaluation: Evaluation, score: Score) -> None:
    results.print(
        f"status: {evaluation.status}" + f" ({evaluation.message})" * bool(evaluation.message)
    )
    rows = [
        (
            name,
            with_error(task.auc, task.auc_standard_error),
            f"{task.accuracy:.3f}",
            "-" if task.threshold_Hz is None else f"{task.threshold_Hz:.2f}",
            f"{task.pool_rate_Hz:.2f}",
        )
        for name, task in evaluation.tasks.items()
    ]
    if rows:
        columns = ("task", "AUC", "accuracy", "threshold Hz", "pool Hz")
        results.print(table("validation trials", columns, rows))
        value = 1.0 - evaluation.objectives["error"]
        results.print(f"{SCORE_LABELS[score]}: {value:.3f}. {about_score(score)}", soft_wrap=True)
    for name, task in evaluation.tasks.items():
        if task.readout != "pool":
            results.print(
                f"{name}: AUC and rate are those of {READOUT_NAMES[task.readout]}; the accuracy is "
                "that of the answering pool",
                highlight=False,
                soft_wrap=True,
            )
    for name, task in evaluation.tasks.items():
        if task.image_cosine is not None:
            results.print(
                f"{name}: cosine between responses to different images {task.image_cosine:.2f}"
            )
        if task.readouts:
            results.print(readouts_table(name, [("", task.readouts)]))
        if task.adaptation:
            results.print(adaptation_table(name, [("", task.adaptation)]))
    objectives = [
        (objective.label, f"{evaluation.objectives[objective.name]:.3f}", objective.unit)
        for objective in OBJECTIVES
    ]
    results.print(
        table("objectives (smaller is better)", ("objective", "value", "unit"), objectives)
    )
    seconds = ", ".join(f"{part} {value:.1f} s" for part, value in evaluation.timings.items())
    messages.print(f"time: {seconds}")
