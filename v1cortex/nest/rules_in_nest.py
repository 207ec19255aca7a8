"""A rule in the user's own PyNEST network: one call creates everything its synapses need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nestml_models.common import Notice
from nestml_models.compiled import CompiledRule, compile_rule, create_transmitter
from nestml_models.rule import PlasticitySettings, Rule, ShortTerm
from v1cortex.errors import SimulationError
from v1cortex.nest.kernel import RECEPTORS, load_nest
from v1cortex.rules import load_rule

__all__ = ["Plastic", "plastic"]

UPDATE_MS = 100.0
"""Interval at which synapses are updated (*choice*)."""


@dataclass(eq=False)
class Plastic:
    """A rule in NEST, ready for connecting.

    Parameters
    ----------
    compiled
        The rule and its models.
    synapse_model
        Name of this rule's own synapse model; ``<name>_lbl`` is the variant for PyNN.
    weight
        Initial weight in pA.
    delay
        Delay in ms.
    receptor
        Kind of connection: ``E->E``, ``I->E``, ``E->I`` or ``I->I``.
    """

    compiled: CompiledRule
    synapse_model: str
    weight: Any
    delay: Any
    receptor: str
    _transmitter: Any = field(repr=False)
    _source: Any = field(repr=False)
    _next_reward_ms: float = field(default=0.0, repr=False)

    @property
    def neuron_model(self) -> str:
        """Name of the neuron model (GLIF3) that the synapses can end on."""
        return self.compiled.neuron_model

    @property
    def syn_spec(self) -> dict[str, Any]:
        """The ``syn_spec`` for ``nest.Connect``: model, weight (pA), delay (ms) and receptor.

        Raises
        ------
        SimulationError
            If NEST was reset since.
        """
        self.require_installed()
        return {
            "synapse_model": self.synapse_model,
            "weight": self.weight,
            "delay": self.delay,
            "receptor_type": RECEPTORS[self.receptor],
        }

    @property
    def update_ms(self) -> float:
        """Interval at which weights are updated; weights read in between are older."""
        return float(self._transmitter.deliver_interval * load_nest().min_delay)

    def reward(self, error: float) -> None:
        """Add a reward prediction error to the reward trace of all synapses of this rule.

        It takes effect at the first update after its arrival. The value is common to all synapses,
        so it must not change before they have processed it: rewards must be at least two intervals
        `update_ms` apart.

        Parameters
        ----------
        error
            Reward minus expected reward.

        Raises
        ------
        SimulationError
            If the previous one is still being delivered, or NEST was reset since.
        """
        self.require_installed()
        nest = load_nest()
        now_ms = float(nest.biological_time)
        if now_ms < self._next_reward_ms:
            raise SimulationError(
                f"a reward at {now_ms:g} ms comes before all synapses have processed the last "
                f"one; the next is possible at {self._next_reward_ms:g} ms. Rewards must be two "
                f"intervals of {self.update_ms:g} ms apart: shorten it with update_ms"
            )
        for name in (self.synapse_model, f"{self.synapse_model}_lbl"):
            nest.SetDefaults(name, {"delta": float(error)})
        self._source.set(spike_times=[now_ms + float(nest.resolution)])
        self._next_reward_ms = now_ms + 2 * self.update_ms

    def require_installed(self) -> None:
        """Check that the models are still in NEST.

        Raises
        ------
        SimulationError
            If they are not.
        """
        if self.synapse_model not in load_nest().synapse_models:
            raise SimulationError(
                f"NEST no longer has the synapse model {self.synapse_model}: nest.ResetKernel or "
                "sim.setup removed it. Call plastic after them"
            )


def plastic(
    rule: Rule | str,
    *,
    weight: ArrayLike | Any,  # noqa: ANN401
    delay: ArrayLike | Any = 1.0,  # noqa: ANN401
    pre_type: str | None = None,
    post_type: str | None = None,
    receptor: str | None = None,
    reference_weight: float | None = None,
    maximum_weight: float | None = None,
    settings: PlasticitySettings | None = None,
    short_term: ShortTerm | None = None,
    update_ms: float = UPDATE_MS,
    specialised: bool = False,
    progress: Notice | None = None,
) -> Plastic:
    """Prepare a rule for connections of your own in PyNEST.

    It compiles and installs the models, creates a volume transmitter, and gives this rule its own
    copy of the synapse model. Call it after ``nest.ResetKernel`` and before the first
    ``nest.Create``: NEST loads models only into an empty network. In PyNN, use `plastic_pynn`.

    Parameters
    ----------
    rule
        A rule, or any argument of `v1cortex.load_rule`.
    weight
        Initial weight in pA, negative for inhibition: a number, an array, or a NEST parameter such
        as ``nest.random.lognormal()``.
    delay
        Delay in ms: a number, an array or a NEST parameter.
    pre_type, post_type
        Neuron types of the rule whose coefficients to use; may be left out if the rule has only
        one, or the same numbers for all.
    receptor
        Kind of connection, which determines the time constant of the current: ``E->E``, ``I->E``,
        ``E->I`` or ``I->I``. Default: ``E->E``, or ``I->E`` for negative weights.
    reference_weight, maximum_weight
        Mean and largest initial magnitude in pA, to which changes and the upper bound are relative.
        Default: those of `weight`; required if `weight` is a NEST parameter.
    settings
        Scales, bound and cap, for a rule without its own.
    short_term
        Short-term dynamics.
    update_ms
        Interval at which synapses are updated; shorter if a connection of the network has a shorter
        delay than this.
    specialised
        Whether to compile a model with the rule's own terms, which is faster, or to use the general
        one, which several rules in a network can share.
    progress
        Called with a line of text when something is compiled.

    Raises
    ------
    SimulationError
        If `receptor` is unknown, weights have both signs, the reference cannot be determined from
        `weight`, or models must be loaded but there are nodes already.
    RuleError
        If a type is unknown or not given.
    ToolchainError, CompilationError
        If the models cannot be compiled.
    """
    rule = load_rule(rule) if isinstance(rule, str) else rule
    reference, largest, sign = _references(weight, reference_weight, maximum_weight, receptor)
    receptor = receptor or ("I->E" if sign < 0 else "E->E")
    if receptor not in RECEPTORS:
        raise SimulationError(f"no receptor '{receptor}'; one of {', '.join(RECEPTORS)}")
    compiled = compile_rule(
        rule, progress, specialised=specialised, short_term=short_term is not None
    )
    _require_room(compiled)
    compiled.install()
    nest = load_nest()
    # Until something is connected, NEST has no minimum delay and returns the resolution.
    shortest_ms = float(nest.min_delay)
    numbers = np.asarray(delay) if _is_numbers(delay) else None
    if shortest_ms <= float(nest.resolution) and numbers is not None and not nest.num_connections:
        shortest_ms = float(numbers.min())
    transmitter, source = create_transmitter(max(1, round(update_ms / shortest_ms)), shortest_ms)
    pre, post = _types(rule, pre_type, post_type)
    name = compiled.copy_model(
        _free_name(compiled.synapse_model),
        transmitter,
        pre,
        post,
        reference_weight=reference,
        maximum_weight=largest,
        inhibitory=sign < 0,
        settings=settings,
        short_term=short_term,
    )
    return Plastic(compiled, name, weight, delay, receptor, transmitter, source)


def _require_room(compiled: CompiledRule) -> None:
    """Check that the models are in NEST, or can still be loaded into it."""
    nest = load_nest()
    if compiled.synapse_model not in nest.synapse_models and nest.network_size:
        raise SimulationError(
            f"NEST loads the models of {compiled.synapse_model} only before the first node is "
            "created: call plastic first (for several rules with specialised=False, which is one "
            "model for all)"
        )


def _is_numbers(values: Any) -> bool:  # noqa: ANN401
    return np.asarray(values).dtype.kind in "iuf"


def _references(
    weight: Any,  # noqa: ANN401
    reference: float | None,
    largest: float | None,
    receptor: str | None,
) -> tuple[float, float, int]:
    """Return mean and largest magnitude of the weights, and their sign."""
    if not _is_numbers(weight):
        if reference is None or largest is None:
            raise SimulationError(
                "the weights are drawn by the simulator; give their mean and largest magnitude as "
                "reference_weight and maximum_weight"
            )
        return reference, largest, -1 if (receptor or "E").startswith("I") else 1
    numbers = np.asarray(weight, dtype=np.float64)
    if numbers.min() < 0 < numbers.max():
        raise SimulationError(
            f"weights from {numbers.min():g} to {numbers.max():g} pA have both signs; use "
            "separate calls for excitatory and inhibitory synapses"
        )
    size = np.abs(numbers)
    mean = float(size.mean()) if reference is None else reference
    return mean, float(size.max()) if largest is None else largest, -1 if numbers.min() < 0 else 1


def _types(rule: Rule, pre: str | None, post: str | None) -> tuple[str | None, str | None]:
    """Return the types; the first ones if the rule is the same for all."""
    values = [rule.coefficients[each.index] for each in rule.active_terms]
    alike = all(np.ptp(each) == 0 for each in (*values, rule.tau_E_ms, rule.tau_R_ms))
    if not alike:
        return pre, post
    return pre or rule.types[0], post or rule.types[0]


def _free_name(model: str) -> str:
    taken = set(load_nest().synapse_models)
    return next(name for k in range(1, len(taken) + 2) if (name := f"{model}_{k}") not in taken)
