"""Decisions and rewards during training."""

from __future__ import annotations

from collections import deque
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from v1cortex.evaluation.readout import RewardPredictor
from v1cortex.evaluation.session import Judge
from v1cortex.evaluation.several_pools import most_active
from v1cortex.evaluation.task_result import Training

RewardMode = Literal["correct", "hits", "shuffled"]

N_LAST = 20
"""Number of trials for running thresholds; the same as for the expected reward."""


class Rewards:
    """Makes the decision in each training trial, rewards it and predicts the reward.

    A single pool answers 1 if its rate exceeds a threshold, and 0 otherwise. Of several pools, the
    one that is most above its own usual rate answers.

    Parameters
    ----------
    threshold_Hz
        The threshold of a single pool; several pools are then compared by their plain rates. None
        for the median of the pool's last 20 rates, or the means of several pools' last 20: rates
        drift while weights change, so a fixed threshold would soon give the same answer in every
        trial (*choice*).
    reward
        ``correct``: 1 for every correct answer, 0 otherwise. ``hits``: 1 for detected changes
        only. ``shuffled``: the reward earned by a randomly drawn one of the last 20 answers before
        this one, or a fair coin before the first: as much reward, but unrelated to the answer
        (*choice*).
    rng
        Generator for shuffled rewards.
    """

    def __init__(
        self,
        threshold_Hz: float | None,
        reward: RewardMode,
        rng: np.random.Generator | None = None,
    ) -> None:
        self._threshold_Hz, self._reward = threshold_Hz, reward
        self._rng = rng or np.random.default_rng(0)
        self._last_rates_Hz: deque[NDArray[np.float64]] = deque(maxlen=N_LAST)
        self._predictor = RewardPredictor()
        self.correct: list[bool] = []
        self.errors: list[float] = []

    def judge(self, labels: NDArray[np.int8]) -> Judge:
        """Return the judge of a block with these labels."""

        def judge(trial: int, rates_Hz: NDArray[np.float64]) -> float:
            label = int(labels[trial])
            correct = label == self._decide(trial, rates_Hz)
            error = self._predictor.error(float(self._rewarded(correct, label)))
            self.correct.append(correct)
            self.errors.append(error)
            return error

        return judge

    def summary(self) -> Training | None:
        """Return accuracy in training and the spread of the reward error; None without trials."""
        if not self.correct:
            return None
        return Training(
            accuracy=float(np.mean(self.correct)), reward_error_sd=float(np.std(self.errors))
        )

    def _rewarded(self, correct: bool, label: int) -> bool:
        if self._reward == "shuffled":
            deserved = self.correct[-N_LAST:]
            return bool(self._rng.choice(deserved) if deserved else self._rng.integers(2))
        return correct and (label == 1 or self._reward == "correct")

    def _decide(self, trial: int, rates_Hz: NDArray[np.float64]) -> int:
        last = np.array(self._last_rates_Hz)
        self._last_rates_Hz.append(rates_Hz)
        if len(rates_Hz) > 1:
            usual_Hz = np.zeros(len(rates_Hz))
            if self._threshold_Hz is None and len(last):
                usual_Hz = last.mean(axis=0)
            return most_active(rates_Hz - usual_Hz, trial)
        threshold_Hz = self._threshold_Hz
        if threshold_Hz is None:
            threshold_Hz = float(np.median(last)) if len(last) else float(rates_Hz[0])
        return int(rates_Hz[0] > threshold_Hz)
