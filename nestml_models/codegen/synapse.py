"""The NESTML text of a plastic synapse with a given set of terms.

The *general* model has all 25 terms; homogeneous flags switch off the groups of terms and the
traces that a rule does not use. A *specialised* model has only the terms of one rule and no flags;
it is meant for reading and publication.

Order of events (choices where Ye et al., ICLR 2026, do not specify it; all apply to both models):

- The synapse is updated at each presynaptic spike, at each postsynaptic spike (which reaches it
  after the delay: the delay is dendritic, NEST's convention), at each reward spike, and whenever
  the volume transmitter requests it.
- At each update, the continuous terms since the last one come first, as a single change of the
  weight, integrated exactly over the decay of the traces. The terms of the spike follow as another
  change, with the traces just before the spike's own increment.
- Every change is limited to a fraction of the weight, then the weight is kept within its bounds. A
  change of zero leaves the weight as it is. The weight therefore does not depend on terms whose
  coefficients are zero, nor on whether the model has them: if any term is continuous, every
  presynaptic, postsynaptic and reward spike and every request of the volume transmitter splits the
  continuous change; if none is, only the terms' own events change the weight.
- A postsynaptic spike that arrives together with a presynaptic one is processed first. The
  presynaptic spike then sees X_post without the increment of that postsynaptic spike, as in NEST's
  stdp_synapse, and triggers S_pre*S_post.
- The presynaptic spike is passed on with the weight after its own change.
- With short-term dynamics (Tsodyks & Markram) it is passed on with that weight times u x / U, so
  that a synapse at rest transmits its weight. Rules act on the weight alone.

Use in NEST: every copy of a model needs a ``volume_transmitter`` (in CopyModel), and ``uses_post``
must be set before the first connection is made. The volume transmitter updates all its synapses
every ``deliver_interval`` times the minimum delay: at the end of such an interval weights can be
read, and ``plasticity_on``, ``delta`` and the coefficients changed for the following ones.
If the minimum delay is longer than a step, synapses are updated up to the first step of the last
slice, since presynaptic spikes of that slice are still to come; a reward spike that arrives in the
rest of that slice counts from that first step on. A reward spike adds ``delta`` to R; ``delta``
must not change until all synapses have processed the spike, at the end of the interval.

There are two ways to hold weights fixed. ``plasticity_on = 0`` is a pause: traces continue, so that
learning can resume. ``frozen = 1`` is permanent: synapses deliver their weights and do nothing
else, neurons keep no spikes for them, and traces stay at their last values. Weights, and therefore
all spikes, are the same to the last bit in both cases. A frozen model with connections cannot be
released; NEST raises an error. Models with short-term dynamics cannot be frozen, since their
transmission keeps changing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from nestml_models.codegen.heading import specialised_heading
from nestml_models.rule import TERMS, Term

__all__ = ["FLAGS", "synapse_text"]

FLAGS = {
    "continuous_terms": "Any term without a spike?",
    "pre_terms": "Any term of presynaptic spikes?",
    "post_terms": "Any term of postsynaptic spikes alone?",
    "uses_post": "Are postsynaptic spikes needed? To be set before connecting",
    "uses_X_pre": "Is X_pre needed?",
    "uses_X_post": "Is X_post needed?",
    "uses_R": "Is R needed?",
}
"""Flags of the general model, 1 or 0, and what they mean."""

_INDENT = "    "


def synapse_text(
    name: str, terms: Iterable[Term] = TERMS, *, flags: bool = True, short_term: bool = False
) -> str:
    """Return the NESTML text of a synapse model.

    Parameters
    ----------
    name
        Name of the model.
    terms
        The active terms.
    flags
        Whether homogeneous flags switch groups of terms (the general model).
    short_term
        Whether the synapse has Tsodyks-Markram dynamics, which act on the transmitted weight:
        w u x / U.

    Returns
    -------
    str
        A NESTML model with input ports ``pre_spikes``, ``post_spikes`` (if a term needs it) and
        ``reward``.
    """
    model = _Model(sorted(terms, key=lambda each: each.index), flags, short_term)
    blocks = [
        ("state:", model.state()),
        ("parameters:", model.parameters()),
        ("input:", model.inputs()),
        ("output:", ["spike"]),
        *([("onReceive(post_spikes):", model.on_post())] if model.has_post else []),
        *([("onReceive(reward):", model.on_reward())] if model.has_R else []),
        ("onReceive(pre_spikes):", model.on_pre()),
        ("update:", model.update()),
    ]
    body = "\n\n".join(_INDENT + "\n".join([head, *_indented(lines, 2)]) for head, lines in blocks)
    heading = _heading(model.terms) if flags else specialised_heading(model.terms, short_term)
    return f"{heading}\nmodel {name}:\n{body}\n"


def _heading(terms: Sequence[Term]) -> str:
    formula = " + ".join(f"{each.coefficient_name} {each.name}" for each in terms) or "0"
    lines = textwrap.wrap(f"dW = {formula}", 96, subsequent_indent=_INDENT)
    return "\n".join(f"# {line}" for line in lines)


def _indented(lines: Iterable[str], depth: int) -> list[str]:
    return [_INDENT * depth + line if line else "" for line in lines]


class _Model:
    """The blocks of one synapse model."""

    def __init__(self, terms: Sequence[Term], flags: bool, short_term: bool) -> None:
        self.terms = terms
        self.flags = flags
        self.short_term = short_term
        self.has_X_pre = any(each.x_pre for each in terms)
        self.has_X_post = any(each.x_post for each in terms)
        self.has_R = any(each.r for each in terms)
        self.has_post = any(each.needs_post for each in terms)
        self.pre_terms = [each for each in terms if each.s_pre]
        self.post_terms = [each for each in terms if each.s_post and not each.s_pre]
        self.continuous_terms = [each for each in terms if each.is_continuous]
        self.needs_post_now = any(each.s_pre and (each.s_post or each.x_post) for each in terms)

    def state(self) -> list[str]:
        """Return the weight and the traces."""
        lines = ["w real = 1.0  # Weight"]
        if self.has_X_pre:
            lines.append("X_pre real = 0.0  # Presynaptic eligibility trace")
        if self.has_X_post:
            lines.append("X_post real = 0.0  # Postsynaptic eligibility trace")
        if self.has_R:
            lines.append("R real = 0.0  # Trace of the reward prediction error")
        if self.short_term:
            lines.append("u real = 0.0  # Utilisation of resources that is left of earlier spikes")
            lines.append("x real = 1.0  # Resources: all of them at rest")
        if self.needs_post_now:
            lines.append("post_now boolean = false  # Did a postsynaptic spike just arrive?")
        return lines

    def parameters(self) -> list[str]:
        """Return the parameters; all but the delay are common to the synapses of a copy."""
        values = [(each.coefficient_name, "0.0", f"Of {each.name}") for each in self.terms]
        if self.has_X_pre:
            values.append(("tau_pre", "20.0", "ms, of X_pre"))
        if self.has_X_post:
            values.append(("tau_post", "20.0", "ms, of X_post"))
        if self.has_R:
            values.append(("tau_R", "100.0", "ms, of R"))
            values.append(("delta", "0.0", "What the next reward spike adds to R"))
        values += [
            ("w_min", "0.0", "Lower bound of the weight"),
            ("w_max", "1.0e6", "Upper bound of the weight"),
            ("max_fraction", "1.0e9", "Largest change at once, as a fraction of the weight"),
            ("plasticity_on", "1.0", "With 0 the weight stays; traces continue"),
        ]
        if not self.short_term:
            values.append(
                ("frozen", "0.0", "With 1 the weight stays for good; nothing else is kept")
            )
        else:
            values.append(("U", "0.5", "Utilisation of a synapse at rest"))
            values.append(("tau_rec", "100.0", "ms, recovery of resources"))
            values.append(("tau_fac", "0.0", "ms, of facilitation"))
        if self.flags:
            values += [(name, "0.0", meaning) for name, meaning in FLAGS.items()]
        lines = [f"{name} real = {value} @homogeneous  # {text}" for name, value, text in values]
        return ["d ms = 1 ms  # Dendritic delay", *lines]

    def inputs(self) -> list[str]:
        """Return the input ports."""
        return [
            "pre_spikes <- spike",
            *(["post_spikes <- spike"] if self.has_post else []),
            "reward <- spike",
        ]

    def on_post(self) -> list[str]:
        """Return what a postsynaptic spike does."""
        lines = []
        if self.post_terms:
            change = [f"change real = {self._polynomial(self.post_terms, 'X_post')}"]
            lines += self._when("post_terms", [*change, *_limited_change()])
        if self.has_X_post:
            lines.append(self._increment("X_post"))
        if self.needs_post_now:
            lines.append("post_now = true")
        return lines or ["w = w  # The spike only splits the continuous change"]

    def on_reward(self) -> list[str]:
        """Return what a reward spike does."""
        return ["R += delta * uses_R" if self.flags else "R += delta"]

    def on_pre(self) -> list[str]:
        """Return what a presynaptic spike does."""
        lines = []
        if self.pre_terms:
            inner = []
            if any(each.x_post for each in self.pre_terms):
                inner += ["X_post_before real = X_post", "if post_now:", "    X_post_before -= 1.0"]
            alone = [each for each in self.pre_terms if not each.s_post]
            together = [each for each in self.pre_terms if each.s_post]
            inner.append(f"change real = {self._polynomial(alone, 'X_post_before')}")
            if together:
                inner.append("if post_now:")
                inner.append(f"    change += {self._polynomial(together, 'X_post_before')}")
            lines += self._when("pre_terms", [*inner, *_limited_change()])
        if self.has_X_pre:
            lines.append(self._increment("X_pre"))
        if not self.short_term:
            return [*lines, "emit_spike(w)"]
        return ["u += U * (1.0 - u)", *lines, "emit_spike(w * u * x / U)", "x -= u * x"]

    def update(self) -> list[str]:
        """Return how traces and weight change between events."""
        traces = [
            (name, tau)
            for name, tau, present in (
                ("X_pre", "tau_pre", self.has_X_pre),
                ("X_post", "tau_post", self.has_X_post),
                ("R", "tau_R", self.has_R),
            )
            if present
        ]
        lines = ["elapsed real = timestep() / 1 ms"] if traces or self.short_term else []
        for name, tau in traces:
            decay = f"exp(-elapsed / {tau})"
            lines.append(f"decay_{name} real = {'1.0' if self.flags else decay}")
            if self.flags:
                lines += [f"if uses_{name} > 0.0:", f"{_INDENT}decay_{name} = {decay}"]
        if self.continuous_terms:
            sums = [self._integral(each) for each in self.continuous_terms]
            change = ["change real = 0.0", *(f"change += {each}" for each in sums)]
            lines += self._when("continuous_terms", [*change, *_limited_change()])
        lines += [f"{name} *= decay_{name}" for name, _ in traces]
        if self.short_term:
            lines += [
                "u *= exp(-elapsed / tau_fac)",
                "x = 1.0 - (1.0 - x) * exp(-elapsed / tau_rec)",
            ]
        if self.needs_post_now:
            lines.append("post_now = false")
        return lines or ["w = w"]

    def _when(self, flag: str, lines: Sequence[str]) -> list[str]:
        condition = f"{flag} > 0.0 and plasticity_on > 0.0" if self.flags else "plasticity_on > 0.0"
        return [f"if {condition}:", *_indented(lines, 1)]

    def _increment(self, trace: str) -> str:
        return f"{trace} += uses_{trace}" if self.flags else f"{trace} += 1.0"

    def _polynomial(self, terms: Sequence[Term], x_post: str) -> str:
        """Return the sum of coefficient x traces over the terms of one kind of spike."""
        plain = [each for each in terms if not each.r]
        modulated = [each for each in terms if each.r]
        parts = [_monomial(each, x_post) for each in plain]
        if modulated:
            parts.append(f"R * ({' + '.join(_monomial(each, x_post) for each in modulated)})")
        return " + ".join(parts) or "0.0"

    def _integral(self, each: Term) -> str:
        """Return the integral of coefficient x traces over the elapsed time.

        The product of exponentials with rates l1, l2, ... is P (1 - exp(-sum(l) t)) / sum(l).
        """
        traces = ["X_pre"] * each.x_pre + ["X_post"] * each.x_post + ["R"] * each.r
        taus = {"X_pre": "tau_pre", "X_post": "tau_post", "R": "tau_R"}
        decay = " * ".join(f"decay_{name}" for name in traces)
        value = " * ".join([each.coefficient_name, *traces])
        if len(set(traces)) == 1:
            return f"{value} * (1.0 - {decay}) * {taus[traces[0]]} / {len(traces)}.0"
        rate = " + ".join(f"1.0 / {taus[name]}" for name in traces)
        return f"{value} * (1.0 - {decay}) / ({rate})"


def _monomial(each: Term, x_post: str) -> str:
    return " * ".join([each.coefficient_name, *["X_pre"] * each.x_pre, *[x_post] * each.x_post])


def _limited_change() -> list[str]:
    """Return the statements that apply a change within cap and bounds.

    Without a cap, max_fraction is infinite and the largest change of a weight of 0 is NaN, so both
    comparisons are false, as they should be.
    """
    return [
        "if change != 0.0:",
        "    largest real = max_fraction * abs(w)",
        "    if change > largest:",
        "        change = largest",
        "    elif change < -largest:",
        "        change = -largest",
        "    w = max(w_min, min(w_max, w + change))",
    ]
