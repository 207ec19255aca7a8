"""The LGN in NEST: rates of its units become input to V1 neurons, as spikes or as currents.

With spikes (`LgnSpikes`; `LgnGenerators` if its synapses have short-term dynamics), every unit is
an independent Poisson process. With currents
(`LgnCurrents`), every neuron receives the mean of those spikes: in each time step, each of its
units contributes its weight times the expected number of spikes, through the same receptor and
with the same delay. The input is then free of noise, as in the model of Chen, Scherr and Maass 2022
(Science Advances 8:eabq7592).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from nestml_models.build import CompiledModule
from nestml_models.errors import did_you_mean
from v1cortex.circuit import LGN_DELAY_MS, Circuit
from v1cortex.errors import ConfigError
from v1cortex.lgn import poisson_spikes
from v1cortex.nest import load_nest, ranks, set_each

__all__ = ["LGN_MODES", "LgnCurrents", "LgnGenerators", "LgnInput", "LgnSpikes", "lgn_input"]

CHUNK_STEPS = 1000
"""Time steps of currents passed to NEST at a time; limits memory."""


class LgnInput(ABC):
    """Base class of all kinds of input.

    Parameters
    ----------
    circuit
        The circuit; it has LGN units.
    dt_ms
        Time step.
    """

    def __init__(self, circuit: Circuit, dt_ms: float) -> None:
        self._nest, self._circuit, self._dt_ms = load_nest(), circuit, dt_ms
        self._delay_ms = max(1, round(LGN_DELAY_MS / dt_ms)) * dt_ms
        self._steps_per_ms = round(1.0 / dt_ms)

    @abstractmethod
    def start(
        self, rates_Hz: NDArray[np.float32], rng: np.random.Generator, start_ms: float
    ) -> None:
        """Set the input that begins at `start_ms`, replacing any earlier one.

        Parameters
        ----------
        rates_Hz
            Rates of the LGN units per millisecond, float32[n_units, n_ms].
        rng
            Generator that draws the spikes.
        start_ms
            Network time at the beginning of the first step.
        """

    def pieces_ms(self, duration_ms: float) -> Iterator[float]:
        """Yield the lengths of successive parts to simulate, each with its input set."""
        yield duration_ms

    def _connect(
        self,
        generators: Any,  # noqa: ANN401
        synapse_model: str,
        source: NDArray[np.integer[Any]],
        target_id: NDArray[np.int64],
        weight_pA: NDArray[np.float64],
        receptor: NDArray[np.int8],
    ) -> None:
        """Connect generators (by index) to neurons (by NEST id)."""
        mine = ranks.owns(target_id, self._nest.total_num_virtual_procs)
        self._nest.Connect(
            np.asarray(generators.tolist())[source[mine]],
            target_id[mine],
            "one_to_one",
            {
                "synapse_model": synapse_model,
                "weight": weight_pA[mine],
                "delay": np.full(np.count_nonzero(mine), self._delay_ms),
                "receptor_type": receptor[mine].astype(np.int64),
            },
        )


class PoissonInput(LgnInput):
    """Base class of Poisson spikes."""

    def start(
        self, rates_Hz: NDArray[np.float32], rng: np.random.Generator, start_ms: float
    ) -> None:
        """Draw the spikes of the whole input and pass them to NEST."""
        unit, step = poisson_spikes(rates_Hz, 1.0, rng)
        if self._steps_per_ms > 1:
            # The rate is constant within a millisecond, so spikes are uniform in it.
            step = step * self._steps_per_ms + rng.integers(0, self._steps_per_ms, len(step))
            order = np.lexsort((step, unit))
            unit, step = unit[order], step[order]
        self.set_spikes(unit, step, start_ms)

    def set_spikes(self, unit: NDArray[np.int32], step: NDArray[np.int64], start_ms: float) -> None:
        """Set the units' next spikes, replacing any earlier ones.

        Parameters
        ----------
        unit, step
            Unit and time step of each spike, sorted by unit and then step; a repeated pair is one
            event of higher multiplicity. Shape (n,).
        start_ms
            Network time at the beginning of step 0; a spike in step k is sent at its end.
        """
        code = unit.astype(np.int64) * (int(step.max(initial=0)) + 1) + step
        first = np.flatnonzero(np.diff(code, prepend=-1))
        count = np.diff(first, append=len(code))
        self._set_events(unit[first], step[first], count, start_ms)

    @abstractmethod
    def _set_events(
        self,
        unit: NDArray[np.int32],
        step: NDArray[np.int64],
        count: NDArray[np.int64],
        start_ms: float,
    ) -> None:
        """Set the events, which are sorted by unit and then step, with their multiplicities."""


class LgnSpikes(PoissonInput):
    """Poisson spikes of units, through synapses of constant weight: one device for all.

    Parameters
    ----------
    circuit, dt_ms
        As for `LgnInput`.
    node_ids
        NEST id of each neuron.
    models
        The module of the neurons.

    Attributes
    ----------
    device
        NEST's node collection of the device.
    """

    def __init__(
        self, circuit: Circuit, node_ids: NDArray[np.int64], dt_ms: float, models: CompiledModule
    ) -> None:
        super().__init__(circuit, dt_ms)
        edges = circuit.lgn_edges
        order = np.argsort(edges.source, kind="stable")
        self.device = self._nest.Create(models.spike_projector_model)
        synapses = {
            "delay": self._delay_ms,
            "sources": edges.source[order].astype(np.int64),
            "targets": node_ids[edges.target[order]],
            "receptors": edges.receptor[order].astype(np.int64),
            "weights": np.ascontiguousarray(edges.weight_pA[order], dtype=np.float64),
        }
        set_each(self.device, [synapses])

    def _set_events(
        self,
        unit: NDArray[np.int32],
        step: NDArray[np.int64],
        count: NDArray[np.int64],
        start_ms: float,
    ) -> None:
        in_time = np.lexsort((unit, step))
        spikes = {
            "spike_sources": unit[in_time].astype(np.int64),
            "spike_steps": round(start_ms / self._dt_ms) + 1 + step[in_time].astype(np.int64),
            "spike_multiplicities": count[in_time].astype(np.int64),
        }
        set_each(self.device, [spikes])


class LgnGenerators(PoissonInput):
    """Poisson spikes of one generator per unit, through any synapse model.

    Parameters
    ----------
    circuit, dt_ms
        As for `LgnInput`.
    node_ids
        NEST id of each neuron.
    synapse_model
        Name of the synapse model in NEST.

    Attributes
    ----------
    generators
        NEST's spike generators.
    """

    def __init__(
        self, circuit: Circuit, node_ids: NDArray[np.int64], dt_ms: float, synapse_model: str
    ) -> None:
        super().__init__(circuit, dt_ms)
        edges = circuit.lgn_edges
        self.generators = self._nest.Create("spike_generator", len(circuit.lgn_units))
        targets = node_ids[edges.target], edges.weight_pA, edges.receptor
        self._connect(self.generators, synapse_model, edges.source, *targets)

    def _set_events(
        self,
        unit: NDArray[np.int32],
        step: NDArray[np.int64],
        count: NDArray[np.int64],
        start_ms: float,
    ) -> None:
        times_ms = start_ms + (step + 1) * self._dt_ms
        bounds = np.searchsorted(unit, np.arange(len(self.generators) + 1))
        spikes = [
            {"spike_times": times_ms[begin:end], "spike_multiplicities": count[begin:end]}
            for begin, end in pairwise(bounds)
        ]
        set_each(self.generators, spikes)


class LgnCurrents(LgnInput):
    """Expected input: one generator per neuron and receptor, with an event in every time step.

    Parameters
    ----------
    circuit, dt_ms
        As for `LgnInput`.
    node_ids
        NEST id of each neuron.
    models
        The module of the neurons.

    Attributes
    ----------
    generators
        NEST's spike generators.
    """

    def __init__(
        self, circuit: Circuit, node_ids: NDArray[np.int64], dt_ms: float, models: CompiledModule
    ) -> None:
        super().__init__(circuit, dt_ms)
        edges = circuit.lgn_edges
        n_receptors = int(edges.receptor.max()) + 1
        code = edges.target.astype(np.int64) * n_receptors + edges.receptor
        reached, row = np.unique(code, return_inverse=True)
        target, receptor = np.divmod(reached, n_receptors)
        shape = len(reached), len(circuit.lgn_units)
        self._weight_pA = csr_array((edges.weight_pA, (row, edges.source)), shape=shape)
        self.generators = self._nest.Create("spike_generator", len(reached))
        one = np.ones(len(reached))
        targets = node_ids[target], one, receptor.astype(np.int8)
        model = models.static_synapse_model
        self._connect(self.generators, model, np.arange(len(reached)), *targets)
        self._rates_Hz = np.zeros((shape[1], 0), dtype=np.float32)
        self._start_ms = 0.0

    def start(
        self, rates_Hz: NDArray[np.float32], rng: np.random.Generator, start_ms: float
    ) -> None:
        """Store the rates, which `pieces_ms` passes to NEST in parts. Nothing is drawn."""
        self._rates_Hz, self._start_ms = rates_Hz, start_ms
        silent = {"spike_times": np.zeros(0), "spike_weights": np.zeros(0)}
        set_each(self.generators, [silent] * len(self.generators))

    def pieces_ms(self, duration_ms: float) -> Iterator[float]:
        """Yield parts of at most `CHUNK_STEPS` time steps, each with its input set."""
        now_ms = float(self._nest.biological_time)
        first = round((now_ms - self._start_ms) / self._dt_ms)
        last = first + round(duration_ms / self._dt_ms)
        while first < last:
            end = min(last, first + CHUNK_STEPS)
            self._set(first, end)
            yield (end - first) * self._dt_ms
            first = end

    def _set(self, first: int, end: int) -> None:
        """Pass the events of some time steps to NEST; there are none after the rates end."""
        end = min(end, self._rates_Hz.shape[1] * self._steps_per_ms)
        if first >= end:
            return
        steps = np.arange(first, end)
        expected = self._rates_Hz[:, steps // self._steps_per_ms] * (self._dt_ms * 1e-3)
        weight_pA = self._weight_pA @ expected.astype(np.float64)
        times_ms = self._start_ms + (steps + 1) * self._dt_ms
        events = [{"spike_times": times_ms, "spike_weights": row} for row in weight_pA]
        set_each(self.generators, events)


LGN_MODES: dict[str, type[LgnSpikes] | type[LgnCurrents]] = {
    "poisson": LgnSpikes,
    "current": LgnCurrents,
}
"""Kinds of input by name."""


def lgn_input(
    mode: str,
    circuit: Circuit,
    node_ids: NDArray[np.int64],
    dt_ms: float,
    models: CompiledModule,
    synapse_model: str | None = None,
) -> LgnSpikes | LgnGenerators | LgnCurrents | None:
    """Return the LGN input of a network; None if the circuit has no LGN units.

    Parameters
    ----------
    mode
        Kind of input, one of `LGN_MODES`.
    circuit
        The circuit.
    node_ids
        NEST id of each neuron, shape (n_neurons,).
    dt_ms
        Time step.
    models
        The module of the neurons.
    synapse_model
        Name in NEST of the synapses from the units to the neurons, in the mode ``poisson``; None
        if their weight is constant.

    Raises
    ------
    ConfigError
        If there is no mode of that name.
    """
    if mode not in LGN_MODES:
        raise ConfigError(f"no LGN mode '{mode}'. {did_you_mean(mode, LGN_MODES)}")
    if not len(circuit.lgn_units):
        return None
    if synapse_model is not None:
        return LgnGenerators(circuit, node_ids, dt_ms, synapse_model)
    return LGN_MODES[mode](circuit, node_ids, dt_ms, models)
