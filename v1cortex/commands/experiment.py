"""`v1cortex experiment`: the paper's experiments on one rule, with controls and statistics."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from nestml_models.cache import write_atomically
from nestml_models.rule import Rule
from nestml_models.terms import TERMS, term
from v1cortex.commands.common import (
    AsJson,
    json_text,
    messages,
    print_json,
    progress_bar,
    results,
)
from v1cortex.commands.experiment_tables import print_rows
from v1cortex.commands.protocol_options import (
    CalibrationOption,
    Preset,
    ProtocolFile,
    Tasks,
    TrainingTrials,
    ValidationTrials,
    protocol_of,
)
from v1cortex.errors import ExperimentError
from v1cortex.experiments import plans
from v1cortex.experiments.conditions import Condition, Setting
from v1cortex.experiments.random_rules import random_rules
from v1cortex.experiments.retest import FRESH_SEED, RetestSettings, retest
from v1cortex.experiments.run import run_conditions
from v1cortex.experiments.store import ResultStore
from v1cortex.plastic_synapses import PLASTIC_SETS
from v1cortex.rule_library import rule as find_rule
from v1cortex.tables import nearest

app = typer.Typer(
    help="Run the paper's experiments on one rule. Each can be stopped and given again: finished "
    "evaluations lie in --out, and experiments with the same --out share them.",
    no_args_is_help=True,
)

RuleName = Annotated[str, typer.Argument(help="A shipped rule, random:SEED, or a rule file.")]
RuleNames = Annotated[list[str], typer.Argument(help="Shipped rules, random:SEED, or rule files.")]
Neurons = Annotated[int, typer.Option("--neurons", "-n", help="Cells of the circuits.")]
Seeds = Annotated[int, typer.Option("--seeds", help="Networks, each with its own stimuli.", min=1)]
FirstSeed = Annotated[int, typer.Option("--first-seed", help="Seeds count from here.", min=0)]
Workers = Annotated[int, typer.Option("--workers", help="Evaluations side by side.", min=1)]
Out = Annotated[Path, typer.Option("--out", help="Folder of the results.")]
Numbers = Annotated[str, typer.Option(help="Comma-separated.")]

OUT = Path("experiments")
FEWSHOT_TRIALS = ",".join(map(str, plans.FEWSHOT_TRIALS))
LONG_TRIALS = ",".join(map(str, plans.LONG_TRIALS))
SCALE_NEURONS = ",".join(map(str, plans.SCALE_NEURONS))


@dataclass(frozen=True)
class _Run:
    """What all experiments share: where, how big, on which seeds."""

    out: Path
    workers: int
    as_json: bool

    def conditions(
        self, name: str, title: str, conditions: Sequence[Condition], setting: Setting,
        remarks: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Run conditions, write their table and print it."""
        rows = self.guarded(
            name,
            lambda report: run_conditions(
                conditions, setting, ResultStore(self.out), workers=self.workers, report=report
            ),
        )
        found = {
            "experiment": title,
            "score": setting.protocol.resolved_score,
            "neurons": setting.neurons,
            "seeds": list(setting.seeds),
            "protocol": setting.protocol.model_dump(mode="json"),
            "rows": [row.to_dict() for row in rows],
            "remarks": list(remarks),
        }
        self.write(name, found)
        if self.as_json:
            print_json(found)
            return
        print_rows(title, rows, setting.protocol)
        for remark in remarks:
            results.print(f"left out: {remark}", highlight=False, soft_wrap=True)
        self.say_where(name)

    def guarded(self, name: str, run: Callable[[Callable[[str, float], None]], Any]) -> Any:  # noqa: ANN401
        """Run with a progress bar; Ctrl-C says how to go on."""
        try:
            with progress_bar(name) as report:
                return run(report)
        except KeyboardInterrupt:
            messages.print(
                f"stopped. Finished evaluations are in {self.out / 'results'}; give the same "
                "command again to go on",
                highlight=False,
                soft_wrap=True,
            )
            raise typer.Exit(130) from None

    def write(self, name: str, found: dict[str, Any]) -> None:
        """Write the summary, whole or not at all."""
        write_atomically(self.out / f"{name}.json", json_text(found).encode())

    def say_where(self, name: str) -> None:
        """Print where the summary is."""
        messages.print(f"written {self.out / f'{name}.json'}", highlight=False, soft_wrap=True)


