"""The comment at the head of a specialised synapse model: what it is, its equations and units."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from nestml_models.rule import Term

__all__ = ["specialised_heading"]

_WIDTH = 96

_REFERENCE = (
    "Ye Z, Huang Y, Wu Y, Chen G, Wu S. Discovering heterogeneous synaptic plasticity rules via "
    "large-scale neural evolution. ICLR 2026.",
)

_FROZEN = (
    "With frozen = 1, from which there is no way back, w is delivered and nothing else is kept.",
)

_SHORT_TERM = (
    "du/dt = -u / tau_fac, dx/dt = (1 - x) / tau_rec; at a presynaptic spike first u grows by "
    "U (1 - u), then the spike is passed on with w u x / U, then x loses u x",
)

_SHORT_TERM_REFERENCE = (
    "Tsodyks M V, Markram H. The neural code between neocortical pyramidal neurons depends on "
    "neurotransmitter release probability. PNAS 94, 719 (1997), doi 10.1073/pnas.94.2.719.",
)


def specialised_heading(terms: Sequence[Term], short_term: bool = False) -> str:
    """Return NESTML comment lines that explain a synapse with these terms to a reader."""
    sections = (
        ("Plastic synapse of the terms " + ", ".join(each.name for each in terms), _summary()),
        ("Equations", [*_equations(terms), *(_SHORT_TERM if short_term else _FROZEN)]),
        ("Units", _units(terms)),
        ("Events", _events(terms)),
        ("Reference", [*_REFERENCE, *(_SHORT_TERM_REFERENCE if short_term else ())]),
    )
    lines = []
    for title, entries in sections:
        lines += [*textwrap.wrap(title, _WIDTH), "-" * min(len(title), _WIDTH)]
        for entry in entries:
            lines += textwrap.wrap(entry, _WIDTH, subsequent_indent="    ")
        lines.append("")
    return "\n".join(f"# {line}".rstrip() for line in lines[:-1])


def _summary() -> list[str]:
    return [
        "A polynomial in spikes S, eligibility traces X of the two neurons and the trace R of the "
        "reward prediction error. All parameters but weight and delay are common to the synapses "
        "of one copy of the model (nest.CopyModel)."
    ]


def _equations(terms: Sequence[Term]) -> list[str]:
    sums = " + ".join(f"{each.coefficient_name} {each.name.replace('*', ' ')}" for each in terms)
    lines = [f"dw = {sums or '0'}"]
    for name, tau, size, event, present in (
        ("X_pre", "tau_pre", "1", "presynaptic spike", any(each.x_pre for each in terms)),
        ("X_post", "tau_post", "1", "postsynaptic spike", any(each.x_post for each in terms)),
        ("R", "tau_R", "delta", "reward spike", any(each.r for each in terms)),
    ):
        if present:
            lines.append(f"d{name}/dt = -{name} / {tau}; {name} grows by {size} at each {event}")
    lines.append(
        "Each change is at most max_fraction |w|; w stays within [w_min, w_max]. With "
        "plasticity_on = 0 only the traces continue."
    )
    return lines


def _units(terms: Sequence[Term]) -> list[str]:
    lines = ["w, w_min, w_max: the weight's unit, pA for current-based neurons; d, tau_...: ms"]
    at_spikes = [each.coefficient_name for each in terms if not each.is_continuous]
    continuous = [each.coefficient_name for each in terms if each.is_continuous]
    if at_spikes:
        lines.append(f"{', '.join(at_spikes)}: the weight's unit, per spike")
    if continuous:
        lines.append(f"{', '.join(continuous)}: the weight's unit per ms, integrated exactly")
    return [*lines, "X, R, delta, max_fraction, plasticity_on: numbers"]


def _events(terms: Sequence[Term]) -> list[str]:
    lines = [
        "The delay d is dendritic: presynaptic spikes reach the synapse at once, postsynaptic ones "
        "after d. At a spike the traces have their values just before its own increment."
    ]
    if any(each.s_pre and (each.s_post or each.x_post) for each in terms):
        lines.append(
            "When both arrive in one time step the postsynaptic spike is taken first, but the "
            "presynaptic one sees X_post without it."
        )
    if any(each.is_continuous for each in terms):
        lines.append(
            "Every spike that reaches the synapse, of either neuron or a reward, splits the "
            "continuous change; cap and bounds hold for each part."
        )
    lines.append(
        "The port reward belongs to a volume transmitter, which also brings all synapses up to "
        "date every deliver_interval: read weights and change parameters then."
    )
    return lines
