"""Controls whose weights keep only part of what a rule has learned.

Each control keeps a summary of the learned weights and discards the rest, so that the difference
between a rule and its control shows the effect of the discarded part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from v1cortex.network.weights import read_weights, write_weights

if TYPE_CHECKING:
    from v1cortex.network.network import Network

__all__ = ["WeightControl", "arrange_weights", "arranged"]

WeightControl = Literal["type_means", "shuffled", "cell_sums"]
"""``type_means``: the initial weights, scaled to the learned mean of each synapse type.
``shuffled``: the learned changes, permuted at random among the synapses of a type.
``cell_sums``: the initial weights, scaled to the learned sum of each postsynaptic cell and type."""


def arrange_weights(network: Network, control: WeightControl, rng: np.random.Generator) -> None:
    """Replace the plastic weights of a network with those of a control.

    Call it when all synapses are up to date. Reading and writing takes about 50 us per synapse.

    Parameters
    ----------
    network
        The network; without plastic synapses it is left unchanged.
    control
        The control.
    rng
        Generator for the permutations.
    """
    plastic = network.plastic.models if network.plastic else {}
    edges = network.circuit.edges
    for key, row in network.synapse_types.items():
        if row not in plastic:
            continue
        own = network.circuit.edges_of(row)
        initial_pA = edges.weight_pA[own] * network.calibration.recurrent_scale[row]
        learned_pA = read_weights(network, key).weight_pA
        write_weights(
            network, key, arranged(control, initial_pA, learned_pA, edges.target[own], rng)
        )


def arranged(
    control: WeightControl,
    initial_pA: NDArray[np.float64],
    learned_pA: NDArray[np.float64],
    target: NDArray[np.int32],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the weights of one synapse type under a control.

    Parameters
    ----------
    control
        The control.
    initial_pA, learned_pA
        Weights before and after training, all of the same sign; shape (n,).
    target
        Postsynaptic neuron of each; shape (n,).
    rng
        Generator for the permutation of ``shuffled``.

    Returns
    -------
    float64[n]
        Weights with the sum of `learned_pA`, over the type or over each postsynaptic cell
        (``cell_sums``). A weight whose sign a shuffled change would reverse becomes zero; all are
        then scaled to the learned sum.
    """
    if control == "cell_sums":
        return _cell_sums(initial_pA, learned_pA, target)
    if control == "shuffled":
        moved_pA = initial_pA + rng.permutation(learned_pA - initial_pA)
        sign = -1.0 if initial_pA.sum() + learned_pA.sum() < 0 else 1.0
        return _scaled(sign * np.maximum(sign * moved_pA, 0.0), learned_pA.sum())
    return _scaled(initial_pA, learned_pA.sum())


def _cell_sums(
    initial_pA: NDArray[np.float64],
    learned_pA: NDArray[np.float64],
    target: NDArray[np.int32],
) -> NDArray[np.float64]:
    if not len(target):
        return initial_pA
    before_pA, after_pA, number = (
        np.bincount(target, weights=each)
        for each in (initial_pA, learned_pA, np.ones_like(initial_pA))
    )
    factor = np.divide(after_pA, before_pA, out=np.zeros_like(after_pA), where=before_pA != 0)
    # If a cell's initial weights are all zero, there is nothing to scale: spread its sum evenly.
    evenly_pA = np.where(before_pA == 0, after_pA, 0.0) / np.maximum(number, 1.0)
    return np.asarray(initial_pA * factor[target] + evenly_pA[target])


def _scaled(weight_pA: NDArray[np.float64], total_pA: float) -> NDArray[np.float64]:
    own_pA = float(weight_pA.sum())
    if own_pA == 0.0:  # nothing to scale: spread evenly
        return np.full_like(weight_pA, total_pA / max(1, len(weight_pA)))
    return weight_pA * (total_pA / own_pA)
