"""Similarity of a task's images for the cells that see them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.lgn import firing_rates_Hz
from v1cortex.tables import is_excitatory
from v1cortex.tasks.base import Task

__all__ = ["lgn_cosine", "mean_cosine"]

N_TRIALS = 40
"""Approximate number of trials from which images are taken."""


def mean_cosine(responses: NDArray[np.float64]) -> float | None:
    """Return the cosine between responses, averaged over pairs.

    Parameters
    ----------
    responses : float64[n_images, n_cells]
        Mean response to each image.

    Returns
    -------
    float or None
        None if there are fewer than two responses, or one is zero.
    """
    lengths = np.linalg.norm(responses, axis=1)
    if len(responses) < 2 or not lengths.all():
        return None
    unit = responses / lengths[:, None]
    return float((unit @ unit.T)[np.triu_indices(len(unit), 1)].mean())


def lgn_cosine(task: Task, circuit: Circuit, seed: int) -> float | None:
    """Return how similar a task's images are in the LGN input of excitatory cells.

    The response is a cell's mean input in the response window, minus that during gray; each image
    follows gray, without memory of the previous one.

    Parameters
    ----------
    task
        The task; images of validation trials.
    circuit
        The circuit whose LGN units see the images.
    seed
        Seed of the trials.

    Returns
    -------
    float or None
        Cosine averaged over pairs of different images; None if there are fewer than two.
    """
    least = 2 * task.n_classes
    block = task.block(least * (-(-N_TRIALS // least)), "validation", seed)
    rates_Hz = firing_rates_Hz(circuit.lgn_units, circuit.tables, block.movie, memory=False)
    begin, end = block.window_ms
    trials = rates_Hz[:, block.n_warmup_trials * block.trial_ms :]
    trials = trials.reshape(len(rates_Hz), block.n_trials, block.trial_ms).astype(np.float64)
    changes_Hz = trials[:, :, begin:end].mean(axis=2) - trials[:, :, :1].mean(axis=2)
    images = np.unique(block.image_of_trial)
    changes_Hz = np.stack(
        [changes_Hz[:, block.image_of_trial == image].mean(axis=1) for image in images], axis=1
    )
    edges = circuit.lgn_edges
    onto = is_excitatory(circuit.nodes.population)[edges.target]
    inputs = np.zeros((circuit.n_neurons, len(images)))
    weighted = edges.weight_pA[onto, None] * changes_Hz[edges.source[onto]]
    np.add.at(inputs, edges.target[onto], weighted)
    return mean_cosine(inputs.T)
