"""Time of compiled synapses with short-term dynamics beside that of the same rule without.

The network of `rules.py`: all variants have the same spikes, since the weights are too small to
matter, so they differ only in their synapses. Variants take turns. Processor time of the single
thread; the median over rounds of the ratio within a round, in which both ran one after the other.
"""

from __future__ import annotations

import argparse
import os
import statistics

os.environ.setdefault("PYNEST_QUIET", "1")

import nest
from rules import N_NEURONS, N_SYNAPSES, build_compiled, connect, create, measured

from nestml_models.compiled import CompiledRule, compile_rule
from nestml_models.rule import TERMS, Rule, ShortTerm

DYNAMICS = {
    "depression": ShortTerm(0.5, 671.0),
    "depression and facilitation": ShortTerm(0.5, 671.0, 17.0),
}
RULES = {
    "S_pre": ["S_pre"],
    "S_pre*X_post": ["S_pre*X_post"],
    "X_pre": ["X_pre"],
    "all 25 terms": [term.name for term in TERMS],
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", type=float, default=3000.0, help="biological time, ms")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    arguments = parser.parse_args()
    print(f"{N_NEURONS} neurons, {N_SYNAPSES} synapses, {arguments.duration / 1000:g} s")
    for name in arguments.rules:
        for specialised in (False, True):
            report(name, specialised, arguments.duration, arguments.rounds)
    report_tsodyks2(arguments.duration, arguments.rounds)


def report(name: str, specialised: bool, duration_ms: float, rounds: int) -> None:
    """Print ratios of time and differences of memory of one rule."""
    rule = Rule.of_terms(("all",), dict.fromkeys(RULES[name], 0.5))
    without = compile_rule(rule, print, specialised=specialised)
    compiled = compile_rule(rule, print, specialised=specialised, short_term=True)
    builds = {"without": lambda: build_compiled(without)} | {
        label: lambda own=own: build_compiled(compiled, own) for label, own in DYNAMICS.items()
    }
    model = "specialised" if specialised else "general"
    show(f"{model}, {name}", "without", builds, duration_ms, rounds)


def report_tsodyks2(duration_ms: float, rounds: int) -> None:
    """Print the time of the model without terms beside that of NEST's own synapse."""
    compiled = compile_rule(Rule.of_terms(("all",), {}), print, short_term=True)
    builds = {
        "tsodyks2_synapse": lambda: build_tsodyks2(compiled),
        "nothing active": lambda: build_compiled(compiled, DYNAMICS["depression and facilitation"]),
    }
    show("short-term dynamics alone", "tsodyks2_synapse", builds, duration_ms, rounds)


def show(title, base, builds, duration_ms: float, rounds: int) -> None:
    """Let variants take turns, and print each relative to the one called `base`."""
    ratios: dict[str, list[float]] = {label: [] for label in builds}
    facts = {}
    for _ in range(rounds):
        seconds = {}
        for label, variant in builds.items():
            seconds[label], *facts[label] = measured(variant, duration_ms)
        for label in builds:
            ratios[label].append(seconds[label] / seconds[base])
    print(f"\n{title}")
    for label, (rate_Hz, size) in facts.items():
        more = size - facts[base][1]
        print(
            f"  {label:28s} {statistics.median(ratios[label]):5.2f} x {base} "
            f"({min(ratios[label]):.2f} to {max(ratios[label]):.2f})  {size:4d} B a synapse "
            f"({more:+d})  {rate_Hz:.2f} Hz"
        )


def build_tsodyks2(compiled: CompiledRule) -> str:
    """Build a network of the same neurons with NEST's synapse."""
    compiled.install()
    neurons = create(compiled.neuron_model)
    own = DYNAMICS["depression and facilitation"]
    parameters = {"U": own.U, "tau_rec": own.tau_rec_ms, "tau_fac": own.tau_fac_ms}
    nest.CopyModel("tsodyks2_synapse", "own_tsodyks2", parameters)
    return connect(neurons, "own_tsodyks2")


if __name__ == "__main__":
    main()
