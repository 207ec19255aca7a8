"""Additional measurements of an evaluation, if its protocol asks for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from v1cortex.evaluation.decoding import decoded_images, linear_readout
from v1cortex.evaluation.other_readouts import ReadoutCells
from v1cortex.evaluation.session import BlockRecord, Judge
from v1cortex.evaluation.task_result import TaskAnalyses
from v1cortex.evaluation.weight_course import WeightCourse, weight_distributions
from v1cortex.network import PlasticSynapses
from v1cortex.tasks import TrialBlock
from validation.spikes import SpikeTrains

__all__ = ["Analyses"]


class Analyses:
    """Collects the data for the analyses of one task, and performs them.

    Parameters
    ----------
    wanted
        Names of analyses (``Protocol.analyses``).
    plastic
        The plastic synapses; None in a static network.
    n_training
        Number of training trials.
    """

    def __init__(
        self, wanted: tuple[str, ...], plastic: PlasticSynapses | None, n_training: int
    ) -> None:
        self._wanted, self._plastic = wanted, plastic
        self._trained_on: tuple[TrialBlock, SpikeTrains] | None = None
        follows = "weights" in wanted and plastic is not None and n_training > 0
        self._course = WeightCourse(plastic, n_training) if follows and plastic else None

    @property
    def records_training(self) -> bool:
        """Whether all spikes of the training trials are needed.

        A linear read-out is trained on those of a static network only: while weights change, the
        network during training is not the one that is tested.
        """
        return "linear" in self._wanted and self._plastic is None

    @property
    def wants_adaptation(self) -> bool:
        """Whether repeats and gaps are shown after the test."""
        return "adaptation" in self._wanted

    def watch(self, judge: Judge) -> Judge:
        """Return a judge of training trials that also samples the weights."""
        course = self._course
        if course is None:
            return judge

        def judge_and_look(trial: int, rates_Hz: NDArray[np.float64]) -> float:
            course.trial_done(trial)
            return judge(trial, rates_Hz)

        return judge_and_look

    def trained(self, block: TrialBlock, record: BlockRecord) -> None:
        """Take the recording of the training trials."""
        if record.spikes is not None:
            self._trained_on = block, record.spikes

    def results(self, block: TrialBlock, spikes: SpikeTrains, cells: ReadoutCells) -> TaskAnalyses:
        """Return the analyses, given the validation trials, their spikes and the cells read out."""
        course, distributions = None, None
        if self._course is not None and self._plastic is not None:
            course = tuple(self._course.points)
            distributions = weight_distributions(self._plastic)
        return TaskAnalyses(
            linear=linear_readout(self._trained_on, (block, spikes)) if self._trained_on else None,
            decoding=decoded_images(block, spikes) if "decoding" in self._wanted else None,
            readouts=cells.readouts(block, spikes) if "readouts" in self._wanted else None,
            weight_course=course,
            weight_distributions=distributions,
        )
