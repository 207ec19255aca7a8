"""The result of one task of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from validation.adaptation import Adaptation
from validation.weights import WeightMovement, WeightSummary

__all__ = [
    "SCORES",
    "SCORE_LABELS",
    "SCORE_NAMES",
    "BinScore",
    "DecodedBin",
    "DecodedImages",
    "LinearReadout",
    "OtherReadout",
    "Score",
    "TaskAnalyses",
    "TaskResult",
    "Training",
    "WeightDistribution",
    "WeightPoint",
]


Score = Literal["auc", "accuracy"]
SCORES: tuple[Score, ...] = get_args(Score)

SCORE_NAMES: Mapping[str, str] = {"auc": "AUC", "accuracy": "accuracy"}
"""What sentences and headings call each score."""

SCORE_LABELS: Mapping[str, str] = {score: f"score ({name})" for score, name in SCORE_NAMES.items()}
"""What tables and pages call the score of a protocol."""

_MEANING = {
    "auc": ("the AUC", "0.5"),
    "accuracy": ("the accuracy", "1 / number of possible answers"),
}

READOUT_NAMES = {"pool": "the pool", "pools": "disjoint pools", "all": "all L5 E"}
"""Cells that are read out (``Protocol.readout``) in words."""


def about_score(score: str, readout: str = "pool") -> str:
    """Return a sentence on a protocol's score: what it is, of which cells, direction and chance."""
    what, chance = _meaning(score, readout)
    return f"The score is {what}: more is better, and {chance} is chance."


def _meaning(score: str, readout: str) -> tuple[str, str]:
    what, chance = _MEANING[score]
    cells = "" if readout == "pool" else f" of {READOUT_NAMES[readout]}"
    return f"{what}{cells} averaged over the tasks", chance


def about_error(score: str, readout: str = "pool") -> str:
    """Return a sentence on the objective `error` of a protocol, by its score and read-out."""
    what, chance = _meaning(score, readout)
    chance = chance if chance == "0.5" else f"1 - {chance}"
    return f"The error is 1 - score, the score being {what}: less is better, {chance} is chance."


@dataclass(frozen=True, kw_only=True)
class BinScore:
    """The read-out pools in one bin of the trial.

    Parameters
    ----------
    begin_ms, end_ms
        The bin, from the beginning of the trial.
    rate_Hz
        Mean rate of the pools over trials.
    auc, standard_error
        Area under the ROC curve of the rate in the bin, and its standard error; None if a class has
        a single trial.
    """

    begin_ms: float
    end_ms: float
    rate_Hz: float
    auc: float
    standard_error: float | None


@dataclass(frozen=True, kw_only=True)
class Training:
    """Answers in training.

    Parameters
    ----------
    accuracy
        Share of correct answers.
    reward_error_sd
        Standard deviation of reward minus expected reward.
    """

    accuracy: float
    reward_error_sd: float


@dataclass(frozen=True, kw_only=True)
class LinearReadout:
    """Test results of a linear read-out of all neurons.

    Parameters
    ----------
    accuracy, accuracy_standard_error
        Share of correct answers, and its binomial standard error.
    auc, auc_standard_error
        Area under the ROC curve, averaged over classes, and the mean of its standard errors; None
        if a class has a single trial.
    n_trained
        Number of training trials.
    """

    accuracy: float
    accuracy_standard_error: float
    auc: float
    auc_standard_error: float | None
    n_trained: int


@dataclass(frozen=True, kw_only=True)
class OtherReadout:
    """Change detection by the rate of cells other than the answering pool's in the window.

    Parameters
    ----------
    name
        ``pool``: the answering pool; ``pools``: as many disjoint pools of its size as fit; ``all``:
        all cells of its population.
    n_pools, n_cells
        Number of pools, and of cells in each.
    rate_Hz
        Mean rate in the response window.
    auc, auc_standard_error
        Area under the ROC curve, averaged over pools, and the mean of its standard errors: for
        several pools an upper bound, as their errors partly average out.
    auc_within_images, auc_within_images_standard_error
        The same among trials with the same current image
        (`v1cortex.evaluation.other_readouts.area_within_images`); None if no image has changes and
        repeats.
    """

    name: str
    n_pools: int
    n_cells: int
    rate_Hz: float
    auc: float
    auc_standard_error: float | None
    auc_within_images: float | None
    auc_within_images_standard_error: float | None


