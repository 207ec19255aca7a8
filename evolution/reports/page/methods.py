"""The methods paragraph to paste into a paper, with references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evolution.engine import Session
from evolution.reports.summary import RunSummary
from evolution.runs import EvolveConfig, RunFolder
from v1cortex.evaluation import Protocol
from v1cortex.network import OFF

__all__ = ["methods_text", "references"]

_REFERENCES = {
    "method": "Ye, Huang, Wu, Chen and Wu 2026, ICLR: Discovering heterogeneous synaptic "
    "plasticity rules via large-scale neural evolution",
    "model": "Billeh et al. 2020, Neuron 106:388-403, doi:10.1016/j.neuron.2020.01.040",
    "task": "Chen, Scherr and Maass 2022, Science Advances 8:eabq7592, doi:10.1126/sciadv.abq7592",
    "data": "Siegle et al. 2021, Nature 592:86-92, doi:10.1038/s41586-020-03171-x",
    "NEST": "Gewaltig and Diesmann 2007, Scholarpedia 2:1430, doi:10.4249/scholarpedia.1430",
    "NESTML": "Plotnikov et al. 2016, Modellierung, 93-108, doi:10.48550/arXiv.1606.02882",
    "PyNN": "Davison et al. 2009, Front. Neuroinform. 2:11, doi:10.3389/neuro.11.011.2008",
    "Elephant": "Denker, Yegenoglu and Grün 2018, Neuroinformatics, P19, "
    "doi:10.12751/incf.ni2018.0019",
    "pymoo": "Blank and Deb 2020, IEEE Access 8:89497-89509, doi:10.1109/ACCESS.2020.2990567",
}


def references() -> tuple[str, ...]:
    """Return the references."""
    return tuple(_REFERENCES.values())


def methods_text(
    folder: RunFolder,
    summary: RunSummary,
    sessions: Sequence[Session],
    retest: Mapping[str, Any] | None,
) -> str:
    """Return the methods, with settings, versions and cost.

    Parameters
    ----------
    folder
        The run.
    summary
        Its state.
    sessions
        Its sessions.
    retest
        Its re-test.
    """
    config = summary.config
    versions = folder.versions()
    parts = [_model(config, versions), _search(config, summary)]
    if retest is not None:
        parts.append(_retest(retest))
    parts.append(_cost(summary, sessions))
    return "\n\n".join(part for part in parts if part)


def _model(config: EvolveConfig, versions: Mapping[str, str]) -> str:
    protocol = config.protocol
    return (
        "Plasticity rules were truncated Taylor polynomials with coefficients for each pair of "
        "neuron types (Ye et al. 2026), searched for with v1cortex "
        f"{versions['v1cortex']}. The network was a model of mouse V1 (Billeh et al. 2020) of "
        f"{config.neurons:,} neurons (circuit seed {config.circuit_seed}, calibration "
        f"{protocol.calibration}), simulated with NEST {versions['nest-simulator']} (Gewaltig and "
        f"Diesmann 2007) through PyNN {versions['pyNN']} (Davison et al. 2009); rules were NESTML "
        f"{versions['nestml']} models (Plotnikov et al. 2016). {_synapses(protocol)}Plastic "
        f"synapses: {protocol.plastic}. Each rule was trained on {protocol.training_trials} "
        f"trials and tested on {protocol.validation_trials}, with "
        f"{'plasticity on' if protocol.test_plasticity else 'weights fixed'}, of each of these "
        f"tasks: {', '.join(protocol.tasks)} (preset {protocol.preset}; change detection as in "
        f"Chen et al. 2022). The score was the {protocol.score_name}. Activity was compared with "
        f"recordings of mouse V1 (Siegle et al. 2021) by Elephant {versions['elephant']} "
        "(Denker et al. 2018)."
    )


def _synapses(protocol: Protocol) -> str:
    """Return what is special about synapses, whether plastic or not."""
    parts = []
    if protocol.short_term != OFF:
        parts.append(
            "Synapses had short-term dynamics after Tsodyks and Markram 1997 (PNAS 94:719, "
            f"doi:10.1073/pnas.94.2.719; parameters: {protocol.short_term})."
        )
    if protocol.weight_gain:
        factors = ", ".join(f"{pair} {value:g}" for pair, value in protocol.weight_gain.items())
        parts.append(f"Initial weights were multiplied by: {factors}.")
    return "".join(f"{part} " for part in parts)


def _search(config: EvolveConfig, summary: RunSummary) -> str:
    done = "" if summary.state == "complete" else f", of {summary.n_planned:,} planned,"
    hurdles = ", ".join(each.name for each in config.hurdles)
    rejected = sum(cost.n_rejected for cost in summary.costs)
    return (
        f"{summary.n_tried:,} rules{done} were tried (algorithm {config.algorithm.name}, "
        f"population {config.population_size}, {config.generations} generations, seed "
        f"{config.seed}; pymoo, Blank and Deb 2020), in {summary.n_evaluations:,} evaluations with "
        f"{_count(config.seeds_per_rule, 'seed')} per rule and "
        f"{_count(config.reevaluations, 're-evaluation')} per generation. Six objectives were "
        "minimised." + (f" Hurdles ({hurdles}) rejected {rejected:,} rules." if hurdles else "")
    )


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _retest(retest: Mapping[str, Any]) -> str:
    seeds = retest["seeds"]
    return (
        f"The first rules of the front were tested again on {len(seeds)} networks (seeds "
        f"{seeds[0]} to {seeds[-1]}) that the search did not use, with "
        f"{retest['protocol']['validation_trials']} trials of each task; differences from the "
        "control on the same seeds are given with 95 % intervals, and p-values of paired t tests "
        "are corrected by Holm's method."
    )


def _cost(summary: RunSummary, sessions: Sequence[Session]) -> str:
    text = f"Evaluations took {summary.core_hours:.2f} core hours"
    if not sessions:
        return f"{text}."
    hours = sum(each.hours for each in sessions)
    hosts = ", ".join(dict.fromkeys(f"{each.host} ({each.cpus} CPUs)" for each in sessions))
    commits = ", ".join(dict.fromkeys(each.commit for each in sessions if each.commit))
    return (
        f"{text} and {hours:.2f} h of wall-clock time from {sessions[0].started} on, driven by "
        f"{hosts}" + (f"; commit {commits}" if commits else "") + "."
    )
