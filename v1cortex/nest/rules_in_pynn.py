"""A rule in the user's own PyNN network: a cell type and a synapse type."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nestml_models.rule import Rule
from v1cortex.nest.kernel import load_pynn
from v1cortex.nest.rules_in_nest import Plastic, plastic

load_pynn()

from v1cortex.nest.pynn_models import CompiledSynapse, cell_type  # noqa: E402

__all__ = ["PlasticSynapse", "PyNNTypes", "plastic_pynn"]

PA_PER_NA = 1000.0


class PlasticSynapse(CompiledSynapse):
    """A PyNN synapse type that follows a rule, with weights in nA as everywhere in PyNN.

    Parameters
    ----------
    rule
        The rule in NEST.
    weight
        Initial weight in nA: anything that PyNN accepts.
    delay
        Delay in ms: anything that PyNN accepts.
    """

    def __init__(self, rule: Plastic, weight: Any, delay: Any) -> None:  # noqa: ANN401
        super().__init__(f"{rule.synapse_model}_lbl")
        self.rule = rule
        self.parameter_space.update(weight=weight, delay=delay)

    @property
    def native_parameters(self) -> Any:  # noqa: ANN401
        """Weight in pA and delay in ms, as in NEST."""
        from pyNN.parameters import ParameterSpace

        space = self.parameter_space
        values = {"weight": space["weight"] * PA_PER_NA, "delay": space["delay"]}
        return ParameterSpace(values, schema=self.get_schema(), shape=space.shape)

    def reward(self, error: float) -> None:
        """Add a reward prediction error to all synapses (see `v1cortex.nest.Plastic.reward`)."""
        self.rule.reward(error)

    def _get_nest_synapse_model(self) -> str:
        self.rule.require_installed()
        return super()._get_nest_synapse_model()


class PyNNTypes(NamedTuple):
    """What a PyNN network needs to follow a rule.

    Parameters
    ----------
    cell
        Cell type, a class, of the neurons that the synapses can end on.
    synapse
        Synapse type, for one or more projections.
    receptor
        The ``receptor_type`` of these projections.
    """

    cell: type
    synapse: PlasticSynapse
    receptor: str


def plastic_pynn(
    rule: Rule | str,
    *,
    weight: ArrayLike | Any,  # noqa: ANN401
    delay: ArrayLike | Any = 1.0,  # noqa: ANN401
    reference_weight: float | None = None,
    maximum_weight: float | None = None,
    **others: Any,  # noqa: ANN401
) -> PyNNTypes:
    """Prepare a rule for projections of your own in PyNN; call it right after ``sim.setup``.

    Parameters
    ----------
    rule
        A rule, or any argument of `v1cortex.load_rule`.
    weight
        Initial weight in nA, negative for inhibition: a number, an array or anything PyNN accepts.
    delay
        Delay in ms.
    reference_weight, maximum_weight
        Mean and largest initial magnitude in nA. Default: those of `weight`; required if PyNN
        draws the weights.
    others
        As for `plastic`.

    Raises
    ------
    SimulationError, RuleError, ToolchainError, CompilationError
        As for `plastic`.
    """
    given = weight
    if np.asarray(weight).dtype.kind in "iuf":
        given = np.asarray(weight, dtype=np.float64) * PA_PER_NA
    ready = plastic(
        rule,
        weight=given,
        delay=delay,
        reference_weight=None if reference_weight is None else reference_weight * PA_PER_NA,
        maximum_weight=None if maximum_weight is None else maximum_weight * PA_PER_NA,
        **others,
    )
    synapse = PlasticSynapse(ready, weight, delay)
    return PyNNTypes(cell_type(ready.neuron_model), synapse, ready.receptor)
