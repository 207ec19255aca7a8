"""Calibrations: background and weight scales that make a circuit fire like mouse cortex."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit, expected_connections
from v1cortex.errors import ConfigError
from v1cortex.network.calibration_tables import (
    PUBLISHED,
    fitted_synapses,
    population_background_pA,
)
from v1cortex.tables import POPULATIONS, Tables, populations_of_pair

BACKGROUND_RATE_HZ = 1000.0
"""Rate of each neuron's background Poisson train (Billeh et al. 2020)."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Background input and weight scales for one circuit.

    Parameters
    ----------
    name
        Name of the calibration.
    background_rate_Hz
        Rate of each neuron's own background train.
    background_pA
        Weight of a background spike, per neuron; shape (n_neurons,).
    recurrent_scale
        Factor on the weights of each synapse type; shape (n_synapse_types,).
    gain
        The part of it that a protocol's `weight_gain` added, which does not scale learning; shape
        (n_synapse_types,), or 1.
    """

    name: str
    background_rate_Hz: float
    background_pA: NDArray[np.float64]
    recurrent_scale: NDArray[np.float64]
    gain: NDArray[np.float64] | float = 1.0

    @property
    def reference_scale(self) -> NDArray[np.float64]:
        """Factor on the weights that changes are relative to: without the gain."""
        return self.recurrent_scale / self.gain


def calibration_for(
    circuit: Circuit, name: str, weight_gain: Mapping[str, float] | None = None
) -> Calibration:
    """Return a calibration for a circuit.

    All scale recurrent weights with the square root of the recurrent input that a small circuit
    lacks (`in_degree_ratio`). They differ in the background: ``published`` has the model's weights
    times its numbers of synapses; the others have weights fitted by ``v1cortex calibrate`` to the
    mean rates of the mouse's populations, and gains where synapses depress.

    Parameters
    ----------
    circuit
        The circuit.
    name
        One of `SHIPPED`, or a table written by ``v1cortex calibrate``.
    weight_gain
        Factors by kind of connection, as for `with_gain`, instead of those that the calibration was
        fitted with (`fitted_synapses`); None for the latter.

    Raises
    ------
    ConfigError
        If there is neither a calibration nor a file of that name, the file is damaged, or a gain is
        not valid.
    """
    if weight_gain is None:
        weight_gain = fitted_synapses(name).weight_gain
    if name == PUBLISHED:
        background_pA = _published_background_pA(circuit)
    else:
        background_pA = population_background_pA(name)[circuit.nodes.population]
    return with_gain(circuit, with_background(circuit, name, background_pA), weight_gain)


def with_background(circuit: Circuit, name: str, background_pA: NDArray[np.float64]) -> Calibration:
    """Return a calibration with the given background weight of each neuron."""
    return Calibration(
        name=name,
        background_rate_Hz=BACKGROUND_RATE_HZ,
        background_pA=background_pA,
        recurrent_scale=np.sqrt(in_degree_ratio(circuit.n_neurons, circuit.tables)),
    )


def with_gain(circuit: Circuit, calibration: Calibration, gain: Mapping[str, float]) -> Calibration:
    """Return a calibration with recurrent weights multiplied by a factor per connection kind.

    Rules change a synapse by as much as without the factor; only the upper bound moves with it.

    Parameters
    ----------
    circuit
        The circuit.
    calibration
        The calibration to start from.
    gain
        Factors by pair of groups of neuron types (`v1cortex.tables.groups`), such as ``E->E``,
        ``L4_E->Pvalb`` or ``L4_E->L23_Pvalb``. Where several pairs cover a synapse type, their
        factors are multiplied; 1 where none does.

    Raises
    ------
    ConfigError
        If a pair names no group, or a factor is not a positive number.
    """
    check_gain(gain)
    if not gain:
        return calibration
    table = circuit.tables.connectivity
    factor = gain_factors(gain)[table.pre, table.post]
    return replace(
        calibration,
        recurrent_scale=calibration.recurrent_scale * factor,
        gain=calibration.gain * factor,
    )


def gain_factors(gain: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the factor of each pair of neuron types: the product over the pairs that cover it.

    Parameters
    ----------
    gain
        As for `with_gain`.

    Returns
    -------
    numpy.ndarray
        Presynaptic types in rows, in the order of `POPULATIONS`; shape (17, 17).
    """
    factors = np.ones((len(POPULATIONS), len(POPULATIONS)))
    for pair, value in sorted(gain.items()):
        pre, post = (
            [POPULATIONS.index(name) for name in side] for side in populations_of_pair(pair)
        )
        factors[np.ix_(pre, post)] *= value
    return factors


def check_gain(gain: Mapping[str, float]) -> None:
    """Raise `ConfigError` if a pair names no group, or its factor is not a positive number."""
    for pair, value in gain.items():
        try:
            populations_of_pair(pair)
        except ConfigError as error:
            raise ConfigError(f"weight_gain: {error}") from None
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"weight_gain of {pair} is {value}; it must be a number above 0")


def combined_gain(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """Return the factors of both settings; those of a pair that both name are multiplied."""
    pairs = dict.fromkeys([*first, *second])
    return {pair: first.get(pair, 1.0) * second.get(pair, 1.0) for pair in pairs}


@lru_cache(maxsize=8)  # tables of some circuits (choice)
def in_degree_ratio(n_neurons: int, tables: Tables) -> NDArray[np.float64]:
    """Return the ratio of the core's recurrent input to that of a smaller circuit.

    It is the expected in-degree in the 51,978-neuron core, for which the weights were published,
    divided by that in a circuit of `n_neurons`; 1 for circuits of the core's size or larger.
    Multiplying weights by its square root restores the core's rates; the full ratio would
    overshoot.

    Returns
    -------
    numpy.ndarray
        Ratio for each synapse type, shape (n_synapse_types,).
    """
    n_core = int(tables.populations.n_core.sum())
    core, circuit = (
        np.asarray(expected_connections(n, tables)) / n for n in (n_core, min(n_neurons, n_core))
    )
    # A population of a single cell has no connections to itself.
    ratio = np.divide(core, circuit, out=np.ones_like(core), where=circuit > 0)
    ratio.setflags(write=False)  # it is shared
    return ratio


def _published_background_pA(circuit: Circuit) -> NDArray[np.float64]:
    table = circuit.tables.background
    weight_pA = table.weight_pA * table.n_synapses
    by_label = dict(zip(table.label, weight_pA.tolist(), strict=True))
    unknown = sorted(set(circuit.tables.cells.label) - set(by_label))
    if unknown:
        raise ConfigError(
            f"the calibration '{PUBLISHED}' has no background for cells named {unknown[0]!r}; use "
            "mouse-classes or a table"
        )
    by_model = np.array([by_label[label] for label in circuit.tables.cells.label])
    return np.asarray(by_model[circuit.nodes.cell_model])
