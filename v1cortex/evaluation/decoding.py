"""Information in population activity: a linear read-out, and images decoded over time.

Both use scikit-learn's ridge classifier on spike counts, standardised for each neuron, with the
penalty chosen by leave-one-out cross-validation on the training trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import require
from v1cortex.evaluation.other_readouts import window_counts
from v1cortex.evaluation.readout import BIN_MS, auc, binomial_error, mean_area
from v1cortex.evaluation.task_result import DecodedBin, DecodedImages, LinearReadout
from v1cortex.tasks import TrialBlock
from validation.spikes import SpikeTrains

__all__ = ["N_FOLDS", "decoded_images", "linear_readout", "trial_counts"]

PENALTIES = np.logspace(0, 6, 7)
"""Candidate ridge penalties; features have unit variance."""

N_FOLDS = 5
"""Number of cross-validation folds; also the minimum number of trials of an image for decoding."""

FloatArray = NDArray[np.float64]


def trial_counts(spikes: SpikeTrains, trial_ms: int, bin_ms: int = BIN_MS) -> NDArray[np.int32]:
    """Return each neuron's spike count in bins of each trial.

    Parameters
    ----------
    spikes
        All spikes of consecutive trials.
    trial_ms
        Length of a trial; the rest after the last whole bin is not used.
    bin_ms
        Bin width.

    Returns
    -------
    int32[n_trials, trial_ms // bin_ms, n_neurons]
    """
    n_bins = trial_ms // bin_ms
    n_trials = round(spikes.duration_ms / trial_ms)
    starts_ms = trial_ms * np.arange(n_trials)[:, None] + bin_ms * np.arange(n_bins)
    rates_Hz = spikes.responses_Hz(starts_ms.ravel(), bin_ms)
    counts = np.round(rates_Hz * bin_ms * 1e-3).astype(np.int32)
    return counts.T.reshape(n_trials, n_bins, spikes.n_neurons)


def linear_readout(
    training: tuple[TrialBlock, SpikeTrains], test: tuple[TrialBlock, SpikeTrains]
) -> LinearReadout:
    """Train a linear read-out of all neurons in the response window, and test it.

    It shows how good the answers could be if the whole population were read out instead of a
    pool's rate: an upper reference for a rule trained on the same trials.

    Parameters
    ----------
    training, test
        Trials and all their spikes.
    """
    x, y = window_counts(*training), training[0].labels
    model = _classifier().fit(x, y)
    x_test, y_test = window_counts(*test), test[0].labels
    accuracy = float(np.mean(model.predict(x_test) == y_test))
    scores = np.asarray(model.decision_function(x_test))
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], axis=1)
    areas = [auc(y_test == answer, scores[:, k]) for k, answer in enumerate(np.unique(y))]
    area, area_error = mean_area(areas)
    return LinearReadout(
        accuracy=accuracy,
        accuracy_standard_error=binomial_error(accuracy, len(y_test)),
        auc=area,
        auc_standard_error=area_error,
        n_trained=len(y),
    )


def decoded_images(block: TrialBlock, spikes: SpikeTrains) -> DecodedImages | None:
    """Decode the current and the previous image from all neurons in each bin of the trial.

    Only trials whose image differs from the one before are used: in the others, decoding the
    current image would also decode the previous one. In these trials, a decoder that knows one of
    the two images can guess the other from the remaining n - 1, so chance is 1 / (n - 1), and for
    two images there is nothing left to decode. Decoding is cross-validated.

    Parameters
    ----------
    block
        The trials, with frozen weights.
    spikes
        All their spikes.

    Returns
    -------
    DecodedImages or None
        None if there are fewer than three images, or fewer than `N_FOLDS` trials of one.
    """
    differs = block.image_of_trial != block.previous_image_of_trial
    present, previous = block.image_of_trial[differs], block.previous_image_of_trial[differs]
    images = np.unique(np.concatenate([present, previous]))
    fewest = min(
        (int(np.count_nonzero(which == k)) for which in (present, previous) for k in images),
        default=0,
    )
    if len(images) < 3 or fewest < N_FOLDS:
        return None
    counts = trial_counts(spikes, block.trial_ms)[differs]
    chance = 1.0 / (len(images) - 1)
    error = float(np.sqrt(chance * (1 - chance) / len(present)))
    rows = tuple(
        DecodedBin(
            begin_ms=float(k * BIN_MS),
            end_ms=float((k + 1) * BIN_MS),
            present=_decoded(counts[:, k], present),
            previous=_decoded(counts[:, k], previous),
        )
        for k in range(counts.shape[1])
    )
    return DecodedImages(
        n_images=len(images),
        n_trials=len(present),
        chance=chance,
        standard_error=error,
        bins=rows,
        persistence_ms=_persistence_ms(rows, chance + 2 * error),
    )


def _persistence_ms(rows: Sequence[DecodedBin], threshold: float) -> float:
    """Return the end of the first uninterrupted run of bins in which the image is decoded."""
    told = [row.present > threshold for row in rows] + [row.previous > threshold for row in rows]
    if not any(told):
        return 0.0
    first = told.index(True)
    after = told.index(False, first) if False in told[first:] else len(told)
    return float(after * BIN_MS)


def _decoded(counts: NDArray[np.int32], labels: NDArray[np.int16]) -> float:
    """Return the cross-validated share of trials whose label is decoded correctly."""
    correct = [
        _classifier().fit(counts[train], labels[train]).predict(counts[test]) == labels[test]
        for train, test in _folds(labels)
    ]
    return float(np.mean(np.concatenate(correct)))


def _folds(labels: NDArray[np.int16]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    require("sklearn")
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    yield from folds.split(np.zeros(len(labels)), labels)


def _classifier() -> Any:  # noqa: ANN401
    require("sklearn")
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=PENALTIES))
