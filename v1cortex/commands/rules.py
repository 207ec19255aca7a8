"""`v1cortex rules`: the available rules, what they do, and their compiled models."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nestml_models import build, compiled
from nestml_models.errors import did_you_mean
from nestml_models.rule import Rule
from v1cortex.commands.options.common import (
    RULE,
    AsJson,
    FigureFormatOption,
    RuleName,
)
from v1cortex.commands.output.consoles import bold
from v1cortex.commands.output.progress import status
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import print_json, results
from v1cortex.errors import RuleError
from v1cortex.plots import FigureFormat
from v1cortex.rules import SHIPPED, load_rule
from v1cortex.tables import POPULATIONS, load_tables

app = typer.Typer(help="List, show and compile plasticity rules.", no_args_is_help=True)

_DEFAULT_PAIRS = (("L23_E", "L23_E"), ("L23_Pvalb", "L23_E"))
_LAGS_MS = (-40, -20, -10, -5, -1, 0, 1, 5, 10, 20, 40)


@app.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """List the shipped rules, and what was measured with them."""
    rules = [load_rule(name) for name in SHIPPED]
    if as_json:
        print_json([_summary(rule) for rule in rules])
        return
    for rule in rules:
        results.print(bold(rule.name), f" {rule.formula()}", highlight=False)
        results.print(f"    {rule.description}", highlight=False)
        _print_evidence(rule)
    results.print(bold("random:SEED"), " one to three random terms", highlight=False)


@app.command()
def show(
    name: RuleName,
    pair: Annotated[
        str,
        typer.Option(
            "--pair",
            help="Synapse type of the window, such as L4_E:L23_E.",
            show_default="one that the rule changes",
        ),
    ] = "",
    out: Annotated[Path, typer.Option("--out", help="Folder to write the picture to.")] = Path(),
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX only.")] = False,
    by_type: Annotated[
        bool, typer.Option("--by-type", help="Print coefficients and ms at each synapse type only.")
    ] = False,
    figure_format: FigureFormatOption = FigureFormat.png,
    as_json: AsJson = False,
) -> None:
    """Show a rule: formula, terms, time constants and its simulated pairing window."""
    rule = load_rule(name)
    if by_type:
        _print_by_type(rule, as_json)
        return
    if latex:
        results.print(rule.to_latex(), highlight=False, soft_wrap=True)
        return
    pre, post = _pair(rule, pair)
    found = _window(rule, pre, post) if rule.n_active else None
    picture = ""
    if found is not None:
        from v1cortex.plots import save_alone
        from v1cortex.plots import window as plot_window

        title = f"{rule.name or Path(name).stem}, {pre} to {post}"
        file = f"{Path(name).stem.replace(':', '_')}_window.{figure_format}"
        picture = str(save_alone(plot_window(found, title, pre), out / file))
    if as_json:
        row = rule.table([(pre, post)])[0]
        shown = {"pair": row, "window": found and _window_rows(found), "picture": picture}
        print_json({**_summary(rule), "latex": rule.to_latex(), **shown})
        return
    _print_rule(rule)
    if found is not None:
        from v1cortex.plots import reward_label

        columns = ("lag ms", *map(reward_label, found.change))
        rows = [(lag, *(f"{100 * c:+.2f} %" for c in row)) for lag, *row in _window_rows(found)]
        results.print(table(f"weight change by 60 pairings, {pre} to {post}", columns, rows))
        results.print(f"written {picture}")


@app.command("compile")
def compile_names(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=f"{RULE[:-1]}; one or more.", show_default="the general model"),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder to write the NESTML files to.")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write and compile a NESTML model of a rule's terms, and check it on a random network.

    Its weights must agree with those of the general model up to rounding.
    """
    rules = [load_rule(name) for name in names or []]
    with status("compiling") as report:
        start = time.perf_counter()
        general = build.compile_general(report)
        general_s = time.perf_counter() - start
        models = compiled.compile_rules(rules, report) if rules else ()
        rules_s = time.perf_counter() - start - general_s
        done = []
        for name, model in zip(names or [], models, strict=True):
            report(f"comparing {name} with the general model")
            done.append(_proven(name, model, out))
    if as_json:
        seconds = {"general": general_s, "rules": rules_s}
        print_json({"general": str(general.path), "rules": done, "seconds": seconds})
        return
    results.print(f"general model ({general_s:.1f} s): {general.path}", highlight=False)
    if done:
        results.print(f"specialised models ({rules_s:.1f} s):", highlight=False)
    for each in done:
        proof = each.agreement
        results.print(
            f"{each.rule}: {each.nestml}\n    {each.synapse_model}\n"
            f"    {proof.n_synapses} synapses, {proof.n_changed} changed, {proof.n_spikes} spikes: "
            f"the same, and weights within {proof.difference:.1e}, as with the general model",
            highlight=False,
        )


@dataclass(frozen=True)
class _Compiled:
    """What `compile` reports for a rule."""

    rule: str
    nestml: str
    neuron_model: str
    synapse_model: str
    module: str
    agreement: compiled.Agreement


