"""The plastic synapse types of a network: one copy of the compiled model for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.build import CompiledModule
from nestml_models.compiled import create_transmitter
from nestml_models.errors import did_you_mean
from nestml_models.rule import PlasticitySettings, Rule, ShortTerm, synapse_parameters
from v1cortex.circuit import Circuit
from v1cortex.errors import CircuitError, ConfigError, SimulationError
from v1cortex.nest import RECEPTORS, load_nest, ranks, set_defaults
from v1cortex.network.initial_weights import ConnectionSample, InitialWeights
from v1cortex.tables import POPULATIONS, SynapseDynamics
from validation.weights import WeightMovement

MAX_SYNAPSE_MODELS = 511
"""NEST 3.10 numbers synapse models with nine bits."""

PLASTIC_SETS = {
    "all": (1, 2, 3, 4),
    "excitatory": (1, 3),
    "inhibitory": (2, 4),
    "E->E": (1,),
    "I->E": (2,),
    "E->I": (3,),
}
"""Receptors of the connections in each set of plastic synapses."""


def plastic_types(circuit: Circuit, plastic: str) -> list[int]:
    """Return the synapse types (rows of the connectivity table) that follow the rule.

    Types without connections in this circuit are left out.

    Raises
    ------
    ConfigError
        If `plastic` is not a key of `PLASTIC_SETS`.
    """
    if plastic not in PLASTIC_SETS:
        raise ConfigError(
            f"no set of plastic synapses '{plastic}'. {did_you_mean(plastic, PLASTIC_SETS)}"
        )
    receptor = circuit.tables.connectivity.receptor
    wanted = PLASTIC_SETS[plastic]
    sizes = np.diff(circuit.edges.type_offsets)
    return [row for row in range(len(receptor)) if receptor[row] in wanted and sizes[row]]


@dataclass(frozen=True, eq=False)
class WeightSample:
    """Initial and current weights of one synapse type.

    Parameters
    ----------
    initial_pA, weight_pA
        Magnitudes before the first trial and now, of the same connections; shape (n,).
    bound_pA
        Upper bound of the type's magnitudes.
    """

    initial_pA: NDArray[np.float64]
    weight_pA: NDArray[np.float64]
    bound_pA: float


class PlasticSynapses:
    """Copies of the general synapse, with their coefficients and reward signal.

    Parameters
    ----------
    circuit
        The circuit, whose initial weights determine each type's reference weight and bound.
    rule
        The plasticity rule.
    types
        Plastic synapse types, rows of the connectivity table.
    settings
        Scales, bounds and cap.
    recurrent_scale
        Factor on the circuit's weights, per synapse type; shape (n_synapse_types,).
    reference_scale
        The same without a protocol's gains, for the mean weight that changes are relative to.
    module
        The installed module.
    node_ids
        NEST id of each neuron of the circuit, increasing; shape (n_neurons,).
    flush_ms
        Interval at which all synapses are updated; a multiple of `min_delay_ms`.
    min_delay_ms
        Minimum delay of the network.
    dynamics
        Short-term dynamics of each synapse type; None for none.
    short_term_module
        The installed module of the general synapse with short-term dynamics, if a type has them.

    Attributes
    ----------
    models
        NEST model (the variant with labels) of each type, by row.
    is_frozen
        Whether the weights are held for good.
    """

    def __init__(
        self,
        circuit: Circuit,
        rule: Rule,
        types: list[int],
        settings: PlasticitySettings,
        recurrent_scale: NDArray[np.float64],
        reference_scale: NDArray[np.float64],
        module: CompiledModule,
        *,
        node_ids: NDArray[np.int64],
        flush_ms: float,
        min_delay_ms: float,
        dynamics: SynapseDynamics | None = None,
        short_term_module: CompiledModule | None = None,
    ) -> None:
        self._nest = load_nest()
        self.circuit, self.rule, self.settings = circuit, rule, settings
        self._initial = InitialWeights.of(circuit)
        self._scale, self._reference_scale = recurrent_scale, reference_scale
        self._node_ids = node_ids
        self._dynamics, self._short_term_module = dynamics, short_term_module
        self.uses_reward = any(term.r for term in rule.active_terms)
        self.is_frozen = False
        self._check_model_ids(len(types))
        self.transmitter, self._source = self._create_transmitter(flush_ms, min_delay_ms)
        self.models = {row: self._copy_model(row, module) for row in types}

    def bounds_pA(self, row: int) -> tuple[float, float]:
        """Return reference and largest initial weight magnitude of a synapse type, in pA.

        Changes are relative to the reference, the mean initial magnitude without the protocol's
        gains: a gain does not change how much a synapse learns. Bounds count from the largest
        weight with the gain.
        """
        reference, scale = float(self._reference_scale[row]), float(self._scale[row])
        return self._initial.mean_pA(row) * reference, self._initial.largest_pA(row) * scale

    def deliver_reward_error(self, delta: float) -> None:
        """Add `delta` to the reward trace of every plastic synapse, one delay from now.

        Call it when all synapses are up to date, once between two flushes: the value is common to
        a model and must not change until all its synapses have processed it. Frozen synapses
        have no reward trace: nothing is done.
        """
        if not self.uses_reward or self.is_frozen:
            return
        self._set({"delta": delta})
        now_ms = float(self._nest.biological_time)
        self._source.set(spike_times=[now_ms + float(self._nest.resolution)])

    def set_active(self, active: bool) -> None:
        """Let the weights change, or hold them; call it when all synapses are up to date.

        Traces continue while weights are held. `freeze` is for weights that never change again.

        Raises
        ------
        SimulationError
            If frozen weights are to change.
        """
        if active and self.is_frozen:
            raise SimulationError(
                "the plastic synapses are frozen: traces and spikes were not kept, so learning "
                "cannot continue. Build a network from `Network.to_circuit()`, which has the "
                "current weights, or hold them with set_active(False) in place of freeze()"
            )
        self._set({"plasticity_on": 1.0 if active else 0.0})

    def freeze(self) -> None:
        """Hold the weights permanently; call it when all synapses are up to date.

        From now on synapses only deliver their weights, which takes less time; traces are no
        longer kept. Weights, and therefore all spikes, are the same to the last bit as after
        ``set_active(False)``. It cannot be undone in this network. Synapses with short-term
        dynamics, whose transmission keeps changing, only hold their weights.
        """
        self._set({"plasticity_on": 0.0})
        self._set({"frozen": 1.0}, [row for row in self.models if self._short_term(row) is None])
        self.is_frozen = True

    def _short_term(self, row: int) -> ShortTerm | None:
        return self._dynamics.of(row) if self._dynamics else None

    def _set(self, values: dict[str, float], rows: Iterable[int] | None = None) -> None:
        for row in self.models if rows is None else rows:
            set_defaults(self.models[row], values)

    def sample(self, row: int, n_most: int) -> WeightSample:
        """Read back some weights of a synapse type; call it when all are up to date.

        NEST takes about 10 us per weight, so reading all of a network's would take seconds. All
        weights onto evenly spaced targets are read.

        Parameters
        ----------
        row
            The synapse type.
        n_most
            Approximate number of weights to read.

        Raises
        ------
        CircuitError
            If connections of the type were added or removed after the network was built.
        """
        return self._samples([row], n_most)[0]

    def _samples(self, rows: list[int], n_most: int) -> list[WeightSample]:
        """Read back some weights of several synapse types at once."""
        chosen = [self._initial.sample(row, n_most) for row in rows]
        kind, source, target, weight_pA = ranks.gather(*self._read(rows, chosen))
        # NEST returns connections in an order that depends on which thread answers first.
        order = np.lexsort((source, target, kind))
        same = all(
            np.array_equal(found[order], self._node_ids[np.concatenate(expected)])
            for found, expected in (
                (source, [each.source for each in chosen]),
                (target, [each.target for each in chosen]),
            )
        )
        if not same:
            raise CircuitError(
                "plastic connections were added or removed, so their initial weights are not known"
            )
        ends = np.cumsum([len(each.source) for each in chosen])
        return [
            WeightSample(
                initial_pA=each.magnitude_pA * float(self._scale[row]),
                weight_pA=np.abs(now_pA),
                bound_pA=self.settings.bound_factor * self.bounds_pA(row)[1],
            )
            for row, each, now_pA in zip(
                rows, chosen, np.split(weight_pA[order], ends[:-1]), strict=True
            )
        ]

    def _read(self, rows: list[int], chosen: list[ConnectionSample]) -> list[NDArray[Any]]:
        """Return position in `rows`, ids of both neurons and weight of connections on this rank."""
        from nest import nestkernel_api  # of the NEST that is loaded

        found: list[Any] = []
        counts: list[int] = []
        for row, each in zip(rows, chosen, strict=True):
            connections = self._nest.GetConnections(
                target=self._nest.NodeCollection(self._node_ids[each.targets].tolist()),
                synapse_model=self.models[row],
            )
            counts.append(len(connections))
            found += connections._datum if counts[-1] else []
        # connections.get first reads the status of NEST's kernel: as long as 60 connections take.
        read = nestkernel_api.llapi_get_connection_status(found) if found else []
        return [
            np.repeat(np.arange(len(rows)), counts),
            np.array([each["source"] for each in read], dtype=np.int64),
            np.array([each["target"] for each in read], dtype=np.int64),
            np.array([each["weight"] for each in read], dtype=np.float64),
        ]

    def summary(self, n_most: int = 100) -> dict[str, WeightMovement]:
        """Return how far weights have changed, by kind of connection.

        Up to `n_most` weights of each synapse type are read; each is weighted by the number of
        connections that it represents.
        """
        receptor = self.circuit.tables.connectivity.receptor
        every = dict(zip(self.models, self._samples(list(self.models), n_most), strict=True))
        summary = {}
        for kind, number in RECEPTORS.items():
            rows = [row for row in self.models if receptor[row] == number]
            if rows:
                sizes = np.diff(self.circuit.edges.type_offsets)[rows]
                summary[kind] = _movement([every[row] for row in rows], sizes)
        return summary

    def _check_model_ids(self, n_types: int) -> None:
        taken = len(self._nest.synapse_models)
        if taken + n_types > MAX_SYNAPSE_MODELS:
            raise CircuitError(
                f"{n_types} plastic synapse types and the {taken} synapse models of NEST make "
                f"{taken + n_types}; NEST allows {MAX_SYNAPSE_MODELS}. Make fewer types plastic"
            )

    def _create_transmitter(self, flush_ms: float, min_delay_ms: float) -> tuple[Any, Any]:
        slices = flush_ms / min_delay_ms
        if slices < 1 or abs(slices - round(slices)) > 1e-9:
            raise CircuitError(
                f"flush_ms is {flush_ms}; it must be a multiple of the interval at which NEST "
                f"exchanges spikes, {min_delay_ms} ms"
            )
        return create_transmitter(round(slices), min_delay_ms)

    def _copy_model(self, row: int, module: CompiledModule) -> str:
        table = self.circuit.tables.connectivity
        pre, post = POPULATIONS[table.pre[row]], POPULATIONS[table.post[row]]
        reference_pA, maximum_pA = self.bounds_pA(row)
        short_term = self._short_term(row)
        if short_term is not None and self._short_term_module is not None:
            module = self._short_term_module
        parameters = synapse_parameters(
            self.rule,
            pre,
            post,
            self.settings,
            reference_pA,
            maximum_pA,
            inhibitory=bool(table.weight_pA_per_pF[row] < 0),
            short_term=short_term,
        )
        name = self.circuit.tables.synapse_type_name(row)
        model = module.smallest_variant(
            uses_X_pre=parameters["uses_X_pre"] > 0,
            uses_X_post=parameters["uses_X_post"] > 0,
            uses_R=parameters["uses_R"] > 0,
            has_rewards=self.uses_reward,
        )
        self._nest.CopyModel(
            f"{model}_lbl",
            name,
            {**parameters, "volume_transmitter": self.transmitter},
        )
        return name


AT_BOUND = 1e-9
"""Relative distance from a bound within which a weight counts as at the bound."""


def _movement(samples: list[WeightSample], sizes: NDArray[np.int64]) -> WeightMovement:
    share = np.concatenate(
        [
            np.full(len(sample.weight_pA), size / len(sample.weight_pA))
            for sample, size in zip(samples, sizes, strict=True)
        ]
    )
    share /= share.sum()
    initial_pA = np.concatenate([sample.initial_pA for sample in samples])
    weight_pA = np.concatenate([sample.weight_pA for sample in samples])
    bound_pA = np.concatenate([np.full(len(s.weight_pA), s.bound_pA) for s in samples])
    return WeightMovement(
        relative_mean=float(share @ weight_pA / (share @ initial_pA)),
        initial_share_at_zero=float(share @ (initial_pA <= AT_BOUND * bound_pA)),
        share_at_zero=float(share @ (weight_pA <= AT_BOUND * bound_pA)),
        share_at_bound=float(share @ (weight_pA >= (1 - AT_BOUND) * bound_pA)),
    )
