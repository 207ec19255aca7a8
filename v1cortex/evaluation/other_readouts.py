"""Read-outs in addition to the answering pool: other cells, several pools, single images."""

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
"""Population from which pools are taken, see `v1cortex.tasks.pools`."""


@dataclass(frozen=True, eq=False)
class ReadoutCells:
    """The cells that are read out in one task.

    Parameters
    ----------
    circuit
        The circuit.
    answering
        The pools that answer; int32[n_pools, n].
    radius_um
        Largest distance of a pool's cells from its centre.
    change_detection
        Whether the task is change detection.
    """

    circuit: Circuit
    answering: NDArray[np.int32]
    radius_um: float
    change_detection: bool

    def readouts(self, block: TrialBlock, spikes: SpikeTrains) -> tuple[OtherReadout, ...] | None:
        """Score the additional read-outs; None if the task is not change detection."""
        if not self.change_detection:
            return None
        several, every = self._others()
        return other_readouts(block, spikes, self.answering, several, every)

    def scored(self, readout: str, block: TrialBlock, spikes: SpikeTrains) -> dict[str, Any]:
        """Return what of a task's result changes if other cells than the answering pool's count.

        Parameters
        ----------
        readout
            ``Protocol.readout``.
        block, spikes
            The validation trials and their spikes.

        Returns
        -------
        dict
            Fields of `v1cortex.evaluation.task_result.TaskResult`; none for ``pool``.
        """
        if readout == "pool":
            return {}
        found = other_readouts(block, spikes, self.answering, *self._others())
        (own,) = (each for each in found if each.name == readout)
        return {
            "readout": readout,
            "auc": own.auc,
            "auc_standard_error": own.auc_standard_error,
            "pool_rate_Hz": own.rate_Hz,
        }

    def _others(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return disjoint pools, and all cells of the population."""
        several = disjoint_pools(self.circuit, self.answering.shape[1], self.radius_um, POPULATION)
        where = self.circuit.population_slice(POPULATION)
        return several, np.arange(where.start, where.stop)

    def cosine(self, block: TrialBlock, spikes: SpikeTrains) -> float | None:
        """Return how similar the excitatory cells' responses to different images are."""
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
    """Return the area under the ROC curve among trials with the same current image.

    Trials of different images are not compared, so that a mere preference for one image does not
    count. The area is that over all pairs of a change and a repeat of the same image: the mean of
    the images' areas, weighted by their numbers of pairs.

    Parameters
    ----------
    labels : (n,) array-like
        1 for changes, 0 for the others.
    scores : (n,) array-like
        Evidence for a change; larger means more.
    images : (n,) array-like of int
        The current image of each trial.

    Returns
    -------
    float, float or None; or None
        The area and its standard error: images are independent, each with its error after DeLong
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
    """Score change detection by the rates of cells other than the answering pool's.

    Parameters
    ----------
    block
        The trials, with frozen weights.
    spikes
        All their spikes.
    answering
        The pool that answers; int32[1, n].
    several
        Disjoint pools of the same size, int32[n_pools, n]; scored one by one.
    every
        All cells of the population from which pools are taken.

    Raises
    ------
    TaskError
        If the block has more than two classes.
    """
    if set(np.unique(block.labels).tolist()) - {0, 1}:
        raise TaskError("additional read-outs are only defined for changes and repeats")
    rates_Hz = window_counts(block, spikes)
    return (
        _readout("pool", answering, block, rates_Hz),
        _readout("pools", several, block, rates_Hz),
        _readout("all", np.asarray(every)[None], block, rates_Hz),
    )


def image_cosine(block: TrialBlock, spikes: SpikeTrains, cells: NDArray[np.int64]) -> float | None:
    """Return how similar the mean responses to different images are.

    Parameters
    ----------
    block
        The trials.
    spikes
        All their spikes.
    cells
        The cells to use.

    Returns
    -------
    float or None
        Cosine between the vectors of mean rates in the response window, averaged over pairs of
        images with two or more trials each; None if there are fewer than two such images, or a
        response is zero. With few trials per image it is smaller, since their noise differs.
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