def _proven(name: str, model: compiled.CompiledRule, out: Path) -> _Compiled:
    return _Compiled(
        rule=name,
        nestml=str(model.write_nestml(out)),
        neuron_model=model.neuron_model,
        synapse_model=model.synapse_model,
        module=str(model.module.path),
        agreement=compiled.compare_with_general(model),
    )


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove all compiled modules.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the compiled modules, or remove them."""
    if clear:
        n_removed = build.clear_modules()
        if as_json:
            print_json({"removed": n_removed})
        else:
            results.print(f"{n_removed} modules removed from {build.modules_directory()}")
        return
    modules = build.list_modules()
    if as_json:
        print_json({"folder": str(build.modules_directory()), "modules": modules})
        return
    rows = [
        (
            key,
            "\n".join(model.removesuffix(f"_{key}") for model in each.models),
            each.nest,
            f"{each.size_bytes / 1e6:.1f}",
            time.strftime("%Y-%m-%d %H:%M", time.localtime(each.compiled_at)),
        )
        for each in modules
        for key in [each.name.split("_")[1]]
    ]
    columns = ("module", "models", "NEST", "MB", "compiled")
    results.print(table(str(build.modules_directory()), columns, rows))


def _summary(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "description": rule.description,
        "formula": rule.formula(),
        "terms": [term.name for term in rule.active_terms],
        "digest": rule.digest(),
        "evidence": [each.model_dump(mode="json") for each in rule.evidence],
    }


def _print_evidence(rule: Rule) -> None:
    for each in rule.evidence:
        results.print(f"    {each.text()}", highlight=False, markup=False)


def _pairs() -> list[tuple[str, str]]:
    """Return the (pre, post) populations between which V1 has synapses."""
    connectivity = load_tables().connectivity
    return [
        (POPULATIONS[pre], POPULATIONS[post])
        for pre, post in zip(connectivity.pre, connectivity.post, strict=True)
    ]


def _pair(rule: Rule, text: str) -> tuple[str, str]:
    """Return the requested synapse type, or one at which the rule has an effect.

    Raises
    ------
    RuleError
        If V1 has no such synapses.
    """
    pairs = _pairs()
    names = [f"{pre}:{post}" for pre, post in pairs]
    if text:
        if text not in names:
            raise RuleError(f"no synapses '{text}' in V1. {did_you_mean(text, names)}")
        return pairs[names.index(text)]
    for row in rule.table([*_DEFAULT_PAIRS, *pairs]):
        if any(row.coefficients.values()):
            return row.pre, row.post
    return _DEFAULT_PAIRS[0]


def _window(rule: Rule, pre: str, post: str) -> compiled.Window:
    with status("compiling") as report:
        model = compiled.compile_rule(rule, report, specialised=False)
        report("simulating the pairing protocol")
        return compiled.simulate_window(model, pre, post, inhibitory=not pre.endswith("_E"))


def _window_rows(found: compiled.Window) -> list[tuple[float, ...]]:
    """Return (lag, change for each reward error) at a few lags."""
    chosen = np.flatnonzero(np.isin(found.lag_ms, _LAGS_MS))
    return [
        (float(found.lag_ms[k]), *(float(change[k]) for change in found.change.values()))
        for k in chosen
    ]


def _print_rule(rule: Rule) -> None:
    results.print(bold(rule.name), f" {rule.formula()}", highlight=False)
    if rule.description:
        results.print(rule.description, highlight=False)
    rows = [
        (
            term.name,
            {"pair": "pair", "global": "all"}.get(term.scope, f"{term.scope}synaptic type"),
            "continuous" if term.is_continuous else "at spikes",
            *(f"{f(rule.coefficients[term.index]):.3g}" for f in (np.min, np.mean, np.max)),
        )
        for term in rule.active_terms
    ]
    columns = ("term", "a coefficient for each", "acts", "least", "mean", "largest")
    results.print(table("terms", columns, rows))
    for label, tau in (("tau_E", rule.tau_E_ms), ("tau_R", rule.tau_R_ms)):
        text = f"{tau.min():g}" if np.ptp(tau) == 0 else f"{tau.min():g} to {tau.max():g}"
        results.print(f"{label} {text} ms", highlight=False)
    if rule.settings is not None:
        results.print(f"own {rule.settings}", highlight=False)


def _print_by_type(rule: Rule, as_json: bool) -> None:
    """Print coefficients and time constants (ms) at every synapse type of V1."""
    found = rule.table(_pairs())
    if as_json:
        print_json(list(found))
        return
    terms = [term.name for term in rule.active_terms]
    rows = [
        (
            row.pre,
            row.post,
            *(f"{row.coefficients[name]:.3g}" for name in terms),
            *(f"{tau:.4g}" for tau in (row.tau_pre_ms, row.tau_post_ms, row.tau_R_ms)),
        )
        for row in found
    ]
    columns = ("pre", "post", *terms, "tau_E_pre", "tau_E_post", "tau_R")
    # Without a frame: 186 lines are for grep and spreadsheets.
    results.print(table("", columns, rows, n_keys=2, framed=False))
