"""Read-outs beside the pool that answers: other cells, several pools, and each image on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from v1cortex.circuit import Circuit
from v1cortex.errors import TaskError
from v1cortex.evaluation.readout import auc, mean_area
from v1cortex.evaluation.task_result import OtherReadout
from v1cortex.tables import is_excitatory
from v1cortex.tasks import TrialBlock, disjoint_pools, mean_cosine
from validation.spikes import SpikeTrains

__all__ = ["ReadoutCells", "area_within_images", "image_cosine", "other_readouts", "window_counts"]

FloatArray = NDArray[np.float64]

POPULATION = "L5_E"
"""Where pools are taken from, see `v1cortex.tasks.pools`."""


@dataclass(frozen=True, eq=False)
class ReadoutCells:
    """Cells of one task that are read out.

    Parameters
    ----------
    circuit
        The circuit.
    answering
        The pools that answer; int32[n_pools, n].
    radius_um
        Largest distance of a pool's cells from its centre.
    change_detection
        Whether the task is one.
    """

    circuit: Circuit
    answering: NDArray[np.int32]
    radius_um: float
    change_detection: bool

    def readouts(self, block: TrialBlock, spikes: SpikeTrains) -> tuple[OtherReadout, ...] | None:
        """Score read-outs beside the pool; None if the task is no change detection."""
        if not self.change_detection:
            return None
        several = disjoint_pools(self.circuit, self.answering.shape[1], self.radius_um, POPULATION)
        where = self.circuit.population_slice(POPULATION)
        every = np.arange(where.start, where.stop)
        return other_readouts(block, spikes, self.answering, several, every)

    def cosine(self, block: TrialBlock, spikes: SpikeTrains) -> float | None:
        """Return how alike the excitatory cells' responses to different images are."""
        excitatory = np.flatnonzero(is_excitatory(self.circuit.nodes.population))
        return image_cosine(block, spikes, excitatory)


def window_counts(block: TrialBlock, spikes: SpikeTrains) -> FloatArray:
    """Return each neuron's rate in the response window, float64[n_trials, n_neurons]."""
    begin, end = block.window_ms
    starts_ms = block.trial_ms * np.arange(block.n_trials) + begin
    return spikes.responses_Hz(starts_ms, end - begin).T


def area_within_images(
    labels: ArrayLike, scores: ArrayLike, images: ArrayLike
) -> tuple[float, float | None] | None:
    """Return the area under the ROC curve among trials of the same present image.

    Trials of different images are not compared, so that a cell which merely likes one image tells
    nothing. The area is that of all pairs of a change and a repeat of one image: the mean of the
    images' areas, weighted with their numbers of pairs.

    Parameters
    ----------
    labels : (n,) array-like
        1 for changes, 0 for the others.
    scores : (n,) array-like
        The larger, the more it speaks for a change.
    images : (n,) array-like of int
        The present image of each trial.

    Returns
    -------
    float, float or None; or None
        The area and its standard error: images are independent, each has its error after DeLong
        (None if an image has a single trial of one kind). None if no image has both kinds.
    """
    labels, scores, images = (np.asarray(each) for each in (labels, scores, images))
    areas, pairs = [], []
    for image in np.unique(images):
        own = images == image
        n_changes = int(np.count_nonzero(labels[own] == 1))
        if 0 < n_changes < np.count_nonzero(own):
            areas.append(auc(labels[own], scores[own]))
            pairs.append(n_changes * (int(np.count_nonzero(own)) - n_changes))
    if not areas:
        return None
    weight = np.array(pairs) / sum(pairs)
    area = float(weight @ [area for area, _ in areas])
    errors = [error for _, error in areas]
    if any(error is None for error in errors):
        return area, None
    return area, float(np.sqrt(np.sum((weight * np.array(errors, dtype=np.float64)) ** 2)))


def other_readouts(
    block: TrialBlock,
    spikes: SpikeTrains,
    answering: NDArray[np.int32],
    several: NDArray[np.int32],
    every: NDArray[np.int64],
) -> tuple[OtherReadout, ...]:
    """Score a detection of changes by the rates of other cells than the pool's.

    Parameters
    ----------
    block
        The trials; frozen weights.
    spikes
        All their spikes.
    answering
        The pool that answers; int32[1, n].
    several
        Disjoint pools of the same size, int32[n_pools, n]; scored one by one.
    every
        All cells of the population that the pools are taken from.

    Raises
    ------
    TaskError
        If the block has more than two classes.
    """
    if set(np.unique(block.labels).tolist()) - {0, 1}:
        raise TaskError("read-outs beside the pool are for changes and repeats only")
    rates_Hz = window_counts(block, spikes)
    return (
        _readout("pool", answering, block, rates_Hz),
        _readout("pools", several, block, rates_Hz),
        _readout("all", np.asarray(every)[None], block, rates_Hz),
    )


def image_cosine(block: TrialBlock, spikes: SpikeTrains, cells: NDArray[np.int64]) -> float | None:
    """Return how alike the mean responses to different images are.

    Parameters
    ----------
    block
        The trials.
    spikes
        All their spikes.
    cells
        The cells that count.

    Returns
    -------
    float or None
        Cosine between the vectors of mean rates in the response window, averaged over pairs of
        images with two or more trials each; None if fewer than two images have them, or a response
        is zero. Few trials of an image make it smaller, since their noise differs.
    """
    images, trials = np.unique(block.image_of_trial, return_counts=True)
    images = images[trials >= 2]
    if len(images) < 2:
        return None
    rates_Hz = window_counts(block, spikes)[:, cells]
    return mean_cosine(
        np.stack([rates_Hz[block.image_of_trial == image].mean(axis=0) for image in images])
    )


def _readout(
    name: str, pools: NDArray[np.integer[Any]], block: TrialBlock, rates_Hz: FloatArray
) -> OtherReadout:
    scores = [rates_Hz[:, own].mean(axis=1) for own in pools]
    area, error = mean_area([auc(block.labels, each) for each in scores])
    within = [area_within_images(block.labels, each, block.image_of_trial) for each in scores]
    found = [each for each in within if each is not None]
    area_within, error_within = mean_area(found) if found else (None, None)
    return OtherReadout(
        name=name,
        n_pools=len(pools),
        n_cells=int(pools.shape[1]),
        rate_Hz=float(np.mean(scores)),
        auc=area,
        auc_standard_error=error,
        auc_within_images=area_within,
        auc_within_images_standard_error=error_within,
    )
