"""`v1cortex experiment gains` and `coefficients`: searches by antithetic pairs of evaluations."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nestml_models.common import dump_yaml, parse, write_whole
from v1cortex.commands.experiment_run import guarded, size, texts, write
from v1cortex.commands.options.experiment import Options, with_options
from v1cortex.commands.output.experiment import print_rows
from v1cortex.commands.output.paired import print_levels
from v1cortex.commands.output.text import messages, print_json
from v1cortex.experiments import Row, Setting
from v1cortex.experiments.paired import (
    CoefficientSettings,
    GainSettings,
    Level,
    PairedSettings,
    search_coefficients,
    search_gains,
)

__all__ = ["coefficients", "gains"]

DEFAULTS = CoefficientSettings()

Groupings = Annotated[
    str,
    typer.Option(
        help="Groups of neuron types, coarse to fine, comma-separated: signs (E, I), classes (E, "
        "Pvalb, Sst, Htr3a), groups (E by layer, and the inhibitory classes), types."
    ),
]
Pairs = Annotated[float, typer.Option(help="Antithetic pairs of evaluations for each dimension.")]
Step = Annotated[float, typer.Option(help="Size of the pairs' steps, root mean square.")]
Lengths = Annotated[str, typer.Option(help="Steps up the gradient to try, comma-separated.")]
Networks = Annotated[int, typer.Option(help="Networks on which they are compared.")]
LowestRate = Annotated[
    float, typer.Option("--lowest-rate", help="Lowest mean rate of what is taken, Hz.")
]
HighestRate = Annotated[
    float, typer.Option("--highest-rate", help="Highest mean rate of what is taken, Hz.")
]
SearchSeed = Annotated[int, typer.Option(help="Seeds of the search's networks count from here.")]

GROUPINGS = ",".join(DEFAULTS.groupings)
LENGTHS = ",".join(map(str, DEFAULTS.lengths))
TERMS = ",".join(DEFAULTS.terms)


@with_options("training_trials", neurons=1000, seeds=10)
def gains(
    options: Options,
    groupings: Groupings = GROUPINGS,
    pairs: Pairs = DEFAULTS.pairs_per_dimension,
    step: Step = DEFAULTS.step,
    lengths: Lengths = LENGTHS,
    networks: Networks = DEFAULTS.networks,
    lowest_rate_Hz: LowestRate = DEFAULTS.lowest_rate_Hz,
    highest_rate_Hz: HighestRate = DEFAULTS.highest_rate_Hz,
    search_seed: SearchSeed = DEFAULTS.first_seed,
) -> None:
    """Search for gains of a static network that raise its score: what re-weighting alone can do.

    Steps are natural logarithms of gains. The gains found are tested on --seeds fresh networks.
    """
    given = _given(
        groupings, pairs, step, lengths, networks, lowest_rate_Hz, highest_rate_Hz, search_seed
    )
    settings, setting = parse(GainSettings, given, "options"), options.setting()
    found = guarded(
        "gains",
        options,
        lambda report: search_gains(
            setting, settings, options.store, workers=options.worker_settings, report=report
        ),
    )
    title = f"gains of a static network, {size(setting)}"
    data = {**_described(title, setting, settings), **found.to_dict()}
    file = options.out / "gains.yaml"
    write_whole(file, dump_yaml({"weight_gain": found.gain}))
    if options.as_json:
        write("gains", data, options)
        print_json(data)
        return
    _show(title, found.levels, found.rows, found.n_evaluations, setting)
    path = write("gains", data, options)
    _written(f"{path} and {file}, the gains as settings of a protocol")


@with_options(neurons=1000, seeds=10)
def coefficients(
    options: Options,
    terms: Annotated[str, typer.Option(help="Terms of the rule, comma-separated.")] = TERMS,
    tau_ms: Annotated[
        float, typer.Option(help="Time constant of eligibility traces.")
    ] = DEFAULTS.tau_ms,
    groupings: Groupings = GROUPINGS,
    pairs: Pairs = DEFAULTS.pairs_per_dimension,
    step: Step = DEFAULTS.step,
    lengths: Lengths = LENGTHS,
    networks: Networks = DEFAULTS.networks,
    lowest_rate_Hz: LowestRate = DEFAULTS.lowest_rate_Hz,
    highest_rate_Hz: HighestRate = DEFAULTS.highest_rate_Hz,
    search_seed: SearchSeed = DEFAULTS.first_seed,
) -> None:
    """Search for coefficients of given terms, shared by groups of neuron types.

    A step of 1 should change weights by their mean initial value in a training, whatever the
    types' rates. The rule found is tested with all controls on --seeds fresh networks.
    """
    given = _given(
        groupings, pairs, step, lengths, networks, lowest_rate_Hz, highest_rate_Hz, search_seed
    )
    given |= {"terms": texts(terms), "tau_ms": tau_ms}
    settings, setting = parse(CoefficientSettings, given, "options"), options.setting()
    name = f"coefficients_{'_'.join(settings.terms)}"
    found = guarded(
        name,
        options,
        lambda report: search_coefficients(
            setting, settings, options.store, workers=options.worker_settings, report=report
        ),
    )
    title = f"coefficients of {', '.join(settings.terms)}, {size(setting)}"
    data = {**_described(title, setting, settings), **found.to_dict()}
    path = write(name, data, options)
    file = path.with_suffix(".yaml")
    write_whole(file, found.rule.to_yaml())
    if options.as_json:
        print_json(data)
        return
    _show(title, found.levels, found.rows, found.n_evaluations, setting)
    _written(f"{path} and {file}, the rule")


def _given(
    groupings: str,
    pairs: float,
    step: float,
    lengths: str,
    networks: int,
    lowest_rate_Hz: float,
    highest_rate_Hz: float,
    search_seed: int,
) -> dict[str, Any]:
    return {
        "groupings": texts(groupings),
        "pairs_per_dimension": pairs,
        "step": step,
        "lengths": texts(lengths),
        "networks": networks,
        "lowest_rate_Hz": lowest_rate_Hz,
        "highest_rate_Hz": highest_rate_Hz,
        "first_seed": search_seed,
    }


def _described(title: str, setting: Setting, settings: PairedSettings) -> dict[str, Any]:
    return {
        "experiment": title,
        "score": setting.protocol.resolved_score,
        "neurons": setting.neurons,
        "seeds": list(setting.seeds),
        "protocol": setting.protocol.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
    }


def _show(
    title: str, levels: tuple[Level, ...], rows: tuple[Row, ...], n: int, setting: Setting
) -> None:
    print_levels(levels, n)
    print_rows(title, rows, setting.protocol)


def _written(what: str) -> None:
    messages.print(f"written {what}", highlight=False, soft_wrap=True)
