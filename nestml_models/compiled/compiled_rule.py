"""Rules as synapse models for PyNEST and PyNN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestml_models.build import CompiledModule, compile_general, compile_synapses, load_nest
from nestml_models.codegen import synapse_text
from nestml_models.common import Notice, write_whole
from nestml_models.errors import RuleError
from nestml_models.rule import (
    TERMS,
    PlasticitySettings,
    Rule,
    ShortTerm,
    Term,
    synapse_parameters,
)

__all__ = ["CompiledRule", "compile_rule", "compile_rules", "specialised_name"]


@dataclass(frozen=True)
class CompiledRule:
    """A rule with the NEST models that implement it.

    Attributes
    ----------
    rule
        The rule.
    module
        The module that contains the models.
    synapse_model
        Name of the synapse model in NEST; ``<name>_lbl`` is the same with labels, for PyNN.
    nestml
        The synapse model's NESTML text.
    has_short_term
        Whether the model has short-term dynamics.
    """

    rule: Rule
    module: CompiledModule
    synapse_model: str
    nestml: str
    has_short_term: bool = False

    @property
    def neuron_model(self) -> str:
        """Name of the neuron model that the synapses can connect to."""
        return self.module.neuron_model

    def install(self) -> None:
        """Install the models in NEST; must be called again after each ``nest.ResetKernel``."""
        self.module.install()

    def copy_model(
        self,
        name: str,
        volume_transmitter: Any,  # noqa: ANN401
        pre_type: str | None = None,
        post_type: str | None = None,
        *,
        reference_weight: float,
        maximum_weight: float,
        inhibitory: bool = False,
        settings: PlasticitySettings | None = None,
        delta: float = 0.0,
        short_term: ShortTerm | None = None,
    ) -> str:
        """Create the rule's synapse model for a pair of neuron types in NEST, and return its name.

        The models `name` and ``<name>_lbl`` have the coefficients, time constants and bounds. They
        can be used in ``nest.Connect`` and in PyNN (`v1cortex.nest.pynn_models.CompiledSynapse`).

        Parameters
        ----------
        name
            Name of the copy.
        volume_transmitter
            The NEST node that updates the synapses and passes on reward spikes.
        pre_type, post_type
            Neuron types of the rule; may be left out if it has only one.
        reference_weight
            Mean initial abs(W), in pA.
        maximum_weight
            Largest initial abs(W), in pA.
        inhibitory
            Whether weights are negative.
        settings
            Scales, bound and cap, for a rule without its own.
        delta
            Reward prediction error that the next reward spike adds to R.
        short_term
            Short-term dynamics, for a rule compiled with them.

        Raises
        ------
        RuleError
            If a type is unknown or not given, a weight is negative or not finite, or short-term
            dynamics are missing for a model that has them, or given for one that does not.
        """
        self._require_match(short_term)
        nest = load_nest()
        pre, post = (self._type(each) for each in (pre_type, post_type))
        parameters = synapse_parameters(
            self.rule,
            pre,
            post,
            settings or PlasticitySettings(),
            reference_weight,
            maximum_weight,
            inhibitory,
            short_term,
        )
        known = nest.GetDefaults(self.synapse_model)
        own: dict[str, Any] = {key: value for key, value in parameters.items() if key in known}
        if "delta" in known:
            own["delta"] = delta
        for suffix in ("", "_lbl"):
            nest.CopyModel(
                self.synapse_model + suffix,
                name + suffix,
                {**own, "volume_transmitter": volume_transmitter},
            )
        return name

    def write_nestml(self, folder: Path) -> Path:
        """Write the NESTML text to a file named after the model, and return its path.

        Raises
        ------
        CacheError
            If it cannot be written.
        """
        name = self.nestml.partition("\nmodel ")[2].partition(":")[0]
        path = folder / f"{name}.nestml"
        write_whole(path, self.nestml.encode())
        return path

    def _require_match(self, short_term: ShortTerm | None) -> None:
        if short_term and not self.has_short_term:
            raise RuleError(
                f"the model {self.synapse_model} has no short-term dynamics; compile the rule with "
                "short_term=True"
            )
        if self.has_short_term and not short_term:
            raise RuleError(
                f"the model {self.synapse_model} has short-term dynamics; give their parameters, "
                "short_term=ShortTerm(U, tau_rec_ms, tau_fac_ms)"
            )

    def _type(self, name: str | None) -> str:
        if name is not None:
            return name
        if len(self.rule.types) > 1:
            raise RuleError(
                f"the rule has {len(self.rule.types)} neuron types; name two of "
                f"{', '.join(self.rule.types)}"
            )
        return self.rule.types[0]


def compile_rule(
    rule: Rule,
    progress: Notice | None = None,
    *,
    specialised: bool = True,
    short_term: bool = False,
) -> CompiledRule:
    """Return the models of one rule.

    Parameters
    ----------
    rule
        The rule.
    progress
        Called with a line of text when something takes long.
    specialised
        Whether the synapse has the active terms only, which is meant for reading and long runs.
        Otherwise it is the general model with all 25 terms, which is compiled once for all rules.
    short_term
        Whether the synapse has short-term dynamics (`nestml_models.rule.ShortTerm`). This is
        another model, with 16 bytes more per synapse; rules without active terms may have them too.

    Raises
    ------
    RuleError
        If the rule has no active term and the synapse has no short-term dynamics.
    ToolchainError
        If NEST, NESTML or the compiler is missing or unknown.
    CompilationError
        If a model cannot be generated or compiled; the message names the log.
    """
    if specialised:
        return compile_rules([rule], progress, short_term=short_term)[0]
    if short_term:
        name = "short_term_synapse"
        text = synapse_text(name, short_term=True)
        module = compile_synapses({name: text}, progress)[name]
        return CompiledRule(rule, module, module.synapse_model, text, has_short_term=True)
    _require_terms(rule)
    module = compile_general(progress)
    return CompiledRule(rule, module, module.synapse_model, synapse_text("plastic_synapse"))


def compile_rules(
    rules: Sequence[Rule], progress: Notice | None = None, *, short_term: bool = False
) -> tuple[CompiledRule, ...]:
    """Return the specialised models of several rules, all paired with one neuron model.

    Synapses of all these rules, and of the general model, can thus end on the same neuron. Rules
    with the same active terms share a synapse model. Models missing from the cache are compiled in
    one batch.

    With `short_term` all models have short-term dynamics.

    Raises
    ------
    RuleError
        If a rule has no active term and the synapses have no short-term dynamics.
    """
    for rule in rules if not short_term else ():
        _require_terms(rule)
    suffix = "_short_term" if short_term else ""
    names = [specialised_name(rule.active_terms) + suffix for rule in rules]
    texts = {
        name: synapse_text(name, rule.active_terms, flags=False, short_term=short_term)
        for name, rule in zip(names, rules, strict=True)
    }
    modules = compile_synapses(texts, progress)
    return tuple(
        CompiledRule(rule, modules[name], modules[name].synapse_model, texts[name], short_term)
        for name, rule in zip(names, rules, strict=True)
    )


def specialised_name(terms: Sequence[Term]) -> str:
    """Return the name of the model with these terms: one bit per term, in hexadecimal."""
    gates = "".join("1" if each in terms else "0" for each in TERMS)
    return f"synapse_{int(gates, 2):07x}"


def _require_terms(rule: Rule) -> None:
    if not rule.n_active:
        raise RuleError(
            f"the rule '{rule.name}' has no active term, so there is nothing to compile; use "
            "NEST's static_synapse"
        )