@dataclass(frozen=True, kw_only=True)
class DecodedBin:
    """Images decoded from all neurons in one bin of the trial.

    Parameters
    ----------
    begin_ms, end_ms
        The bin, from the beginning of the trial.
    present, previous
        Share of trials in which the current and the previous image were decoded correctly.
    """

    begin_ms: float
    end_ms: float
    present: float
    previous: float


@dataclass(frozen=True, kw_only=True)
class DecodedImages:
    """How long the shown image can be decoded from all neurons.

    Parameters
    ----------
    n_images, n_trials
        Number of images, and of trials whose image differs from the one before.
    chance, standard_error
        Chance accuracy, and the standard error of an accuracy at chance.
    bins
        Accuracies by bin of the trial.
    persistence_ms
        How long after the beginning of its trial an image can be decoded without interruption (two
        standard errors above chance), counted into the next trial.
    """

    n_images: int
    n_trials: int
    chance: float
    standard_error: float
    bins: tuple[DecodedBin, ...]
    persistence_ms: float


@dataclass(frozen=True, kw_only=True)
class WeightPoint:
    """How far weights have changed at one time in training.

    Parameters
    ----------
    trials
        Number of training trials before.
    kinds
        By kind of connection (``E->E``, ...).
    """

    trials: int
    kinds: Mapping[str, WeightMovement]


@dataclass(frozen=True, kw_only=True)
class WeightDistribution:
    """Weights of a synapse type before and after training.

    Parameters
    ----------
    before, after
        Summaries in pA, over the same connections.
    bound_pA
        Upper bound of the weights.
    """

    before: WeightSummary
    after: WeightSummary
    bound_pA: float


@dataclass(frozen=True, kw_only=True)
class TaskAnalyses:
    """Results of a protocol's `analyses` for a task; None if not requested or not possible.

    Parameters
    ----------
    linear
        A linear read-out of all neurons; also None for a plastic network.
    decoding
        Images decoded from all neurons; also None with fewer than three images or too few trials.
    readouts
        Additional read-outs; also None for tasks other than change detection.
    adaptation
        Responses to repeats, omissions and after gaps; also None for tasks other than change
        detection, and if the network runs away under them.
    weight_course
        Weights over training; also None for a static network.
    weight_distributions
        Weights by synapse type; also None for a static network.
    """

    linear: LinearReadout | None = None
    decoding: DecodedImages | None = None
    readouts: tuple[OtherReadout, ...] | None = None
    adaptation: Adaptation | None = None
    weight_course: tuple[WeightPoint, ...] | None = None
    weight_distributions: Mapping[str, WeightDistribution] | None = None


@dataclass(frozen=True, kw_only=True)
class TaskResult(TaskAnalyses):
    """The result of one task.

    Parameters
    ----------
    n_trials
        Number of validation trials.
    accuracy, accuracy_standard_error
        Share of correct answers, and its binomial standard error.
    auc, auc_standard_error
        Area under the ROC curve of the rate in the response window, of the cells that `readout`
        names (for several pools, one for each class, see
        `v1cortex.evaluation.several_pools.choice_auc`), and its standard error; None if a class has
        a single trial.
    pool_rate_Hz
        Mean rate of these cells in the response window.
    auc_by_bin
        The answering pools in each bin of the trial.
    readout
        The cells that are scored (``Protocol.readout``).
    hit_rate, false_alarm_rate, threshold_Hz
        For a single pool; None for several.
    confusion, usual_Hz
        For several pools: trials by class and answer, and the rate subtracted from each pool's;
        None for a single one.
    training
        Answers in training; None without training trials.
    image_cosine
        Similarity of the excitatory cells' mean responses to different images, see
        `v1cortex.evaluation.other_readouts.image_cosine`; None if unknown.
    linear, decoding, readouts, adaptation, weight_course, weight_distributions
        As for `TaskAnalyses`.
    """

    n_trials: int
    accuracy: float
    accuracy_standard_error: float
    auc: float
    auc_standard_error: float | None
    pool_rate_Hz: float
    auc_by_bin: tuple[BinScore, ...]
    readout: str = "pool"
    hit_rate: float | None = None
    false_alarm_rate: float | None = None
    threshold_Hz: float | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None
    usual_Hz: tuple[float, ...] | None = None
    training: Training | None = None
    image_cosine: float | None = None

    def score(self, name: Score) -> float:
        """Return the AUC or the accuracy."""
        return self.auc if name == "auc" else self.accuracy

    def score_error(self, name: Score) -> float | None:
        """Return the standard error of the AUC or of the accuracy."""
        return self.auc_standard_error if name == "auc" else self.accuracy_standard_error
