"""Methods to paste into a paper: sentences on model, rules and protocol, and references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from v1cortex.network import OFF
from v1cortex.pages.markup import Markup, copied

if TYPE_CHECKING:
    from v1cortex.evaluation import Protocol

__all__ = ["methods_markup", "model_text", "protocol_text", "references", "rules_text"]

_REFERENCES = {
    "Ye et al. 2026": "Ye, Huang, Wu, Chen and Wu 2026, ICLR: Discovering heterogeneous synaptic "
    "plasticity rules via large-scale neural evolution",
    "Billeh et al. 2020": "Billeh et al. 2020, Neuron 106:388-403, "
    "doi:10.1016/j.neuron.2020.01.040",
    "Chen et al. 2022": "Chen, Scherr and Maass 2022, Science Advances 8:eabq7592, "
    "doi:10.1126/sciadv.abq7592",
    "Siegle et al. 2021": "Siegle et al. 2021, Nature 592:86-92, doi:10.1038/s41586-020-03171-x",
    "Gewaltig and Diesmann 2007": "Gewaltig and Diesmann 2007, Scholarpedia 2:1430, "
    "doi:10.4249/scholarpedia.1430",
    "Plotnikov et al. 2016": "Plotnikov et al. 2016, Modellierung, 93-108, "
    "doi:10.48550/arXiv.1606.02882",
    "Davison et al. 2009": "Davison et al. 2009, Front. Neuroinform. 2:11, "
    "doi:10.3389/neuro.11.011.2008",
    "Denker et al. 2018": "Denker, Yegenoglu and Grün 2018, Neuroinformatics, P19, "
    "doi:10.12751/incf.ni2018.0019",
    "Tsodyks and Markram 1997": "Tsodyks and Markram 1997, PNAS 94:719-723, "
    "doi:10.1073/pnas.94.2.719",
    "Blank and Deb 2020": "Blank and Deb 2020, IEEE Access 8:89497-89509, "
    "doi:10.1109/ACCESS.2020.2990567",
}


def references(text: str) -> tuple[str, ...]:
    """Return the references that a text cites."""
    return tuple(full for cited, full in _REFERENCES.items() if cited in text)


def methods_markup(text: str) -> Markup:
    """Return the content of a section with methods and the references that they cite."""
    cited = "\n".join(references(text))
    pasted = copied(f"{text}\n\n{cited}", "methods-text", prose=True)
    return Markup(f"<p>To paste and to shorten.</p>{pasted}")


def rules_text(how: str) -> str:
    """Return what rules are; `how` says how they were found."""
    return (
        "Plasticity rules were truncated Taylor polynomials with coefficients for each pair of "
        f"neuron types (Ye et al. 2026), {how}."
    )


def model_text(neurons: int, circuit: str, versions: Mapping[str, str]) -> str:
    """Return what the network was.

    Parameters
    ----------
    neurons
        Number of neurons.
    circuit
        Seed and calibration, in words.
    versions
        Versions of programs.
    """
    return (
        f"The network was a model of mouse V1 (Billeh et al. 2020) of {neurons:,} neurons "
        f"({circuit}), simulated with NEST {versions['nest-simulator']} (Gewaltig and Diesmann "
        f"2007) through PyNN {versions['pyNN']} (Davison et al. 2009)."
    )


def protocol_text(protocol: Protocol, versions: Mapping[str, str], static: bool = False) -> str:
    """Return how rules were trained and tested, or how networks were if all were `static`."""
    models = "Neurons were" if static else "Rules were"
    return (
        f"{models} NESTML {versions['nestml']} models (Plotnikov et al. 2016). "
        f"{_synapses(protocol)}{_trials(protocol, static)} of each of these "
        f"tasks: {', '.join(protocol.tasks)} (preset {protocol.preset}; change detection as in "
        f"Chen et al. 2022). The score was the {protocol.score_name}. Activity was compared with "
        f"recordings of mouse V1 (Siegle et al. 2021) by Elephant {versions['elephant']} "
        "(Denker et al. 2018)."
    )


def _trials(protocol: Protocol, static: bool) -> str:
    """Return on how many trials rules or networks were trained and tested."""
    if static:
        return (
            f"No synapse was plastic. Each network was tested on {protocol.validation_trials} "
            "trials"
        )
    return (
        f"Plastic synapses: {protocol.plastic}. Each rule was trained on "
        f"{protocol.training_trials} trials and tested on {protocol.validation_trials}, with "
        f"{'plasticity on' if protocol.test_plasticity else 'weights fixed'},"
    )


def _synapses(protocol: Protocol) -> str:
    """Return what is special about synapses, whether plastic or not."""
    parts = []
    if protocol.short_term != OFF:
        parts.append(
            "Synapses had short-term dynamics after Tsodyks and Markram 1997 (parameters: "
            f"{protocol.short_term})."
        )
    if protocol.weight_gain:
        factors = ", ".join(f"{pair} {value:g}" for pair, value in protocol.weight_gain.items())
        parts.append(f"Initial weights were multiplied by: {factors}.")
    return "".join(f"{part} " for part in parts)
