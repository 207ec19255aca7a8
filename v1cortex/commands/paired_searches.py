"""`v1cortex experiment gains` and `coefficients`: searches by antithetic pairs of evaluations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from nestml_models.common import dump_yaml, parse, write_whole
from v1cortex.commands.experiment_run import guarded, size, texts, write
from v1cortex.commands.options.common import TauMs
from v1cortex.commands.options.experiment import Options, with_options
from v1cortex.commands.output.experiment import print_rows
from v1cortex.commands.output.paired import print_levels
from v1cortex.commands.output.text import messages, print_json
from v1cortex.experiments import Setting
from v1cortex.experiments.paired import (
    CoefficientSearch,
    CoefficientSettings,
    GainSearch,
    GainSettings,
    PairedSettings,
    search_coefficients,
    search_gains,
)

__all__ = ["coefficients", "gains"]

DEFAULTS = CoefficientSettings()

GROUPINGS = ",".join(DEFAULTS.groupings)
LENGTHS = ",".join(map(str, DEFAULTS.lengths))
TERMS = ",".join(DEFAULTS.terms)
TERMS_HELP = "Terms of the rule, comma-separated."


@dataclass(frozen=True)
class PairedOptions(Options):
    """Options of an experiment, and how it searches."""

    groupings: Annotated[
        str,
        typer.Option(
            help="Groups of neuron types, coarse to fine, comma-separated: signs (E, I), classes "
            "(E, Pvalb, Sst, Htr3a), groups (E by layer, and the inhibitory classes), types; then "
            "factors scales what was found, increases and decreases apart."
        ),
    ] = GROUPINGS
    pairs: Annotated[
        float, typer.Option(help="Antithetic pairs of evaluations for each dimension.")
    ] = DEFAULTS.pairs_per_dimension
    precision: Annotated[
        float | None,
        typer.Option(
            help="Largest standard error of the rise that pairs predict for a step of theirs.",
            show_default="any",
        ),
    ] = DEFAULTS.precision
    step: Annotated[float, typer.Option(help="Size of the pairs' steps, root mean square.")] = (
        DEFAULTS.step
    )
    lengths: Annotated[
        str, typer.Option(help="Lengths of steps up the gradient to try, comma-separated.")
    ] = LENGTHS
    networks: Annotated[
        int, typer.Option(help="Number of networks on which steps are compared.")
    ] = DEFAULTS.networks
    lowest_rate_Hz: Annotated[
        float, typer.Option("--lowest-rate", help="Lowest mean rate of what is taken in Hz.")
    ] = DEFAULTS.lowest_rate_Hz
    highest_rate_Hz: Annotated[
        float, typer.Option("--highest-rate", help="Highest mean rate of what is taken in Hz.")
    ] = DEFAULTS.highest_rate_Hz
    constant_rate: Annotated[
        bool,
        typer.Option(
            "--constant-rate", help="Leave out what changes the mean rate, measured by the pairs."
        ),
    ] = DEFAULTS.constant_rate
    search_seed: Annotated[
        int, typer.Option(help="First seed of the search's networks; the others follow it.")
    ] = DEFAULTS.first_seed

    @property
    def search(self) -> dict[str, Any]:
        """Settings that all paired searches have."""
        return {
            "groupings": texts(self.groupings),
            "pairs_per_dimension": self.pairs,
            "precision": self.precision,
            "step": self.step,
            "lengths": texts(self.lengths),
            "networks": self.networks,
            "lowest_rate_Hz": self.lowest_rate_Hz,
            "highest_rate_Hz": self.highest_rate_Hz,
            "constant_rate": self.constant_rate,
            "first_seed": self.search_seed,
        }


@with_options("training_trials", kind=PairedOptions, neurons=1000, seeds=10)
def gains(options: PairedOptions) -> None:
    """Search for gains of a static network that raise its score: what re-weighting alone can do.

    Steps are natural logarithms of gains. The gains found are tested on --seeds fresh networks.
    """
    settings, setting = parse(GainSettings, options.search, "options"), options.setting()
    untrained = setting.protocol.model_copy(update={"training_trials": 0})
    setting = replace(setting, protocol=untrained)
    found = guarded(
        "gains",
        options,
        lambda report: search_gains(
            setting, settings, options.store, workers=options.worker_settings, report=report
        ),
    )
    title = f"gains of a static network, {size(setting)}"
    gain = dump_yaml({"weight_gain": found.gain})
    what = "the gains as settings of a protocol"
    _finish("gains", title, found, gain, what, setting, settings, options)


@with_options(kind=PairedOptions, neurons=1000, seeds=10)
def coefficients(
    options: PairedOptions,
    terms: Annotated[str, typer.Option("--terms", help=TERMS_HELP)] = TERMS,
    tau_ms: TauMs = DEFAULTS.tau_ms,
) -> None:
    """Search for coefficients of given terms, shared by groups of neuron types.

    A step of 1 should change weights by their mean initial value in a training, whatever the
    types' rates. The rule found is tested with all controls on --seeds fresh networks.
    """
    given = {**options.search, "terms": texts(terms), "tau_ms": tau_ms}
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
    rule = found.rule.to_yaml()
    _finish(name, title, found, rule, "the rule", setting, settings, options)


def _finish(
    name: str,
    title: str,
    found: GainSearch | CoefficientSearch,
    text: str,
    what: str,
    setting: Setting,
    settings: PairedSettings,
    options: PairedOptions,
) -> None:
    """Write the summary and what was found as YAML text, and print both."""
    data = {
        "experiment": title,
        "score": setting.protocol.resolved_score,
        "neurons": setting.neurons,
        "seeds": list(setting.seeds),
        "protocol": setting.protocol.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
        **found.to_dict(),
    }
    path = write(name, title, data, options)
    file = path.with_suffix(".yaml")
    write_whole(file, text)
    if options.as_json:
        print_json(data)
        return
    print_levels(found.levels, found.n_evaluations, setting.protocol.score_name)
    print_rows(title, found.rows, setting.protocol)
    messages.print(f"written {path}, .html and {file}, {what}", highlight=False, soft_wrap=True)