@app.command()
def final(
    rules: RuleNames,
    neurons: Neurons = 3000,
    seeds: Seeds = 5,
    first_seed: FirstSeed = FRESH_SEED,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    training_trials: TrainingTrials = 100,
    validation_trials: ValidationTrials = 200,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """Assess rules beside the static network: 100 training and 200 test trials, 5 seeds."""
    settings = protocol_of(
        protocol, preset, task, training_trials, validation_trials, calibration
    ).model_copy(update={"analyses": ("linear",)})
    setting = Setting(settings, neurons, _seeds(first_seed, seeds))
    found = _rules(rules)
    title = f"final assessment, {neurons} neurons, {seeds} seeds"
    run = _Run(out, workers, as_json)
    run.conditions(f"final_{_file_name('_'.join(found))}", title, plans.final(found), setting)


@app.command()
def fewshot(
    rule: RuleName,
    trials: Numbers = FEWSHOT_TRIALS,
    neurons: Neurons = 3000,
    seeds: Seeds = 5,
    first_seed: FirstSeed = FRESH_SEED,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    validation_trials: ValidationTrials = 200,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """Measure accuracy after few training trials: 0, 10, 20, 50, 100."""
    settings = protocol_of(protocol, preset, task, None, validation_trials, calibration)
    setting = Setting(settings, neurons, _seeds(first_seed, seeds))
    conditions = plans.training_curve(find_rule(rule), _numbers(trials))
    title = f"few-shot curve of {rule}, {neurons} neurons, {seeds} seeds"
    _Run(out, workers, as_json).conditions(
        f"fewshot_{_file_name(rule)}", title, conditions, setting
    )


@app.command("long")
def long_exposure(
    rule: RuleName,
    trials: Numbers = LONG_TRIALS,
    neurons: Neurons = 3000,
    seeds: Seeds = 5,
    first_seed: FirstSeed = FRESH_SEED,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    validation_trials: ValidationTrials = 200,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """See whether accuracy holds when the rule goes on for ten times the trials."""
    settings = protocol_of(protocol, preset, task, None, validation_trials, calibration).model_copy(
        update={"analyses": ("weights",)}
    )
    setting = Setting(settings, neurons, _seeds(first_seed, seeds))
    conditions = plans.training_curve(find_rule(rule), _numbers(trials))
    title = f"long exposure to {rule}, {neurons} neurons, {seeds} seeds"
    _Run(out, workers, as_json).conditions(f"long_{_file_name(rule)}", title, conditions, setting)


@app.command()
def scale(
    rule: RuleName,
    sizes: Numbers = SCALE_NEURONS,
    seeds: Seeds = 5,
    first_seed: FirstSeed = FRESH_SEED,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    training_trials: TrainingTrials = 100,
    validation_trials: ValidationTrials = 200,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """Test the same rule in circuits of 1000 to 5000 neurons."""
    settings = protocol_of(protocol, preset, task, training_trials, validation_trials, calibration)
    counts = _numbers(sizes)
    setting = Setting(settings, counts[0], _seeds(first_seed, seeds))
    title = f"{rule} at {', '.join(map(str, counts))} neurons, {seeds} seeds"
    conditions = plans.scale(find_rule(rule), counts)
    _Run(out, workers, as_json).conditions(f"scale_{_file_name(rule)}", title, conditions, setting)


@app.command()
def controls(
    rule: RuleName,
    neurons: Neurons = 3000,
    seeds: Seeds = 5,
    first_seed: FirstSeed = FRESH_SEED,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    training_trials: TrainingTrials = 100,
    validation_trials: ValidationTrials = 200,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """Compare a rule with all its controls, in one table."""
    settings = protocol_of(
        protocol, preset, task, training_trials, validation_trials, calibration
    ).model_copy(update={"analyses": ("linear", "decoding", "weights")})
    setting = Setting(settings, neurons, _seeds(first_seed, seeds))
    conditions, remarks = plans.controls(rule, find_rule(rule), settings, setting.seeds)
    title = f"{rule} and its controls, {neurons} neurons, {seeds} seeds"
    run = _Run(out, workers, as_json)
    run.conditions(f"controls_{_file_name(rule)}", title, conditions, setting, remarks)


@app.command("retest")
def retest_rules(
    rules: RuleNames,
    tried: Annotated[int, typer.Option(help="Rules tried before these were chosen.", min=1)] = 1,
    neurons: Neurons = 3000,
    seeds: Seeds = 5,
    first_seed: FirstSeed = FRESH_SEED,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    training_trials: TrainingTrials = 100,
    validation_trials: ValidationTrials = 200,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """Test rules again on fresh networks and stimuli, beside their controls."""
    settings = protocol_of(
        protocol, preset, task, training_trials, validation_trials, calibration
    ).model_copy(update={"analyses": ("linear",)})
    how = RetestSettings(neurons, seeds, first_seed, settings.validation_trials, True, tried)
    found, run = _rules(rules), _Run(out, workers, as_json)
    name = f"retest_{_file_name('_'.join(found))}"
    result = run.guarded(
        name,
        lambda report: retest(
            found, settings, how, ResultStore(out), workers=workers, report=report
        ),
    )
    run.write(name, {"protocol": settings.model_dump(mode="json"), **result.to_dict()})
    if as_json:
        print_json(result.to_dict())
        return
    print_rows(f"re-test, {neurons} neurons, {seeds} fresh seeds", result.rows, settings)
    luck = result.by_chance
    results.print(
        f"{seeds} seeds find a difference of {result.detectable:.3f} with a power of 0.8. The best "
        f"of {luck.n_tried} rules at chance reaches {luck.expected:.3f} in one evaluation, and "
        f"stays below {luck.quantile:.3f} in {luck.confidence:.0%} of searches.",
        highlight=False,
        soft_wrap=True,
    )
    run.say_where(name)


@app.command("random")
def random_(
    count: Annotated[int, typer.Option(help="Random rules.", min=2)] = 200,
    networks: Annotated[int, typer.Option(help="Networks that they share.", min=1)] = 10,
    neurons: Neurons = 1000,
    first_seed: FirstSeed = 1001,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    training_trials: TrainingTrials = 100,
    validation_trials: ValidationTrials = 100,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """Compare random rules with what chance alone gives."""
    settings = protocol_of(protocol, preset, task, training_trials, validation_trials, calibration)
    setting, run = (
        Setting(settings, neurons, _seeds(first_seed, networks)),
        _Run(out, workers, as_json),
    )
    found = run.guarded(
        "random",
        lambda report: random_rules(
            count, setting, ResultStore(out), workers=workers, report=report
        ),
    )
    run.write("random", found)
    if as_json:
        print_json(found)
        return
    for line in found["text"]:
        results.print(line, highlight=False, soft_wrap=True)
    run.say_where("random")


@app.command()
def explore(
    terms: Annotated[str, typer.Option(help="Terms, comma-separated; default: all.")] = "",
    scopes: Annotated[
        str, typer.Option(help="Kinds of connections to make plastic, comma-separated.")
    ] = ",".join(plans.EXPLORED_SCOPES),
    tau_ms: Annotated[float, typer.Option(help="Time constant of eligibility traces.")] = 20.0,
    lgn_memory: Annotated[bool, typer.Option(help="Leave the LGN's memory on.")] = False,
    neurons: Neurons = 1000,
    seeds: Seeds = 2,
    first_seed: FirstSeed = 2001,
    protocol: ProtocolFile = None,
    preset: Preset = None,
    task: Tasks = None,
    training_trials: TrainingTrials = 100,
    validation_trials: ValidationTrials = 200,
    calibration: CalibrationOption = None,
    workers: Workers = 1,
    out: Out = OUT,
    as_json: AsJson = False,
) -> None:
    """Try every term, sign and kind of connection; by default without the LGN's memory.

    What seems best owes it partly to luck: re-test it.
    """
    settings = protocol_of(
        protocol, preset, task, training_trials, validation_trials, calibration
    ).model_copy(update={"lgn_memory": lgn_memory})
    names = [term(name).name for name in _texts(terms)] or [each.name for each in TERMS]
    kinds = _texts(scopes)
    for kind in kinds:
        if kind not in PLASTIC_SETS:
            raise ExperimentError(f"no kind of connection '{kind}'. {nearest(kind, PLASTIC_SETS)}")
    setting = Setting(settings, neurons, _seeds(first_seed, seeds))
    memory = "with" if lgn_memory else "without"
    title = f"terms one by one, {memory} the LGN's memory, {neurons} neurons, {seeds} seeds"
    _Run(out, workers, as_json).conditions(
        "explore", title, plans.exploration(names, kinds, tau_ms), setting
    )


def _rules(names: Sequence[str]) -> dict[str, Rule]:
    found = {name: find_rule(name) for name in names}
    if len(found) < len(names):
        raise ExperimentError(f"a rule is named twice among {', '.join(names)}")
    return found


def _seeds(first: int, count: int) -> tuple[int, ...]:
    return tuple(range(first, first + count))


def _texts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in _texts(text)]
    except ValueError:
        raise ExperimentError(
            f"'{text}' is no list of whole numbers; give them with commas between, such as 10,20"
        ) from None


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", Path(text).name)[:80]
