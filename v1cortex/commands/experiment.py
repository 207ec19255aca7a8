"""`v1cortex experiment`: the paper's experiments on rules, with controls and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

import typer

from nestml_models.common import write_whole
from nestml_models.errors import did_you_mean
from nestml_models.rule import TERMS, Rule, term
from v1cortex.commands.experiment_run import (
    draw_adaptation,
    file_name,
    guarded,
    say,
    size,
    texts,
    whole_numbers,
    write,
    write_page,
)
from v1cortex.commands.options.common import RuleName, RuleNames, Sizes, TauMs
from v1cortex.commands.options.experiment import Options, with_options
from v1cortex.commands.output.experiment import print_analyses, print_remarks, print_rows
from v1cortex.commands.output.retest import print_retest
from v1cortex.commands.output.text import messages, print_json
from v1cortex.commands.paired_searches import TERMS_HELP, coefficients, gains
from v1cortex.errors import ExperimentError
from v1cortex.experiments import (
    Condition,
    RetestSettings,
    Setting,
    plans,
    random_rules,
    retest,
    retest_data,
    retest_rows,
    run_conditions,
    write_retest,
)
from v1cortex.network import PLASTIC_SETS
from v1cortex.rules import load_rule

app = typer.Typer(
    help="Run the paper's experiments, with controls and statistics. Each can be stopped and run "
    "again: finished evaluations are in --out, and experiments with the same --out share them.",
    no_args_is_help=True,
)

TrialCounts = Annotated[
    str, typer.Option("--trial-counts", help="Numbers of training trials, comma-separated.")
]

FEWSHOT_TRIALS = ",".join(map(str, plans.FEWSHOT_TRIALS))
LONG_TRIALS = ",".join(map(str, plans.LONG_TRIALS))
SCALE_NEURONS = ",".join(map(str, plans.SCALE_NEURONS))
SCOPES = ",".join(plans.EXPLORED_SCOPES)

MAX_RULES = 100_000
"""Maximum number of random rules in an experiment (*choice*)."""

Found = TypeVar("Found")


@app.command()
@with_options()
def final(rules: RuleNames, options: Options) -> None:
    """Assess rules against the static network: 100 training and 200 test trials, 5 seeds."""
    setting, found = options.setting(analyses=("linear",)), _rules(rules)
    title = f"final assessment, {size(setting)}"
    _run(f"final_{'_'.join(found)}", title, plans.final(found), setting, options)


@app.command()
@with_options("training_trials")
def fewshot(rule: RuleName, options: Options, trial_counts: TrialCounts = FEWSHOT_TRIALS) -> None:
    """Measure accuracy after few training trials: 0, 10, 20, 50, 100."""
    setting = options.setting()
    conditions = plans.training_curve(load_rule(rule), whole_numbers(trial_counts))
    title = f"few-shot curve of {rule}, {size(setting)}"
    _run(f"fewshot_{rule}", title, conditions, setting, options)


@app.command("long")
@with_options("training_trials")
def long_exposure(
    rule: RuleName, options: Options, trial_counts: TrialCounts = LONG_TRIALS
) -> None:
    """Test whether accuracy lasts if the rule is active for ten times as many trials."""
    setting = options.setting(analyses=("weights",))
    conditions = plans.training_curve(load_rule(rule), whole_numbers(trial_counts))
    _run(f"long_{rule}", f"long exposure to {rule}, {size(setting)}", conditions, setting, options)


@app.command()
@with_options("neurons")
def scale(rule: RuleName, options: Options, sizes: Sizes = SCALE_NEURONS) -> None:
    """Test the same rule in circuits of 1000 to 5000 neurons."""
    setting, counts = options.setting(), whole_numbers(sizes)
    title = f"{rule} at {', '.join(map(str, counts))} neurons, {options.seeds} seeds"
    _run(f"scale_{rule}", title, plans.scale(load_rule(rule), counts), setting, options)


@app.command()
@with_options()
def controls(rule: RuleName, options: Options) -> None:
    """Compare a rule with all its controls, in one table."""
    setting = options.setting(analyses=("linear", "decoding", "weights"))
    conditions, remarks = plans.controls(rule, load_rule(rule), setting.protocol, setting.seeds)
    title = f"{rule} and its controls, {size(setting)}"
    _run(f"controls_{rule}", title, conditions, setting, options, remarks)


@app.command("retest")
@with_options()
def retest_rules(
    rules: RuleNames,
    options: Options,
    tried: Annotated[
        int, typer.Option(help="Number of rules tried before these were chosen.", min=1)
    ] = 1,
) -> None:
    """Test rules again on fresh networks and stimuli, with their controls."""
    setting, found = options.setting(analyses=("linear",)), _rules(rules)
    protocol, name = setting.protocol, f"retest_{'_'.join(found)}"
    how = RetestSettings(
        seeds=options.seeds, validation_trials=protocol.validation_trials, controls=True
    )
    result = guarded(
        name,
        options,
        lambda report: retest(
            found,
            protocol,
            how,
            options.store,
            neurons=options.neurons,
            first_seed=options.first_seed,
            n_tried=tried,
            workers=options.worker_settings,
            report=report,
        ),
    )
    trials, file = how.validation_trials, file_name(name)
    data = retest_data(result, protocol, trials)
    write_retest(
        lambda each, text: write_whole(options.out / each, text),
        file,
        data,
        retest_rows(result, trials),
    )
    write_page(options.out / f"{file}.json", f"re-test of {', '.join(found)}")
    if options.as_json:
        print_json(data)
        return
    print_retest(data)
    print_remarks(result.rows)
    luck = result.by_chance
    if result.detectable is not None:
        found_with = f"{options.seeds} seeds detect a difference of {result.detectable:.3f}"
        say(f"{found_with} with a power of 0.8.")
    say(
        f"The best of {luck.n_tried} rules at chance would reach {luck.expected:.3f} in one "
        f"evaluation, and stay below {luck.quantile:.3f} in {luck.confidence:.0%} of searches."
    )
    messages.print(
        f"written {options.out / file}.csv, .json and .html", highlight=False, soft_wrap=True
    )


@app.command("random")
@with_options(neurons=1000, seeds=10, first_seed=1001)
def random_(
    options: Options,
    count: Annotated[int, typer.Option(help="Number of random rules.", min=2, max=MAX_RULES)] = 200,
) -> None:
    """Compare random rules, which share --seeds networks, with chance."""
    setting = options.setting(validation_trials=100)
    found = guarded(
        "random",
        options,
        lambda report: random_rules(
            count, setting, options.store, workers=options.worker_settings, report=report
        ),
    )
    title = f"{count} random rules, {size(setting)}"
    path = write("random", title, found, options)
    if options.as_json:
        print_json(found)
        return
    for line in found["text"]:
        say(line)
    messages.print(f"written {path} and .html", highlight=False, soft_wrap=True)


@app.command()
@with_options(neurons=1000, seeds=2, first_seed=2001)
def explore(
    options: Options,
    terms: Annotated[str, typer.Option("--terms", help=TERMS_HELP, show_default="all")] = "",
    scopes: Annotated[
        str, typer.Option(help="Kinds of connections to make plastic, comma-separated.")
    ] = SCOPES,
    tau_ms: TauMs = 20.0,
    lgn_memory: Annotated[bool, typer.Option(help="Leave the LGN's memory on.")] = False,
) -> None:
    """Try every term, sign and kind of connection; by default without the LGN's memory.

    The best result is partly luck: re-test it.
    """
    setting = options.setting(lgn_memory=lgn_memory)
    names = [term(name).name for name in texts(terms)] or [each.name for each in TERMS]
    kinds = texts(scopes)
    for kind in kinds:
        if kind not in PLASTIC_SETS:
            raise ExperimentError(
                f"no kind of connection '{kind}'. {did_you_mean(kind, PLASTIC_SETS)}"
            )
    memory = "with" if lgn_memory else "without"
    title = f"terms one by one, {memory} the LGN's memory, {size(setting)}"
    _run("explore", title, plans.exploration(names, kinds, tau_ms), setting, options)


def _run(
    name: str,
    title: str,
    conditions: Sequence[Condition],
    setting: Setting,
    options: Options,
    remarks: Sequence[str] = (),
) -> None:
    """Run conditions, write their table and print it."""
    rows = guarded(
        name,
        options,
        lambda report: run_conditions(
            conditions, setting, options.store, workers=options.worker_settings, report=report
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
    path = write(name, title, found, options)
    draw_adaptation(name, rows, options)
    if options.as_json:
        print_json(found)
        return
    print_rows(title, rows, setting.protocol)
    print_analyses(rows)
    for remark in remarks:
        say(f"left out: {remark}")
    messages.print(f"written {path} and .html", highlight=False, soft_wrap=True)


def _rules(names: Sequence[str]) -> dict[str, Rule]:
    found = {name: load_rule(name) for name in names}
    if len(found) < len(names):
        raise ExperimentError(f"a rule is named twice among {', '.join(names)}")
    return found


app.command()(gains)
app.command()(coefficients)
